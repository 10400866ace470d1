//! Order within a key, whatever the number of consumers.

use std::collections::HashMap;
use std::time::Duration;

use weir_proto::v1::{
    KeyOrder, MessageState, NackAction, NackChange, NackOptions, ReleaseKeyRequest,
};
use weir_tests::broker::{Broker, eager, keyed, ordered, texts};

use crate::broker;

const KEYS: usize = 8;
const EACH: usize = 40;

async fn give_back(broker: &Broker, ack_id: &str, action: NackAction) {
    let options = NackOptions {
        action: action.into(),
        ..NackOptions::default()
    };
    let change = NackChange {
        ack_id: ack_id.to_owned(),
        options: Some(options),
    };
    let answer = broker.client().puller().nack(vec![change]).await.unwrap();
    assert_eq!(answer.changed_count, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_key_come_in_order_to_many_consumers() {
    let broker = broker().await;
    broker
        .pair_with(ordered(eager("s", "t", 10), KeyOrder::Block))
        .await;
    let messages = (0..KEYS * EACH)
        .map(|n| keyed(&format!("k{}", n % KEYS), &format!("{}", n / KEYS)))
        .collect();
    broker.publish("t", messages).await;
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut done = 0;
    let mut round = 0;
    while done < KEYS * EACH {
        let (one, other) = tokio::join!(
            broker.pull("s", 5),
            broker.pull_waiting("s", 5, Duration::ZERO)
        );
        for (position, delivery) in one.iter().chain(&other).enumerate() {
            let key = delivery.message.clone().unwrap().ordering_key;
            let number: usize = texts(std::slice::from_ref(delivery))[0].parse().unwrap();
            let expected = next.entry(key.clone()).or_default();
            assert_eq!(number, *expected, "key {key}");
            round += 1;
            // Now and then one fails: what follows in its key must wait for it.
            if (round + position) % 7 == 0 {
                give_back(&broker, &delivery.ack_id, NackAction::Retry).await;
            } else {
                broker.acknowledge(std::slice::from_ref(delivery)).await;
                *expected += 1;
                done += 1;
            }
        }
    }
    assert_eq!(broker.stats("s").await.acked, (KEYS * EACH) as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_message_blocks_its_key_until_it_is_put_back_or_discarded() {
    let broker = broker().await;
    broker
        .pair_with(ordered(eager("s", "t", 10), KeyOrder::Block))
        .await;
    let story = [("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2")];
    let messages = story.iter().map(|(key, text)| keyed(key, text)).collect();
    broker.publish("t", messages).await;
    let got = broker.pull_all("s", 2).await;
    assert_eq!(texts(&got), ["a1", "b1"]);
    give_back(&broker, &got[0].ack_id, NackAction::Dead).await;
    broker.acknowledge(&got[1..]).await;
    let got = broker.pull_all("s", 1).await;
    assert_eq!(texts(&got), ["b2"]);
    let none = broker
        .pull_waiting("s", 10, Duration::from_millis(300))
        .await;
    assert!(none.is_empty(), "{:?}", texts(&none));
    broker.requeue_all("s").await;
    let again = broker.pull_all("s", 1).await;
    assert_eq!(texts(&again), ["a1"]);
    broker.acknowledge(&again).await;
    assert_eq!(texts(&broker.pull_all("s", 1).await), ["a2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_goes_on_after_a_dead_message_if_it_may_skip() {
    let broker = broker().await;
    broker
        .pair_with(ordered(eager("s", "t", 10), KeyOrder::Skip))
        .await;
    let messages = ["a1", "a2"].iter().map(|text| keyed("a", text)).collect();
    broker.publish("t", messages).await;
    let got = broker.pull_all("s", 1).await;
    give_back(&broker, &got[0].ack_id, NackAction::Dead).await;
    let got = broker.pull_all("s", 1).await;
    assert_eq!(texts(&got), ["a2"]);
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    assert_eq!(dead.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_key_goes_on_past_its_dead_messages_also_after_a_kill() {
    let mut broker = broker().await;
    broker
        .pair_with(ordered(eager("s", "t", 10), KeyOrder::Block))
        .await;
    let story = [("a", "a1"), ("a", "a2"), ("a", "a3")];
    let messages = story.map(|(key, text)| keyed(key, text)).to_vec();
    broker.publish("t", messages).await;
    let first = broker.pull_all("s", 1).await;
    give_back(&broker, &first[0].ack_id, NackAction::Dead).await;
    let none = broker.pull_waiting("s", 10, Duration::ZERO).await;
    assert_eq!(texts(&none), [""; 0]);
    let request = |key: &str| ReleaseKeyRequest {
        subscription: "s".to_owned(),
        ordering_key: key.to_owned(),
        dry_run: false,
    };
    let operator = broker.client().operator();
    assert_eq!(operator.release_key(request("b")).await.unwrap(), 0);
    assert!(operator.release_key(request("")).await.is_err());
    assert_eq!(operator.release_key(request("a")).await.unwrap(), 1);
    broker.kill();
    broker.start_again().await;
    for text in ["a2", "a3"] {
        let next = broker.pull_all("s", 1).await;
        assert_eq!(texts(&next), [text]);
        broker.acknowledge(&next).await;
    }
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    assert_eq!(dead.len(), 1);
}
