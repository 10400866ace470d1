//! What is told of what happens.

use super::bench::{Bench, body, name};
use crate::core::{
    Departure, DryRun, Nack, NackAction, Purge, PurgeScope, Seek, Selection, SequenceRange, Start,
};
use crate::insight::Severity;
use crate::insight::timeline::{EventKind, Happening};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, OperationId, Span};

/// A topic with a subscription and messages, of which nothing was told yet.
fn bench(messages: usize) -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench.publish("orders", 0, body(messages, 5, &[]));
    bench.happened.clear();
    bench
}

/// What was told since the last look.
fn told(bench: &mut Bench) -> Vec<Happening> {
    bench.drain();
    std::mem::take(&mut bench.happened)
}

fn only(bench: &mut Bench) -> Happening {
    let mut all = told(bench);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn change(bench: &mut Bench, change: impl FnOnce(&mut SubscriptionSettings) + Send) {
    let change = Box::new(move |before: &SubscriptionSettings| {
        let mut after = before.clone();
        change(&mut after);
        Ok(after)
    });
    let now = bench.now;
    let changed = bench
        .core
        .update_subscription(&name("billing"), None, change, now);
    changed.unwrap();
}

fn kill(bench: &mut Bench, consumer: ConsumerId, sequence: u64, class: &str) {
    let nack = Nack {
        action: NackAction::Dead,
        reason: String::new(),
        class: class.to_owned(),
    };
    let range = SequenceRange {
        first: sequence,
        last: sequence,
    };
    let stale = bench.core.stream_nack(consumer, range, &nack, bench.now);
    assert_eq!(stale, []);
}

#[test]
fn what_is_made_changed_and_deleted_is_told_with_its_names() {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    let topic = only(&mut bench);
    assert_eq!(topic.kind, EventKind::TopicChanged);
    assert_eq!(
        (topic.topic, topic.subscription),
        (Some(name("orders")), None)
    );
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    let made = only(&mut bench);
    assert_eq!(made.kind, EventKind::SubscriptionChanged);
    assert_eq!(made.subscription, Some(name("billing")));
    assert_eq!(made.topic, Some(name("orders")));
    bench.publish("orders", 0, body(3, 5, &[]));
    assert_eq!(told(&mut bench), [], "traffic is nothing to tell");
    change(&mut bench, |settings| settings.max_attempts = 3);
    assert_eq!(only(&mut bench).text, "changed: attempts");
    let settings = TopicSettings {
        retention: Span::from_secs(7_200),
        ..TopicSettings::default()
    };
    let (core, now) = (&mut bench.core, bench.now);
    let change = Box::new(move |_: &TopicSettings| Ok(settings));
    core.update_topic(&name("orders"), None, change, now)
        .unwrap();
    assert_eq!(only(&mut bench).text, "changed: retention");
    let (core, now) = (&mut bench.core, bench.now);
    core.delete_topic(&name("orders"), true, now).unwrap();
    let deleted = told(&mut bench);
    let kinds: Vec<_> = deleted.iter().map(|told| (told.kind, told.count)).collect();
    let expected = [
        (EventKind::SubscriptionChanged, 3),
        (EventKind::TopicChanged, 0),
    ];
    assert_eq!(kinds, expected, "{deleted:?}");
    assert_eq!(deleted[0].topic, Some(name("orders")));
}

#[test]
fn a_pause_and_its_end_are_told_for_themselves() {
    let mut bench = bench(1);
    change(&mut bench, |settings| settings.is_paused = true);
    assert_eq!(only(&mut bench).kind, EventKind::Paused);
    change(&mut bench, |settings| {
        settings.is_paused = false;
        settings.slo_backlog = Some(7);
    });
    let both = told(&mut bench);
    assert_eq!(both.len(), 2);
    assert_eq!(both[0].kind, EventKind::Resumed);
    assert_eq!(both[1].text, "changed: service level");
}

#[test]
fn who_comes_and_goes_is_told_with_what_was_held() {
    let mut bench = bench(4);
    let first = bench.attach("billing", 3, 1 << 20);
    let joined = only(&mut bench);
    assert_eq!(joined.kind, EventKind::ConsumerJoined);
    assert_eq!(joined.actor, "worker");
    let second = bench.attach("billing", 3, 1 << 20);
    bench.dispatch();
    drop(told(&mut bench));
    bench.core.detach(first, Departure::Clean, bench.now);
    let left = only(&mut bench);
    assert_eq!((left.kind, left.count), (EventKind::ConsumerLeft, 2));
    assert_eq!(left.severity, Severity::Fine);
    bench.core.detach(second, Departure::Lost, bench.now);
    let lost = only(&mut bench);
    assert_eq!((lost.severity, lost.count), (Severity::Watch, 2));
    bench.core.detach(second, Departure::Lost, bench.now);
    assert_eq!(told(&mut bench), [], "once");
}

#[test]
fn the_first_death_after_a_quiet_minute_is_told_and_its_class_is_escaped() {
    let mut bench = bench(5);
    let consumer = bench.attach("billing", 5, 1 << 20);
    bench.dispatch();
    drop(told(&mut bench));
    kill(&mut bench, consumer, 1, "a\u{202e}b\u{1b}[31m");
    let first = only(&mut bench);
    assert_eq!((first.kind, first.count), (EventKind::FirstDeath, 1));
    assert_eq!(first.severity, Severity::Watch);
    let expected = "the first message since the broker started died of a\\u{202e}b\\u{1b}[31m";
    assert_eq!(first.text, expected);
    for sequence in 2..=3 {
        bench.advance(Span::from_secs(59));
        kill(&mut bench, consumer, sequence, "");
        assert_eq!(told(&mut bench), [], "it goes on");
    }
    bench.advance(Span::from_secs(180));
    kill(&mut bench, consumer, 4, "");
    assert_eq!(only(&mut bench).text, "the first message for 3 min died");
}

#[test]
fn acts_on_many_messages_are_told_with_their_counts_and_ids() {
    let mut bench = bench(6);
    let consumer = bench.attach("billing", 2, 1 << 20);
    bench.dispatch();
    kill(&mut bench, consumer, 1, "");
    drop(told(&mut bench));
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let billing = name("billing");
    for dry_run in [DryRun::Yes, DryRun::No] {
        let (core, now) = (&mut bench.core, bench.now);
        core.requeue(&billing, &all, dry_run, now).unwrap();
    }
    let requeued = only(&mut bench);
    assert_eq!((requeued.kind, requeued.count), (EventKind::Operation, 1));
    assert_eq!(requeued.operation, Some(OperationId(1)));
    let purge = Purge {
        subscription: &billing,
        selection: &all,
        scope: PurgeScope::Backlog,
    };
    bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    let purged = only(&mut bench);
    assert_eq!(purged.text, "purged 5 messages, and left 1 that are leased");
    let seek = Seek {
        subscription: &billing,
        target: &Start::Latest,
    };
    bench.core.seek(seek, DryRun::Yes, bench.now).unwrap();
    assert_eq!(told(&mut bench), [], "a dry run does nothing");
    bench.core.seek(seek, DryRun::No, bench.now).unwrap();
    assert_eq!(only(&mut bench).count, 1, "the leased one was skipped");
    let (core, now) = (&mut bench.core, bench.now);
    assert_eq!(core.release_key(&billing, 7, DryRun::No, now), Ok(0));
    assert_eq!(told(&mut bench), [], "nothing was held");
}
