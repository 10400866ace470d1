//! A repeat of a request gets the first answer for ten minutes, from wherever the state is recovered.

use super::bench::{Bench, From, name};
use crate::core::limits::{MAX_REQUESTS, REQUEST_WINDOW};
use crate::core::{NewSubscription, RequestKey, Start, SubscriptionView, TopicView};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Refusal, RequestId, Span};

fn key(low: u64, fingerprint: u64) -> RequestKey {
    RequestKey {
        id: RequestId::of_halves([7, low]),
        fingerprint,
    }
}

fn topic(bench: &mut Bench, key: RequestKey) -> Result<TopicView, Refusal> {
    let settings = TopicSettings {
        partitions: 3,
        ..TopicSettings::default()
    };
    let (name, now) = (name("orders"), bench.now);
    let created = bench.core.create_topic_once(key, name, settings, now);
    bench.drain();
    created
}

fn subscription(bench: &mut Bench, key: RequestKey) -> Result<SubscriptionView, Refusal> {
    let new = NewSubscription {
        name: name("billing"),
        topic: &name("orders"),
        settings: SubscriptionSettings {
            slo_backlog: Some(7),
            ..SubscriptionSettings::default()
        },
        start: Start::Latest,
    };
    let created = bench.core.create_subscription_once(key, new, bench.now);
    bench.drain();
    created
}

#[test]
fn a_repeat_gets_the_first_answer_across_restarts_restatements_and_deletions() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = Bench::new();
        let first = topic(&mut bench, key(1, 10)).unwrap();
        let of_it = subscription(&mut bench, key(2, 20)).unwrap();
        assert_eq!(topic(&mut bench, key(1, 10)), Ok(first.clone()));
        for step in 0..4 {
            match step {
                0 => assert!(bench.core.restate(bench.core.next_position(), usize::MAX)),
                1 => drop(bench.core.delete_topic(&name("orders"), true, bench.now)),
                2 => bench.advance(Span(REQUEST_WINDOW.0 - 1)),
                _ => {}
            }
            bench.drain();
            let before = bench.core.next_position();
            assert_eq!(
                topic(&mut bench, key(1, 10)),
                Ok(first.clone()),
                "{from:?} {step}"
            );
            assert_eq!(
                subscription(&mut bench, key(2, 20)),
                Ok(of_it.clone()),
                "{from:?} {step}"
            );
            assert_eq!(
                bench.core.next_position(),
                before,
                "a repeat writes nothing"
            );
            bench.restart(from);
        }
        // Its time has passed: the same is a new request.
        bench.advance(Span(1));
        let anew = topic(&mut bench, key(1, 10)).unwrap();
        assert_ne!(anew.id, first.id);
    }
}

#[test]
fn another_request_under_the_same_id_is_refused_and_a_refused_one_is_not_remembered() {
    let mut bench = Bench::new();
    let early = subscription(&mut bench, key(2, 20));
    assert!(
        matches!(early, Err(Refusal::TopicNotFound { .. })),
        "{early:?}"
    );
    topic(&mut bench, key(1, 10)).unwrap();
    let reused = |outcome| matches!(outcome, Err(Refusal::RequestIdReused { .. }));
    assert!(reused(topic(&mut bench, key(1, 11)).map(drop)));
    assert!(reused(subscription(&mut bench, key(1, 20)).map(drop)));
    assert!(
        reused(subscription(&mut bench, key(1, 10)).map(drop)),
        "of another method"
    );
    subscription(&mut bench, key(2, 20)).unwrap();
    let exists = topic(&mut bench, key(3, 10));
    assert!(
        matches!(exists, Err(Refusal::TopicAlreadyExists { .. })),
        "{exists:?}"
    );
}

#[test]
fn what_is_remembered_is_bounded_and_lets_the_log_go_when_it_is_forgotten() {
    let mut bench = Bench::new();
    for low in 0..MAX_REQUESTS {
        topic(&mut bench, key(low, 1)).unwrap();
        drop(bench.core.delete_topic(&name("orders"), true, bench.now));
    }
    bench.drain();
    let refused = topic(&mut bench, key(MAX_REQUESTS, 1));
    assert!(
        matches!(refused, Err(Refusal::LimitReached { .. })),
        "{refused:?}"
    );
    assert!(
        topic(&mut bench, key(0, 1)).is_ok(),
        "a known one is answered"
    );
    let held = bench.core.state_floor();
    bench.advance(REQUEST_WINDOW);
    bench.core.forget_requests(bench.now);
    assert!(bench.core.restate(bench.core.next_position(), usize::MAX));
    bench.drain();
    assert!(bench.core.state_floor() > held);
    assert!(topic(&mut bench, key(MAX_REQUESTS, 1)).is_ok());
}
