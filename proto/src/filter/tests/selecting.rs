//! What a filter selects.

use serde_json::{Map, Value as Json, json};

use super::super::parse;
use super::SCHEMA;

fn thing() -> Map<String, Json> {
    let thing = json!({
        "name": "billing",
        "state": "dead",
        "backlog": 3_000,
        "size_bytes": 10 << 20,
        "lag_seconds": 300.0,
        "ack_rate": null,
        "publish_time": "2026-01-31T15:00:00.000000Z",
        "is_paused": false,
        "attributes": { "trace": "x", "retry": "10", "a/b": "true" },
        "body": { "user": { "id": 77, "name": "Ann" }, "items": [{ "sku": "9" }], "ok": true,
                  "big": 9_007_199_254_740_993_u64, "none": null },
    });
    thing.as_object().cloned().unwrap_or_default()
}

fn selects(filter: &str) -> bool {
    let filter = parse(filter, &SCHEMA).unwrap_or_else(|problem| panic!("{problem}"));
    filter.selects(&thing())
}

#[test]
fn units_measure_what_the_field_measures() {
    for yes in [
        "backlog = 3k",
        "backlog < 3.1k",
        "size = 10MiB",
        "size = 10m",
        "size > 10MB",
        "age = 5m",
        "age = 300",
        "age >= 4m60s",
        "age < 0.1h",
        "age > 299999ms",
        "publish_time > 2026-01-31",
        "publish_time = 2026-01-31T15:00:00Z",
        "publish_time < '2026-01-31 15:00:01'",
    ] {
        assert!(selects(yes), "{yes}");
        assert!(!selects(&format!("not {yes}")), "not {yes}");
    }
    for no in ["backlog != 3k", "age > 5m", "age < 5m", "size < 10MB"] {
        assert!(!selects(no), "{no}");
    }
}

#[test]
fn what_is_not_known_equals_nothing_and_is_neither_more_nor_less() {
    for field in [
        "ack_rate",
        "body.none",
        "body.nowhere.at.all",
        "attributes.missing",
    ] {
        for sign in ["=", "<", "<=", ">", ">="] {
            assert!(!selects(&format!("{field} {sign} 0")), "{field} {sign} 0");
        }
        assert!(selects(&format!("{field} != 0")), "{field}");
        assert!(selects(&format!("{field} = null")), "{field}");
        assert!(!selects(&format!("{field} != null")), "{field}");
    }
    assert!(!selects("attributes.missing ~ ''"));
    assert!(selects("backlog != null"));
}

#[test]
fn patterns_are_found_anywhere_unless_they_are_bound() {
    assert!(selects("name ~ ill"));
    assert!(!selects("name ~ '^ill'"));
    assert!(selects("name ~ '(?i)BILLING$'"));
    assert!(selects("state ~ de"));
    assert!(selects("body.user.id ~ '^7'"));
    assert!(selects("publish_time ~ 'T15:'"));
}

#[test]
fn what_a_publisher_wrote_is_compared_as_what_it_is() {
    for yes in [
        "body.user.id = 77",
        "body.user.id > 9",
        "body.items[0].sku = 9",
        "body.items[0].sku = '9'",
        "body.ok = true",
        "body.big = 9007199254740993",
        "attributes.trace = x",
        "attributes.retry > 9",
        "attributes.retry = 10.0",
        "attributes.'a/b' = true",
        "body.user ~ Ann",
        "body.user.name < Bob",
    ] {
        assert!(selects(yes), "{yes}");
    }
    for no in [
        "body.user.id = '77'",
        "body.big = 9007199254740992",
        "body.user.name > 5",
        "body.ok = 1",
        "body.items[1].sku = 9",
        "body.items.x = 9",
        "attributes.retry = '10.0'",
    ] {
        assert!(!selects(no), "{no}");
    }
}

#[test]
fn comparisons_are_put_together_as_they_read() {
    assert!(selects(
        "state = dead and (backlog > 5k or is_paused = false)"
    ));
    assert!(!selects("state = ready or backlog > 5k and name = billing"));
    assert!(selects("name = billing or name = x and backlog > 5k"));
}

#[test]
fn a_text_that_is_required_is_known_before_anything_is_looked_at() {
    let required = |text: &str| {
        let filter = parse(text, &SCHEMA).unwrap_or_else(|problem| panic!("{problem}"));
        let found = filter.requires("dead_letter.reason");
        found.map(|(texts, is_all)| (texts.join("|"), is_all))
    };
    assert_eq!(required("reason = 'x y'"), Some(("x y".to_owned(), true)));
    assert_eq!(
        required("reason = x or (reason = y or reason = z)"),
        Some(("x|y|z".to_owned(), true))
    );
    assert_eq!(
        required("backlog > 3 and (reason = x or reason = y)"),
        Some(("x|y".to_owned(), false))
    );
    for part in ["reason = x and backlog > 3", "name ~ y and (reason = x)"] {
        assert_eq!(required(part), Some(("x".to_owned(), false)), "{part}");
    }
    for open in [
        "reason = x or backlog > 3",
        "not reason = x",
        "reason != x",
        "reason ~ x",
        "name = x",
        "reason = null",
        "(reason = x or name = y) and backlog > 3",
    ] {
        assert_eq!(required(open), None, "{open}");
    }
}
