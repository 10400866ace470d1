//! A terminal of a test: a program in a pseudo terminal, its keys, its screen as a person would see it, and
//! every byte that it wrote. What those bytes may be is the business of [`super::drawn`].

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;

/// A frame that is not whole after this never will be.
const FRAME_LIMIT: Duration = Duration::from_secs(10);
/// The marks of a synchronised update.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// What a program has drawn.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// Whether a synchronised update has begun that has not ended: the screen is half old, half new.
    is_in_frame: bool,
}

impl Seen {
    fn take(&mut self, new: &[u8]) {
        // A mark may have come in two parts.
        let from = self.bytes.len().saturating_sub(FRAME_BEGINS.len() - 1);
        self.parser.process(new);
        self.bytes.extend(new);
        let last = |mark: &[u8]| {
            let mut windows = self.bytes[from..].windows(mark.len());
            windows.rposition(|window| window == mark)
        };
        let (begins, ends) = (last(FRAME_BEGINS), last(FRAME_ENDS));
        if begins.is_some() || ends.is_some() {
            self.is_in_frame = begins > ends;
        }
    }
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
    pub fn start(program: &str, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::start_with(&[], program, arguments, size)
    }

    /// The same with variables of its environment.
    pub fn start_with(
        variables: &[(&str, &str)],
        program: &str,
        arguments: &[&str],
        (columns, rows): (u16, u16),
    ) -> Self {
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
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program");
        // The program's own is the only other end, so that its end is seen.
        drop(pair.slave);
        let (rows, columns) = (NonZeroU16::new(rows), NonZeroU16::new(columns));
        let (rows, columns) = (rows.expect("a row"), columns.expect("a column"));
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(rows, columns, 0),
            bytes: Vec::new(),
            is_in_frame: false,
        }));
        let (mut output, watched) = (pair.master.try_clone_reader(), Arc::clone(&seen));
        // A plain thread of the test: it looks until the program is gone.
        std::thread::spawn(move || {
            let Ok(output) = &mut output else { return };
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let mut seen = watched.lock().unwrap_or_else(PoisonError::into_inner);
                seen.take(&buffer[..count]);
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

    /// Gives the terminal another size, as a window does that is dragged.
    pub fn resize(&self, (columns, rows): (u16, u16)) {
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let (rows, columns) = (NonZeroU16::new(rows), NonZeroU16::new(columns));
        if let (Some(rows), Some(columns)) = (rows, columns) {
            self.seen().parser.screen_mut().set_size(rows, columns);
        }
        self.master.resize(size).expect("another size");
    }

    /// What the program has cost so far in processor time.
    pub fn cpu(&self) -> Duration {
        let time = self.child.process_id().and_then(super::child::cpu_time);
        time.expect("the processor time of the program")
    }

    /// How many bytes were written so far.
    pub fn written(&self) -> usize {
        self.seen().bytes.len()
    }

    /// Whether no frame is under way.
    pub fn is_whole(&self) -> bool {
        !self.seen().is_in_frame
    }

    /// Looks at the screen cell by cell, between two frames.
    pub fn cells<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        let mut look = Some(look);
        let seen = wait::until_blocking(FRAME_LIMIT, || {
            let seen = self.seen();
            let look = if seen.is_in_frame { None } else { look.take() };
            look.map(|look| look(seen.parser.screen()))
        });
        seen.unwrap_or_else(|| panic!("a frame without an end on\n{}", self.screen()))
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

    /// Waits until the screen is as wanted between two frames, at most for `limit`; then panics with the screen.
    pub fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&str) -> bool) -> String {
        let seen = wait::until_blocking(limit, || {
            let seen = self.seen();
            let screen = (!seen.is_in_frame).then(|| seen.parser.screen().contents());
            drop(seen);
            screen.filter(|text| is_so(text))
        });
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
