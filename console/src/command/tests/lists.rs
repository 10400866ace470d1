//! Lists: some rows, in some order, some fields.

use clap::Parser as _;

use super::broker::Broker;
use super::typed::{typed, typed_words};
use crate::command::arguments::Cli;

#[tokio::test]
async fn a_filter_selects_rows_before_the_limit_counts_them() {
    let broker = Broker::with(&["a"]).await;
    let names = async |words: &[&str]| {
        let words = [&["sub", "ls", "-o", "name"], words].concat();
        typed_words(&broker, &words).await.printed
    };
    assert_eq!(names(&["--where", "dead > 0"]).await, "billing\n");
    assert_eq!(
        names(&["--where", "dead = 0 and topic = orders"]).await,
        "shop/audit\n"
    );
    assert_eq!(names(&["--where", "age > 5m"]).await, "");
    assert_eq!(
        names(&["--sort", "name:reverse"]).await,
        "shop/audit\nbilling\n"
    );
    assert_eq!(
        names(&["--sort", "dead:reverse", "--limit", "1"]).await,
        "shop/audit\n"
    );
}

#[tokio::test]
async fn columns_are_the_fields_of_the_json_in_every_form() {
    let broker = Broker::with(&["a"]).await;
    let table = typed(&broker, "sub ls --columns name,dead,lag")
        .await
        .printed;
    assert_eq!(
        table,
        "NAME        DEAD  LAG_SECONDS\nbilling        3            -\nshop/audit     0            -\n"
    );
    let bare = typed(&broker, "sub ls --columns dead --no-headers")
        .await
        .printed;
    assert_eq!(bare, "   3\n   0\n");
    let json = typed(&broker, "sub ls --columns dead,name -o json")
        .await
        .json();
    assert_eq!(json[0], serde_json::json!({ "dead": 3, "name": "billing" }));
    assert_eq!(json[0].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn a_table_without_its_header_has_a_row_for_each() {
    let broker = Broker::with(&[]).await;
    let rows = typed(&broker, "dlq ls --all --no-headers --sort dead")
        .await
        .printed;
    assert_eq!(rows.lines().count(), 2);
    assert!(rows.starts_with("billing"), "{rows}");
}

#[test]
fn a_wrong_filter_is_a_wrong_argument_and_is_shown_with_its_place() {
    let cases: [(&[&str], &str); 4] = [
        (
            &["sub", "ls", "--where", "age>5m or sate=x"],
            "          ^^^^\n",
        ),
        (
            &["topic", "ls", "--sort", "age"],
            "there is no such field\n  age\n  ^^^\n",
        ),
        (
            &["dlq", "ls", "--columns", "name,age"],
            "  fields: name, topic, dead, ",
        ),
        (
            &["dlq", "peek", "s", "--where", "size > 5s"],
            "a size such as 1000, 64KiB",
        ),
    ];
    for (words, part) in cases {
        let words = [&["weir"], words].concat();
        let error = Cli::try_parse_from(&words).expect_err("a refusal");
        assert_eq!(error.exit_code(), 2);
        let text = error.render().to_string();
        assert!(text.contains(part), "{words:?}: {text}");
    }
}
