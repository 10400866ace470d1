//! An operator at a real terminal who puts dead messages back with care, and takes that back: from the groups to the
//! plan, the canary, the end, and the undo, and what is on record of it.

use weir_proto::v1::{NackAction, NackChange, NackOptions};
use weir_tests::broker::{Broker, eager};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::terminal::Terminal;

use crate::broker;
use crate::terminals::{SOON, WEIR};

pub(crate) const SIZE: (u16, u16) = (120, 36);
const DEAD: usize = 30;

/// `smtp` of `emails` with so many dead messages of one reason, which nobody reads any more.
pub(crate) async fn with_dead() -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("smtp", "emails", 3)).await;
    let texts: Vec<String> = (0..DEAD).map(|at| format!("mail {at}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("emails", &texts).await;
    kill(&broker, DEAD, |at| format!("mailbox {at} is full")).await;
    broker
}

/// Lets so many messages die, each of a reason.
async fn kill(broker: &Broker, count: usize, reason: impl Fn(usize) -> String) {
    let pulled = broker.pull_all("smtp", count).await;
    let changes = pulled.iter().enumerate().map(|(at, one)| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: reason(at),
            ..NackOptions::default()
        }),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
}

/// Presses keys and waits for a text that was not there before.
pub(crate) fn step(terminal: &mut Terminal, keys: &str, text: &str) -> String {
    let before = terminal.screen();
    assert!(!before.contains(text), "{text} is there already:\n{before}");
    terminal.press(keys);
    let screen = terminal.until(text, SOON, |screen| screen.contains(text));
    terminal.cells(check_frame);
    screen
}

/// Opens the dead messages of `smtp`, once its row is there to be opened.
pub(crate) fn open_dead(terminal: &mut Terminal, text: &str) -> String {
    step(terminal, "4", "[4 Dead letters]");
    terminal.until("its row", SOON, |screen| {
        let mut lines = screen.lines();
        lines.any(|line| line.contains('›') && line.contains("smtp"))
    });
    step(terminal, "\r", text)
}

/// Presses a key so often, and waits each time until something has moved.
pub(crate) fn move_focus(terminal: &mut Terminal, key: &str, times: usize) {
    for _ in 0..times {
        let before = terminal.written();
        terminal.press(key);
        terminal.until("the focus elsewhere", SOON, |_| terminal.written() > before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_messages_go_back_by_a_plan_with_a_canary_and_are_taken_back_on_the_screen() {
    let broker = with_dead().await;
    let address = broker.child().address().to_owned();
    let mut terminal = Terminal::start(WEIR, &["--server", &address, "top"], SIZE);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("smtp")
    });
    open_dead(&mut terminal, "mailbox <n> is full");
    // Writing is locked: the key does nothing but say so.
    step(&mut terminal, "R", "writing is locked");
    step(&mut terminal, "w", "RW 1");
    let screen = step(&mut terminal, "R", "The broker's plan");
    assert!(screen.contains("Requeue 30"), "{screen}");
    assert_eq!(
        broker.stats("smtp").await.dead,
        30,
        "a plan changes nothing"
    );
    // From the button that cancels back to how long the canary is waited for.
    move_focus(&mut terminal, "\u{1b}[Z", 4);
    move_focus(&mut terminal, "\u{7f}", 3);
    step(&mut terminal, "3s", "[ 3s");
    move_focus(&mut terminal, "\t", 6);
    // The canary is out, which is seen from the page below.
    step(&mut terminal, "\r", "requeue smtp");
    terminal.until("the canary", SOON, |screen| {
        let footer = screen.lines().last().unwrap_or_default();
        footer.contains("requeue smtp") && footer.contains("canary")
    });
    step(&mut terminal, "7", "[7 Operations]");
    terminal.until("all of them back", SOON, |screen| {
        screen.contains("30/30") && screen.contains("finished: 30 of 30")
    });
    let stats = broker.stats("smtp").await;
    assert_eq!((stats.dead, stats.ready), (0, 30));

    step(&mut terminal, "U", "will take back");
    let screen = terminal.until("the count", SOON, |screen| screen.contains("Take back 30"));
    assert!(screen.contains("Undo operation"), "{screen}");
    move_focus(&mut terminal, "\t", 2);
    step(&mut terminal, "\r", "undone by");
    weir_tests::wait::until("they are dead again, as before", SOON, async || {
        let stats = broker.stats("smtp").await;
        ((stats.dead, stats.ready) == (30, 0)).then_some(())
    })
    .await;
    let screen = step(&mut terminal, "8", "undo.finish");
    assert!(
        screen.contains("requeue.begin") && screen.contains("as it was written"),
        "{screen}"
    );
    step(&mut terminal, "w", "RO  ● live");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    check_only_draws(&terminal.bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_marked_or_passes_a_filter_is_looked_for_and_planned_by_its_ids() {
    let broker = with_dead().await;
    broker.publish_texts("emails", &["a", "b", "c"]).await;
    kill(&broker, 2, |_| "no such host".to_owned()).await;
    kill(&broker, 1, |_| "no such user".to_owned()).await;
    let address = broker.child().address().to_owned();
    let mut terminal = Terminal::start(WEIR, &["--server", &address, "top"], SIZE);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("smtp")
    });
    open_dead(&mut terminal, "no such user");
    step(&mut terminal, "w", "RW 1");
    // The two small groups: below the large one.
    step(&mut terminal, "G ", "1 marked");
    step(&mut terminal, "k ", "2 marked");
    let screen = step(&mut terminal, "X", "Discard 3");
    assert!(screen.contains("the 2 marked groups"), "{screen}");
    terminal.press("\u{1b}");
    terminal.until("no dialog", SOON, |screen| !screen.contains("Discard 3"));
    // All of the large group that pass a filter, which only the console can evaluate.
    terminal.press(":filter count > 10\r");
    terminal.until("the large group alone", SOON, |screen| {
        !screen.contains("no such user")
    });
    step(&mut terminal, "\r", "History and attributes");
    terminal.press(":filter reason ~ \"mailbox 1\"\r");
    terminal.until("those of mailbox 1", SOON, |screen| {
        !screen.contains("1.0.20")
    });
    let screen = step(&mut terminal, "R", "Requeue 11");
    assert!(screen.contains("what passes reason"), "{screen}");
    assert_eq!(broker.stats("smtp").await.dead, 33, "plans change nothing");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
}
