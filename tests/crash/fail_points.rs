//! Dying at each named point, again and again: in a write, in a roll, in recovery, in a clean stop.

use std::time::Duration;

use weir_broker::journal::fail_point;
use weir_tests::broker::{Broker, Setup};
use weir_tests::figures::{figure, seed};
use weir_tests::load::Load;
use weir_tests::wait;

use crate::{GROUND, PROGRAM, prepare};

/// Clients of a dead broker know it within 2 s.
const END_LIMIT: Duration = Duration::from_secs(10);
/// A point that is not reached within this much load is not reached by load.
const LOAD_LIMIT: Duration = Duration::from_secs(2);

/// Points that any load reaches. A torn tail, a checkpoint and a cold segment need more than a few seconds of it:
/// the simulated disk meets those.
const REACHED: &[&str] = &[
    "journal.append",
    "journal.before_write",
    "journal.after_write_before_sync",
    "journal.after_sync_before_release",
    "journal.segment_roll",
    "journal.spare_created",
    "journal.manifest_written",
    "journal.manifest_renamed",
    "journal.manifest_synced",
];

/// Runs a broker with the point armed until it dies; then one without. Gives whether it died there.
async fn die_at(broker: &mut Broker, load: &mut Load, point: &str, nth: usize) -> bool {
    broker.stop_or_kill(load.random());
    let armed = format!("{point}:{nth}");
    let died = if broker.start_armed(&armed).is_err() {
        true
    } else {
        let client = broker.client().clone();
        load.produce(&client, 4);
        load.consume(&client, 1);
        let died = wait::happens(LOAD_LIMIT, || broker.has_died()).await;
        // What only a clean stop reaches is reached now.
        let died = died || !broker.stop_is_clean();
        broker.bury();
        load.ended(END_LIMIT).await;
        died
    };
    broker.start_again().await;
    for (subscription, _) in GROUND.subscriptions {
        broker.stats(subscription).await;
    }
    died
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_dies_at_any_named_point_keeps_its_promises() {
    let seed = seed("fail points", 2);
    let times = figure(2, 25);
    let setup = Setup {
        is_fail_fast: true,
        segment_bytes: Some(1 << 20),
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    prepare(&broker).await;
    let mut load = Load::new(GROUND, seed);
    let mut never = Vec::new();
    for point in fail_point::ALL {
        let mut deaths = 0;
        for nth in 1..=times {
            deaths += usize::from(die_at(&mut broker, &mut load, point, nth).await);
        }
        println!("{point}: died {deaths} of {times} times");
        if deaths == 0 {
            never.push(*point);
        }
    }
    let client = broker.client().clone();
    load.drain(&client).await;
    broker.stop();
    println!("{:?}", load.settle());
    println!("not reached by this load: {never:?}");
    for point in REACHED {
        assert!(!never.contains(point), "no load reaches {point}");
    }
}
