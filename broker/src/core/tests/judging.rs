//! Scans where there is more to say of a message than what a filter says.

use super::bench::{Bench, From, of_kinds, only};
use super::filters::{ONLY_B, books, counts, create, scan_all, unjudged};
use crate::core::Start;
use crate::model::Span;
use crate::model::entry::DropCause;
use crate::model::settings::{Durability, LimitPolicy, TopicSettings};

fn bench(settings: TopicSettings) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", settings);
    bench
}

fn dropped(bench: &Bench, cause: DropCause) -> u64 {
    counts(bench, "late").counts.dropped[cause.index()]
}

#[test]
fn a_scan_passes_over_offsets_that_no_message_has() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench(TopicSettings {
            durability: Durability::Relaxed,
            ..TopicSettings::default()
        });
        bench.publish("orders", 0, of_kinds(&["a", "b"], &[]));
        bench.core.jump(bench.now);
        bench.drain();
        bench.publish("orders", 0, of_kinds(&["b", "a", "b"], &[]));
        create(&mut bench, "late", only(ONLY_B), Start::Earliest).unwrap();
        let before = (5, (5, 0, 0));
        assert_eq!((unjudged(&bench, "late"), books(&bench, "late")), before);
        bench.restart(from);
        assert_eq!((unjudged(&bench, "late"), books(&bench, "late")), before);
        // One on each side.
        assert_eq!(scan_all(&mut bench), 2);
        let after = (0, (5, 3, 2));
        assert_eq!((unjudged(&bench, "late"), books(&bench, "late")), after);
        bench.restart(from);
        assert_eq!((unjudged(&bench, "late"), books(&bench, "late")), after);
    }
}

#[test]
fn a_full_topic_drops_the_oldest_only_of_what_is_judged() {
    let mut bench = bench(TopicSettings {
        max_messages: Some(3),
        limit_policy: LimitPolicy::DropOldest,
        ..TopicSettings::default()
    });
    bench.publish("orders", 0, of_kinds(&["b", "a", "b", "b"], &[]));
    create(&mut bench, "late", only(ONLY_B), Start::Earliest).unwrap();
    bench.publish("orders", 0, of_kinds(&["b", "b"], &[]));
    assert_eq!(unjudged(&bench, "late"), 4);
    assert_eq!(books(&bench, "late"), (6, 2, 0));
    assert_eq!(dropped(&bench, DropCause::Overflow), 0);
    scan_all(&mut bench);
    assert_eq!(books(&bench, "late"), (6, 5, 1));
    bench.pass(Span::from_secs(1));
    assert_eq!(books(&bench, "late"), (6, 3, 1));
    assert_eq!(dropped(&bench, DropCause::Overflow), 2);
}

#[test]
fn what_has_lived_long_enough_before_it_is_judged_is_expired() {
    let mut bench = bench(TopicSettings {
        time_to_live: Some(Span::from_secs(10)),
        ..TopicSettings::default()
    });
    bench.publish("orders", 0, of_kinds(&["a", "b"], &[]));
    bench.advance(Span::from_secs(5));
    bench.publish("orders", 0, of_kinds(&["a", "b"], &[]));
    create(&mut bench, "late", only(ONLY_B), Start::Earliest).unwrap();
    assert_eq!(unjudged(&bench, "late"), 4);
    bench.pass(Span::from_secs(5));
    assert_eq!(
        (
            unjudged(&bench, "late"),
            dropped(&bench, DropCause::Expired)
        ),
        (2, 2)
    );
    assert_eq!(scan_all(&mut bench), 1);
    assert_eq!(books(&bench, "late"), (4, 1, 1));
    assert_eq!(dropped(&bench, DropCause::Expired), 2);
}
