//! An operator at a real terminal who deletes a subscription by mistake, and brings it back: by a plan each, with what
//! was published meanwhile, and told in the life of its messages.

use weir_tests::drawn::check_only_draws;
use weir_tests::terminal::Terminal;

use crate::operate::{self, move_focus, open_dead, step};
use crate::terminals::{SOON, WEIR};
use crate::undoable::typed;

const BACK: &str = "\u{1b}[Z";

/// Deletes the subscription that is selected on the page.
fn delete(terminal: &mut Terminal) {
    step(terminal, "X", "The broker's plan");
    // From the button that cancels over two fields to what is to go; the choice before the first is the last.
    move_focus(terminal, BACK, 3);
    let screen = step(terminal, "\u{1b}[D", "will drop");
    assert!(
        screen.contains("the subscription itself") && screen.contains("[ Delete 30 ]"),
        "{screen}"
    );
    move_focus(terminal, "\t", 3);
    step(terminal, "\r", "operation 1: delete subscription of smtp");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_was_deleted_on_the_screen_is_brought_back_there() {
    let broker = operate::with_dead().await;
    let address = broker.child().address().to_owned();
    let mut terminal = Terminal::start(WEIR, &["--server", &address, "top"], operate::SIZE);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("smtp")
    });
    step(&mut terminal, "3", "[3 Subscriptions]");
    terminal.until("its row", SOON, |screen| {
        let mut lines = screen.lines();
        lines.any(|line| line.contains('›') && line.contains("smtp"))
    });
    step(&mut terminal, "w", "RW 1");
    delete(&mut terminal);
    typed(&address, "sub get smtp", 7);
    broker.publish_texts("emails", &["meanwhile"]).await;

    let screen = step(&mut terminal, "7", "[7 Operations]");
    assert!(!screen.contains("will bring back"), "{screen}");
    terminal.until("what can be undone", SOON, |screen| {
        screen.contains("only for undo") && screen.contains("delete subscription smtp")
    });
    step(&mut terminal, "U", "will bring back");
    let screen = terminal.until("the count", SOON, |screen| screen.contains("Take back 31"));
    assert!(
        screen.contains("1 message was published while smtp was gone"),
        "{screen}"
    );
    move_focus(&mut terminal, "\t", 2);
    step(&mut terminal, "\r", "undone by 2");
    let stats = broker.stats("smtp").await;
    assert_eq!((stats.dead, stats.ready), (30, 1));

    open_dead(&mut terminal, "mailbox <n> is full");
    step(&mut terminal, "\r", "History and attributes");
    terminal.until("its messages", SOON, |screen| {
        let mut lines = screen.lines();
        lines.any(|line| line.contains('›') && line.contains("1.0."))
    });
    let told = "operation 2: smtp brought back";
    let screen = step(&mut terminal, "\r", told);
    let deleted = "operation 1: smtp deleted";
    assert!(screen.contains(deleted), "{screen}");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    check_only_draws(&terminal.bytes());
}
