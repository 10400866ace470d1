//! The console on a terminal that does not keep still: it changes its size, and stops the program and lets it go on.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rustix::process::Signal;
use weir_tests::broker::{Broker, subscription};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::figures::{figure, seed};
use weir_tests::terminal::Terminal;
use weir_tests::wait;

use crate::broker;
use crate::terminals::{SOON, WEIR};

const SIZE: (u16, u16) = (120, 36);
/// Keys that neither leave nor freeze.
const KEYS: [&str; 19] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "j", "k", "G", "g", "s", "r", "p", "t", "\r", "\t", "?",
];

async fn small() -> Broker {
    let broker = broker().await;
    broker.pair_with(subscription("billing", "orders")).await;
    broker.publish_texts("orders", &["a", "b"]).await;
    broker
}

fn open(broker: &Broker) -> Terminal {
    let terminal = Terminal::start(WEIR, &["--server", broker.child().address(), "top"], SIZE);
    terminal.until("numbers", SOON, is_whole);
    terminal
}

/// Leaves what is open one by one.
fn leave_all(terminal: &mut Terminal) {
    for _ in 0..20 {
        let before = terminal.written();
        terminal.press("\u{1b}");
        // Nothing may be left to draw; then it is pressed in vain.
        let _drawn = wait::until_blocking(Duration::from_millis(20), || {
            (terminal.written() > before).then_some(())
        });
    }
}

/// Whether the first and the last line of a frame are there.
fn is_whole(screen: &str) -> bool {
    let lines: Vec<&str> = screen.lines().collect();
    lines.len() == usize::from(SIZE.1)
        && lines[0].contains("● live")
        && lines[lines.len() - 1].contains("q quit")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_size_is_drawn_and_the_last_one_is_right() {
    let broker = small().await;
    let mut random = SmallRng::seed_from_u64(seed("storms", 53));
    let mut terminal = open(&broker);
    let count = figure(50, 500);
    for turn in 1..=count {
        for _ in 0..random.random_range(1..4) {
            let size = (random.random_range(1..=500), random.random_range(1..=200));
            terminal.resize(size);
            if random.random() {
                terminal.press(KEYS.choose(&mut random).unwrap());
            }
        }
        if turn % 10 == 0 || turn == count {
            // An overlay may be open, and each of the eight keeps its place: the first may be deep, too.
            leave_all(&mut terminal);
            terminal.press("1");
            leave_all(&mut terminal);
            terminal.resize(SIZE);
            terminal.until("the overview as a whole frame", SOON, |screen| {
                is_whole(screen) && screen.contains("[1 Overview]")
            });
            terminal.cells(check_frame);
        }
    }
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
    check_only_draws(&terminal.bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_console_gives_the_terminal_back_until_it_goes_on() {
    let broker = small().await;
    let mut terminal = open(&broker);
    for round in 0..figure(4, 40) {
        if round % 2 == 0 {
            terminal.press("\u{1a}");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.until("the main screen", SOON, |_| terminal.is_restored());
        terminal.signal(Signal::CONT);
        terminal.until("the console again", SOON, |screen| {
            !terminal.is_restored() && is_whole(screen)
        });
        terminal.cells(check_frame);
    }
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
    check_only_draws(&terminal.bytes());
}
