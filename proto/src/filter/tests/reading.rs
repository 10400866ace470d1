//! What is read, and where it says that something is wrong.

use super::super::{field, parse};
use super::SCHEMA;

fn written(input: &str) -> String {
    parse(input, &SCHEMA).map_or_else(|problem| panic!("{problem}"), |filter| filter.to_string())
}

/// The sentence, and the text that the carets stand under.
fn refused(input: &str) -> (String, String) {
    let problem = parse(input, &SCHEMA).expect_err(input);
    let sentence = problem
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    (sentence, input[problem.place()].to_owned())
}

#[test]
fn and_binds_before_or_and_parentheses_before_both() {
    assert_eq!(
        written("name=a or name=b and not name=c"),
        "name = a or name = b and not name = c"
    );
    assert_eq!(
        written("(name=a or name=b)and(name=c)"),
        "(name = a or name = b) and name = c"
    );
    assert_eq!(
        written("NOT (name=a AND name=b)"),
        "not (name = a and name = b)"
    );
    assert_eq!(written("  ((name=a))  "), "name = a");
}

#[test]
fn a_field_may_be_called_by_its_other_names() {
    assert_eq!(written("age > 5m"), "lag_seconds > 5m");
    assert_eq!(
        written("reason ~ 'smtp 421'"),
        "dead_letter.reason ~ \"smtp 421\""
    );
    assert_eq!(written("header.trace='x'"), "attributes.trace = \"x\"");
    assert_eq!(field("oldest", &SCHEMA).unwrap().name, "lag_seconds");
}

#[test]
fn names_with_signs_stand_in_quotes_or_brackets() {
    assert_eq!(written("body.items[0].sku=7"), "body.items.0.sku = 7");
    assert_eq!(written("body['user id'].x=7"), "body.\"user id\".x = 7");
    assert_eq!(written("attributes.\"a/b\" = c"), "attributes.\"a/b\" = c");
}

#[test]
fn a_value_is_bare_or_in_quotes_and_keeps_its_backslashes() {
    assert_eq!(written(r#"name = "a \"b\" \\""#), r#"name = "a \"b\" \\""#);
    assert_eq!(written(r"name ~ '\d+'"), r#"name ~ "\\d+""#);
    assert_eq!(written("name = 'and'"), "name = \"and\"");
    assert_eq!(
        written("name = shop/audit-1.2+x%"),
        "name = shop/audit-1.2+x%"
    );
}

#[test]
fn what_is_wrong_is_shown_in_its_place() {
    let cases = [
        ("", "a field is expected here", ""),
        ("age>5m or sate=dead", "there is no such field", "sate"),
        ("name", "a comparison is expected here", ""),
        ("name like x", "a comparison is expected here", "l"),
        ("name == x", "this is no comparison", "=="),
        ("name = ", "a value is expected here", ""),
        (
            "name = and",
            "a value is expected here, and not `and`",
            "and",
        ),
        ("name = a b", "the filter ends before this", "b"),
        ("name = a=b", "the value ends before this", "="),
        ("name = \"abc", "the quotes are not closed", "\"abc"),
        ("(name = a", "`)`, `and` or `or` is expected here", ""),
        ("name = a)", "the filter ends before this", ")"),
        ("not or", "a field is expected here, and not `or`", "or"),
        ("body. = 1", "a name is expected here", " "),
        ("body[0 = 1", "`]` is expected here", " "),
        ("body = 1", "there is no such field", "body"),
        ("name ~ '('", "this is no pattern", "'('"),
        (
            "name ~ 'a{1000}{1000}'",
            "this pattern is too large",
            "'a{1000}{1000}'",
        ),
    ];
    for (input, sentence, place) in cases {
        assert_eq!(
            refused(input),
            (sentence.to_owned(), place.to_owned()),
            "{input}"
        );
    }
}

#[test]
fn a_value_must_be_of_the_kind_of_its_field() {
    let cases = [
        (
            "backlog > many",
            "backlog is compared with a number such as 200 or 3k",
            "many",
        ),
        (
            "backlog > 5m5",
            "backlog is compared with a number such as 200 or 3k",
            "5m5",
        ),
        (
            "size > 5s",
            "size_bytes is compared with a size such as 1000, 64KiB or 10MiB",
            "5s",
        ),
        (
            "age > 10MiB",
            "lag_seconds is compared with a span such as 500ms, 26s or 5m",
            "10MiB",
        ),
        (
            "ack_rate > 1e9",
            "ack_rate is compared with a rate such as 200 or 1.5k/s",
            "1e9",
        ),
        (
            "publish_time > 5m",
            "publish_time is compared with a time such as 2026-01-31 or 2026-01-31T15:00:00Z",
            "5m",
        ),
        (
            "state = stuck",
            "state is a word, compared by = != ~",
            "stuck",
        ),
        ("state < dead", "state is a word, compared by = != ~", "<"),
        (
            "backlog ~ 3",
            "backlog is no text, and ~ compares texts",
            "~",
        ),
        (
            "age < null",
            "what is not known can only be compared by = and !=",
            "<",
        ),
    ];
    for (input, sentence, place) in cases {
        assert_eq!(
            refused(input),
            (sentence.to_owned(), place.to_owned()),
            "{input}"
        );
    }
}

#[test]
fn a_refusal_draws_a_caret_and_says_what_would_do() {
    let problem = parse("age>5m or sate=dead", &SCHEMA).unwrap_err();
    let expected = "there is no such field
  age>5m or sate=dead
            ^^^^
  fields: name (id), state, backlog, size_bytes (size), lag_seconds (age, oldest), ack_rate, \
        publish_time, is_paused, dead_letter.reason (reason), attributes.NAME, body.PATH";
    assert_eq!(problem.to_string(), expected);
    let problem = parse("name = '\u{1b}日本' bad", &SCHEMA).unwrap_err();
    let drawn = problem.to_string();
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines[1], "  name = '\\x1b日本' bad");
    assert_eq!(
        lines[2],
        format!("{}^", " ".repeat(20)),
        "it counts cells and not bytes"
    );
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let long = format!("name = {}", "x".repeat(5_000));
    assert_eq!(
        parse(&long, &SCHEMA)
            .unwrap_err()
            .to_string()
            .lines()
            .next(),
        Some("a filter has at most 4096 bytes")
    );
    let deep = format!("{}name = x{}", "(".repeat(65), ")".repeat(65));
    assert_eq!(refused(&deep).0, "parentheses and `not` go at most 64 deep");
    let deep = format!("{}name = x", "not ".repeat(64));
    assert!(parse(&deep, &SCHEMA).is_ok());
    let names = format!("body{} = 1", ".a".repeat(32));
    assert_eq!(refused(&names).0, "a field has at most 32 names");
}
