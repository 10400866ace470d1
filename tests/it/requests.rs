//! Requests with an id: a repeat gets the first answer, also across crashes, and changes nothing.

use std::collections::BTreeSet;

use tonic::Code;
use weir_proto::v1::admin_client::AdminClient;
use weir_proto::v1::{
    CreateSubscriptionRequest, CreateTopicRequest, ErrorReason, Subscription, Topic,
};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;

use crate::broker;

fn id(last: u8) -> String {
    format!("5a3c1b52-9a1f-4d0b-8f4e-6c1d2e3f40{last:02x}")
}

async fn create_topic(broker: &Broker, id: String, name: &str) -> Result<Topic, tonic::Status> {
    let topic = Some(Topic {
        name: name.to_owned(),
        ..Topic::default()
    });
    let request = CreateTopicRequest {
        topic,
        request_id: id,
    };
    let mut admin = AdminClient::new(broker.channel().await);
    let created = admin.create_topic(request).await?.into_inner();
    Ok(created.topic.expect("the topic is told"))
}

async fn create_subscription(
    broker: &Broker,
    id: String,
    one: Subscription,
) -> Result<Subscription, tonic::Status> {
    let request = CreateSubscriptionRequest {
        subscription: Some(one),
        request_id: id,
        ..CreateSubscriptionRequest::default()
    };
    let mut admin = AdminClient::new(broker.channel().await);
    let created = admin.create_subscription(request).await?.into_inner();
    Ok(created.subscription.expect("the subscription is told"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_gets_the_first_answer_after_a_stop_and_a_kill_too() {
    let mut broker = broker().await;
    let topic = create_topic(&broker, id(1), "t").await.unwrap();
    let one = create_subscription(&broker, id(2), subscription("s", "t"))
        .await
        .unwrap();
    for round in 0..4 {
        let again = create_topic(&broker, id(1), "t").await.unwrap();
        assert_eq!(again, topic, "round {round}");
        let again = create_subscription(&broker, id(2), subscription("s", "t"))
            .await
            .unwrap();
        assert_eq!(again, one, "round {round}");
        match round {
            0 => broker.kill(),
            1 => broker.stop(),
            2 => {
                // What became of it since is no part of the first answer.
                let admin = broker.client().admin();
                admin.delete_topic_with_subscriptions("t").await.unwrap();
                broker.kill();
            }
            _ => break,
        }
        broker.start_again().await;
    }
    assert!(
        broker
            .client()
            .admin()
            .all_topics()
            .await
            .unwrap()
            .is_empty()
    );
    let anew = create_topic(&broker, id(3), "t").await.unwrap();
    assert_ne!(anew.topic_id, topic.topic_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_at_the_same_time_make_one_topic() {
    let broker = broker().await;
    let mut repeats = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut admin = AdminClient::new(broker.channel().await);
        let request = CreateTopicRequest {
            topic: Some(Topic {
                name: "t".to_owned(),
                ..Topic::default()
            }),
            request_id: id(7),
        };
        repeats.spawn(async move { admin.create_topic(request).await });
    }
    let mut ids = BTreeSet::new();
    while let Some(answer) = repeats.join_next().await {
        let answer = answer.unwrap().unwrap().into_inner();
        ids.insert(answer.topic.unwrap().topic_id);
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(broker.client().admin().all_topics().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_of_another_request_and_one_that_is_no_uuid_are_refused() {
    let broker = broker().await;
    create_topic(&broker, id(1), "t").await.unwrap();
    let reused = ErrorReason::RequestIdReused;
    let other = create_topic(&broker, id(1), "u").await;
    let error = refused(other, Code::InvalidArgument, reused);
    assert!(
        error.message().contains("make a new one for each request"),
        "{error:?}"
    );
    assert_eq!(error.metadata()["requestId"], id(1));
    let other = create_subscription(&broker, id(1), subscription("s", "t")).await;
    refused(other, Code::InvalidArgument, reused);
    let outcome = create_topic(&broker, "17".to_owned(), "u").await;
    let range = ErrorReason::ValueOutOfRange;
    let error = refused(outcome, Code::InvalidArgument, range);
    assert_eq!(error.violations()[0].field, "request_id");
    // What was refused is not remembered: the same may succeed later.
    let early = create_subscription(&broker, id(2), subscription("s", "later")).await;
    refused(early, Code::NotFound, ErrorReason::TopicNotFound);
    broker.topic("later").await;
    create_subscription(&broker, id(2), subscription("s", "later"))
        .await
        .unwrap();
    let topics = broker.client().admin().all_topics().await.unwrap();
    assert_eq!(topics.len(), 2);
}
