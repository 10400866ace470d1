//! What the files of a profile say, and what is refused with its line.

use super::contexts::{Chosen, Context, Contexts, Stage, choose};
use super::reading::Problem;
use super::screen::Preferences;

const CONTEXTS: &str = "current = \"stg\"

[context.prod]
server = \"10.0.0.7:7420\"
stage = \"production\"

[context.stg]
server = \"10.0.1.7:7420\"
stage = \"staging\"
";

fn problem(line: usize, what: &str) -> Problem {
    Problem {
        line,
        what: what.to_owned(),
    }
}

#[test]
fn contexts_are_read_and_written_again() {
    let contexts = Contexts::read(CONTEXTS).unwrap();
    assert_eq!(contexts.current.as_deref(), Some("stg"));
    let prod = Context {
        server: "10.0.0.7:7420".to_owned(),
        stage: Stage::Production,
    };
    assert_eq!(contexts.all["prod"], prod);
    assert_eq!(Contexts::read(&contexts.written()).unwrap(), contexts);
    assert_eq!(Contexts::read("").unwrap(), Contexts::default());
    assert_eq!(Contexts::default().written(), "");
}

#[test]
fn what_is_not_known_is_refused_with_its_line() {
    let cases = [
        ("\nserver = \"x\"", 2, "there is no \"server\""),
        ("current = \"x\"", 1, "the current context \"x\""),
        ("[context.a]\nserver = 7", 2, "server must be a text"),
        ("[context.a]\n", 1, "its server is missing"),
        ("[context.\"a b\"]\nserver = \"x\"", 1, "\"a b\" is no name"),
        (
            "[context.a]\nserver = \"x\"\nstage = \"pink\"",
            3,
            "stage is production",
        ),
    ];
    for (text, line, what) in cases {
        let refused = Contexts::read(text).unwrap_err();
        assert_eq!(refused.line, line, "{text}");
        assert!(refused.what.starts_with(what), "{}", refused.what);
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_an_address_over_a_context() {
    let server = |server: &str| Ok(Chosen::Server(server.to_owned()));
    let context = |context: &str| Ok(Chosen::Context(context.to_owned()));
    let none = (None, None);
    assert_eq!(choose(none, none), Ok(Chosen::Usual));
    assert_eq!(
        choose((Some("a:1"), None), (Some("b:1"), Some("c"))),
        server("a:1")
    );
    assert_eq!(
        choose((None, Some("a")), (Some("b:1"), Some("c"))),
        context("a")
    );
    assert_eq!(choose(none, (Some("b:1"), Some("c"))), server("b:1"));
    assert_eq!(choose(none, (Some(""), Some("c"))), context("c"));
    assert!(choose((Some("a:1"), Some("b")), none).is_err());
}

#[test]
fn preferences_have_their_places() {
    let text = "theme = \"dark\"
[hidden_columns]
subscriptions = [\"TREND\", \"CONS\"]
[keys]
freeze = \"f\"
sort = [\"s\", \"o\"]
";
    let read = Preferences::read(text).unwrap();
    assert_eq!(read.theme.unwrap().1, "dark");
    assert_eq!(read.hidden["subscriptions"].1.len(), 2);
    let keys: Vec<_> = read
        .keys
        .iter()
        .map(|change| change.action.as_str())
        .collect();
    assert_eq!(keys, ["freeze", "sort"]);
    let refused = Preferences::read("\n\nmouse = true").unwrap_err();
    let what = "there is no \"mouse\"; write theme, charts, hidden_columns, keys";
    assert_eq!(refused, problem(3, what));
    assert_eq!(Preferences::read("keys = 3").unwrap_err().line, 1);
}
