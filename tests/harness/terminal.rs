//! A terminal of a test: a program in a pseudo terminal, its keys, its screen as a person would see it, and
//! every byte that it wrote.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;

/// What a program has drawn.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// A program in a terminal; killed when dropped.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    /// Whether it echoed and took lines, before the program began.
    before: String,
}

impl Terminal {
    /// Starts a program on a terminal of so many columns and rows.
    pub fn start(program: &str, arguments: &[&str], (columns, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let before = mode(&*pair.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).expect("the program");
        // The program's own is the only other end, so that its end is seen.
        drop(pair.slave);
        let (rows, columns) = (NonZeroU16::new(rows), NonZeroU16::new(columns));
        let (rows, columns) = (rows.expect("a row"), columns.expect("a column"));
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(rows, columns, 0),
            bytes: Vec::new(),
        }));
        let (mut output, watched) = (pair.master.try_clone_reader(), Arc::clone(&seen));
        // A plain thread of the test: it looks until the program is gone.
        std::thread::spawn(move || {
            let Ok(output) = &mut output else { return };
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let mut seen = watched.lock().unwrap_or_else(PoisonError::into_inner);
                seen.parser.process(&buffer[..count]);
                seen.bytes.extend(&buffer[..count]);
            }
        });
        Self {
            child,
            keys: pair.master.take_writer().expect("its keys"),
            master: pair.master,
            seen,
            before,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The screen as text, a line a row.
    pub fn screen(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Every byte that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen().bytes.clone()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        let written = self.keys.write_all(keys.as_bytes());
        written.and_then(|()| self.keys.flush()).expect("a key");
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        let id = self
            .child
            .process_id()
            .and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("a process");
        kill_process(id, signal).expect("a signal");
    }

    /// Waits until the screen is as wanted, at most for `limit`; then panics with the screen.
    pub fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&str) -> bool) -> String {
        let seen = wait::until_blocking(limit, || Some(self.screen()).filter(|text| is_so(text)));
        seen.unwrap_or_else(|| panic!("{what}: not within {limit:?} on\n{}", self.screen()))
    }

    /// Waits until the program has ended by itself, at most for `limit`. Gives its exit code.
    pub fn end(&mut self, limit: Duration) -> u32 {
        let child = &mut self.child;
        let ended = wait::until_blocking(limit, || child.try_wait().ok().flatten());
        let ended = ended.unwrap_or_else(|| panic!("no end in {limit:?} on\n{}", self.screen()));
        ended.exit_code()
    }

    /// Whether the terminal is as it was before: the main screen, a cursor, lines and echo.
    pub fn is_restored(&self) -> bool {
        let is_drawn = |seen: MutexGuard<'_, Seen>| {
            let screen = seen.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        };
        is_drawn(self.seen()) && mode(&*self.master) == self.before
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _it_may_be_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The settings of a terminal's line, as text that only serves to compare them.
fn mode(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios())
}

/// What is wrong with bytes that a program drew: a sequence that does more than draw, or a character that changes
/// how others are read. Only CSI sequences that move, clear and colour are known.
pub fn check_only_draws(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['), "an escape that is no CSI: {rest:?}");
                let end = rest.find(|char| ('@'..='~').contains(char));
                let is_known = end.is_some_and(|end| "HJKmhlABCDGdX".contains(end));
                assert!(is_known, "a sequence that ends in {end:?}");
            }
            '\r' | '\n' => {}
            _ => assert!(!is_hostile(char), "{char:?} was drawn before {rest:?}"),
        }
    }
}

fn is_hostile(char: char) -> bool {
    let is_bidi =
        matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || is_bidi
}
