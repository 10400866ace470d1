//! Killed as `kill -9` does, at random times under load: every start recovers, and at the end each
//! confirmed message is where it must be.

use std::time::Duration;

use weir_tests::broker::{Broker, Setup};
use weir_tests::figures::{figure, seed};
use weir_tests::load::Load;
use weir_tests::wait;

use crate::{GROUND, PROGRAM, prepare};

const PRODUCERS: usize = 8;
/// Of each subscription.
const CONSUMERS: usize = 2;
/// One kill of so many happens on the real disk.
const ON_DISK: usize = 10;
/// Clients of a dead broker know it within 2 s.
const END_LIMIT: Duration = Duration::from_secs(10);
/// How long the broker runs before it is killed.
const LIVES: [Duration; 2] = [Duration::from_millis(30), Duration::from_millis(400)];

async fn kill_again_and_again(kills: usize, setup: Setup, seed: u64) {
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    prepare(&broker).await;
    let mut load = Load::new(GROUND, seed);
    for _ in 0..kills {
        let client = broker.client().clone();
        load.produce(&client, PRODUCERS);
        load.consume(&client, CONSUMERS);
        load.operate(&client);
        wait::pause_random(load.random(), LIVES[0], LIVES[1]).await;
        broker.kill();
        load.ended(END_LIMIT).await;
        broker.start_again().await;
        for reader in GROUND.subscriptions {
            broker.stats(reader.name).await;
        }
    }
    let client = broker.client().clone();
    load.drain(&client).await;
    broker.stop();
    let totals = load.settle();
    println!("{kills} kills: {totals:?}");
    assert!(totals.confirmed > 0, "nothing was published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_killed_under_load_keeps_its_promises() {
    let seed = seed("kills", 1);
    let kills = figure(150, 1_000);
    let on_disk = kills / ON_DISK;
    let setup = Setup {
        is_fail_fast: true,
        segment_bytes: Some(4 << 20),
        ..Setup::default()
    };
    let real = Setup {
        is_on_disk: true,
        ..setup.clone()
    };
    kill_again_and_again(on_disk, real, seed).await;
    kill_again_and_again(kills - on_disk, setup, seed + 1).await;
}
