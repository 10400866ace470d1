//! What the console writes to a terminal besides cells, looked for in the bytes: a text for the clipboard, and the
//! mouse taken and given back.

use weir_tests::broker::{Broker, subscription};
use weir_tests::terminal::Terminal;

use crate::broker;
use crate::terminals::{SOON, WEIR};

const SIZE: (u16, u16) = (120, 36);
/// How a terminal is told to send what the mouse does, and to stop.
const MOUSE_ON: &str = "\u{1b}[?1000h";
const MOUSE_OFF: &str = "\u{1b}[?1000l";
/// The wheel turned down, and up, as terminals report it.
const WHEEL_DOWN: &str = "\u{1b}[<65;20;20M";
const WHEEL_UP: &str = "\u{1b}[<64;20;20M";

/// A console with these subscriptions on its screen, in order of name, the first one selected.
async fn shown(broker: &Broker, names: &[&str]) -> Terminal {
    broker.topic("orders").await;
    for name in names {
        broker.subscription(subscription(name, "orders")).await;
    }
    let address = broker.child().address();
    let mut terminal = Terminal::start(WEIR, &["--server", address, "top"], SIZE);
    terminal.until("the rows", SOON, |screen| {
        names.iter().all(|name| screen.contains(name)) && screen.contains('›')
    });
    terminal.press("s");
    terminal.until("the order", SOON, |screen| screen.contains("sort: name"));
    terminal.press("g");
    until_selected(&terminal, names[0]);
    terminal
}

fn until_selected(terminal: &Terminal, name: &str) {
    terminal.until(name, SOON, |screen| {
        let mut rows = screen.lines().filter(|line| line.contains('›'));
        rows.any(|row| row.contains(name))
    });
}

fn count(terminal: &Terminal, wanted: &str) -> usize {
    let bytes = terminal.bytes();
    let windows = bytes.windows(wanted.len());
    windows
        .filter(|window| *window == wanted.as_bytes())
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_name_reaches_the_clipboard_of_the_terminal_and_nothing_else_does() {
    let broker = broker().await;
    let mut terminal = shown(&broker, &["billing", "ledger"]).await;
    assert_eq!(count(&terminal, "\u{1b}]52;"), 0, "only a key copies");
    terminal.press("Y");
    terminal.until("that it was sent", SOON, |screen| {
        screen.contains("clipboard (OSC 52): billing")
    });
    // `billing`, as the sequence has it.
    assert_eq!(count(&terminal, "\u{1b}]52;c;YmlsbGluZw==\u{7}"), 1);
    assert_eq!(count(&terminal, "\u{1b}]52;"), 1);
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mouse_is_taken_by_a_key_moves_by_the_wheel_and_is_given_back() {
    let broker = broker().await;
    let names = ["aa", "bb", "cc", "dd", "ee", "ff"];
    let mut terminal = shown(&broker, &names).await;
    assert_eq!(count(&terminal, MOUSE_ON), 0, "the terminal's own at first");
    terminal.press("m");
    terminal.until("it is taken", SOON, |screen| screen.contains("mouse on"));
    assert_eq!(count(&terminal, MOUSE_ON), 1);
    terminal.press(WHEEL_DOWN);
    until_selected(&terminal, "dd");
    terminal.press(WHEEL_UP);
    until_selected(&terminal, "aa");
    terminal.press("m");
    terminal.until("it is given back", SOON, |screen| {
        screen.contains("mouse off")
    });
    assert_eq!(count(&terminal, MOUSE_OFF), 1);
    terminal.press("m");
    terminal.until("it is taken again", SOON, |screen| {
        screen.contains("mouse on")
    });
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0);
    assert_eq!(count(&terminal, MOUSE_OFF), 2, "also by leaving");
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
}
