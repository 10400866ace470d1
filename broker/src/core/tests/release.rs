//! A key goes on past its dead messages, which stay dead, also after a restart and a seek back.

use super::bench::{Bench, From, body, name};
use crate::core::{DryRun, Nack, NackAction, Seek, Selection, SequenceRange, Start};
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Refusal};

fn bench() -> (Bench, ConsumerId) {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    let settings = SubscriptionSettings {
        key_order: KeyOrder::Block,
        ..SubscriptionSettings::default()
    };
    bench.subscription("billing", "orders", settings);
    let consumer = bench.attach("billing", 100, 1 << 20);
    // Keys 1, 2, 1, 2, 1, 2.
    bench.publish("orders", 0, body(6, 5, &[1, 2]));
    (bench, consumer)
}

fn release(bench: &mut Bench, key: u64, dry_run: DryRun) -> u64 {
    let (core, now) = (&mut bench.core, bench.now);
    let released = core.release_key(&name("billing"), key, dry_run, now);
    bench.drain();
    released.unwrap()
}

/// Answers all that is granted, killing the first of each key if so wanted; gives the offsets in order.
fn work(bench: &mut Bench, kills: bool) -> Vec<u64> {
    let mut seen = Vec::new();
    for _ in 0..10 {
        bench.dispatch();
        for grant in std::mem::take(&mut bench.grants) {
            for run in &grant.runs {
                for (sequence, offset) in (run.first_sequence..).zip(run.range.offsets()) {
                    seen.push(offset.0);
                    let range = SequenceRange {
                        first: sequence,
                        last: sequence,
                    };
                    let (core, now) = (&mut bench.core, bench.now);
                    let stale = if kills && offset.0 < 2 {
                        let kill = Nack {
                            action: NackAction::Dead,
                            reason: String::new(),
                            class: String::new(),
                        };
                        core.stream_nack(grant.consumer, range, &kill, now)
                    } else {
                        core.stream_ack(grant.consumer, &[range], now)
                    };
                    assert_eq!(stale, []);
                }
            }
        }
    }
    seen
}

#[test]
fn a_released_key_goes_on_and_its_dead_messages_stay_dead() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let (mut bench, _) = bench();
        assert_eq!(work(&mut bench, true), [0, 1], "each key is held");
        assert_eq!(release(&mut bench, 1, DryRun::Yes), 1);
        assert_eq!(work(&mut bench, true), [0; 0], "a dry run changes nothing");
        assert_eq!(release(&mut bench, 1, DryRun::No), 1);
        assert_eq!(release(&mut bench, 1, DryRun::No), 0, "once");
        assert_eq!(work(&mut bench, false), [2, 4]);
        assert_eq!(bench.core.broker_counts(bench.now).dead, 2);
        let before = bench.core.last_position();
        bench.core.restate(before, 1 << 20);
        bench.drain();
        bench.restart(from);
        bench.attach("billing", 100, 1 << 20);
        assert_eq!(work(&mut bench, false), [0; 0], "{from:?}");
        let seek = Seek {
            subscription: &name("billing"),
            target: &Start::Earliest,
        };
        bench.core.seek(seek, DryRun::No, bench.now).unwrap();
        bench.drain();
        assert_eq!(work(&mut bench, false), [2, 4], "{from:?}, sought");
        assert_eq!(release(&mut bench, 2, DryRun::No), 1);
        assert_eq!(work(&mut bench, false), [3, 5]);
        assert_eq!(bench.core.broker_counts(bench.now).dead, 2);
    }
}

#[test]
fn a_passed_message_can_still_be_requeued() {
    let (mut bench, _) = bench();
    assert_eq!(work(&mut bench, true), [0, 1]);
    assert_eq!(release(&mut bench, 1, DryRun::No), 1);
    assert_eq!(work(&mut bench, false), [2, 4]);
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let (core, now) = (&mut bench.core, bench.now);
    let done = core.requeue(&name("billing"), &all, DryRun::No, now);
    assert_eq!(done.unwrap().affected, 2);
    assert_eq!(work(&mut bench, false), [0, 1, 3, 5]);
    assert_eq!(bench.core.broker_counts(bench.now).backlog, 0);
    let (core, now) = (&mut bench.core, bench.now);
    let nobody = core.release_key(&name("nobody"), 1, DryRun::No, now);
    assert!(matches!(nobody, Err(Refusal::SubscriptionNotFound { .. })));
}
