//! Lists in pages: everything once, in order, also while things come and go; a token is good for what it was made for.

use tonic::Code;
use weir_proto::v1::{
    ApplyTopologyRequest, ErrorReason, ListSubscriptionsRequest, ListTopicsRequest, Topic,
};
use weir_tests::broker::{Broker, subscription};
use weir_tests::refusals::refused;

use crate::broker;

const TOPICS: usize = 1_050;

fn name(index: usize) -> String {
    format!("t{index:04}")
}

/// 1,050 topics, the first of which has 60 subscriptions, and the second one.
async fn with_many() -> Broker {
    let broker = broker().await;
    for first in (0..TOPICS).step_by(500) {
        let topics = (first..TOPICS.min(first + 500)).map(|index| Topic {
            name: name(index),
            ..Topic::default()
        });
        let subscriptions = (0..60).map(|index| subscription(&format!("s{index:02}"), &name(0)));
        let alone = subscription("x", &name(1));
        let request = ApplyTopologyRequest {
            topics: topics.collect(),
            subscriptions: subscriptions.chain([alone]).collect(),
            dry_run: false,
        };
        broker
            .client()
            .admin()
            .apply_topology(request)
            .await
            .unwrap();
    }
    broker
}

async fn topics(broker: &Broker, page_size: i32, page_token: &str) -> (Vec<String>, String) {
    let request = ListTopicsRequest {
        page_size,
        page_token: page_token.to_owned(),
    };
    let page = broker.client().admin().list_topics(request).await.unwrap();
    let names = page.topics.into_iter().map(|topic| topic.name);
    (names.collect(), page.next_page_token)
}

fn of(topic: &str, page_size: i32, page_token: &str) -> ListSubscriptionsRequest {
    ListSubscriptionsRequest {
        page_size,
        page_token: page_token.to_owned(),
        topic: topic.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_together_hold_everything_once_and_in_order() {
    let broker = with_many().await;
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (page, next) = topics(&broker, 97, &token).await;
        assert!(page.len() == 97 || next.is_empty(), "a page is full");
        all.extend(page);
        token = next;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(all, (0..TOPICS).map(name).collect::<Vec<_>>());
    assert_eq!(topics(&broker, 0, "").await.0.len(), 50);
    assert_eq!(topics(&broker, i32::MAX, "").await.0.len(), 1_000);
    let admin = broker.client().admin();
    assert_eq!(admin.all_subscriptions(None).await.unwrap().len(), 61);
    let of_first = admin.all_subscriptions(Some(&name(0))).await.unwrap();
    assert!(of_first.len() == 60 && of_first.iter().all(|one| one.topic == name(0)));
    let none = admin.list_subscriptions(of(&name(2), 0, "")).await.unwrap();
    assert!(none.subscriptions.is_empty() && none.next_page_token.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_and_goes_between_pages_neither_hides_nor_doubles_the_rest() {
    let broker = with_many().await;
    let (first, token) = topics(&broker, 10, "").await;
    assert_eq!(first.last(), Some(&name(9)));
    // The topic at which the page ended goes, and others come before and behind it.
    let admin = broker.client().admin();
    admin.delete_topic(name(9)).await.unwrap();
    broker.topic("t0003-before").await;
    broker.topic("t0009-behind").await;
    let (second, _) = topics(&broker, 3, &token).await;
    assert_eq!(second, ["t0009-behind".to_owned(), name(10), name(11)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_refused_where_it_was_not_made() {
    let broker = with_many().await;
    let (_, of_topics) = topics(&broker, 10, "").await;
    let admin = broker.client().admin();
    let page = admin
        .list_subscriptions(of(&name(0), 10, ""))
        .await
        .unwrap();
    let of_first = page.next_page_token;
    assert!(
        admin
            .list_subscriptions(of(&name(0), 7, &of_first))
            .await
            .is_ok()
    );
    let invalid = ErrorReason::PageTokenInvalid;
    for (request, what) in [
        (of(&name(0), 10, &of_topics), "of another list"),
        (of("", 10, &of_first), "of one topic, for all"),
        (of(&name(1), 10, &of_first), "of another topic"),
    ] {
        let outcome = admin.list_subscriptions(request).await;
        let error = refused(outcome, Code::InvalidArgument, invalid);
        assert!(
            error.message().contains("start again without one"),
            "{what}: {error:?}"
        );
        assert_eq!(error.violations()[0].field, "page_token", "{what}");
    }
    let mut cut = of_first.clone();
    cut.pop();
    refused(
        admin.list_subscriptions(of(&name(0), 10, &cut)).await,
        Code::InvalidArgument,
        invalid,
    );
}
