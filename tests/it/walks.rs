//! Through the console on a real terminal, as an operator goes: tabs, lists, a subscription and back, filter, order,
//! help, freeze. Each step waits for what it leads to.

use std::time::Duration;

use weir_proto::client::{SubscribeOptions, Subscriber};
use weir_proto::v1::NackOptions;
use weir_tests::broker::{Broker, eager, subscription};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::terminal::Terminal;

use crate::broker;
use crate::terminals::{SOON, WEIR};

const SIZE: (u16, u16) = (120, 36);
const TABS: [&str; 8] = [
    "Overview",
    "Topics",
    "Subscriptions",
    "Dead letters",
    "Clients",
    "Events",
    "Operations",
    "Audit",
];

/// `orders` with three messages for `billing`, `emails` with one for `smtp`, which is dead.
async fn with_two() -> Broker {
    let broker = broker().await;
    broker.pair_with(subscription("billing", "orders")).await;
    broker.pair_with(eager("smtp", "emails", 1)).await;
    broker.publish_texts("orders", &["a", "b", "c"]).await;
    broker.publish_texts("emails", &["the dead one"]).await;
    let options = SubscribeOptions::to("smtp");
    let mut consumer = Subscriber::open(broker.client(), options).await.unwrap();
    consumer.next().await.unwrap().nack(NackOptions {
        reason: "mailbox 4711 is full".to_owned(),
        ..NackOptions::default()
    });
    consumer.close().await.unwrap();
    weir_tests::wait::until("it is dead", SOON, async || {
        (broker.stats("smtp").await.dead == 1).then_some(())
    })
    .await;
    broker
}

/// The console, once it shows numbers.
fn open(broker: &Broker, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(WEIR, &["--server", broker.child().address(), "top"], size);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("› ") && screen.contains("billing")
    });
    terminal
}

fn shows(terminal: &Terminal, text: &str) -> String {
    terminal.until(text, SOON, |screen| screen.contains(text))
}

/// Presses keys and waits until a text is there.
fn step(terminal: &mut Terminal, keys: &str, text: &str) -> String {
    terminal.press(keys);
    let screen = shows(terminal, text);
    terminal.cells(check_frame);
    screen
}

/// Presses keys and waits until a text is gone. After an escape nothing else may be pressed before that: a terminal
/// would take both for one key with alt.
fn step_away(terminal: &mut Terminal, keys: &str, text: &str) -> String {
    terminal.press(keys);
    terminal.until(text, SOON, |screen| !screen.contains(text))
}

fn leave(mut terminal: Terminal, keys: &str) {
    terminal.press(keys);
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
    check_only_draws(&terminal.bytes());
}

/// What the title of a list says once both subscriptions are in it.
const ALL: &str = "─ 2 · sort";

fn tab(number: usize) -> String {
    format!("[{number} {}]", TABS[number - 1])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tab_opens_with_its_number_and_the_tab_key_goes_round() {
    let broker = with_two().await;
    for size in [(80, 24), SIZE, (200, 60)] {
        let mut terminal = open(&broker, size);
        shows(&terminal, &tab(1));
        for number in [6, 2, 7, 5, 8, 3, 4, 1] {
            step(&mut terminal, &number.to_string(), &tab(number));
        }
        for number in [2, 3, 4, 5, 6, 7, 8, 1] {
            step(&mut terminal, "\t", &tab(number));
        }
        step(&mut terminal, "\u{1b}[Z", &tab(8));
        leave(terminal, "q");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_goes_into_a_subscription_and_comes_back_to_the_same_list() {
    let broker = with_two().await;
    let mut terminal = open(&broker, SIZE);
    step(&mut terminal, "3", &tab(3));
    shows(&terminal, ALL);
    step(&mut terminal, "/billing\r", "· 1 ");
    step(&mut terminal, "\r", "Subscriptions › billing");
    let screen = step(&mut terminal, "q", "· 1 ");
    assert!(screen.contains(&tab(3)), "{screen}");
    // The dead messages of the other: by reason, then one, then its life.
    step_away(&mut terminal, "\u{1b}", "· 1 ");
    step(&mut terminal, "4", &tab(4));
    shows(&terminal, "smtp");
    step(&mut terminal, "\r", "› dead of smtp");
    step(&mut terminal, "\u{1b}", &tab(4));
    // A page is left as it was when another tab is looked at.
    step(&mut terminal, "2", &tab(2));
    shows(&terminal, ALL);
    step(&mut terminal, "\r", "Topics ›");
    step(&mut terminal, "1", &tab(1));
    step(&mut terminal, "2", "Topics ›");
    step(&mut terminal, "q", &tab(2));
    leave(terminal, "q");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_filtered_in_the_language_of_the_command_line_and_sorted() {
    let broker = with_two().await;
    let mut terminal = open(&broker, SIZE);
    step(&mut terminal, "3", &tab(3));
    shows(&terminal, ALL);
    let screen = step(&mut terminal, "/backlog > 2 and topic = \"orders\"", "· 1 ");
    assert!(!screen.contains("smtp"), "{screen}");
    // What is not whole yet says what is wrong with it, and the list stays.
    step(&mut terminal, " and", "at character");
    step_away(&mut terminal, "\u{1b}", "at character");
    step(&mut terminal, "/zebra\r", "Nothing passes the filter");
    step_away(&mut terminal, "\u{1b}", "Nothing passes the filter");
    step(&mut terminal, "s", "sort: name");
    step(&mut terminal, "r", "name, reversed");
    terminal.until("the other order", SOON, |screen| {
        let place = |name: &str| {
            let is_row = |line: &str| line.contains(name) && line.contains('│');
            screen.lines().position(is_row)
        };
        let places = place("smtp").zip(place("billing"));
        places.is_some_and(|(smtp, billing)| smtp < billing)
    });
    step(&mut terminal, " ", "1 marked");
    step_away(&mut terminal, "\u{1b}", "1 marked");
    leave(terminal, "q");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_is_laid_over_the_page_and_ctrl_c_leaves_from_anywhere() {
    let broker = with_two().await;
    for keys in ["", "3\r", "/back", "?"] {
        let mut terminal = open(&broker, SIZE);
        step(&mut terminal, "?", "this help");
        step_away(&mut terminal, "\u{1b}", "this help");
        terminal.press(keys);
        leave(terminal, "\u{3}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_screen_stays_as_it_is_and_catches_up() {
    let broker = with_two().await;
    let mut terminal = open(&broker, SIZE);
    let row = |screen: &str, backlog: &str| {
        let is_row = |line: &str| line.contains("billing") && line.contains("orders");
        let mut rows = screen.lines().filter(|line| is_row(line));
        rows.any(|line| line.split_whitespace().any(|word| word == backlog))
    };
    step(&mut terminal, "3", &tab(3));
    terminal.until("three", SOON, |screen| row(screen, "3"));
    step(&mut terminal, "z", "frozen 0s");
    broker.publish_texts("orders", &["d", "e"]).await;
    let screen = shows(&terminal, "frozen 3s");
    assert!(row(&screen, "3"), "{screen}");
    step_away(&mut terminal, "z", "frozen");
    terminal.until("five", SOON, |screen| row(screen, "5"));
    leave(terminal, "q");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_to_a_frozen_screen_but_its_age() {
    let broker = with_two().await;
    let mut terminal = open(&broker, SIZE);
    step(&mut terminal, "z", "frozen 1s");
    let before = terminal.written();
    shows(&terminal, "frozen 4s");
    let written = terminal.written() - before;
    assert!(written < 1_000, "{written} bytes in three seconds");
    leave(terminal, "q");
}

#[test]
fn without_a_broker_it_says_how_to_start_one_and_goes_on_trying() {
    let mut terminal = Terminal::start(WEIR, &["--server", "127.0.0.1:1", "top"], (80, 24));
    let screen = shows(&terminal, "weir serve");
    assert!(
        screen.contains("weir demo") && screen.contains("no broker"),
        "{screen}"
    );
    let tries = |screen: &str| {
        let (_, after) = screen.split_once("Still trying: ")?;
        after.split_whitespace().next()?.parse::<u32>().ok()
    };
    terminal.until("another try", Duration::from_secs(20), |screen| {
        tries(screen).is_some_and(|tries| tries >= 3)
    });
    step(&mut terminal, "?", "this help");
    step_away(&mut terminal, "\u{1b}", "this help");
    step(&mut terminal, "3", &tab(3));
    leave(terminal, "q");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_lead_to_pages_and_filters_and_out() {
    let broker = with_two().await;
    let mut terminal = open(&broker, SIZE);
    step(&mut terminal, ":events\r", &tab(6));
    step(&mut terminal, ":sub billing\r", "› billing");
    step(&mut terminal, ":dlq smtp\r", "› dead of smtp");
    step(&mut terminal, ":subscriptions\r", &tab(3));
    shows(&terminal, ALL);
    step(&mut terminal, ":filter name = \"smtp\"\r", "· 1 ");
    // A command that is none stays to be put right.
    step(&mut terminal, ":nonsense\r", "nonsense");
    step_away(&mut terminal, "\u{1b}", "nonsense");
    // What is completed is a name of the broker.
    terminal.press(":sub sm\t\r");
    shows(&terminal, "› smtp");
    leave(terminal, ":quit\r");
}
