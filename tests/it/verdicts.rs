//! What is going on in a subscription, through the API: in samples, in windows, on the timeline; how many consumers it
//! takes; and the keys that most messages carry.

use std::time::Duration;

use tonic::Streaming;
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::{
    AdviceBound, AdviseRequest, Confidence, ErrorReason, EventKind, GetStatsRequest, Message,
    Severity, SubscriptionStats, Verdict, WatchEventsRequest, WatchRequest, WatchResponse,
    WatchWindow,
};
use weir_tests::broker::{Broker, subscription};

use crate::broker;
use crate::command_line::run;

/// A verdict is there within this time: it needs a few samples.
const LIMIT: Duration = Duration::from_secs(30);

async fn watch(broker: &Broker, filter: &str, order_by: &str) -> Streaming<WatchResponse> {
    let window = WatchWindow {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..WatchWindow::default()
    };
    let request = WatchRequest {
        subscriptions: Some(window),
        topics: None,
    };
    let mut stub = StatsClient::new(broker.channel().await);
    stub.watch(request).await.unwrap().into_inner()
}

/// The subscription's numbers once its verdict is this one.
async fn judged(broker: &Broker, name: &str, verdict: Verdict) -> SubscriptionStats {
    let mut samples = watch(broker, &format!("name = {name}"), "").await;
    let found = async {
        loop {
            let sample = samples.message().await.unwrap().unwrap();
            let mut shown = sample.subscriptions.into_iter();
            let is_it = |one: &SubscriptionStats| {
                let diagnosis = one.diagnosis.as_ref();
                diagnosis.is_some_and(|diagnosis| diagnosis.verdict() == verdict)
            };
            if let Some(found) = shown.find(is_it) {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(LIMIT, found).await;
    found.unwrap_or_else(|_late| panic!("{name} is not {verdict:?} within {LIMIT:?}"))
}

/// The rows of a full sample in the order of its window.
fn in_order(sample: &WatchResponse) -> Vec<&SubscriptionStats> {
    let ids = &sample.subscription_rows.as_ref().unwrap().ids;
    let by_id = |id: &u64| {
        let mut shown = sample.subscriptions.iter();
        shown.find(|one| one.subscription_id == *id).unwrap()
    };
    ids.iter().map(by_id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_listens_to_is_said_in_words_and_leads_the_list() {
    let broker = broker().await;
    broker.pair().await;
    for name in ["a", "z"] {
        broker.subscription(subscription(name, "t")).await;
    }
    let admin = broker.client().admin();
    admin.pause_subscription("a").await.unwrap();
    broker.publish_texts("t", &["x", "y"]).await;
    let found = judged(&broker, "s", Verdict::NoConsumers).await;
    let diagnosis = found.diagnosis.unwrap();
    assert_eq!(diagnosis.advice, "Start consumers.");
    assert!(
        diagnosis.reason.contains("2 messages"),
        "{}",
        diagnosis.reason
    );
    assert!(diagnosis.start_time.is_some());
    judged(&broker, "z", Verdict::NoConsumers).await;
    let paused = judged(&broker, "a", Verdict::Paused).await;
    assert_eq!(paused.diagnosis.unwrap().severity(), Severity::Watch);
    let events = broker.client().stats();
    let mut events = events.events(WatchEventsRequest::default()).await.unwrap();
    let told = events.next().await.unwrap().unwrap().events;
    let changes = told
        .iter()
        .filter(|event| event.kind() == EventKind::VerdictChanged);
    let told: Vec<_> = changes.map(|event| event.subscription.as_str()).collect();
    for name in ["a", "s", "z"] {
        assert!(told.contains(&name), "{told:?}");
    }
    let mut samples = watch(
        &broker,
        "severity = act or severity = watch",
        "severity desc",
    )
    .await;
    let sample = samples.message().await.unwrap().unwrap();
    assert_eq!(sample.subscription_rows.as_ref().unwrap().matched_count, 3);
    let rows = in_order(&sample).into_iter();
    let severities: Vec<_> = rows
        .map(|one| one.diagnosis.as_ref().unwrap().severity())
        .collect();
    assert!(
        severities.is_sorted_by(|one, other| one >= other),
        "{severities:?}"
    );
    // The order of the console's list follows the same diagnosis.
    let mut samples = watch(&broker, "", "urgency desc").await;
    let sample = samples.message().await.unwrap().unwrap();
    let rows = in_order(&sample);
    let names: Vec<_> = rows.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["s", "z", "a"]);
    let listed = run(
        broker.child().address(),
        &[
            "sub",
            "ls",
            "--where",
            "verdict = no_consumers",
            "-o",
            "name",
        ],
    );
    assert_eq!(listed.stdout, "s\nz\n", "{}", listed.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_says_no_number_where_there_is_none_and_a_bound_where_there_is_one() {
    let broker = broker().await;
    broker.pair().await;
    broker.topic("u").await;
    let stats = broker.client().stats();
    let ask = |request: AdviseRequest| stats.advise(request);
    let of = |subscription: &str| AdviseRequest {
        subscription: subscription.to_owned(),
        ..AdviseRequest::default()
    };
    let quiet = ask(of("s")).await.unwrap();
    assert_eq!((quiet.recommended, quiet.capacity), (None, None));
    assert_eq!(quiet.confidence(), Confidence::Unspecified);
    assert!(quiet.sample_time.is_some() && !quiet.summary.is_empty());
    broker.publish_texts("t", &["x", "y", "z"]).await;
    judged(&broker, "s", Verdict::NoConsumers).await;
    let limited = AdviseRequest {
        max_consumers: 5,
        ..of("s")
    };
    let needed = ask(limited).await.unwrap();
    assert_eq!((needed.recommended, needed.is_lower_bound), (Some(1), true));
    assert_eq!((needed.backlog, needed.consumer_count), (3, 0));
    assert_eq!(needed.bound(), AdviceBound::Requested);
    let seconds = |seconds| prost_types::Duration { seconds, nanos: 0 };
    let refused = [
        (of(""), ErrorReason::FieldRequired),
        (of("none"), ErrorReason::SubscriptionNotFound),
        (
            AdviseRequest {
                topic: "u".to_owned(),
                ..of("s")
            },
            ErrorReason::TopicMismatch,
        ),
        (
            AdviseRequest {
                drain_within: Some(seconds(0)),
                ..of("s")
            },
            ErrorReason::ValueOutOfRange,
        ),
        (
            AdviseRequest {
                drain_within: Some(seconds(86_401)),
                ..of("s")
            },
            ErrorReason::ValueOutOfRange,
        ),
    ];
    for (request, reason) in refused {
        let error = ask(request).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_that_most_messages_carry_are_told_of_a_topic_that_is_named() {
    let broker = broker().await;
    broker.pair().await;
    let message = |index: u32| Message {
        payload: "x".into(),
        ordering_key: match index % 10 {
            0..6 => "hot\u{202e}".to_owned(),
            _ => format!("cold {index}"),
        },
        ..Message::default()
    };
    for batch in 0..10 {
        let messages = (batch * 30..(batch + 1) * 30).map(message).collect();
        broker.client().publish("t", messages).await.unwrap();
    }
    let named = GetStatsRequest {
        topic: "t".to_owned(),
        ..GetStatsRequest::default()
    };
    let stats = broker.client().stats();
    let told = stats.get(named).await.unwrap().topics.remove(0).top_keys;
    assert_eq!((told[0].key.as_str(), told[0].count), ("hot\u{202e}", 180));
    assert!((told[0].share - 0.6).abs() < 0.001, "{}", told[0].share);
    assert!(told.len() > 1 && told.len() <= 20);
    let all = stats.get(GetStatsRequest::default()).await.unwrap();
    assert!(all.topics[0].top_keys.is_empty(), "only if it is named");
}
