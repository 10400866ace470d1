//! Whatever is typed: it is read as it is written, or refused; nothing else.

use proptest::prelude::*;

use super::super::comparison::Comparison;
use super::super::expression::{Expression, Filter};
use super::super::lexer::{Literal, Operator};
use super::super::parse;
use super::SCHEMA;

fn literal(text: &str, is_quoted: bool) -> Literal {
    let text = text.to_owned();
    Literal { text, is_quoted }
}

fn comparison(field: &[String], operator: Operator, literal: Literal) -> Expression {
    let path = SCHEMA.find(field).expect("a field of the test");
    Expression::One(Comparison::new(path, operator, literal).expect("a value of its kind"))
}

fn any_operator() -> impl Strategy<Value = Operator> {
    prop_oneof![
        Just(Operator::Equal),
        Just(Operator::Unequal),
        Just(Operator::Less),
        Just(Operator::AtMost),
        Just(Operator::Greater),
        Just(Operator::AtLeast),
    ]
}

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(|text| literal(&text, true)),
        // A keyword is no bare value, and `null` is not less than anything.
        "[b-m0-9][a-z0-9.:/+%,-]{0,8}".prop_map(|text| literal(&text, false)),
    ]
}

fn any_comparison() -> impl Strategy<Value = Expression> {
    let text = (any_operator(), any_literal())
        .prop_map(|(operator, value)| comparison(&["name".to_owned()], operator, value));
    let inside = (
        any_operator(),
        any_literal(),
        prop::collection::vec(any::<String>(), 1..4),
    );
    let inside = inside.prop_map(|(operator, value, mut names)| {
        names.insert(0, "body".to_owned());
        comparison(&names, operator, value)
    });
    let span = (any_operator(), 0_u32..100_000, "(ns|us|ms|s|m|h|d|w)?");
    let span = span.prop_map(|(operator, figure, unit)| {
        let value = literal(&format!("{figure}{unit}"), false);
        comparison(&["age".to_owned()], operator, value)
    });
    let pattern = any::<String>().prop_map(|text| {
        let value = literal(&regex::escape(&text), true);
        comparison(&["reason".to_owned()], Operator::Matches, value)
    });
    prop_oneof![text, inside, span, pattern]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_comparison().prop_recursive(4, 32, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several().prop_map(Expression::All),
            several().prop_map(Expression::Any),
            inner.clone().prop_map(|one| Expression::Not(Box::new(one))),
        ]
    })
}

/// Text that is nearly a filter, so that more than its first word is reached.
fn nearly_a_filter() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "name",
            "age",
            "state",
            "body",
            "attributes",
            "and",
            "or",
            "not",
            "(",
            ")",
            "=",
            "!=",
            "<",
            ">=",
            "~",
            ".",
            "[",
            "]",
            "\"",
            "'",
            "\\",
            "5m",
            "3k",
            "10MiB",
            "null",
            "dead",
            " ",
            "\u{0}",
            "日",
            "-1",
            "1e5",
            "'a b'",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn a_filter_written_out_is_read_as_the_same(root in any_expression()) {
        let filter = Filter { root };
        let written = filter.to_string();
        if written.len() > 4_096 {
            return Ok(());
        }
        let read = parse(&written, &SCHEMA);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", written);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in any::<String>()) {
        check_any(&text)?;
    }

    #[test]
    fn what_is_nearly_a_filter_is_read_or_refused_at_a_place_in_it(text in nearly_a_filter()) {
        check_any(&text)?;
    }
}

fn check_any(text: &str) -> Result<(), TestCaseError> {
    match parse(text, &SCHEMA) {
        Ok(filter) => {
            let again = parse(&filter.to_string(), &SCHEMA);
            prop_assert_eq!(again.as_ref(), Ok(&filter), "{}", text);
        }
        Err(problem) => {
            let place = problem.place();
            prop_assert!(
                text.get(place.clone()).is_some(),
                "{:?} in {:?}",
                place,
                text
            );
            let drawn = problem.to_string();
            prop_assert!(drawn.lines().count() >= 3, "{}", drawn);
        }
    }
    Ok(())
}
