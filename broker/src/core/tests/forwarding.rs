//! Dead messages go to another topic in one commit group, or stay dead.

use super::bench::{Bench, From, body, name};
use crate::core::{
    Declaration, DeclaredSubscription, DeclaredTopic, DryRun, Forward, Nack, NackAction,
    NewSubscription, PeekSubscription,
};
use crate::core::{Selection, SequenceRange, Start, State, SubscriptionCounts};
use crate::model::entry::DropCause;
use crate::model::settings::{KeyOrder, SubscriptionSettings, TopicSettings};
use crate::model::{ConsumerId, Offset, Partition, Position, Refusal, Span, TopicId};

fn settings() -> SubscriptionSettings {
    SubscriptionSettings {
        dead_letter_topic: Some(name("graveyard")),
        ..SubscriptionSettings::default()
    }
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.topic("graveyard", TopicSettings::default());
    bench.subscription("billing", "orders", settings());
    bench
}

fn counts(bench: &Bench, text: &str) -> SubscriptionCounts {
    let id = bench.core.subscription(&name(text)).unwrap().id;
    assert_eq!(bench.core.recount_error(id), Some(0));
    bench.core.subscription_counts(id, bench.now).unwrap()
}

fn kill(bench: &mut Bench, consumer: ConsumerId, first: u64, last: u64) {
    let nack = Nack {
        action: NackAction::Dead,
        reason: "no".to_owned(),
        class: "Bad".to_owned(),
    };
    let range = SequenceRange { first, last };
    let stale = bench.core.stream_nack(consumer, range, &nack, bench.now);
    assert_eq!(stale, []);
    bench.drain();
}

/// What is dead, with what killed it.
fn dead(bench: &Bench) -> Vec<(Partition, Offset, Position)> {
    let peek = PeekSubscription {
        subscription: &name("billing"),
        states: &[State::Dead],
        fingerprint: None,
        after: None,
        limit: 1_000,
    };
    let peeked = bench.core.peek_subscription(&peek, bench.now).unwrap();
    let found = peeked.messages.iter().map(|view| {
        let text = view.states[0].dead.unwrap().text;
        (view.id.partition, view.id.offset, text)
    });
    found.collect()
}

fn forward(
    bench: &mut Bench,
    messages: Vec<(Partition, Offset, Position)>,
) -> Result<bool, Refusal> {
    let topic = bench.core.route(&name("graveyard")).unwrap().topic;
    let batch = body(messages.len(), 7, &[]);
    let forward = Forward {
        subscription: &name("billing"),
        messages,
        topic,
        batches: vec![(Partition(0), batch)],
    };
    bench.core.forward(forward, bench.now)
}

#[test]
fn a_dead_message_is_published_and_finished_in_one_group() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench();
        bench.subscription("reader", "graveyard", SubscriptionSettings::default());
        let consumer = bench.attach("billing", 10, 1 << 20);
        bench.publish("orders", 0, body(5, 5, &[]));
        bench.dispatch();
        assert!(!bench.core.take_forward_hint());
        kill(&mut bench, consumer, 2, 3);
        assert!(bench.core.take_forward_hint(), "a death says so at once");
        let found = bench.core.forwardable();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subscription, name("billing"));
        let dead = dead(&bench);
        assert_eq!(forward(&mut bench, dead.clone()), Ok(true));
        assert_eq!(bench.core.output().groups.len(), 1, "one commit group");
        bench.drain();
        let before = counts(&bench, "billing").counts;
        assert_eq!((before.dead, before.backlog()), (0, 3));
        assert_eq!(before.dropped[DropCause::Moved.index()], 2);
        assert_eq!(counts(&bench, "reader").counts.ready, 2);
        bench.restart(from);
        assert_eq!(counts(&bench, "billing").counts, before, "{from:?}");
        assert_eq!(counts(&bench, "reader").counts.ready, 2, "{from:?}");
        assert!(bench.core.forwardable().is_empty());
        assert_eq!(forward(&mut bench, dead), Ok(false), "never twice");
    }
}

#[test]
fn what_was_requeued_meanwhile_is_not_forwarded_even_if_it_died_again() {
    let mut bench = bench();
    bench.subscription("reader", "graveyard", SubscriptionSettings::default());
    let consumer = bench.attach("billing", 10, 1 << 20);
    bench.publish("orders", 0, body(2, 5, &[]));
    bench.dispatch();
    kill(&mut bench, consumer, 1, 2);
    let early = dead(&bench);
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let (core, now) = (&mut bench.core, bench.now);
    core.requeue(&name("billing"), &all, DryRun::No, now)
        .unwrap();
    bench.drain();
    assert_eq!(forward(&mut bench, early.clone()), Ok(false));
    bench.dispatch();
    kill(&mut bench, consumer, 3, 4);
    assert_eq!(forward(&mut bench, early), Ok(false), "another death");
    assert!(bench.core.output().is_empty(), "nothing was done");
    let late = dead(&bench);
    assert_eq!(forward(&mut bench, late), Ok(true));
}

fn assert_held(bench: &Bench, is_held: bool) {
    let found = counts(bench, "billing");
    assert_eq!(found.are_dead_letters_held, is_held);
    assert_eq!(bench.core.forwardable().is_empty(), is_held);
    assert_eq!(found.counts.dead, 3);
}

#[test]
fn while_nobody_would_read_them_messages_stay_dead() {
    let mut bench = bench();
    let consumer = bench.attach("billing", 10, 1 << 20);
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.dispatch();
    kill(&mut bench, consumer, 1, 3);
    assert_held(&bench, true);
    bench.subscription("reader", "graveyard", SubscriptionSettings::default());
    assert_held(&bench, false);
    bench.core.take_forward_hint();
    bench.pass(Span::from_secs(2));
    assert!(bench.core.take_forward_hint(), "the look finds them");
    let now = bench.now;
    bench
        .core
        .delete_topic(&name("graveyard"), true, now)
        .unwrap();
    bench.drain();
    assert_held(&bench, true);
    bench.topic("graveyard", TopicSettings::default());
    bench.subscription("reader", "graveyard", SubscriptionSettings::default());
    assert_held(&bench, false);
    // A body made for the topic that was deleted goes nowhere.
    let stale = Forward {
        subscription: &name("billing"),
        messages: dead(&bench),
        topic: TopicId(2),
        batches: vec![(Partition(0), body(3, 5, &[]))],
    };
    assert_eq!(bench.core.forward(stale, bench.now), Ok(false));
}

/// Why a subscription cannot be created or changed so that its dead messages go to `topic`.
fn refused(bench: &mut Bench, topic: &'static str) -> [Option<Refusal>; 2] {
    let new = NewSubscription {
        name: name("other"),
        topic: &name("orders"),
        settings: SubscriptionSettings {
            dead_letter_topic: Some(name(topic)),
            ..SubscriptionSettings::default()
        },
        start: Start::Latest,
    };
    let created = bench.core.create_subscription(new, bench.now);
    let change = Box::new(move |now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            dead_letter_topic: Some(name(topic)),
            ..now.clone()
        })
    });
    let (core, now) = (&mut bench.core, bench.now);
    let changed = core.update_subscription(&name("billing"), None, change, now);
    bench.drain();
    [created.err(), changed.err()]
}

#[test]
fn a_topic_that_does_not_exist_or_is_its_own_is_refused() {
    let mut bench = bench();
    for missing in refused(&mut bench, "nowhere") {
        let topic = name("nowhere");
        assert_eq!(missing, Some(Refusal::DeadLetterTopicMissing { topic }));
    }
    for own in refused(&mut bench, "orders") {
        assert!(matches!(own, Some(Refusal::ValueOutOfRange { .. })));
    }
    assert_eq!(refused(&mut bench, "graveyard"), [None, None]);
}

#[test]
fn a_forwarded_message_holds_its_key_no_longer() {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.topic("graveyard", TopicSettings::default());
    bench.subscription("reader", "graveyard", SubscriptionSettings::default());
    let ordered = SubscriptionSettings {
        key_order: KeyOrder::Block,
        ..settings()
    };
    bench.subscription("billing", "orders", ordered);
    let consumer = bench.attach("billing", 10, 1 << 20);
    bench.publish("orders", 0, body(3, 5, &[1]));
    bench.dispatch();
    kill(&mut bench, consumer, 1, 1);
    bench.dispatch();
    assert!(bench.grants.is_empty(), "its key is held");
    let dead = dead(&bench);
    assert_eq!(forward(&mut bench, dead), Ok(true));
    bench.dispatch();
    assert_eq!(bench.grants[0].runs[0].range.start, Offset(1));
}

#[test]
fn a_declaration_with_a_dead_letter_topic_that_is_missing_does_nothing() {
    let mut bench = bench();
    let declared = |topic: &str| DeclaredTopic {
        name: name(topic),
        settings: TopicSettings::default(),
        partitions: None,
        etag: None,
    };
    let declaration = |topics: &[&str], letters: &str| Declaration {
        topics: topics.iter().map(|topic| declared(topic)).collect(),
        subscriptions: vec![DeclaredSubscription {
            name: name("declared"),
            topic: name("orders"),
            settings: SubscriptionSettings {
                dead_letter_topic: Some(name(letters)),
                ..SubscriptionSettings::default()
            },
            etag: None,
        }],
    };
    let mut apply = |declaration: Declaration| {
        let (core, now) = (&mut bench.core, bench.now);
        core.apply_topology(&declaration, DryRun::No, now).err()
    };
    for (topics, letters) in [(&["others"][..], "nowhere"), (&["others"], "orders")] {
        let refusal = apply(declaration(topics, letters));
        assert!(matches!(refusal, Some(Refusal::TopologyInvalid { .. })));
    }
    assert_eq!(apply(declaration(&["others"], "others")), None);
    assert!(bench.core.topic(&name("others")).is_ok());
}
