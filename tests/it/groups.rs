//! Dead messages by their reason, as the broker tells them: exact over all, the same after a crash.

use weir_proto::v1::{
    ApplyRequest, GroupDeadLettersRequest, GroupDeadLettersResponse, MessageState, NackAction,
    NackChange, NackOptions, OperationAct, PeekRequest, PlanRequest, PurgeBacklogRequest,
    PurgeScope, RequeueDeadLettersRequest, Selection,
};
use weir_tests::broker::{Broker, eager};

use crate::broker;

async fn groups(broker: &Broker) -> GroupDeadLettersResponse {
    let request = GroupDeadLettersRequest {
        subscription: "s".to_owned(),
        topic: "t".to_owned(),
        ..GroupDeadLettersRequest::default()
    };
    let operator = broker.client().operator();
    operator.group_dead_letters(request).await.unwrap()
}

/// Everything that is ready dies, each message of its own reason.
async fn kill(broker: &Broker, count: usize, reason: impl Fn(usize) -> (String, String)) {
    let pulled = broker.pull_all("s", count).await;
    let changes = pulled.iter().enumerate().map(|(at, one)| {
        let (error_class, reason) = reason(at);
        NackChange {
            ack_id: one.ack_id.clone(),
            options: Some(NackOptions {
                action: NackAction::Dead.into(),
                reason,
                error_class,
                ..NackOptions::default()
            }),
        }
    });
    let nacked = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(nacked.unwrap().changed_count, count as u64);
}

fn sorts(at: usize) -> (String, String) {
    match at % 10 {
        0..=5 => (
            "Smtp".to_owned(),
            format!("smtp 421 from mx{at}.example.com"),
        ),
        6..=8 => ("Schema".to_owned(), format!("missing field \"f{at}\"")),
        _ => (String::new(), String::new()),
    }
}

fn told(groups: &GroupDeadLettersResponse) -> Vec<(&str, &str, u64)> {
    let groups = groups.groups.iter();
    groups
        .map(|group| {
            (
                group.reason_class.as_str(),
                group.pattern.as_str(),
                group.count,
            )
        })
        .collect()
}

/// Of 200 messages 120 died of one reason, 60 of another, 20 of none that was given.
async fn broker_with_dead() -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 3)).await;
    let texts: Vec<String> = (0..200).map(|at| format!("{at:03}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    broker.publish_texts("t", &texts).await;
    kill(&broker, 200, sorts).await;
    broker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_exact_and_the_same_after_a_crash() {
    let mut broker = broker_with_dead().await;
    let before = groups(&broker).await;
    assert_eq!(
        told(&before),
        [
            ("Smtp", "smtp 421 from <host>", 120),
            ("Schema", "missing field <str>", 60),
            ("", "", 20),
        ]
    );
    assert_eq!((before.total_count, before.group_count), (200, 3));
    assert_eq!(
        before.groups.iter().map(|one| one.bytes).sum::<u64>(),
        before.total_bytes
    );
    for group in &before.groups {
        assert!(group.is_arriving);
        assert_eq!(group.trend.iter().sum::<u64>(), group.count);
        assert_eq!(
            (group.sample_message_ids.len(), group.requeued_before_count),
            (3, 0)
        );
    }
    broker.kill();
    broker.start_again().await;
    let after = groups(&broker).await;
    let numbers = |of: &GroupDeadLettersResponse| -> Vec<_> {
        let groups = of.groups.iter();
        groups
            .map(|one| {
                (
                    one.fingerprint.clone(),
                    one.count,
                    one.bytes,
                    one.sample_message_ids.clone(),
                )
            })
            .collect()
    };
    assert_eq!(numbers(&after), numbers(&before));
    broker.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_on_a_group_is_on_it_alone_and_it_remembers_a_requeue() {
    let mut broker = broker_with_dead().await;
    let schema = groups(&broker).await.groups[1].fingerprint.clone();
    let of_group = |fingerprint: &str| {
        Some(Selection {
            fingerprint: fingerprint.to_owned(),
            ..Selection::default()
        })
    };
    let operator = broker.client().operator();
    let request = PeekRequest {
        subscription: "s".to_owned(),
        fingerprint: schema.clone(),
        page_size: 1_000,
        ..PeekRequest::default()
    };
    let peeked = operator.peek(request).await.unwrap();
    assert_eq!(
        (peeked.messages.len(), peeked.next_page_token.as_str()),
        (60, "")
    );
    for message in &peeked.messages {
        let letter = message.states[0].dead_letter.as_ref().unwrap();
        assert_eq!(
            (letter.error_class.as_str(), &letter.fingerprint),
            ("Schema", &schema)
        );
    }
    let request = RequeueDeadLettersRequest {
        subscription: "s".to_owned(),
        selection: of_group(&schema),
        dry_run: false,
    };
    assert_eq!(operator.requeue(request).await.unwrap().affected, 60);
    assert_eq!(told(&groups(&broker).await).len(), 2);
    // They die again of the same: the group says that a requeue has not helped.
    kill(&broker, 60, |_| {
        ("Schema".to_owned(), "missing field \"g\"".to_owned())
    })
    .await;
    let again = groups(&broker).await;
    assert_eq!(again.groups[1].fingerprint, schema);
    assert_eq!(
        (again.groups[1].count, again.groups[1].requeued_before_count),
        (60, 60)
    );
    assert_eq!(again.groups[0].requeued_before_count, 0);
    let request = PurgeBacklogRequest {
        subscription: "s".to_owned(),
        selection: of_group(&again.groups[0].fingerprint),
        scope: PurgeScope::Dead.into(),
        dry_run: false,
    };
    assert_eq!(operator.purge(request).await.unwrap().affected, 120);
    assert_eq!(broker.peek("s", &[MessageState::Dead]).await.len(), 80);
    assert_eq!(groups(&broker).await.total_count, 80);
    broker.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_groups_are_one_plan_one_operation_and_one_undo() {
    let broker = broker_with_dead().await;
    let before = groups(&broker).await;
    let counts: Vec<u64> = before.groups.iter().map(|group| group.count).collect();
    let [largest, second, third] = counts[..] else {
        panic!("{counts:?}");
    };
    let operator = broker.client().operator();
    let of = |group: usize| before.groups[group].fingerprint.clone();
    let request = PlanRequest {
        act: OperationAct::Discard.into(),
        subscription: "s".to_owned(),
        selection: Some(Selection {
            fingerprint: of(0),
            fingerprints: vec![of(0), of(2)],
            ..Selection::default()
        }),
        ..PlanRequest::default()
    };
    let plan = operator.plan(request).await.unwrap();
    assert_eq!(
        (plan.selected, plan.affected),
        (largest + third, largest + third)
    );
    assert!(
        plan.description.starts_with("2 groups, "),
        "{}",
        plan.description
    );
    let apply = ApplyRequest {
        plan: plan.plan,
        ..ApplyRequest::default()
    };
    let begun = operator.apply(apply).await.unwrap().operation;
    let done = operator.follow_operation(&begun, |_| ()).await.unwrap();
    assert_eq!(done.affected, largest + third);
    let left = groups(&broker).await;
    assert_eq!(
        (left.total_count, &left.groups[0].fingerprint),
        (second, &of(1))
    );
    let (undo, _) = operator.undo(&begun).await.unwrap();
    operator
        .follow_operation(&undo.operation, |_| ())
        .await
        .unwrap();
    let again = groups(&broker).await;
    let again: Vec<u64> = again.groups.iter().map(|group| group.count).collect();
    assert_eq!(again, counts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused() {
    let broker = broker().await;
    broker.pair().await;
    let request = |change: fn(&mut GroupDeadLettersRequest)| {
        let mut request = GroupDeadLettersRequest {
            subscription: "s".to_owned(),
            ..GroupDeadLettersRequest::default()
        };
        change(&mut request);
        request
    };
    let operator = broker.client().operator();
    assert_eq!(groups(&broker).await.groups, []);
    for (wrong, reason) in [
        (request(|r| r.subscription.clear()), "FIELD_REQUIRED"),
        (
            request(|r| r.subscription = "other".to_owned()),
            "SUBSCRIPTION_NOT_FOUND",
        ),
        (request(|r| r.topic = "other".to_owned()), "TOPIC_MISMATCH"),
        (request(|r| r.limit = 1_001), "VALUE_OUT_OF_RANGE"),
        (request(|r| r.sample_count = 21), "VALUE_OUT_OF_RANGE"),
    ] {
        let refused = operator.group_dead_letters(wrong).await.unwrap_err();
        assert_eq!(refused.reason_name(), reason);
    }
    for several in [
        vec!["1"],
        vec!["", "0123456789abcdef"],
        vec!["0123456789abcdef"; 1_001],
    ] {
        let distinct = several.iter().enumerate().map(|(at, text)| match *text {
            "0123456789abcdef" if at > 0 => format!("{at:016x}"),
            text => text.to_owned(),
        });
        let request = PlanRequest {
            act: OperationAct::Requeue.into(),
            subscription: "s".to_owned(),
            selection: Some(Selection {
                fingerprints: distinct.collect(),
                ..Selection::default()
            }),
            ..PlanRequest::default()
        };
        let refused = operator.plan(request).await.unwrap_err();
        assert_eq!(refused.reason_name(), "VALUE_OUT_OF_RANGE");
    }
    for fingerprint in ["1", "0000000000000000", "no fingerprint!!"] {
        let request = RequeueDeadLettersRequest {
            subscription: "s".to_owned(),
            selection: Some(Selection {
                fingerprint: fingerprint.to_owned(),
                ..Selection::default()
            }),
            dry_run: true,
        };
        let refused = operator.requeue(request).await.unwrap_err();
        assert_eq!(refused.reason_name(), "VALUE_OUT_OF_RANGE");
    }
}
