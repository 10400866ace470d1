//! The broker's log: one event a line on stderr.
//!
//! Every line goes through [`SafeText`], so that no byte of a name, a peer or a file drives the
//! terminal it is read on or begins a line of its own.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use weir_proto::safe_text::SafeText;

/// The environment variable that chooses what is logged, as tracing's filters are written.
pub const VARIABLE: &str = "WEIR_LOG";
/// What is logged unless said otherwise.
const DEFAULT_FILTER: &str = "info,h2=warn,hyper=warn,tonic=warn,tower=warn";

/// Begins to log; a process that logs already keeps its way.
pub fn start() {
    let filter = std::env::var(VARIABLE).ok();
    let filter = filter.and_then(|text| EnvFilter::try_new(text).ok());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER)))
        .with_ansi(false)
        .with_target(false)
        .with_writer(SafeLines(io::stderr))
        .try_init();
    drop(log);
}

/// Makes every event one line that a terminal can only print.
struct SafeLines<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for SafeLines<M> {
    type Writer = SafeLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        SafeLine(self.0.make_writer())
    }
}

/// Takes one event in one write.
struct SafeLine<W>(W);

impl<W: Write> Write for SafeLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        writeln!(self.0, "{}", SafeText::new(line))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bytes_from_outside_neither_drive_a_terminal_nor_begin_a_line() {
        let written = Shared::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(SafeLines(move || writer.clone()))
            .finish();
        tracing::subscriber::with_default(log, || {
            tracing::info!(peer = %"\u{1b}[2J\nINFO forged \u{202e}", "connected");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.ends_with('\n'), "{text:?}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}
