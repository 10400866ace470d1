//! Asked to stop under load: it drains, finishes its acks and ends with 0; a second signal ends it now.

use std::time::Duration;

use weir_tests::broker::{Broker, Setup};
use weir_tests::figures::{figure, seed};
use weir_tests::load::Load;
use weir_tests::wait;

use crate::{GROUND, PROGRAM, prepare};

/// The most that a stop may take.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Clients of a stopped broker know it within 2 s.
const END_LIMIT: Duration = Duration::from_secs(10);

async fn under_load() -> (Broker, Load) {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let broker = Broker::start_with(PROGRAM, setup).await;
    prepare(&broker).await;
    let load = Load::new(GROUND, seed("stops", 3));
    (broker, load)
}

fn start_load(load: &mut Load, broker: &Broker) {
    let client = broker.client().clone();
    load.produce(&client, 4);
    load.consume(&client, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_stopped_under_load_finishes_and_ends_with_0_within_10_s() {
    let (mut broker, mut load) = under_load().await;
    for _ in 0..figure(20, 100) {
        start_load(&mut load, &broker);
        let (least, most) = (Duration::from_millis(50), Duration::from_millis(300));
        wait::pause_random(load.random(), least, most).await;
        broker.child().terminate().expect("a signal");
        let status = broker.child_mut().wait(STOP_LIMIT);
        let status = status.expect("it ends within 10 s");
        assert!(status.success(), "it ended with {status}");
        broker.bury();
        load.ended(END_LIMIT).await;
        broker.start_again().await;
    }
    let client = broker.client().clone();
    load.drain(&client).await;
    broker.stop();
    println!("{:?}", load.settle());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_stop_at_once_and_loses_nothing() {
    let (mut broker, mut load) = under_load().await;
    for _ in 0..figure(3, 20) {
        start_load(&mut load, &broker);
        let (least, most) = (Duration::from_millis(50), Duration::from_millis(300));
        wait::pause_random(load.random(), least, most).await;
        broker.child().terminate().expect("a signal");
        broker.child().terminate().expect("a second signal");
        let status = broker.child_mut().wait(Duration::from_secs(2));
        status.expect("a second signal ends it at once");
        broker.bury();
        load.ended(END_LIMIT).await;
        broker.start_again().await;
    }
    let client = broker.client().clone();
    load.drain(&client).await;
    broker.stop();
    println!("{:?}", load.settle());
}
