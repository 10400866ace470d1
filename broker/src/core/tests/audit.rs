//! The audit of all books, and the sums of the broker.

use super::bench::{Bench, body, name};
use crate::core::limits::AUDIT_PAGE_STEPS;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Position, Span, SubscriptionId};

const SUBSCRIPTIONS: u64 = 30;

/// Many subscriptions of a topic with two partitions, every third with messages leased.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let settings = TopicSettings {
        partitions: 2,
        ..TopicSettings::default()
    };
    bench.topic("t", settings);
    for number in 0..SUBSCRIPTIONS {
        let text = format!("s{number}");
        bench.subscription(&text, "t", SubscriptionSettings::default());
    }
    for partition in 0..2 {
        bench.publish("t", partition, body(10, 5, &[]));
    }
    for number in (0..SUBSCRIPTIONS).step_by(3) {
        bench.attach(&format!("s{number}"), 5, 1 << 20);
    }
    bench.dispatch();
    bench
}

fn error(bench: &Bench, id: SubscriptionId) -> u64 {
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    counts.conservation_error
}

#[test]
fn wrong_books_are_found_within_a_round_and_stay_shown_until_the_subscription_goes() {
    for number in [0, 7, SUBSCRIPTIONS - 1] {
        let mut bench = bench();
        let text = name(&format!("s{number}"));
        let id = bench.core.subscription(&text).unwrap().id;
        bench.core.spoil_books(id);
        assert_eq!(error(&bench, id), 0, "no one has looked yet");
        // With steps for a page and two machines a call, a round takes at most a call for each two machines.
        let mut found = Vec::new();
        for _ in 0..SUBSCRIPTIONS {
            found.extend(bench.core.audit(AUDIT_PAGE_STEPS + 2));
        }
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0].subscription, found[0].partition.0), (&text, 1));
        assert!(found[0].error > 0);
        assert_eq!(error(&bench, id), found[0].error);
        let sums = bench.core.broker_counts(bench.now);
        assert_eq!(sums.conservation_error, found[0].error);
        bench.core.delete_subscription(&text, bench.now).unwrap();
        assert_eq!(bench.core.broker_counts(bench.now).conservation_error, 0);
    }
}

#[test]
fn an_audit_goes_once_around_and_on_where_it_stopped() {
    let mut bench = bench();
    let round = usize::try_from(2 * SUBSCRIPTIONS).unwrap() * (1 + AUDIT_PAGE_STEPS);
    assert_eq!(bench.core.audit(round * 10), []);
    assert_eq!(bench.core.audit(0), []);
    // Without a subscription there is nothing to go around.
    assert_eq!(Bench::new().core.audit(round), []);
}

#[test]
fn the_sums_follow_topics_that_go_with_their_subscriptions() {
    let mut bench = bench();
    let sums = bench.core.broker_counts(bench.now);
    assert_eq!(sums.backlog, SUBSCRIPTIONS * 20);
    assert_eq!((sums.published, sums.delivered), (20, 50));
    bench.topic("u", TopicSettings::default());
    bench.subscription("other", "u", SubscriptionSettings::default());
    bench.publish("u", 0, body(7, 5, &[]));
    bench
        .core
        .delete_topic(&name("t"), true, bench.now)
        .unwrap();
    bench.drain();
    let sums = bench.core.broker_counts(bench.now);
    assert_eq!((sums.backlog, sums.dead, sums.subscriptions), (7, 0, 1));
}

#[test]
fn a_tombstone_goes_with_the_last_frame_of_its_topic_and_not_before() {
    let mut bench = bench();
    bench
        .core
        .delete_topic(&name("t"), true, bench.now)
        .unwrap();
    let deleted = bench.core.last_position();
    bench.drain();
    for oldest in [Position(1), deleted] {
        bench.core.forget_tombstones(oldest);
        assert_eq!(
            bench.core.tombstones(),
            1,
            "frames from {oldest} on are there"
        );
    }
    bench.core.forget_tombstones(deleted.next());
    assert_eq!(bench.core.tombstones(), 0);
    bench.pass(Span::from_secs(1));
}
