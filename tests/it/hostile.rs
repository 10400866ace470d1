//! Whatever a broker and its clients say, the operator's terminal only draws: the bytes that reach it are checked,
//! each one, for every command that prints and every page of the console.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::figures::{figure, seed};
use weir_tests::terminal::Terminal;
use weir_tests::wait;

use crate::liar::Liar;
use crate::terminals::{SOON, WEIR};

/// What prints something of the broker's.
const COMMANDS: [&[&str]; 42] = [
    &["status"],
    &["topic", "ls"],
    &["topic", "get", "t"],
    &["topic", "stats", "t"],
    &["topic", "peek", "t"],
    &["topic", "read", "t"],
    &["topic", "tail", "t", "--max", "1"],
    &["topic", "purge", "t", "--all", "--dry-run"],
    &["topic", "rm", "t", "--dry-run"],
    &["sub", "ls"],
    &["sub", "get", "s"],
    &["sub", "peek", "s"],
    &["sub", "pull", "s"],
    &["sub", "tail", "s", "--max", "1"],
    &["sub", "lag"],
    &["sub", "advise", "s"],
    &["sub", "seek", "s", "--to", "latest", "--yes"],
    &["sub", "purge", "s", "--all", "--yes"],
    &["dlq", "ls"],
    &["dlq", "groups", "s"],
    &["dlq", "peek", "s"],
    &["dlq", "export", "s"],
    &["dlq", "requeue", "s", "--all", "--dry-run"],
    &["dlq", "discard", "s", "--all", "--yes"],
    &["dlq", "move", "s", "--to", "t", "--all", "--dry-run"],
    &[
        "dlq",
        "edit",
        "s",
        "--id",
        "1.0.1",
        "--key",
        "k",
        "--dry-run",
    ],
    &["client", "ls"],
    &["client", "get", "7"],
    &["events"],
    &["mark", "add", "x"],
    &["mark", "ls"],
    &["op", "ls"],
    &["op", "get", "7"],
    &["op", "watch", "7"],
    &["op", "undo", "7", "--dry-run"],
    &["audit", "ls"],
    &["audit", "tail", "--max", "1"],
    &["audit", "verify"],
    &["audit", "export"],
    &["export"],
    &["check", "s", "--backlog", "1"],
    &["top", "--text", "--once"],
];
const FORMATS: [&str; 5] = ["table", "wide", "json", "jsonl", "name"];
/// Keys that go everywhere and never leave; capitals open dialogs about what the broker says, with enter on what does
/// nothing. Not the tab key: there enter could fill the clipboard, which only draws if nothing is copied.
const KEYS: [&str; 32] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "\r", "\r", "\r", "j", "j", "k", "G", "g", "s", "r",
    "p", "t", "]", "[", "v", "d", " ", "w", "R", "X", "K", "P", "D", "U",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_lets_a_string_of_the_broker_drive_the_terminal() {
    let seed = seed("hostile commands", 52);
    let liar = Liar::start(seed).await;
    let mut random = SmallRng::seed_from_u64(seed);
    let wanted = figure(20_000, 200_000);
    let (mut printed, mut panics) = (0, Vec::new());
    while liar.said() < wanted {
        for command in COMMANDS {
            let format = FORMATS.choose(&mut random).unwrap();
            let arguments = [&["--server", liar.address(), "-o", format], command].concat();
            println!("{arguments:?}");
            let mut terminal = Terminal::start(WEIR, &arguments, (200, 60));
            let code = terminal.end(SOON);
            if code == 101 {
                panics.push(format!("{arguments:?}: {}", terminal.screen()));
            }
            // The last bytes may come after the end of the program.
            wait::until_blocking(SOON, || terminal.is_restored().then_some(()));
            let bytes = terminal.bytes();
            check_only_draws(&bytes);
            printed += bytes.len();
        }
    }
    assert!(panics.is_empty(), "{} panics: {panics:#?}", panics.len());
    assert!(printed > 100_000, "only {printed} bytes were printed");
    println!("{} strings, {printed} bytes printed", liar.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_lets_a_string_of_the_broker_drive_the_terminal_or_break_the_frame() {
    let seed = seed("hostile pages", 51);
    let liar = Liar::start(seed).await;
    let mut random = SmallRng::seed_from_u64(seed);
    let wanted = figure(20_000, 200_000);
    for size in [(80, 24), (120, 36), (200, 60)] {
        let until = liar.said() + wanted / 3;
        let mut terminal = Terminal::start(WEIR, &["--server", liar.address(), "top"], size);
        terminal.until("a frame", SOON, |screen| screen.contains("● live"));
        while liar.said() < until {
            let before = terminal.written();
            // An escape must not be followed at once: a terminal would take both for one key.
            let key = if random.random_ratio(1, 8) {
                "\u{1b}"
            } else {
                KEYS.choose(&mut random).unwrap()
            };
            terminal.press(key);
            let drawn = wait::until_blocking(Duration::from_secs(5), || {
                (terminal.written() > before + 100).then_some(())
            });
            assert!(
                drawn.is_some(),
                "after {key:?} nothing moves\n{}",
                terminal.screen()
            );
            terminal.cells(check_frame);
        }
        terminal.press("\u{3}");
        assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
        terminal.until("the main screen", SOON, |_| terminal.is_restored());
        let bytes = terminal.bytes();
        check_only_draws(&bytes);
        println!(
            "{size:?}: {} strings, {} bytes drawn",
            liar.said(),
            bytes.len()
        );
    }
}
