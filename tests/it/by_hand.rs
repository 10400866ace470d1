//! An operator at a real terminal who sends dead messages elsewhere or changes one, and takes that back from the page
//! that shows them.

use weir_proto::v1::MessageState;
use weir_tests::broker::{Broker, subscription};
use weir_tests::drawn::check_only_draws;
use weir_tests::terminal::Terminal;
use weir_tests::wait;

use crate::operate::{SIZE, move_focus, open_dead, step, with_dead};
use crate::terminals::{SOON, WEIR};

const BACK: &str = "\u{1b}[Z";

/// A terminal on the groups of dead messages of `smtp`, with writing unlocked.
fn at_the_groups(broker: &Broker) -> Terminal {
    let address = broker.child().address();
    let mut terminal = Terminal::start(WEIR, &["--server", address, "top"], SIZE);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("smtp")
    });
    open_dead(&mut terminal, "mailbox <n> is full");
    let screen = step(&mut terminal, "w", "RW 1");
    assert!(screen.contains("None yet: nobody has"), "{screen}");
    terminal
}

/// Takes the newest operation back, once the page says that it can be, and waits until the broker has.
async fn take_back(broker: &Broker, terminal: &mut Terminal, count: &str) {
    terminal.until("what can be undone", SOON, |screen| {
        screen.contains("U takes 1 back")
    });
    step(terminal, "U", count);
    assert!(terminal.screen().contains("Undo operation 1"));
    move_focus(terminal, "\t", 2);
    step(terminal, "\r", "undone by 2");
    wait::until("they are dead again, as before", SOON, async || {
        let stats = broker.stats("smtp").await;
        ((stats.dead, stats.ready) == (30, 0)).then_some(())
    })
    .await;
}

fn leave(mut terminal: Terminal) {
    terminal.press("\u{3}");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    check_only_draws(&terminal.bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_messages_are_moved_to_another_topic_and_taken_back_on_the_screen() {
    let broker = with_dead().await;
    broker.topic("parked").await;
    broker.subscription(subscription("p", "parked")).await;
    let mut terminal = at_the_groups(&broker);
    let screen = step(&mut terminal, "M", "Move dead messages of smtp");
    assert!(!screen.contains("The broker's plan"), "{screen}");
    // From the button that cancels back to the topic, a name that nothing has, then the right one.
    move_focus(&mut terminal, BACK, 3);
    step(&mut terminal, "parkedx", "[ parkedx");
    step(&mut terminal, "\t", "ctrl-r plans again; nothing was done");
    move_focus(&mut terminal, BACK, 1);
    step(&mut terminal, "\u{7f}", "[ parked  ");
    let screen = step(&mut terminal, "\t", "The broker's plan");
    assert!(screen.contains("[ Move 30 ]"), "{screen}");
    assert_eq!(
        broker.stats("smtp").await.dead,
        30,
        "a plan changes nothing"
    );
    move_focus(&mut terminal, "\t", 4);
    step(&mut terminal, "\r", "operation 1: move of smtp");
    terminal.until("all of them moved", SOON, |screen| {
        screen.contains("move smtp to parked") && screen.contains("30/30")
    });
    let (from, to) = (broker.stats("smtp").await, broker.stats("p").await);
    assert_eq!((from.dead, to.ready), (0, 30));
    take_back(&broker, &mut terminal, "Take back 30").await;
    assert_eq!(broker.stats("p").await.ready, 0);
    leave(terminal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_dead_message_is_changed_put_back_and_taken_back_on_the_screen() {
    let broker = with_dead().await;
    let mut terminal = at_the_groups(&broker);
    step(&mut terminal, "\r", "History and attributes");
    let screen = step(&mut terminal, "T", "Edit and requeue 1.0.");
    assert!(!screen.contains("The broker's plan"), "{screen}");
    move_focus(&mut terminal, BACK, 3);
    step(&mut terminal, " mended", " mended");
    let screen = step(&mut terminal, "\t", "The broker's plan");
    // What it is and what it is to be.
    let changes = screen.lines().find(|line| line.contains(" → "));
    assert!(
        changes.is_some_and(|line| line.contains("payload")),
        "{screen}"
    );
    assert_eq!(
        broker.stats("smtp").await.dead,
        30,
        "a plan changes nothing"
    );
    move_focus(&mut terminal, "\t", 4);
    step(&mut terminal, "\r", "operation 1: edit of smtp");
    wait::until("it is back", SOON, async || {
        let stats = broker.stats("smtp").await;
        ((stats.dead, stats.ready) == (29, 1)).then_some(())
    })
    .await;
    let ready = broker.peek("smtp", &[MessageState::Ready]).await;
    let payload = ready[0].message.as_ref().map(|one| one.payload.clone());
    let payload = String::from_utf8(payload.unwrap_or_default().to_vec()).unwrap();
    assert!(
        payload.starts_with("mail ") && payload.ends_with(" mended"),
        "{payload}"
    );
    step(&mut terminal, "\u{1b}", "Operations on these dead messages");
    take_back(&broker, &mut terminal, "Take back 1").await;
    let dead = broker.peek("smtp", &[MessageState::Dead]).await;
    let is_edited = |payload: &[u8]| payload.ends_with(b" mended");
    let payloads = dead.iter().filter_map(|one| one.message.as_ref());
    assert_eq!(payloads.filter(|one| is_edited(&one.payload)).count(), 0);
    leave(terminal);
}
