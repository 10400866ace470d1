//! What has happened, through the API: kept, followed, filtered, and there after a restart.

use std::time::Duration;

use weir_proto::client::Events;
use weir_proto::v1::{AddMarkRequest, ErrorReason, Event, EventKind, Severity, WatchEventsRequest};
use weir_tests::broker::{Broker, subscription};

use crate::broker;

/// What was told is there within this time.
const LIMIT: Duration = Duration::from_secs(10);

async fn open(broker: &Broker, request: WatchEventsRequest) -> Events {
    let stats = broker.client().stats();
    stats.events(request).await.unwrap()
}

/// All that is kept, and whether some is missing.
async fn kept(broker: &Broker, request: WatchEventsRequest) -> (Vec<Event>, bool) {
    let mut stream = open(broker, request).await;
    let (mut events, mut is_cut) = (Vec::new(), false);
    while let Some(answer) = stream.next().await.unwrap() {
        is_cut |= answer.truncated;
        events.extend(answer.events);
    }
    (events, is_cut)
}

/// The next event of a kind.
async fn next(stream: &mut Events, kind: EventKind) -> Event {
    let found = async {
        loop {
            let answer = stream.next().await.unwrap().expect("the stream goes on");
            let mut events = answer.events.into_iter();
            if let Some(event) = events.find(|event| event.kind() == kind) {
                return event;
            }
        }
    };
    let found = tokio::time::timeout(LIMIT, found).await;
    found.unwrap_or_else(|_late| panic!("no {kind:?} within {LIMIT:?}"))
}

fn mark(text: &str, subscription: &str) -> AddMarkRequest {
    AddMarkRequest {
        text: text.to_owned(),
        actor: "ci".to_owned(),
        subscription: subscription.to_owned(),
        ..AddMarkRequest::default()
    }
}

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(Event::kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_is_told_as_it_happens_with_who_and_how_many() {
    let broker = broker().await;
    let request = WatchEventsRequest {
        follow: true,
        ..WatchEventsRequest::default()
    };
    let mut stream = open(&broker, request).await;
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(kinds(&first.events), [EventKind::Started]);
    broker.pair().await;
    let made = next(&mut stream, EventKind::SubscriptionChanged).await;
    assert_eq!(
        (made.topic.as_str(), made.subscription.as_str()),
        ("t", "s")
    );
    broker.publish_texts("t", &["x", "y"]).await;
    let admin = broker.client().admin();
    admin.pause_subscription("s").await.unwrap();
    let paused = next(&mut stream, EventKind::Paused).await;
    assert!(paused.sequence > made.sequence);
    admin.resume_subscription("s").await.unwrap();
    next(&mut stream, EventKind::Resumed).await;
    let client = broker.another_client().await;
    let options = weir_proto::client::SubscribeOptions::to("s");
    let mut consumer = weir_proto::client::Subscriber::open(&client, options)
        .await
        .unwrap();
    let joined = next(&mut stream, EventKind::ConsumerJoined).await;
    assert_eq!(joined.subscription, "s");
    let received = consumer.next().await.unwrap();
    received.ack();
    consumer.close().await.unwrap();
    let left = next(&mut stream, EventKind::ConsumerLeft).await;
    assert_eq!(left.actor, joined.actor);
    assert_eq!(left.severity(), Severity::Fine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_is_on_the_timeline_where_it_belongs() {
    let broker = broker().await;
    broker.pair().await;
    broker.topic("u").await;
    broker.subscription(subscription("v", "u")).await;
    let operator = broker.client().operator();
    let set = operator.add_mark(mark(" v2 is out \n", "s")).await.unwrap();
    assert_eq!(set.kind(), EventKind::Mark);
    assert_eq!((set.text.as_str(), set.actor.as_str()), ("v2 is out", "ci"));
    assert_eq!((set.topic.as_str(), set.merged_count), ("t", 1));
    for (topic, of, is_there) in [
        ("t", "", true),
        ("u", "", false),
        ("", "s", true),
        ("", "v", false),
    ] {
        let request = WatchEventsRequest {
            topic: topic.to_owned(),
            subscription: of.to_owned(),
            ..WatchEventsRequest::default()
        };
        let (events, _) = kept(&broker, request).await;
        assert_eq!(events.contains(&set), is_there, "{topic} {of}");
        assert!(kinds(&events).contains(&EventKind::Started), "{topic} {of}");
    }
    let refused = [
        (mark(" ", ""), ErrorReason::FieldRequired),
        (mark(&"x".repeat(201), ""), ErrorReason::ValueOutOfRange),
        (mark("x", "none"), ErrorReason::SubscriptionNotFound),
        (
            AddMarkRequest {
                topic: "u".to_owned(),
                ..mark("x", "s")
            },
            ErrorReason::TopicMismatch,
        ),
    ];
    for (request, reason) in refused {
        let error = operator.add_mark(request).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_there_after_a_restart_and_their_numbers_go_on() {
    let mut broker = broker().await;
    broker.pair().await;
    let operator = broker.client().operator();
    let set = operator.add_mark(mark("before", "")).await.unwrap();
    broker.stop();
    broker.start_again().await;
    let after = |sequence| WatchEventsRequest {
        after_sequence: sequence,
        ..WatchEventsRequest::default()
    };
    let (events, is_cut) = kept(&broker, after(0)).await;
    assert!(events.contains(&set) && !is_cut, "{events:?}");
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert!(sequences.is_sorted_by(|one, other| one < other));
    let (later, is_cut) = kept(&broker, after(set.sequence)).await;
    assert_eq!(kinds(&later), [EventKind::Started, EventKind::Started]);
    assert!(later[0].text.contains("stops"), "{}", later[0].text);
    assert!(!is_cut);
    broker.kill();
    broker.start_again().await;
    let (events, _) = kept(&broker, after(set.sequence)).await;
    let newest = events.last().unwrap();
    assert_eq!(newest.severity(), Severity::Watch, "{}", newest.text);
    assert!(
        newest.sequence > later[1].sequence,
        "no number stands for two"
    );
    let (newest, is_cut) = kept(
        &broker,
        WatchEventsRequest {
            limit: 1,
            ..after(0)
        },
    )
    .await;
    assert_eq!((newest.len(), is_cut), (1, true));
}
