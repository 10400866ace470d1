//! Upheavals under load: consumers that come and go by the dozen, and subscriptions that are purged, deleted, made anew
//! and changed. Nothing is lost or doubled, no key is out of its order, and nothing that is gone comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinHandle;
use weir_proto::client::Client;
use weir_proto::v1::{
    ApplyRequest, Delivery, KeyOrder, OperationAct, OperationState, PlanRequest, Selection,
    StartPosition, Subscription,
};
use weir_tests::broker::{Broker, check_books, eager, message, ordered, subscription};
use weir_tests::figures::{figure, seed};
use weir_tests::load::{Ground, Load, MAX_ATTEMPTS, Reader};
use weir_tests::wait;

use crate::broker;

const GROUND: Ground = Ground {
    topic: "t",
    subscriptions: &[Reader::plain("plain"), Reader::ordered("ordered")],
};
/// How long a pull waits for the first message: numbers are published all the time.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a crowd stays.
const STAY: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_come_and_go_by_the_dozen_leave_everything_once_and_in_order() {
    let broker = broker().await;
    broker.topic("t").await;
    let restless = |name: &str| Subscription {
        ack_deadline: Duration::from_secs(1).try_into().ok(),
        minimum_backoff: Duration::from_millis(5).try_into().ok(),
        maximum_backoff: Duration::from_millis(50).try_into().ok(),
        max_attempts: MAX_ATTEMPTS,
        ..subscription(name, "t")
    };
    broker.subscription(restless("plain")).await;
    let ordered = ordered(restless("ordered"), KeyOrder::Skip);
    broker.subscription(ordered).await;
    let mut load = Load::new(GROUND, seed("crowds that come and go", 30));
    for _ in 0..figure(5, 300) {
        load.produce(broker.client(), 2);
        for _ in 0..figure(4, 50) {
            // As from many programs: a connection that gives up hundreds of streams at once is ended.
            let options = broker.client().options().clone();
            let client = Client::connect(options).await.unwrap();
            load.consume(&client, 10);
        }
        wait::pass(STAY).await;
        load.abandon().await;
        for name in ["plain", "ordered"] {
            check_books(&broker.stats(name).await);
        }
    }
    load.drain(broker.client()).await;
    println!("{:?}", load.settle());
}

/// Publishes numbers from 1 on, one after the other, until it is told to stop; what is confirmed is told.
fn publish_numbers(
    client: &Client,
    confirmed: &Arc<AtomicU64>,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<()> {
    let (client, confirmed, stop) = (client.clone(), Arc::clone(confirmed), Arc::clone(stop));
    tokio::spawn(async move {
        let mut number = 0;
        while !stop.load(Ordering::Acquire) {
            let batch = (1..=20).map(|step| message(&(number + step).to_string()));
            client.publish("t", batch.collect()).await.unwrap();
            number += 20;
            confirmed.store(number, Ordering::Release);
        }
    })
}

/// A subscription in upheaval, and what may still come of it.
struct Scene {
    broker: Broker,
    confirmed: Arc<AtomicU64>,
    /// Numbers up to this one must not come any more.
    gone: u64,
    /// An ack id of a subscription that was deleted.
    old: Option<String>,
}

impl Scene {
    /// Takes some and finishes them.
    async fn take(&mut self, count: u32) -> Vec<Delivery> {
        let pulled = self.broker.pull_waiting("s", count, PATIENCE).await;
        for one in &pulled {
            let payload = one.message.clone().unwrap_or_default().payload;
            let number: u64 = std::str::from_utf8(&payload).unwrap().parse().unwrap();
            assert!(
                number > self.gone,
                "{number} is gone, as all up to {}",
                self.gone
            );
        }
        self.broker.acknowledge(&pulled).await;
        pulled
    }

    /// Drops all that is there by a plan. None is leased: each was finished as soon as it was taken.
    async fn purge(&mut self) {
        let operator = self.broker.client().operator();
        let before = self.confirmed.load(Ordering::Acquire);
        let plan = PlanRequest {
            act: OperationAct::Purge.into(),
            subscription: "s".to_owned(),
            selection: Some(Selection {
                all: true,
                ..Selection::default()
            }),
            ..PlanRequest::default()
        };
        let plan = operator.plan(plan).await.unwrap();
        let apply = ApplyRequest {
            plan: plan.plan,
            ..ApplyRequest::default()
        };
        let begun = operator.apply(apply).await.unwrap().operation;
        let done = operator.follow_operation(&begun, |_| ()).await.unwrap();
        assert_eq!(
            (done.state(), done.affected),
            (OperationState::Finished, plan.affected)
        );
        self.gone = self.gone.max(before);
    }

    async fn make_anew(&mut self) {
        let taken = self.take(1).await;
        let admin = self.broker.client().admin();
        admin.delete_subscription("s").await.unwrap();
        let before = self.confirmed.load(Ordering::Acquire);
        admin
            .create_subscription(eager("s", "t", 3), StartPosition::Latest)
            .await
            .unwrap();
        self.gone = self.gone.max(before);
        self.old = taken
            .first()
            .map(|one| one.ack_id.clone())
            .or(self.old.take());
        if let Some(old) = &self.old {
            let puller = self.broker.client().puller();
            let answer = puller.acknowledge(vec![old.clone()]).await.unwrap();
            assert_eq!(
                answer.errors.len(),
                1,
                "an id of a deleted subscription is stale"
            );
        }
    }

    async fn change(&mut self, random: &mut SmallRng) {
        let wanted = Subscription {
            name: "s".to_owned(),
            max_attempts: random.random_range(1..20),
            ..Subscription::default()
        };
        let admin = self.broker.client().admin();
        let updated = admin.update_subscription(wanted, &["max_attempts"]).await;
        updated.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_purged_deleted_or_changed_under_load_leaves_no_zombie() {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let (confirmed, stop) = (Arc::default(), Arc::default());
    let publisher = publish_numbers(broker.client(), &confirmed, &stop);
    let mut scene = Scene {
        broker,
        confirmed,
        gone: 0,
        old: None,
    };
    let mut random = SmallRng::seed_from_u64(seed("upheavals", 32));
    for _ in 0..figure(100, 1_000) {
        match random.random_range(0..5) {
            0 => scene.purge().await,
            1 => scene.make_anew().await,
            2 => scene.change(&mut random).await,
            _ => {}
        }
        let count = random.random_range(1..100);
        scene.take(count).await;
        check_books(&scene.broker.stats("s").await);
    }
    stop.store(true, Ordering::Release);
    publisher.await.unwrap();
    let last = scene.confirmed.load(Ordering::Acquire);
    while scene.broker.stats("s").await.backlog > 0 {
        scene.take(1_000).await;
    }
    let stats = scene.broker.stats("s").await;
    check_books(&stats);
    assert_eq!(stats.backlog, 0, "up to {last}");
}
