//! The filter language: what is selected, what is refused and where, and that any text is read without harm.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};

use super::*;

fn attributes<'a>(pairs: &[(&'a str, &'a str)]) -> Attributes<'a> {
    pairs.iter().copied().collect()
}

#[track_caller]
fn selects(filter: &str, pairs: &[(&str, &str)]) -> bool {
    let parsed = Filter::parse(filter);
    let parsed = parsed.unwrap_or_else(|error| panic!("{filter}: {error}"));
    parsed.selects(&attributes(pairs))
}

/// A filter, the attributes of a message, and whether it is selected.
type Case = (&'static str, &'static [(&'static str, &'static str)], bool);

#[test]
fn terms_look_at_a_key_its_value_or_its_beginning() {
    let cases: [Case; 20] = [
        ("attributes:a", &[("a", "")], true),
        ("attributes:a", &[("A", "")], false),
        ("attributes:a", &[], false),
        ("attributes.a = \"x\"", &[("a", "x")], true),
        ("attributes.a=\"x\"", &[("a", "X")], false),
        ("attributes.a = \"x\"", &[], false),
        ("attributes.a != \"x\"", &[("a", "x")], false),
        ("attributes.a != \"x\"", &[("a", "y")], true),
        ("attributes.a != \"x\"", &[], true),
        ("hasPrefix(attributes.a, \"ab\")", &[("a", "abc")], true),
        ("hasPrefix(attributes.a,\"ab\")", &[("a", "ab")], true),
        ("hasPrefix( attributes.a , \"ab\" )", &[("a", "a")], false),
        ("hasPrefix(attributes.a, \"\")", &[], false),
        (
            "attributes.\"key with space\" = \"x\"",
            &[("key with space", "x")],
            true,
        ),
        ("attributes:\"ü\"", &[("ü", "")], true),
        ("attributes.a-b_1 = \"x\"", &[("a-b_1", "x")], true),
        (
            r#"attributes.a = "say \"no\" \\ yes""#,
            &[("a", r#"say "no" \ yes"#)],
            true,
        ),
        ("  attributes:a  ", &[("a", "")], true),
        ("attributes.AND = \"x\"", &[("AND", "x")], true),
        ("attributes.a = \"\u{7}é\"", &[("a", "\u{7}é")], true),
    ];
    for (filter, pairs, expected) in cases {
        assert_eq!(selects(filter, pairs), expected, "{filter} of {pairs:?}");
    }
}

#[test]
fn parts_are_joined_turned_round_and_put_in_parentheses() {
    let (a, b, ab) = ([("a", "")], [("b", "")], [("a", ""), ("b", "")]);
    let cases: [(&str, [bool; 4]); 9] = [
        // Of a message with a, with b, with both, with neither.
        ("attributes:a AND attributes:b", [false, false, true, false]),
        ("attributes:a OR attributes:b", [true, true, true, false]),
        ("NOT attributes:a", [false, true, false, true]),
        ("-attributes:a", [false, true, false, true]),
        ("NOT -attributes:a", [true, false, true, false]),
        (
            "NOT (attributes:a OR attributes:b)",
            [false, false, false, true],
        ),
        (
            "NOT attributes:a AND attributes:b",
            [false, true, false, false],
        ),
        (
            "(attributes:a AND -attributes:b) OR (-attributes:a AND attributes:b)",
            [true, true, false, false],
        ),
        ("(((attributes:a)))", [true, false, true, false]),
    ];
    for (filter, expected) in cases {
        let got = [&a[..], &b, &ab, &[]].map(|pairs| selects(filter, pairs));
        assert_eq!(got, expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_with_the_place_and_what_is_expected() {
    let cases = [
        ("", 1, "attributes, hasPrefix", "the end"),
        ("kind = \"b\"", 1, "attributes, hasPrefix", "kind"),
        ("attributes", 11, ". or :", "the end"),
        ("attributes.", 12, "a key", "the end"),
        ("attributes:é", 12, "a key", "é"),
        ("attributes.kind \"b\"", 17, "= or !=", "\""),
        ("attributes.kind = b", 19, "a text in double quotes", "b"),
        ("attributes.kind = 'b'", 19, "a text in double quotes", "'"),
        (
            "attributes.kind = \"b",
            19,
            "ends with a double quote",
            "\"",
        ),
        ("attributes.k = \"\\n\"", 18, "\" or \\ after", "n"),
        ("attributes:a and attributes:b", 14, "capitals", "and"),
        (
            "attributes:a attributes:b",
            14,
            "AND, OR or the end",
            "attributes",
        ),
        ("attributes:a AND", 17, "attributes, hasPrefix", "the end"),
        (
            "attributes:a AND attributes:b OR attributes:c",
            31,
            "do not mix",
            "OR",
        ),
        ("(attributes:a", 14, "AND, OR or )", "the end"),
        ("attributes:a)", 13, "AND, OR or the end", ")"),
        ("hasPrefix(attributes:a, \"b\")", 21, ".", ":"),
        ("hasPrefix(attributes.a)", 23, ",", ")"),
        ("NOT", 4, "attributes, hasPrefix", "the end"),
        (
            "NOTattributes:a",
            1,
            "attributes, hasPrefix",
            "NOTattributes",
        ),
        ("ä attributes:a", 1, "attributes, hasPrefix", "ä"),
    ];
    for (filter, position, expected, found) in cases {
        let error = Filter::parse(filter).expect_err(filter);
        assert_eq!(
            (error.position, error.found.as_str()),
            (position, found),
            "{filter}: {error}"
        );
        assert!(error.expected.contains(expected), "{filter}: {error}");
    }
    let deep = "-".repeat(1_000) + "attributes:a";
    assert_eq!(Filter::parse(&deep).unwrap_err().position, 257);
}

#[test]
fn attributes_are_found_in_an_encoded_message_whatever_is_around_them() {
    use prost::Message as _;
    let message = weir_proto::v1::Message {
        payload: vec![0x12; 50].into(),
        ordering_key: "key".to_owned(),
        attributes: [("a", "1"), ("b", ""), ("ü", "é\u{0}")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..weir_proto::v1::Message::default()
    };
    let bytes = message.encode_to_vec();
    let found = Attributes::of(&bytes);
    for (key, value) in &message.attributes {
        assert_eq!(found.get(key), Some(value.as_str()));
    }
    assert_eq!(found.get("c"), None);
    for end in 0..bytes.len() {
        // A message that was cut gives what is before the cut, and no harm.
        let cut = Attributes::of(&bytes[..end]);
        for key in ["a", "b", "ü"] {
            assert!(cut.get(key).is_none() || cut.get(key) == found.get(key));
        }
    }
}

#[test]
fn a_batch_is_sieved_by_each_filter_into_runs() {
    use prost::Message as _;
    let message = |kind: &str| {
        let attributes = [("kind".to_owned(), kind.to_owned())];
        let message = weir_proto::v1::Message {
            attributes: attributes.into(),
            ..weir_proto::v1::Message::default()
        };
        message.encode_to_vec()
    };
    let batch: Vec<_> = ["a", "b", "b", "a", "c"].map(message).to_vec();
    let filter = |text: &str| Arc::new(Filter::parse(text).unwrap());
    let filters = Filters {
        generation: 7,
        filters: vec![
            filter("attributes.kind = \"a\""),
            filter("attributes:kind"),
            filter("attributes:nothing"),
        ],
    };
    let sieved = filters.sieve(batch.iter().map(Vec::as_slice));
    assert_eq!(sieved.generation, 7);
    let holes = |holes: &[Range<u32>]| holes.to_vec();
    let all = 0..5;
    let expected = [
        holes(&[1..3, 4..5]),
        holes(&[]),
        holes(std::slice::from_ref(&all)),
    ];
    assert_eq!(sieved.holes, expected);
    let none = Filters::default().sieve(batch.iter().map(Vec::as_slice));
    assert_eq!(none, Sieved::default());
}

/// An expression written by chance, with what it is of each of some messages, computed on the way.
fn random(
    random: &mut SmallRng,
    depth: u32,
    all: &[BTreeMap<String, String>],
) -> (String, Vec<bool>) {
    let keys = ["a", "b-c", "\"d e\"", "f"];
    let key = *keys.choose(random).unwrap();
    let name = key.trim_matches('"');
    let value = *["", "x", "xy", "z"].choose(random).unwrap();
    let of = |is_true: &dyn Fn(Option<&str>) -> bool| {
        let of_one = |one: &BTreeMap<String, String>| is_true(one.get(name).map(String::as_str));
        all.iter().map(of_one).collect::<Vec<bool>>()
    };
    let negated = |truth: Vec<bool>| truth.into_iter().map(|is_true| !is_true).collect();
    match random.random_range(0..if depth == 0 { 4 } else { 8 }) {
        0 => (format!("attributes:{key}"), of(&|found| found.is_some())),
        1 => {
            let text = format!("attributes.{key} = \"{value}\"");
            (text, of(&|found| found == Some(value)))
        }
        2 => {
            let text = format!("attributes.{key}!=\"{value}\"");
            (text, of(&|found| found != Some(value)))
        }
        3 => {
            let text = format!("hasPrefix(attributes.{key}, \"{value}\")");
            let begins = |found: Option<&str>| found.is_some_and(|found| found.starts_with(value));
            (text, of(&begins))
        }
        4 => {
            let (text, truth) = self::random(random, depth - 1, all);
            (format!("NOT ({text})"), negated(truth))
        }
        which => {
            let is_all = which == 5;
            let (mut texts, mut truth) = (Vec::new(), vec![is_all; all.len()]);
            for _ in 0..random.random_range(2..4) {
                let (text, one) = self::random(random, depth - 1, all);
                texts.push(format!("({text})"));
                for (truth, one) in truth.iter_mut().zip(one) {
                    *truth = if is_all { *truth && one } else { *truth || one };
                }
            }
            (texts.join(if is_all { " AND " } else { " OR " }), truth)
        }
    }
}

#[test]
fn random_filters_select_what_they_say_and_any_damage_is_refused_or_read() {
    let mut chance = SmallRng::seed_from_u64(1);
    for _ in 0..2_000 {
        let all: Vec<BTreeMap<String, String>> = (0..6)
            .map(|_| {
                let pairs = ["a", "b-c", "d e", "f"].into_iter();
                let pairs = pairs.filter_map(|key| {
                    let value = *["", "x", "xy", "z"].choose(&mut chance).unwrap();
                    chance
                        .random::<bool>()
                        .then(|| (key.to_owned(), value.to_owned()))
                });
                pairs.collect()
            })
            .collect();
        let (text, truth) = random(&mut chance, 3, &all);
        let filter = Filter::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        for (one, expected) in all.iter().zip(truth) {
            let pairs = one
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()));
            assert_eq!(
                filter.selects(&pairs.collect()),
                expected,
                "{text} of {one:?}"
            );
        }
        let mut damaged: Vec<char> = text.chars().collect();
        for _ in 0..chance.random_range(1..4) {
            let at = chance.random_range(0..damaged.len());
            damaged[at] = *['(', ')', '"', '\\', 'é', ' ', '-', 'A']
                .choose(&mut chance)
                .unwrap();
        }
        let damaged: String = damaged.into_iter().collect();
        if let Err(error) = Filter::parse(&damaged) {
            let end = damaged.chars().count() as u64 + 1;
            assert!((1..=end).contains(&error.position), "{damaged}: {error}");
        }
    }
}
