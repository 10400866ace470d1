//! `weir client`, `weir events`, `weir mark`, `weir sub advise`, `weir top --text`: who is there, what
//! happens, and what is to be done.

use super::broker::Broker;
use super::typed::{typed, typed_words};
use crate::command::failure::Exit;

#[tokio::test]
async fn clients_are_listed_by_number_and_shown_with_their_consumers() {
    let broker = Broker::with(&[]).await;
    let ids = typed(&broker, "client ls -o name").await.printed;
    assert_eq!(ids, "17\n18\n");
    let reader = typed(&broker, "client ls --where sub~billing -o json")
        .await
        .json();
    assert_eq!(reader.as_array().map(Vec::len), Some(1));
    assert_eq!(reader[0]["leased"], 12);
    let shown = typed(&broker, "client get 18 -o json").await.json();
    assert_eq!(
        (&shown["topics"][0], &shown["publish_rate"]),
        (&"orders".into(), &250.0.into())
    );
    insta::assert_snapshot!("clients", typed(&broker, "client ls -o wide").await.printed);
    let nobody = typed(&broker, "client get 4").await;
    assert_eq!(nobody.exit(), Exit::NotFound);
}

#[tokio::test]
async fn nobody_is_disconnected_unless_somebody_said_so() {
    let broker = Broker::with(&[]).await;
    assert_eq!(
        typed(&broker, "client disconnect 17").await.exit(),
        Exit::Refused
    );
    assert!(broker.memory().disconnected.is_empty());
    let done = typed(&broker, "client disconnect 17 --yes -o json").await;
    assert_eq!(
        done.json(),
        serde_json::json!({ "client_id": 17, "ended_streams": 2 })
    );
    assert_eq!(broker.memory().disconnected, [17]);
}

#[tokio::test]
async fn events_are_told_in_order_and_a_limit_means_the_newest() {
    let broker = Broker::with(&[]).await;
    let all = typed(&broker, "events --sub orders/billing -o json")
        .await
        .json();
    assert_eq!(all.as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&all[0]["kind"], &all[0]["subscription"]),
        (&"consumer_joined".into(), &"billing".into())
    );
    let newest = typed(&broker, "events --limit 2 -o name").await.printed;
    assert_eq!(newest, "2\n3\n");
    let marks = typed(&broker, "mark ls -o name").await.printed;
    assert_eq!(marks, "2\n");
    let followed = typed(&broker, "events --follow --limit 3 -o jsonl").await;
    assert_eq!(
        (followed.exit(), followed.printed.lines().count()),
        (Exit::Done, 3)
    );
    let words = [
        "events",
        "--follow",
        "--limit",
        "1",
        "--where",
        "what = mark",
    ];
    let table = typed_words(&broker, &words).await.printed;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("deployed 4.2"), "{table}");
}

#[tokio::test]
async fn a_mark_says_what_about_what_and_who() {
    let broker = Broker::with(&[]).await;
    let words = [
        "mark",
        "add",
        "deployed 4.2",
        "--sub",
        "billing",
        "--by",
        "dana",
        "-o",
        "json",
    ];
    let mark = typed_words(&broker, &words).await.json();
    assert_eq!(
        (
            &mark["text"],
            &mark["subscription"],
            &mark["actor"],
            &mark["kind"]
        ),
        (
            &"deployed 4.2".into(),
            &"billing".into(),
            &"dana".into(),
            &"mark".into()
        )
    );
}

#[tokio::test]
async fn an_advice_is_for_the_time_and_the_most_that_were_asked_for() {
    let broker = Broker::with(&[]).await;
    let line = "sub advise orders/billing --drain-within 2m --max-consumers 4 -o json";
    let advice = typed(&broker, line).await.json();
    assert_eq!(
        advice["summary"],
        "Run 5 consumers to end the backlog within 120 s."
    );
    assert_eq!(
        (&advice["recommended"], &advice["bound"]),
        (&4.into(), &"keys".into())
    );
    assert_eq!(advice["capacity"], serde_json::Value::Null);
    let usual = typed(&broker, "sub advise billing").await.printed;
    assert!(
        usual.starts_with("Run 5 consumers to end the backlog within 600 s."),
        "{usual}"
    );
    assert!(usual.contains("8, bound by keys"), "{usual}");
}

#[tokio::test]
async fn the_dashboard_is_also_said_in_sentences() {
    let broker = Broker::with(&["a", "b"]).await;
    let said = typed(&broker, "top --text --once").await;
    assert_eq!(said.exit(), Exit::Done);
    let lines: Vec<&str> = said.printed.lines().collect();
    assert_eq!(lines.len(), 3, "{}", said.printed);
    assert!(lines[0].starts_with("Broker "), "{}", lines[0]);
    assert!(lines[1].starts_with("orders/billing: "), "{}", lines[1]);
    let json = typed(&broker, "top --text --once -o json").await.json();
    assert_eq!(json["subscriptions"][0]["name"], "billing");
}
