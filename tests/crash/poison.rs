//! Messages that kill each consumer that takes them, on a broker that is killed in between: they die after their last
//! attempt, stay dead, and everything else gets through.

use std::collections::HashMap;
use std::time::Duration;

use weir_proto::v1::{MessageState, Subscription};
use weir_tests::broker::{Broker, Setup, eager, message};
use weir_tests::figures::{figure, seed};
use weir_tests::wait;

use crate::PROGRAM;

/// The attempt whose failure makes a message dead.
const MAX_ATTEMPTS: u32 = 6;
const LIMIT: Duration = Duration::from_secs(30);
/// A kill comes so long after a hand-out: before its lease is on the disk, or after.
const LIVES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(40)];

/// How the newest delivery of each message was counted.
type Attempts = HashMap<String, u32>;

/// Takes all that is ready and never answers, as a consumer does that crashes on the first message.
async fn crash_on_all(broker: &Broker, attempts: &mut Attempts) -> usize {
    let taken = broker
        .pull_waiting("s", 1_000, Duration::from_millis(1_500))
        .await;
    for delivery in &taken {
        let attempt = delivery.delivery_attempt;
        let before = attempts.insert(delivery.message_id.clone(), attempt);
        let before = before.unwrap_or(0);
        assert!(attempt >= before, "I5: attempt {attempt} after {before}");
        assert!(attempt <= MAX_ATTEMPTS, "I6: attempt {attempt}");
    }
    taken.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_dies_after_its_last_attempt_although_the_broker_dies_in_between() {
    let mut random = rand::SeedableRng::seed_from_u64(seed("poison", 5));
    let (count, crashes) = (figure(20, 500), figure(5, 20));
    let mut broker = Broker::start_with(PROGRAM, Setup::default()).await;
    let poisoned = Subscription {
        ack_deadline: Duration::from_secs(1).try_into().ok(),
        ..eager("s", "t", MAX_ATTEMPTS)
    };
    broker.pair_with(poisoned).await;
    let ids = broker.publish("t", vec![message("poison"); count]).await;
    let mut attempts = Attempts::new();
    let mut deliveries = 0;
    for _ in 0..crashes {
        deliveries += crash_on_all(&broker, &mut attempts).await;
        wait::pause_random(&mut random, LIVES[0], LIVES[1]).await;
        broker.kill();
        broker.start_again().await;
    }
    // A hand-out whose lease a kill kept from the disk is not counted: so many more there may be.
    let most = count * (MAX_ATTEMPTS as usize + crashes);
    while broker.stats("s").await.dead < count as u64 {
        deliveries += crash_on_all(&broker, &mut attempts).await;
        assert!(deliveries <= most, "I6: {deliveries} of {most} deliveries");
    }
    assert_eq!(attempts.len(), count, "each was delivered");
    broker.kill();
    broker.start_again().await;
    let dead = broker.peek("s", &[MessageState::Dead]).await;
    assert_eq!(dead.len(), ids.len(), "the dead stay dead");
    for one in &dead {
        assert_eq!(one.states[0].failed_attempts, MAX_ATTEMPTS);
    }
    broker.publish_texts("t", &["healthy"]).await;
    let got = wait::until("what is healthy comes", LIMIT, async || {
        let got = broker.pull("s", 10).await;
        (!got.is_empty()).then_some(got)
    })
    .await;
    assert_eq!(got.len(), 1, "and nothing else");
    broker.acknowledge(&got).await;
    let stats = broker.stats("s").await;
    assert_eq!(
        (stats.dead, stats.acked, stats.backlog),
        (count as u64, 1, 0)
    );
}
