//! A panic while the screen is drawn gives the terminal back first, and is said on the main screen.
//!
//! The test runs its own program again in a terminal, where nothing else holds the screen.

use std::io::Read as _;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::tui::terminal::{Guard, surface};

/// Says to the program that it is the one in the terminal.
const MARK: &str = "WEIR_TEST_PANICS";

#[test]
#[ignore = "the other test runs it in a terminal"]
fn a_program_that_panics_while_it_draws() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let guard = Guard::take().unwrap();
    let mut surface = surface().unwrap();
    let drawn = surface.draw(|_| panic!("the drawing failed"));
    drop((drawn.map(drop), guard));
}

#[test]
fn a_panic_while_drawing_gives_the_terminal_back_before_it_is_said() {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let before = format!("{:?}", pair.master.get_termios());
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture"]);
    command.arg("tui::tests::panics::a_program_that_panics_while_it_draws");
    command.env(MARK, "1");
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    drop(pair.slave);
    let mut bytes = Vec::new();
    // A terminal whose other end is closed ends with an error on some systems.
    drop(output.read_to_end(&mut bytes));
    assert!(!child.wait().unwrap().success(), "it fails as tests do");
    let said = String::from_utf8_lossy(&bytes);
    let place = |what: &str| {
        said.find(what)
            .unwrap_or_else(|| panic!("{what:?} in {said:?}"))
    };
    let (taken, given) = (place("\u{1b}[?1049h"), place("\u{1b}[?1049l"));
    let message = place("the drawing failed");
    assert!(taken < given && given < message, "{said:?}");
    assert!(
        place("\u{1b}[?25h") < message,
        "the cursor is shown: {said:?}"
    );
    let after = &said[message..];
    assert!(
        !after.contains("\u{1b}[?1049"),
        "nothing is drawn later: {said:?}"
    );
    assert_eq!(format!("{:?}", pair.master.get_termios()), before);
}
