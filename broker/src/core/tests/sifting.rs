//! Plans by ordering key and by filter, and what they leave out: exact, and in slices.

use super::bench::{Bench, body, name};
use super::operating::{
    all, apply, bench, bench_with, check, counts, die, kill, plan, requeue, run,
};
use crate::core::{Order, Pace, Plan, Planned, PurgeScope, Selection, SkipCause};
use crate::model::range::push_joined;
use crate::model::settings::SubscriptionSettings;
use crate::model::{OffsetRange, Refusal, Span};

fn purge(selection: Selection) -> Order {
    Order::Drop {
        subscription: name("s"),
        selection,
        scope: PurgeScope::Backlog,
        is_final: false,
    }
}

/// Plans as others do who read for it: the filter is true of each third message.
fn plan_reading(bench: &mut Bench, order: Order) -> (Plan, u64) {
    let Planned::Begun(mut planning) = bench.core.begin_plan(order, bench.now).unwrap() else {
        panic!("it is made in slices");
    };
    let mut read = 0;
    while bench.core.go_on_planning(&mut planning).unwrap() {
        let runs = planning.to_read().to_vec();
        if runs.is_empty() {
            continue;
        }
        let mut chosen = Vec::new();
        for offset in runs.iter().flat_map(|run| run.range.offsets()) {
            read += 1;
            if offset.0 % 3 == 0 {
                push_joined(&mut chosen, OffsetRange::one(offset));
            }
        }
        planning.was_read(&chosen);
    }
    let plan = bench.core.finish_plan(&mut planning, bench.now).unwrap();
    (plan, read)
}

#[test]
fn a_purge_by_key_takes_that_key_alone_and_counts_what_is_leased_of_it() {
    let mut bench = bench();
    bench.publish("t", 0, body(60_000, 1, &[7, 8, 9]));
    let consumer = bench.attach("s", 6, 1 << 20);
    bench.dispatch();
    let by_key = Selection {
        key: Some(8),
        ..Selection::default()
    };
    let planned = plan(&mut bench, purge(by_key));
    assert_eq!(planned.counts.affected, 19_998);
    assert_eq!(planned.counts.skips[&SkipCause::Leased], 2);
    assert_eq!(planned.counts.selected, 20_000);
    let id = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, id);
    assert_eq!(counts(&bench).ready, 40_000 - 4);
    bench
        .core
        .detach(consumer, crate::core::Departure::Clean, bench.now);
    bench.drain();
    check(&mut bench);
}

#[test]
fn a_purge_by_filter_reads_the_backlog_once_in_slices() {
    let mut bench = bench();
    for _ in 0..3 {
        bench.publish("t", 0, body(15_000, 300, &[]));
    }
    let by_filter = Selection {
        filter: Some("attributes:a".into()),
        ..Selection::default()
    };
    let (planned, read) = plan_reading(&mut bench, purge(by_filter.clone()));
    assert_eq!((planned.counts.affected, read), (15_000, 45_000));
    assert_eq!(planned.text, "where attributes:a");
    let keeping = Selection {
        keep_newest: Some(9_000),
        ..by_filter.clone()
    };
    let (planned, read) = plan_reading(&mut bench, purge(keeping));
    assert_eq!((planned.counts.affected, read), (12_000, 36_000));
    let bad = Selection {
        filter: Some("attributes.".into()),
        ..Selection::default()
    };
    let refused = bench.core.plan(purge(bad), bench.now);
    assert!(matches!(refused, Err(Refusal::FilterInvalid { .. })));
    // Without a plan nobody reads for it.
    let act = crate::core::Purge {
        subscription: &name("s"),
        selection: &by_filter,
        scope: PurgeScope::Backlog,
    };
    let refused = bench.core.purge(act, crate::core::DryRun::Yes, bench.now);
    assert!(matches!(refused, Err(Refusal::NotSupported { .. })));
}

#[test]
fn what_came_back_before_is_told_and_can_be_left_out() {
    let mut bench = bench();
    die(&mut bench, 10);
    let first = plan(&mut bench, requeue());
    assert_eq!(first.counts.requeued_before, 0);
    let id = apply(&mut bench, &first, Pace::default());
    run(&mut bench, id);
    kill(&mut bench, 4);
    let second = plan(&mut bench, requeue());
    assert_eq!(
        (second.counts.affected, second.counts.requeued_before),
        (4, 4)
    );
    let warned = second
        .warnings
        .iter()
        .any(|one| one.contains("requeued before"));
    assert!(warned, "{:?}", second.warnings);
    let careful = Order::Requeue {
        subscription: name("s"),
        selection: Selection {
            skips_requeued: true,
            ..all()
        },
    };
    let planned = plan(&mut bench, careful);
    assert_eq!((planned.counts.selected, planned.counts.affected), (4, 0));
    assert_eq!(planned.counts.skips[&SkipCause::RequeuedBefore], 4);
}

#[test]
fn what_has_lived_long_enough_is_not_requeued() {
    let settings = SubscriptionSettings {
        max_attempts: 1,
        ..SubscriptionSettings::default()
    };
    let mut bench = bench_with(settings);
    let marks = |life| crate::model::entry::Marks {
        life,
        ..crate::model::entry::Marks::default()
    };
    let lives = [marks(Span::from_secs(60)), marks(Span::ZERO)];
    bench.publish("t", 0, super::bench::marked(10, &lives));
    kill(&mut bench, 2);
    bench.pass(Span::from_secs(61));
    let planned = plan(&mut bench, requeue());
    assert_eq!((planned.counts.selected, planned.counts.affected), (2, 1));
    assert_eq!(planned.counts.skips[&SkipCause::Expired], 1);
}
