//! Dying at each named point, again and again: in a write, in a roll, in a cold copy, in recovery, in a clean stop.
//!
//! The load is such that a broker meets every point within seconds: one topic whose messages nobody needs fills
//! segment after segment, and another leaves a few in each that must stay.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::task::JoinHandle;
use weir_broker::journal::fail_point;
use weir_proto::client::Client;
use weir_proto::v1::{Message, Topic};
use weir_tests::broker::{Broker, Setup, message, subscription};
use weir_tests::figures::{figure, seed};
use weir_tests::load::{Ground, Load, Reader};
use weir_tests::{torn, wait};

use crate::{GROUND, PROGRAM, prepare};

/// Clients of a dead broker know it within 2 s.
const END_LIMIT: Duration = Duration::from_secs(10);
/// A point that is not reached within this much load is not reached by load.
const LOAD_LIMIT: Duration = Duration::from_secs(15);
/// A point is armed for its first pass up to this one, in turn.
const PASSES: usize = 2;
/// What nobody subscribes to: it is needless as soon as it is stored.
const NEEDLESS: &str = "needless";
/// Its batches: five of them fill a segment.
const BATCH: [usize; 2] = [4, 50_000];
/// How long its producer waits between two.
const PACE: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(8)];
/// Messages that are read only at the end: each old segment holds a few.
const KEPT: Ground = Ground {
    topic: "kept",
    subscriptions: &[Reader::plain("keeper")],
};

/// When a broker comes by a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// Once in each start.
    AtStart,
    /// Once in a start that finds a torn tail.
    AtTornStart,
    /// Under load, again and again.
    UnderLoad,
    /// Once in a clean stop.
    AtStop,
}

impl Met {
    fn of(point: &str) -> Self {
        match point {
            "journal.tail_cut" | "journal.recovered" => Self::AtStart,
            "journal.tail_kept_aside" => Self::AtTornStart,
            "journal.close_cut" => Self::AtStop,
            _ => Self::UnderLoad,
        }
    }
}

/// The broker, and all that goes on in it.
struct Scene {
    broker: Broker,
    load: Load,
    kept: Load,
}

impl Scene {
    async fn begin(seed: u64) -> Self {
        let setup = Setup {
            is_fail_fast: true,
            segment_bytes: Some(1 << 20),
            checkpoint_replay_us: Some(5_000),
            ..Setup::default()
        };
        let broker = Broker::start_with(PROGRAM, setup).await;
        prepare(&broker).await;
        for name in [NEEDLESS, KEPT.topic] {
            let topic = Topic {
                name: name.to_owned(),
                retention_duration: Duration::ZERO.try_into().ok(),
                ..Topic::default()
            };
            broker.topic_with(topic).await;
        }
        for reader in KEPT.subscriptions {
            broker
                .subscription(subscription(reader.name, KEPT.topic))
                .await;
        }
        Self {
            broker,
            load: Load::new(GROUND, seed),
            kept: Load::new(KEPT, seed),
        }
    }

    /// Runs a broker with the point armed until it dies, then one without. Gives whether it died there.
    async fn die_at(&mut self, point: &str, nth: usize) -> bool {
        let met = Met::of(point);
        if met == Met::AtTornStart {
            self.broker.kill();
            torn::tear(&self.broker.data_dir()).unwrap();
        } else {
            self.broker.stop_or_kill(self.load.random());
        }
        let armed = match met {
            Met::UnderLoad => format!("{point}:{nth}"),
            _ => point.to_owned(),
        };
        let died = self.broker.start_armed(&armed).is_err() || self.die_running(met).await;
        self.broker.start_again().await;
        self.kept.bring_back(self.broker.client()).await;
        let all = GROUND.subscriptions.iter().chain(KEPT.subscriptions);
        for reader in all {
            self.broker.stats(reader.name).await;
        }
        died
    }

    async fn die_running(&mut self, met: Met) -> bool {
        let client = self.broker.client().clone();
        self.load.produce(&client, 2);
        self.load.consume(&client, 1);
        self.load.operate(&client);
        self.kept.produce(&client, 1);
        self.kept.erase(&client);
        let needless = fill(client, SmallRng::from_rng(self.load.random()));
        let limit = if met == Met::UnderLoad {
            LOAD_LIMIT
        } else {
            Duration::ZERO
        };
        let broker = &mut self.broker;
        let died = wait::happens(limit, || broker.has_died()).await;
        // What only a clean stop reaches is reached now.
        let died = died || !self.broker.stop_is_clean();
        self.broker.bury();
        self.load.ended(END_LIMIT).await;
        self.kept.ended(END_LIMIT).await;
        needless.await.unwrap();
        died
    }

    /// Everything confirmed is where it must be.
    async fn end(mut self) {
        let client = self.broker.client().clone();
        self.load.drain(&client).await;
        self.kept.drain(&client).await;
        self.broker.stop();
        println!("{:?}", self.load.settle());
        println!("kept: {:?}", self.kept.settle());
    }
}

/// Publishes what nobody needs until the broker is gone.
fn fill(client: Client, mut random: SmallRng) -> JoinHandle<()> {
    let [count, size] = BATCH;
    let one = Message {
        payload: vec![0x5a; size].into(),
        ..message("")
    };
    tokio::spawn(async move {
        while client
            .publish(NEEDLESS, vec![one.clone(); count])
            .await
            .is_ok()
        {
            wait::pause_random(&mut random, PACE[0], PACE[1]).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_dies_at_any_named_point_keeps_its_promises() {
    let seed = seed("fail points", 2);
    let times = figure(2, 25);
    let mut scene = Scene::begin(seed).await;
    let mut never = Vec::new();
    for point in fail_point::ALL {
        let mut deaths = 0;
        for round in 0..times {
            let nth = 1 + round % PASSES;
            let (died, took) = wait::timed(scene.die_at(point, nth)).await;
            deaths += usize::from(died);
            println!("{point}:{nth} died: {died} ({took:.1?})");
        }
        if deaths == 0 {
            never.push(*point);
        }
    }
    scene.end().await;
    assert!(never.is_empty(), "no load reaches {never:?}");
}
