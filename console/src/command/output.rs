//! The only way out: data to stdout, talk to stderr.
//!
//! Data is written as the callers made it, which is from `SafeText` or escaped JSON; what is said
//! on stderr passes the filter here, line by line. A reader who leaves ends a command quietly.

use std::io::{self, IsTerminal as _, Write as _};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use weir_proto::safe_text::SafeText;

use super::failure::{Exit, Failure};
use crate::present::color::Color;

/// Where a command writes.
pub(crate) struct Output {
    stdout: Box<dyn AsyncWrite + Send + Unpin>,
    is_terminal: bool,
    can_ask: bool,
    color: Color,
    is_quiet: bool,
}

impl Output {
    /// The process's streams.
    pub(crate) fn new(color: Color, is_quiet: bool) -> Self {
        Self {
            stdout: Box::new(tokio::io::stdout()),
            is_terminal: io::stdout().is_terminal(),
            can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
            color,
            is_quiet,
        }
    }

    /// Data goes to `writer`, and nobody can be asked.
    #[cfg(test)]
    pub(crate) fn to(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self {
            stdout: Box::new(writer),
            is_terminal: false,
            can_ask: false,
            color: Color::Never,
            is_quiet: true,
        }
    }

    /// Whether data goes to a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether data is coloured.
    pub(crate) fn is_colored(&self) -> bool {
        self.color.is_on(self.is_terminal)
    }

    /// Whether somebody can be asked: a terminal to ask on, and one to answer on.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Whether progress is shown.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.is_quiet && io::stderr().is_terminal()
    }

    /// Writes data, and returns when it has left the process.
    pub(crate) async fn data(&mut self, data: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.try_data(data.as_ref())
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Failure::OutputClosed,
                _ => Failure::Output(error),
            })
    }

    async fn try_data(&mut self, data: &[u8]) -> io::Result<()> {
        self.stdout.write_all(data).await?;
        self.stdout.flush().await
    }

    /// Says something that only people read, unless it was asked to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            say(text);
        }
    }

    /// Says what is going to be done, and asks about it if there is somebody to ask.
    pub(crate) fn ask_over(&self, plan: &str, question: &str) -> Answer {
        say(plan);
        if !self.can_ask {
            return Answer::NobodyThere;
        }
        match self.answer(question).to_lowercase().as_str() {
            "y" | "yes" => Answer::Yes,
            _ => Answer::No,
        }
    }

    /// Asks, and gives the line that is typed; empty if none is.
    pub(crate) fn answer(&self, question: &str) -> String {
        write_stderr(&format!("{} ", SafeText::new(question)));
        let mut answer = String::new();
        let is_read = self.can_ask && io::stdin().read_line(&mut answer).is_ok();
        if is_read {
            answer.trim().to_owned()
        } else {
            String::new()
        }
    }

    /// Says something, quiet or not.
    #[expect(clippy::unused_self, reason = "who may say something has the output")]
    pub(crate) fn say(&self, text: &str) {
        say(text);
    }

    /// Shows how far something is, over the line before.
    pub(crate) fn progress(&self, text: &str) {
        if self.shows_progress() {
            write_stderr(&format!("\r\u{1b}[K{}", SafeText::new(text)));
        }
    }

    /// Clears the line of progress.
    pub(crate) fn end_progress(&self) {
        if self.shows_progress() {
            write_stderr("\r\u{1b}[K");
        }
    }

    /// Says why a command failed, and what to do about it.
    pub(crate) fn failure(&self, failure: &Failure) {
        match failure {
            Failure::OutputClosed => return,
            Failure::Interrupted if self.is_quiet => return,
            _ => {}
        }
        let is_colored = self.color.is_on(io::stderr().is_terminal());
        let label = if is_colored {
            "\u{1b}[31merror:\u{1b}[0m"
        } else {
            "error:"
        };
        let sentence = SafeText::of(failure);
        let advice = failure
            .advice()
            .map_or(String::new(), |advice| format!("; {advice}"));
        write_stderr(&format!("{label} {sentence}{advice}\n"));
    }
}

/// What was said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Do it.
    Yes,
    /// Anything else.
    No,
    /// There is no terminal.
    NobodyThere,
}

/// Prints what the parser of the arguments says: help and version to stdout, errors to stderr.
pub(crate) fn parser_says(error: &clap::Error) -> Exit {
    let is_error = error.use_stderr();
    let text = filtered(&error.render().to_string());
    if is_error {
        write_stderr(&text);
        Exit::Usage
    } else {
        write_stdout(&text)
    }
}

/// Prints help before there is anything else to print.
pub(crate) fn help(text: &str) -> Exit {
    write_stdout(&filtered(text))
}

/// Prints data that is safe to print, where there is no session.
pub(crate) fn print(text: &str) -> Exit {
    write_stdout(text)
}

fn write_stdout(text: &str) -> Exit {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed,
        _ => Exit::Done,
    }
}

fn say(text: &str) {
    write_stderr(&filtered(text));
}

/// The lines of a text, each through the filter.
pub(crate) fn filtered(text: &str) -> String {
    text.lines()
        .map(|line| SafeText::new(line).as_str().to_owned() + "\n")
        .collect()
}

/// Nobody can be told that stderr is closed, so that it fails is of no use to anyone.
fn write_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(
        stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush()),
    );
}

#[cfg(test)]
mod tests {
    use super::filtered;

    #[test]
    fn what_is_said_passes_the_filter_line_by_line() {
        assert_eq!(
            filtered("a\x1b[2J\nb\u{202e}\r\n"),
            "a\\x1b[2J\nb\\u{202e}\n"
        );
    }
}
