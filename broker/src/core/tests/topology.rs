//! A declaration is one commit group or nothing, and leaves alone what it does not speak of.

use super::bench::{Bench, From, name};
use crate::core::limits::{DECLARED_BYTES, MAX_DECLARED, MAX_TOPICS};
use crate::core::{Declaration, DeclaredSubscription, DeclaredTopic, Differences, DryRun};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Refusal, Span};

fn topic(text: &str) -> DeclaredTopic {
    DeclaredTopic {
        name: name(text),
        settings: TopicSettings::default(),
        partitions: None,
        etag: None,
    }
}

fn subscription(text: &str, topic: &str) -> DeclaredSubscription {
    DeclaredSubscription {
        name: name(text),
        topic: name(topic),
        settings: SubscriptionSettings::default(),
        etag: None,
    }
}

/// A topic of three partitions with two subscriptions, beside a plain topic.
fn declaration() -> Declaration {
    let wide = DeclaredTopic {
        partitions: Some(3),
        ..topic("wide")
    };
    Declaration {
        topics: vec![wide, topic("plain")],
        subscriptions: vec![subscription("a", "wide"), subscription("b", "wide")],
    }
}

fn apply(bench: &mut Bench, declaration: &Declaration) -> Result<Differences, Refusal> {
    let planned = bench
        .core
        .apply_topology(declaration, DryRun::Yes, bench.now);
    assert!(bench.core.output().is_empty(), "a dry run changes nothing");
    let done = bench
        .core
        .apply_topology(declaration, DryRun::No, bench.now);
    assert_eq!(planned, done, "what was planned is done");
    done
}

#[test]
fn a_declaration_is_one_commit_group_and_the_same_again_writes_nothing() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = Bench::new();
        let done = apply(&mut bench, &declaration()).unwrap();
        assert_eq!((done.topics.len(), done.subscriptions.len()), (2, 2));
        let groups = &bench.core.output().groups;
        // Each of the four is on record, too.
        assert_eq!((groups.len(), groups[0].frames.len()), (1, 8));
        bench.drain();
        bench.restart(from);
        assert_eq!(
            apply(&mut bench, &declaration()),
            Ok(Differences::default())
        );
        let mut changed = declaration();
        changed.topics[0].partitions = None;
        changed.topics[1].settings.retention = Span::ZERO;
        changed.subscriptions[0].settings.max_attempts = 3;
        let done = apply(&mut bench, &changed).unwrap();
        assert_eq!((done.topics.len(), done.subscriptions.len()), (1, 1));
        assert_eq!(bench.core.output().groups.len(), 1);
        bench.drain();
        let view = bench.core.topic(&name("wide")).unwrap();
        assert_eq!(view.settings.partitions, 3, "not given, so left as it is");
        assert_eq!(
            bench
                .core
                .subscription(&name("a"))
                .unwrap()
                .settings
                .max_attempts,
            3
        );
    }
}

#[test]
fn whether_a_subscription_is_paused_is_left_as_it_is() {
    let mut bench = Bench::new();
    apply(&mut bench, &declaration()).unwrap();
    let pause = |now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            is_paused: true,
            ..now.clone()
        })
    };
    let pause = Box::new(pause);
    bench
        .core
        .update_subscription(&name("a"), None, pause, bench.now)
        .unwrap();
    bench.drain();
    assert_eq!(
        apply(&mut bench, &declaration()),
        Ok(Differences::default())
    );
    let mut changed = declaration();
    changed.subscriptions[0].settings.max_attempts = 3;
    apply(&mut bench, &changed).unwrap();
    assert!(
        bench
            .core
            .subscription(&name("a"))
            .unwrap()
            .settings
            .is_paused
    );
}

#[test]
fn what_is_beyond_a_limit_is_refused_as_a_whole() {
    let mut bench = Bench::new();
    let many = |count: u64| Declaration {
        topics: (0..count)
            .map(|index| topic(&format!("t{index}")))
            .collect(),
        subscriptions: Vec::new(),
    };
    let refused = apply(&mut bench, &many(MAX_DECLARED + 1));
    assert!(
        matches!(refused, Err(Refusal::BatchTooLarge { .. })),
        "{refused:?}"
    );
    bench.core.limit_groups(DECLARED_BYTES * 4);
    let refused = apply(&mut bench, &many(5));
    assert!(
        matches!(refused, Err(Refusal::BatchTooLarge { .. })),
        "{refused:?}"
    );
    apply(&mut bench, &many(3)).unwrap();
    bench.core.limit_groups(u64::MAX);
    let mut left = MAX_TOPICS;
    while left > 0 {
        let first = MAX_TOPICS - left;
        let count = left.min(MAX_DECLARED);
        let topics = (first..first + count).map(|index| topic(&format!("t{index}")));
        let declaration = Declaration {
            topics: topics.collect(),
            subscriptions: Vec::new(),
        };
        bench
            .core
            .apply_topology(&declaration, DryRun::No, bench.now)
            .unwrap();
        left -= count;
    }
    bench.drain();
    let refused = apply(
        &mut bench,
        &Declaration {
            topics: vec![topic("one-more")],
            subscriptions: vec![subscription("s", "t0")],
        },
    );
    assert!(
        matches!(refused, Err(Refusal::LimitReached { .. })),
        "{refused:?}"
    );
    assert!(
        bench.core.subscription(&name("s")).is_err(),
        "nothing of it was done"
    );
}

#[test]
fn a_dead_letter_topic_is_there_or_declared_and_another_one() {
    let mut bench = Bench::new();
    let with = |letters: &str| {
        let mut declaration = declaration();
        declaration.subscriptions[1].settings.dead_letter_topic = Some(name(letters));
        declaration
    };
    for letters in ["wide", "nowhere"] {
        let refused = apply(&mut bench, &with(letters));
        assert!(
            matches!(refused, Err(Refusal::TopologyInvalid { index: 1, .. })),
            "{refused:?}"
        );
        assert!(bench.core.output().is_empty(), "nothing was done");
    }
    let done = apply(&mut bench, &with("plain")).unwrap();
    assert_eq!(done.subscriptions.len(), 2);
    bench.drain();
    assert_eq!(
        apply(&mut bench, &with("plain")),
        Ok(Differences::default())
    );
}
