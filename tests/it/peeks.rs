//! Looking changes nothing: no lease, no attempt, no order, no count.

use weir_proto::v1::{MessageState, PeekRequest};
use weir_tests::broker::{eager, subscription, texts};

use crate::broker;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peek_shows_each_state_and_changes_nothing() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    broker.publish_texts("t", &["0", "1", "2", "3"]).await;
    let held = broker.pull_all("s", 1).await;
    let before = broker.stats("s").await;
    for _ in 0..5 {
        let all = broker.peek("s", &[]).await;
        assert_eq!(all.len(), 4);
        let states: Vec<_> = all.iter().map(|one| one.states[0].state()).collect();
        assert_eq!(states[0], MessageState::Leased);
        assert_eq!(states[1..], [MessageState::Ready; 3]);
        assert_eq!(all[0].states[0].consumer, "the test");
        assert!(all[0].states[0].lease_deadline.is_some());
        let ready = broker.peek("s", &[MessageState::Ready]).await;
        assert_eq!(ready.len(), 3);
    }
    let after = broker.stats("s").await;
    let counts = |stats: &weir_proto::v1::SubscriptionStats| {
        (
            stats.entered,
            stats.ready,
            stats.leased,
            stats.waiting,
            stats.dead,
            stats.acked,
        )
    };
    assert_eq!(counts(&before), counts(&after));
    broker.acknowledge(&held).await;
    let rest = broker.pull_all("s", 3).await;
    assert_eq!(texts(&rest), ["1", "2", "3"]);
    assert!(rest.iter().all(|one| one.delivery_attempt == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_peek_cover_everything_once() {
    let broker = broker().await;
    broker.pair().await;
    let names: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    broker.publish_texts("t", &all).await;
    for (subscription, topic) in [("s", ""), ("", "t")] {
        let mut request = PeekRequest {
            subscription: subscription.to_owned(),
            topic: topic.to_owned(),
            page_size: 70,
            ..PeekRequest::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = broker.client().operator().peek(request.clone()).await;
            let page = page.unwrap();
            assert!(page.messages.len() <= 70);
            seen.extend(page.messages.iter().map(|one| one.offset));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        if subscription.is_empty() {
            seen.reverse();
        }
        let expected: Vec<u64> = (0..250).collect();
        assert_eq!(seen, expected, "{subscription}{topic}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_is_shown_with_its_state_in_each_subscription() {
    let broker = broker().await;
    broker.topic("t").await;
    for name in ["a", "b"] {
        broker.subscription(subscription(name, "t")).await;
    }
    let ids = broker.publish_texts("t", &["x", "y"]).await;
    let got = broker.pull_all("a", 1).await;
    broker.acknowledge(&got).await;
    let shown = broker
        .client()
        .operator()
        .get_message(ids[0])
        .await
        .unwrap();
    assert_eq!(shown.topic, "t");
    let message = shown.message.unwrap();
    assert_eq!(message.message.unwrap().payload, "x");
    let state = |name: &str| {
        let found = message.states.iter().find(|one| one.subscription == name);
        found
            .unwrap_or_else(|| panic!("{name} in {:?}", message.states))
            .state()
    };
    let finished = [MessageState::Acked, MessageState::Finished];
    assert!(finished.contains(&state("a")), "{:?}", state("a"));
    assert_eq!(state("b"), MessageState::Ready);
}
