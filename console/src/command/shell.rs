//! `weir completion` and `weir man`.
//!
//! The script that a shell loads only calls the program again, with the words typed so far in a
//! variable of the environment; so what is offered never falls behind what the program takes.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use super::arguments::{Cli, CompletionArgs, Globals, ManArgs, Shell};
use super::failure::{Exit, Failure};
use super::output::{self, Output};
use crate::files;

/// Set by the script when it asks what may come next; its value is the shell.
const VARIABLE: &str = "WEIR_COMPLETE";

/// The program as it is called.
const PROGRAM: &str = "weir";

/// Answers a shell that asks what may come next, and ends the process; returns if none asks.
pub(crate) fn answer_completion() {
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .bin(PROGRAM)
        .complete();
}

/// Prints the script that a shell loads.
pub(crate) fn completion(args: &CompletionArgs) -> Exit {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Elvish => "elvish",
        Shell::Powershell => "powershell",
    };
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = shells.completer(name).map(|completer| {
        completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
    });
    match (written, String::from_utf8(script)) {
        (Some(Ok(())), Ok(script)) => output::print(&script),
        _ => Exit::Failed,
    }
}

/// Prints a page, or writes all of them.
pub(crate) fn man(globals: &Globals, args: &ManArgs) -> Exit {
    let mut root = Cli::command();
    root.build();
    let done = match &args.dir {
        Some(directory) => write_pages(&root, directory).map(|()| String::new()),
        None => found(&root, &args.command).and_then(page),
    };
    match done {
        Ok(text) => output::print(&text),
        Err(failure) => {
            Output::new(globals.color, globals.quiet).failure(&failure);
            failure.exit()
        }
    }
}

fn found<'a>(root: &'a Command, words: &[String]) -> Result<&'a Command, Failure> {
    let mut command = root;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            Failure::Usage(match known.as_slice() {
                [] => format!("there is no command {word}"),
                known => format!("there is no command {word}; there are {}", known.join(", ")),
            })
        })?;
    }
    Ok(command)
}

fn page(command: &Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
    rendered.map_err(Failure::Output)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A page for each command that is not hidden, called as `git` calls its own: `weir-topic-ls.1`.
fn write_pages(command: &Command, directory: &Path) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or(PROGRAM);
    let path = directory.join(format!("{name}.1"));
    files::write_page(&path, page(command)?.as_bytes()).map_err(|error| Failure::Page {
        path: path.clone(),
        error,
    })?;
    let mut inner = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set());
    inner.try_for_each(|inner| write_pages(inner, directory))
}
