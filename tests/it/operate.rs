//! An operator at a real terminal who puts dead messages back with care, and takes that back: from the groups to the
//! plan, the canary, the end, and the undo, and what is on record of it.

use weir_proto::v1::{NackAction, NackChange, NackOptions};
use weir_tests::broker::{Broker, eager};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::terminal::Terminal;

use crate::broker;
use crate::terminals::{SOON, WEIR};

const SIZE: (u16, u16) = (120, 36);
const DEAD: usize = 30;

/// `smtp` of `emails` with so many dead messages of one reason, which nobody reads any more.
async fn with_dead() -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("smtp", "emails", 3)).await;
    let texts: Vec<String> = (0..DEAD).map(|at| format!("mail {at}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("emails", &texts).await;
    let pulled = broker.pull_all("smtp", DEAD).await;
    let changes = pulled.iter().enumerate().map(|(at, one)| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            reason: format!("mailbox {at} is full"),
            ..NackOptions::default()
        }),
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, DEAD as u64);
    broker
}

/// Presses keys and waits for a text that was not there before.
fn step(terminal: &mut Terminal, keys: &str, text: &str) -> String {
    let before = terminal.screen();
    assert!(!before.contains(text), "{text} is there already:\n{before}");
    terminal.press(keys);
    let screen = terminal.until(text, SOON, |screen| screen.contains(text));
    terminal.cells(check_frame);
    screen
}

/// Presses a key so often, and waits each time until something has moved.
fn move_focus(terminal: &mut Terminal, key: &str, times: usize) {
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
    step(&mut terminal, "4", "[4 Dead letters]");
    step(&mut terminal, "\r", "mailbox <n> is full");
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
        screen.contains("30/30") && screen.contains("done: 30 of 30")
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
