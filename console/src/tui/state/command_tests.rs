//! What is typed behind `:`, and what it means.

use super::*;

fn names() -> Names<'static> {
    Names {
        topics: vec!["orders", "payments"],
        subscriptions: vec!["billing", "billing-eu", "ledger"],
        sorts: vec!["backlog", "name"],
    }
}

fn typed(text: &str) -> CommandLine {
    let mut line = CommandLine::default();
    text.chars().for_each(|letter| line.push(letter));
    line
}

#[test]
fn commands_mean_what_they_say() {
    let sub = Place::Subscription {
        name: SafeText::literal("billing"),
    };
    assert_eq!(typed("sub billing").enter(), Some(Order::Open(sub.clone())));
    assert_eq!(typed("s  billing ").enter(), Some(Order::Open(sub)));
    assert_eq!(typed("events").enter(), Some(Order::Tab(Tab::Events)));
    assert_eq!(typed("q").enter(), Some(Order::Quit));
    assert_eq!(
        typed("theme light").enter(),
        Some(Order::Theme(Theme::Light))
    );
    assert_eq!(
        typed("charts blocks").enter(),
        Some(Order::Charts(Script::Blocks))
    );
    assert_eq!(typed("export").enter(), Some(Order::Export(None)));
    assert_eq!(typed(" ").enter(), None);
}

#[test]
fn what_is_no_command_says_why() {
    for (text, why) in [
        ("zebra", "no such command"),
        ("sub", "a name is missing"),
        ("quit now", "nothing follows"),
        ("theme pink", "themes are auto"),
        ("charts oil", "charts are braille, blocks"),
    ] {
        let mut line = typed(text);
        assert_eq!(line.enter(), None);
        let problem = line.problem.unwrap();
        assert!(problem.as_str().contains(why), "{text}: {problem}");
    }
}

#[test]
fn tab_completes_commands_and_names_and_goes_round() {
    let mut line = typed("ov");
    line.complete(&names());
    assert_eq!(line.typed().as_str(), "overview ");
    let mut line = typed("sub bil");
    for expected in ["sub billing", "sub billing-eu", "sub billing"] {
        line.complete(&names());
        assert_eq!(line.typed().as_str(), expected);
    }
    let mut line = typed("topic ay");
    line.complete(&names());
    assert_eq!(
        line.typed().as_str(),
        "topic payments ",
        "within a name, too"
    );
}

#[test]
fn what_was_entered_comes_back() {
    let mut line = typed("events");
    line.enter();
    line.begin();
    line.recall(true);
    assert_eq!(line.typed().as_str(), "events");
    line.recall(false);
    assert_eq!(line.typed().as_str(), "");
    for command in COMMANDS {
        assert!(!command.does.is_empty());
    }
}
