//! Each reason that a client can provoke: its code, its reason, a sentence, and nothing lost or changed.

use std::time::Duration;

use prost_types::Duration as Span;
use tonic::Code;
use weir_proto::client::{Client, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    ErrorReason, GetStatsRequest, ListSubscriptionsRequest, ListTopicsRequest, Message,
    MessageState, PeekRequest, PullRequest, PurgeBacklogRequest, Selection, StartPosition,
    Subscription, Topic,
};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;

use crate::broker;

const INVALID: Code = Code::InvalidArgument;

/// A broker with one message; what follows must not touch it.
async fn with_one_message() -> Broker {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"]).await;
    broker
}

async fn check_untouched(broker: &Broker) {
    let stats = broker.stats("s").await;
    assert_eq!((stats.entered, stats.ready), (1, 1));
    let topics = broker.client().admin().all_topics().await.unwrap();
    assert_eq!(topics.len(), 1);
}

#[expect(clippy::unnecessary_wraps, reason = "each use is an optional field")]
fn seconds(seconds: i64) -> Option<Span> {
    Some(Span { seconds, nanos: 0 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_not_found() {
    let broker = with_one_message().await;
    let client = broker.client();
    let (admin, operator) = (client.admin(), client.operator());
    let topic = ErrorReason::TopicNotFound;
    let none = ErrorReason::SubscriptionNotFound;
    let message = vec![Message::default()];
    refused(client.publish("no", message).await, Code::NotFound, topic);
    refused(admin.get_topic("no").await, Code::NotFound, topic);
    refused(admin.delete_topic("no").await, Code::NotFound, topic);
    let orphan = admin.create_subscription(subscription("x", "no"), StartPosition::Latest);
    refused(orphan.await, Code::NotFound, topic);
    let listed = admin.list_subscriptions(ListSubscriptionsRequest {
        topic: "no".to_owned(),
        ..ListSubscriptionsRequest::default()
    });
    refused(listed.await, Code::NotFound, topic);
    refused(admin.get_subscription("no").await, Code::NotFound, none);
    refused(admin.delete_subscription("no").await, Code::NotFound, none);
    let pull = client
        .puller()
        .pull(PullRequest {
            subscription: "no".to_owned(),
            ..PullRequest::default()
        })
        .await;
    refused(pull, Code::NotFound, none);
    let subscriber = Subscriber::open(client, SubscribeOptions::to("no")).await;
    refused(subscriber.map(drop), Code::NotFound, none);
    let peek = |subscription: &str, topic: &str| PeekRequest {
        subscription: subscription.to_owned(),
        topic: topic.to_owned(),
        ..PeekRequest::default()
    };
    refused(operator.peek(peek("no", "")).await, Code::NotFound, none);
    refused(operator.peek(peek("", "no")).await, Code::NotFound, topic);
    let purge = operator
        .purge(PurgeBacklogRequest {
            subscription: "no".to_owned(),
            selection: Some(Selection {
                all: true,
                ..Selection::default()
            }),
            ..PurgeBacklogRequest::default()
        })
        .await;
    refused(purge, Code::NotFound, none);
    let missing = ErrorReason::MessageNotFound;
    for id in ["1.0.7", "1.5.0", "99.0.0"] {
        let got = operator.get_message(id.parse().unwrap()).await;
        refused(got, Code::NotFound, missing);
    }
    check_untouched(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_exists_is_not_made_again_and_not_deleted_by_accident() {
    let broker = with_one_message().await;
    let admin = broker.client().admin();
    let topic = Topic {
        name: "t".to_owned(),
        ..Topic::default()
    };
    let again = admin.create_topic(topic).await;
    refused(again, Code::AlreadyExists, ErrorReason::TopicAlreadyExists);
    let written = Topic {
        name: "default/t".to_owned(),
        ..Topic::default()
    };
    let again = admin.create_topic(written).await;
    refused(again, Code::AlreadyExists, ErrorReason::TopicAlreadyExists);
    let again = admin.create_subscription(subscription("s", "t"), StartPosition::Earliest);
    let exists = ErrorReason::SubscriptionAlreadyExists;
    refused(again.await, Code::AlreadyExists, exists);
    let kept = admin.delete_topic("t").await;
    let has = ErrorReason::TopicHasSubscriptions;
    let error = refused(kept, Code::FailedPrecondition, has);
    assert_eq!(error.metadata()["subscriptionCount"], "1");
    check_untouched(&broker).await;
}

/// Settings of a subscription, each with one value out of its range, and the field at fault.
fn bad_subscriptions() -> Vec<(Subscription, &'static str)> {
    let base = || subscription("bad", "t");
    let mut bad = Vec::new();
    for span in [seconds(0), seconds(12 * 3_600 + 1), seconds(-1)] {
        let ack_deadline = span;
        bad.push((
            Subscription {
                ack_deadline,
                ..base()
            },
            "subscription.ack_deadline",
        ));
    }
    for span in [seconds(-1), seconds(12 * 3_600 + 1)] {
        let minimum_backoff = span;
        bad.push((
            Subscription {
                minimum_backoff,
                ..base()
            },
            "subscription.minimum_backoff",
        ));
    }
    let upside_down = Subscription {
        minimum_backoff: seconds(10),
        maximum_backoff: seconds(9),
        ..base()
    };
    bad.push((upside_down, "subscription.maximum_backoff"));
    for span in [seconds(0), seconds(i64::MAX)] {
        let dead_letter_retention = span;
        let one = Subscription {
            dead_letter_retention,
            ..base()
        };
        bad.push((one, "subscription.dead_letter_retention"));
    }
    let max_attempts = 10_001;
    bad.push((
        Subscription {
            max_attempts,
            ..base()
        },
        "subscription.max_attempts",
    ));
    let key_order = 99;
    bad.push((
        Subscription {
            key_order,
            ..base()
        },
        "subscription.key_order",
    ));
    bad
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_out_of_their_range_are_refused_by_field() {
    let broker = with_one_message().await;
    let admin = broker.client().admin();
    let range = ErrorReason::ValueOutOfRange;
    for (bad, field) in bad_subscriptions() {
        let outcome = admin.create_subscription(bad, StartPosition::Latest).await;
        let error = refused(outcome, INVALID, range);
        assert_eq!(error.violations()[0].field, field, "{error:?}");
    }
    let topic = |partition_count, retention_duration| Topic {
        name: "bad".to_owned(),
        partition_count,
        retention_duration,
        ..Topic::default()
    };
    for bad in [
        topic(257, None),
        topic(0, seconds(-1)),
        topic(0, seconds(i64::MAX)),
    ] {
        refused(admin.create_topic(bad).await, INVALID, range);
    }
    check_untouched(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_out_of_their_range_are_refused() {
    let broker = with_one_message().await;
    let client = broker.client();
    let range = ErrorReason::ValueOutOfRange;
    let pull = |max_messages, wait| PullRequest {
        subscription: "s".to_owned(),
        max_messages,
        wait,
        ..PullRequest::default()
    };
    for bad in [
        pull(10_001, None),
        pull(1, seconds(61)),
        pull(1, seconds(-1)),
    ] {
        refused(client.puller().pull(bad).await, INVALID, range);
    }
    let open = |messages, bytes| SubscribeOptions {
        max_outstanding_messages: messages,
        max_outstanding_bytes: bytes,
        ..SubscribeOptions::to("s")
    };
    for bad in [open(100_001, 0), open(0, (1 << 30) + 1)] {
        let subscriber = Subscriber::open(client, bad).await;
        refused(subscriber.map(drop), INVALID, range);
    }
    check_pages(client).await;
    let label = "x".repeat(256);
    let named = PullRequest {
        consumer: label,
        ..pull(1, None)
    };
    let outcome = client.puller().pull(named).await;
    refused(outcome, INVALID, ErrorReason::MessageTooLarge);
    check_untouched(&broker).await;
}

async fn check_pages(client: &Client) {
    let range = ErrorReason::ValueOutOfRange;
    let token = ErrorReason::PageTokenInvalid;
    let list = |page_size, page_token: &str| ListTopicsRequest {
        page_size,
        page_token: page_token.to_owned(),
    };
    let admin = client.admin();
    refused(admin.list_topics(list(-1, "")).await, INVALID, range);
    for bad in ["x", "00", "0100000000000000000a"] {
        refused(admin.list_topics(list(1, bad)).await, INVALID, token);
    }
    let operator = client.operator();
    let peek = |page_size, states, page_token: &str| PeekRequest {
        subscription: "s".to_owned(),
        page_size,
        states,
        page_token: page_token.to_owned(),
        ..PeekRequest::default()
    };
    refused(
        operator.peek(peek(-1, Vec::new(), "")).await,
        INVALID,
        range,
    );
    refused(operator.peek(peek(1, vec![99], "")).await, INVALID, range);
    refused(
        operator.peek(peek(1, Vec::new(), "zz")).await,
        INVALID,
        token,
    );
    let both = PeekRequest {
        topic: "t".to_owned(),
        ..peek(1, Vec::new(), "")
    };
    refused(operator.peek(both).await, INVALID, range);
    let neither = PeekRequest::default();
    refused(
        operator.peek(neither).await,
        INVALID,
        ErrorReason::FieldRequired,
    );
    let needs_subscription = PeekRequest {
        topic: "t".to_owned(),
        states: vec![MessageState::Dead.into()],
        ..PeekRequest::default()
    };
    let outcome = operator.peek(needs_subscription).await;
    refused(outcome, INVALID, ErrorReason::FieldRequired);
    let unknown = client
        .stats()
        .get(GetStatsRequest {
            subscription: "no".to_owned(),
            ..GetStatsRequest::default()
        })
        .await;
    if let Err(error) = unknown {
        assert_eq!(error.code(), Code::NotFound, "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_set_is_asked_for() {
    let broker = with_one_message().await;
    let client = broker.client();
    let required = ErrorReason::FieldRequired;
    refused(client.publish("t", Vec::new()).await, INVALID, required);
    refused(
        client.publish("", vec![Message::default()]).await,
        INVALID,
        required,
    );
    let admin = client.admin();
    refused(
        admin.create_topic(Topic::default()).await,
        INVALID,
        required,
    );
    let nameless = admin.create_subscription(subscription("", "t"), StartPosition::Latest);
    refused(nameless.await, INVALID, required);
    let topicless = admin.create_subscription(subscription("x", ""), StartPosition::Latest);
    refused(topicless.await, INVALID, required);
    let puller = client.puller();
    refused(puller.acknowledge(Vec::new()).await, INVALID, required);
    refused(puller.nack(Vec::new()).await, INVALID, required);
    refused(puller.extend(Vec::new()).await, INVALID, required);
    let many = vec![String::new(); 10_001];
    refused(
        puller.acknowledge(many).await,
        INVALID,
        ErrorReason::BatchTooLarge,
    );
    check_untouched(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_subscription_ends_its_streams_by_name() {
    let broker = with_one_message().await;
    let client = broker.another_client().await;
    let mut subscriber = Subscriber::open(&client, SubscribeOptions::to("s"))
        .await
        .unwrap();
    subscriber.next().await.unwrap().ack();
    let deleted = broker.client().admin().delete_subscription("s").await;
    deleted.unwrap();
    let limit = Duration::from_secs(10);
    let ended = tokio::time::timeout(limit, subscriber.next()).await;
    let ended = ended.expect("the stream ends");
    let deleted = ErrorReason::SubscriptionDeleted;
    refused(ended.map(drop), Code::NotFound, deleted);
}
