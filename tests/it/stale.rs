//! Leases that have ended and ack ids that are none: nothing changes, and the answer says so.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::subscriber_client::SubscriberClient;
use weir_proto::v1::{
    AckIdError, ErrorReason, ExtendChange, NackChange, NackOptions, SequenceRange, StreamNack,
    SubscribeRequest, SubscribeStart, Subscription,
};
use weir_tests::broker::{Broker, eager, subscription};
use weir_tests::refusals::{refused_item, refused_status};

use crate::broker;

async fn answers_of(broker: &Broker, ack_id: &str) -> Vec<AckIdError> {
    let puller = broker.client().puller();
    let mut errors = Vec::new();
    let acked = puller.acknowledge(vec![ack_id.to_owned()]).await.unwrap();
    assert_eq!(acked.acknowledged_count, 0);
    errors.extend(acked.errors);
    let nack = NackChange {
        ack_id: ack_id.to_owned(),
        options: Some(NackOptions::default()),
    };
    let nacked = puller.nack(vec![nack]).await.unwrap();
    assert_eq!(nacked.changed_count, 0);
    errors.extend(nacked.errors);
    let extend = ExtendChange {
        ack_id: ack_id.to_owned(),
        ack_deadline: Duration::from_mins(1).try_into().ok(),
    };
    let extended = puller.extend(vec![extend]).await.unwrap();
    assert_eq!(extended.changed_count, 0);
    errors.extend(extended.errors);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().all(|error| error.ack_id == ack_id));
    errors
}

async fn check_stale(broker: &Broker, ack_id: &str) {
    for error in answers_of(broker, ack_id).await {
        let error = error.error.as_ref();
        refused_item(error, Code::FailedPrecondition, ErrorReason::LeaseStale);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_has_ended_changes_nothing() {
    let broker = broker().await;
    broker
        .pair_with(Subscription {
            ack_deadline: Duration::from_secs(1).try_into().ok(),
            ..eager("s", "t", 10)
        })
        .await;
    broker.publish_texts("t", &["x"]).await;
    let expired = broker.pull_all("s", 1).await;
    let anew = broker.pull_all("s", 1).await;
    assert_eq!(anew[0].delivery_attempt, 2);
    check_stale(&broker, &expired[0].ack_id).await;
    assert_eq!(broker.stats("s").await.leased, 1);
    broker.acknowledge(&anew).await;
    check_stale(&broker, &anew[0].ack_id).await;
    let stats = broker.stats("s").await;
    assert_eq!((stats.acked, stats.backlog), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_id_that_this_broker_did_not_make_is_malformed() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"]).await;
    let got = broker.pull_all("s", 1).await;
    let good = &got[0].ack_id;
    let mut mangled: Vec<String> = vec![String::new(), "x".repeat(10_000), format!("{good}A")];
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        mangled.push(String::from_utf8(bytes).unwrap());
    }
    for bad in mangled {
        for error in answers_of(&broker, &bad).await {
            let error = error.error.as_ref();
            refused_item(error, Code::InvalidArgument, ErrorReason::AckIdMalformed);
        }
    }
    assert_eq!(broker.stats("s").await.leased, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_id_of_a_deleted_subscription_is_told_so() {
    let broker = broker().await;
    broker.pair().await;
    broker.publish_texts("t", &["x"]).await;
    let got = broker.pull_all("s", 1).await;
    let admin = broker.client().admin();
    admin.delete_subscription("s").await.unwrap();
    broker.subscription(subscription("s", "t")).await;
    for error in answers_of(&broker, &got[0].ack_id).await {
        let error = error.error.as_ref();
        refused_item(error, Code::NotFound, ErrorReason::SubscriptionNotFound);
    }
}

fn start() -> SubscribeRequest {
    SubscribeRequest {
        start: Some(SubscribeStart {
            subscription: "s".to_owned(),
            ..SubscribeStart::default()
        }),
        ..SubscribeRequest::default()
    }
}

/// How a stream of these requests ends.
async fn end_of(broker: &Broker, requests: Vec<SubscribeRequest>) -> tonic::Status {
    use tokio_stream::StreamExt as _;
    let mut stub = SubscriberClient::new(broker.channel().await);
    let requests = tokio_stream::iter(requests).chain(tokio_stream::pending());
    let mut answers = match stub.subscribe(requests).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return status,
    };
    loop {
        match answers.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended well"),
            Err(status) => return status,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_used_against_its_rules_ends_by_name() {
    let broker = broker().await;
    broker.pair().await;
    let protocol = (Code::FailedPrecondition, ErrorReason::StreamProtocol);
    let range = (Code::InvalidArgument, ErrorReason::ValueOutOfRange);
    let required = (Code::InvalidArgument, ErrorReason::FieldRequired);
    let acks = |first, last| SubscribeRequest {
        acks: vec![SequenceRange { first, last }],
        ..SubscribeRequest::default()
    };
    let rangeless = SubscribeRequest {
        nacks: vec![StreamNack::default()],
        ..SubscribeRequest::default()
    };
    let stories = [
        (vec![SubscribeRequest::default()], protocol),
        (vec![acks(1, 1)], protocol),
        (vec![start(), start()], protocol),
        (vec![start(), acks(0, 1)], range),
        (vec![start(), acks(2, 1)], range),
        (vec![start(), rangeless], required),
    ];
    for (requests, (code, reason)) in stories {
        let ended = end_of(&broker, requests).await;
        refused_status(&ended, code, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequences_that_were_never_handed_out_are_stale() {
    let broker = broker().await;
    broker.pair().await;
    let mut stub = SubscriberClient::new(broker.channel().await);
    let far = SequenceRange {
        first: 1_000,
        last: u64::MAX,
    };
    let acks = SubscribeRequest {
        acks: vec![far],
        ..SubscribeRequest::default()
    };
    let (say, said) = tokio::sync::mpsc::channel(4);
    say.send(start()).await.unwrap();
    say.send(acks).await.unwrap();
    let requests = tokio_stream::wrappers::ReceiverStream::new(said);
    let mut answers = stub.subscribe(requests).await.unwrap().into_inner();
    let limit = Duration::from_secs(10);
    let told = tokio::time::timeout(limit, async {
        loop {
            let answer = answers.message().await.unwrap().unwrap();
            if !answer.stale.is_empty() {
                return answer.stale;
            }
        }
    });
    let told = told.await.expect("it is told");
    assert_eq!((told[0].first, told.len()), (1_000, 1));
}
