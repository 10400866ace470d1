//! Asked on a real terminal before something is lost: what does nothing is what happens by itself, and where people
//! depend on a broker only the name of what is acted on goes on, on the command line and on the screen.

use weir_tests::terminal::Terminal;

use crate::command_line::run_with;
use crate::operate::{self, move_focus, step};
use crate::terminals::{SOON, WEIR};
use crate::undoable::with_dead;

/// Wide enough that no sentence is broken.
const SIZE: (u16, u16) = (240, 40);

/// A command that asks, what is typed then, and how it ends: its exit code and a text on the screen.
struct Asked<'a> {
    arguments: &'a [&'a str],
    question: &'a str,
    typed: &'a str,
    code: u32,
    said: &'a str,
}

/// A directory in which the context `prod` is that of a broker on which people depend.
fn production(server: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let variables = [("WEIR_CONFIG_DIR", directory.path().to_str().unwrap())];
    let made = [
        "ctx",
        "add",
        "prod",
        "--at",
        server,
        "--stage",
        "production",
    ];
    assert_eq!(run_with(server, &made, &variables).code, Some(0));
    directory
}

fn check(variables: &[(&str, &str)], asked: &Asked<'_>) {
    let mut terminal = Terminal::start_with(variables, WEIR, asked.arguments, SIZE);
    terminal.until("the question", SOON, |screen| {
        screen.trim_end().ends_with(asked.question)
    });
    terminal.press(asked.typed);
    let screen = terminal.until("how it ended", SOON, |screen| screen.contains(asked.said));
    assert_eq!(
        terminal.end(SOON),
        asked.code,
        "{:?}: {screen}",
        asked.typed
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_the_typed_name_goes_on_and_nothing_else_does() {
    let broker = with_dead(2).await;
    let server = broker.child().address();
    let directory = production(server);
    let variables = [("WEIR_CONFIG_DIR", directory.path().to_str().unwrap())];
    let arguments = ["--context", "prod", "dlq", "discard", "s", "--all"];
    let question = "Discard 2 dead messages of s? prod is production: type s to go on:";
    let refused = [
        ("\r", "the context prod is production, and s was not named"),
        (
            "y\r",
            "nothing was done: this acts on s, and \"y\" was named",
        ),
        (
            "S\r",
            "nothing was done: this acts on s, and \"S\" was named",
        ),
        (
            "\u{4}",
            "the context prod is production, and s was not named",
        ),
    ];
    for (typed, said) in refused {
        let asked = Asked {
            arguments: &arguments,
            question,
            typed,
            code: 4,
            said,
        };
        check(&variables, &asked);
        assert_eq!(broker.stats("s").await.dead, 2, "after {typed:?}");
    }
    let right = Asked {
        arguments: &arguments,
        question,
        typed: "s\r",
        code: 0,
        said: ": weir op undo 1 --context prod",
    };
    check(&variables, &right);
    assert_eq!(broker.stats("s").await.dead, 0);
    let undo = Asked {
        arguments: &["--context", "prod", "op", "undo", "1"],
        question: "prod is production: type s to go on:",
        typed: "1\r",
        code: 4,
        said: "nothing was done: this acts on s, and \"1\" was named",
    };
    check(&variables, &undo);
    assert_eq!(broker.stats("s").await.dead, 0);
    check(
        &variables,
        &Asked {
            typed: "s\r",
            code: 0,
            said: "took back 2",
            ..undo
        },
    );
    assert_eq!(broker.stats("s").await.dead, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elsewhere_a_question_is_answered_by_yes_and_enter_alone_is_no() {
    let broker = with_dead(2).await;
    let server = broker.child().address();
    let arguments = ["--server", server, "dlq", "discard", "s", "--all"];
    let question = "Discard 2 dead messages of s? [y/N]";
    for (typed, code, said, dead) in [
        ("\r", 4, "the answer was not yes", 2),
        ("s\r", 4, "the answer was not yes", 2),
        ("yes\r", 0, ": weir op undo 1 --server", 0),
    ] {
        let asked = Asked {
            arguments: &arguments,
            question,
            typed,
            code,
            said,
        };
        check(&[], &asked);
        assert_eq!(broker.stats("s").await.dead, dead, "after {typed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_screen_of_production_unlocking_and_each_act_want_their_name() {
    let broker = operate::with_dead().await;
    let directory = production(broker.child().address());
    let variables = [("WEIR_CONFIG_DIR", directory.path().to_str().unwrap())];
    let arguments = ["--context", "prod", "top"];
    let mut terminal = Terminal::start_with(&variables, WEIR, &arguments, operate::SIZE);
    terminal.until("numbers", SOON, |screen| {
        screen.contains("● live") && screen.contains("smtp") && screen.contains("PROD")
    });
    operate::open_dead(&mut terminal, "mailbox <n> is full");
    let off = "off: until the name is typed";
    step(&mut terminal, "w", off);
    move_focus(&mut terminal, "\u{1b}[Z", 1);
    let screen = step(&mut terminal, "prodx", "[ prodx ]");
    assert!(screen.contains(off), "{screen}");
    terminal.press("\u{7f}");
    terminal.until("its name", SOON, |screen| !screen.contains(off));
    move_focus(&mut terminal, "\t", 2);
    step(&mut terminal, "\r", "RW 1");
    step(&mut terminal, "X", "The broker's plan");
    assert!(terminal.screen().contains(off), "{}", terminal.screen());
    move_focus(&mut terminal, "\u{1b}[Z", 1);
    terminal.press("smtp");
    terminal.until("its name", SOON, |screen| !screen.contains(off));
    assert_eq!(broker.stats("smtp").await.dead, 30);
    move_focus(&mut terminal, "\t", 3);
    step(&mut terminal, "\r", "operation 1: discard of smtp");
    weir_tests::wait::until("they are gone", SOON, async || {
        (broker.stats("smtp").await.dead == 0).then_some(())
    })
    .await;
    // So does an undo: what it acts on is to be typed, not the number of the operation.
    step(&mut terminal, "7", "[7 Operations]");
    terminal.until("its end", SOON, |screen| {
        screen.contains("finished: 30 of 30")
    });
    step(&mut terminal, "U", "The broker's plan");
    assert!(terminal.screen().contains(off), "{}", terminal.screen());
    move_focus(&mut terminal, "\u{1b}[Z", 1);
    terminal.press("smtp");
    terminal.until("its name", SOON, |screen| !screen.contains(off));
    move_focus(&mut terminal, "\t", 3);
    step(&mut terminal, "\r", "undone by 2");
    assert_eq!(broker.stats("smtp").await.dead, 30);
    terminal.press("\u{3}");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
}
