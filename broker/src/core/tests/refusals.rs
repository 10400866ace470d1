//! Refusals, hostile ack ids, limits and costs: one promise a test.

use super::bench::{Bench, body, name};
use crate::core::{
    AckId, Allowance, Attach, Core, DryRun, NewSubscription, Publication, Pull, Purge, PurgeScope,
    Selection, Start,
};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    Client, Epoch, Fingerprint, Incarnation, LeaseSerial, MessageId, Name, Now, Offset, Partition,
    Refusal, Span, SubscriptionId, TopicId,
};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("billing", "orders", SubscriptionSettings::default());
    bench
}

fn new<'a>(text: &str, topic: &'a Name) -> NewSubscription<'a> {
    NewSubscription {
        name: name(text),
        topic,
        settings: SubscriptionSettings::default(),
        start: Start::Latest,
    }
}

#[test]
fn what_does_not_exist_is_refused_and_changes_nothing() {
    let mut bench = bench();
    let (core, now) = (&mut bench.core, bench.now);
    let no = name("nothing");
    let no_topic = Refusal::TopicNotFound { topic: no.clone() };
    let no_subscription = Refusal::SubscriptionNotFound {
        subscription: no.to_string(),
    };
    assert_eq!(core.topic(&no), Err(no_topic.clone()));
    assert_eq!(core.route(&no), Err(no_topic.clone()));
    assert_eq!(core.delete_topic(&no, true, now), Err(no_topic.clone()));
    let refused = core.create_subscription(new("other", &no), now);
    assert_eq!(refused, Err(no_topic));
    assert_eq!(core.subscription(&no), Err(no_subscription.clone()));
    let refused = core.delete_subscription(&no, now);
    assert_eq!(refused, Err(no_subscription.clone()));
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let refused = core.requeue(&no, &all, DryRun::No, now);
    assert_eq!(refused, Err(no_subscription.clone()));
    assert_eq!(attach(core, &no, 1, now), Err(no_subscription));
    let gone = Refusal::TopicGone { topic: TopicId(9) };
    let batches = vec![(Partition(0), body(1, 1, &[]))];
    assert_eq!(
        core.publish(Publication::to(TopicId(9), batches), now),
        Err(gone)
    );
    let id = MessageId {
        topic: TopicId(1),
        partition: Partition(0),
        offset: Offset(0),
    };
    let refused = core.message(id, now);
    assert!(matches!(refused, Err(Refusal::MessageNotFound { .. })));
    assert!(core.output().is_empty());
}

fn attach(core: &mut Core, of: &Name, messages: u64, now: Now) -> Result<(), Refusal> {
    let attach = Attach {
        subscription: of,
        name: String::new(),
        peer: String::new(),
        client: Client::default(),
        allowance: Allowance { messages, bytes: 1 },
    };
    core.attach(attach, now).map(drop)
}

#[test]
fn what_exists_or_is_out_of_range_is_refused() {
    let mut bench = bench();
    let (core, now) = (&mut bench.core, bench.now);
    let (orders, billing) = (name("orders"), name("billing"));
    let refused = core.create_topic(orders.clone(), TopicSettings::default(), now);
    assert!(matches!(refused, Err(Refusal::TopicAlreadyExists { .. })));
    let refused = core.create_subscription(new("billing", &orders), now);
    assert!(matches!(
        refused,
        Err(Refusal::SubscriptionAlreadyExists { .. })
    ));
    let refused = core.delete_topic(&orders, false, now);
    assert!(matches!(
        refused,
        Err(Refusal::TopicHasSubscriptions {
            subscriptions: 1,
            ..
        })
    ));
    for messages in [0, 100_001] {
        let refused = attach(core, &billing, messages, now);
        assert!(matches!(refused, Err(Refusal::ValueOutOfRange { .. })));
    }
    let pull = Pull {
        subscription: &billing,
        name: String::new(),
        peer: String::new(),
        max_messages: 0,
        max_bytes: 1,
    };
    let refused = core.pull(pull, now);
    assert!(matches!(refused, Err(Refusal::ValueOutOfRange { .. })));
    let nothing = Selection::default();
    let refused = core.requeue(&billing, &nothing, DryRun::Yes, now);
    assert_eq!(refused, Err(Refusal::SelectionRequired));
    let selections = [
        Selection {
            older_than: Some(Span(1)),
            ..Selection::default()
        },
        Selection {
            error_class: Some("x".to_owned()),
            ..Selection::default()
        },
        Selection {
            fingerprints: Fingerprint::stored(1).into_iter().collect(),
            ..Selection::default()
        },
    ];
    for selection in &selections {
        let purge = Purge {
            subscription: &billing,
            selection,
            scope: PurgeScope::Backlog,
        };
        let refused = core.purge(purge, DryRun::No, now);
        assert!(matches!(refused, Err(Refusal::ValueOutOfRange { .. })));
    }
    assert!(core.output().is_empty());
}

#[test]
fn hostile_ack_ids_are_malformed_or_stale_and_change_nothing() {
    let mut bench = bench();
    bench.publish("orders", 0, body(3, 5, &[]));
    bench.attach("billing", 10, 1 << 20);
    bench.dispatch();
    let grant = bench.grants[0].clone();
    let good = AckId {
        subscription: grant.subscription,
        epoch: grant.epoch,
        incarnation: grant.incarnation,
        partition: grant.partition,
        offset: Offset(0),
        attempt: 1,
        serial: grant.runs[0].serial,
    };
    let text = good.to_string();
    assert!(text.len() <= 164 && text.parse() == Ok(good));
    for at in 0..text.len() {
        for letter in ["A", "b", "0", "_", "=", " ", "é"] {
            let mangled = [&text[..at], letter, &text[at + 1..]].concat();
            if mangled != text {
                let parsed = mangled.parse::<AckId>();
                assert_eq!(parsed, Err(Refusal::AckIdMalformed), "{mangled}");
            }
        }
        assert!(text[..at].parse::<AckId>().is_err());
    }
    let wrong = [
        AckId {
            epoch: Epoch(1),
            ..good
        },
        AckId {
            incarnation: Incarnation(9),
            ..good
        },
        AckId {
            incarnation: Incarnation(0),
            ..good
        },
        AckId {
            partition: Partition(u32::MAX),
            ..good
        },
        AckId {
            offset: Offset(3),
            ..good
        },
        AckId {
            offset: Offset(u64::MAX - 1),
            ..good
        },
        AckId {
            serial: LeaseSerial(99),
            ..good
        },
        AckId {
            subscription: SubscriptionId(77),
            ..good
        },
    ];
    for id in wrong {
        let result = bench.core.acknowledge(&[id], bench.now);
        assert!(result[0].is_err(), "{id:?}");
        assert!(bench.core.output().is_empty());
    }
    let result = bench.core.acknowledge(&[good, good], bench.now);
    assert_eq!(result, [Ok(()), Err(Refusal::LeaseStale)]);
}

#[test]
fn a_consumer_never_holds_more_bytes_than_its_allowance() {
    let mut bench = bench();
    bench.publish("orders", 0, body(10, 600, &[]));
    bench.attach("billing", 10, 1_000);
    bench.dispatch();
    assert_eq!(bench.grants[0].runs[0].range.count(), 1);
    assert_eq!(bench.grants.len(), 1);
}

#[test]
fn a_burst_is_shared_by_hungry_consumers() {
    let mut bench = bench();
    for _ in 0..4 {
        bench.attach("billing", 1_000, 1 << 20);
    }
    bench.publish("orders", 0, body(1_000, 5, &[]));
    bench.dispatch();
    let shares: Vec<u64> = bench
        .grants
        .iter()
        .map(|grant| grant.runs[0].range.count())
        .collect();
    assert_eq!(shares, [250; 4]);
}

#[test]
fn a_million_messages_wait_and_are_purged_without_a_walk() {
    let mut bench = bench();
    for _ in 0..1_000 {
        bench.publish("orders", 0, body(1_000, 10, &[]));
    }
    let all = Selection {
        all: true,
        ..Selection::default()
    };
    let purge = Purge {
        subscription: &name("billing"),
        selection: &all,
        scope: PurgeScope::Backlog,
    };
    let purged = bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    assert_eq!(purged.affected, 1_000_000);
    let mut frames = bench.core.output().groups[0].frames.iter();
    let written = frames.find(|frame| frame.kind == 13).unwrap().size();
    assert!(written < 100, "one range, not a million");
    bench.drain();
    // Broker, topic, subscription and the last page, which is not full: finished pages are a range. Beside them the
    // operation, and the record of three acts.
    assert_eq!(bench.core.checkpoint().len(), 4 + 1 + 3);
}
