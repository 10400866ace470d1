//! What operators did that night: operations, the record of acts, and plans, as they come over the wire.

use weir_proto::v1;
use weir_proto::v1::{OperationAct, OperationState, SkipCause};

use super::night::{Words, time};

/// After how many seconds, who, what, the topic, the subscription, the operation, how many, in words.
type Done = (
    i64,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u64,
    u64,
    &'static str,
);

/// What was done that night.
const ACTS: [Done; 7] = [
    (-7_400, "", "topic.create", "", "", "", 0, 0, "6 partitions"),
    (
        -7_390,
        "ci",
        "subscription.create",
        "emails",
        "smtp",
        "",
        0,
        0,
        "max_attempts 5",
    ),
    (
        -7_000,
        "dana",
        "purge.begin",
        "orders",
        "fulfilment",
        "5",
        12_000_000,
        0,
        "older than 2d",
    ),
    (
        -6_999,
        "dana",
        "purge.finish",
        "orders",
        "fulfilment",
        "5",
        12_000_000,
        12_000_000,
        "",
    ),
    (
        -240,
        "dana",
        "subscription.pause",
        "payments",
        "ledger",
        "",
        0,
        0,
        "",
    ),
    (
        -61,
        "lee",
        "subscription.update",
        "emails",
        "smtp",
        "",
        0,
        0,
        "max_attempts 5 became 8; ack_deadline 30s became 60s",
    ),
    (
        -6,
        "dana",
        "requeue.begin",
        "emails",
        "smtp",
        "9",
        2_871,
        0,
        "group 00d1e5f0a7b3c924",
    ),
];

/// Operations of every state, the newest first.
pub(crate) fn operations(words: Words<'_>) -> v1::ListOperationsResponse {
    let base = |id, act, state| operation(id, (act, state), words);
    let mut operations = under_way(words);
    operations.extend([
        v1::Operation {
            selected: 118,
            affected: 70,
            died_again: 41,
            remaining: 48,
            start_time: Some(time(-1_700)),
            undo_deadline: Some(time(700)),
            brake_percent: 5.0,
            note: words.or("41 of 70 died again, more than 5%"),
            ..base("7", OperationAct::Requeue, OperationState::Stopped)
        },
        v1::Operation {
            selected: 4,
            affected: 3,
            skipped: 1,
            start_time: Some(time(-1_900)),
            undoes: words.or("4"),
            ..base("6", OperationAct::Undo, OperationState::Finished)
        },
        v1::Operation {
            selected: 12_000_000,
            affected: 12_000_000,
            start_time: Some(time(-7_000)),
            subscription: words.or("fulfilment"),
            topic: words.or("orders"),
            description: words.or("older than 2d"),
            actor: words.or(""),
            undo_deadline: Some(time(79_000)),
            ..base("5", OperationAct::Purge, OperationState::Finished)
        },
        v1::Operation {
            selected: 31,
            affected: 4,
            start_time: Some(time(-7_200)),
            undone_by: words.or("6"),
            ..base("4", OperationAct::Discard, OperationState::Cancelled)
        },
        v1::Operation {
            selected: 900,
            affected: 300,
            remaining: 600,
            start_time: Some(time(-7_300)),
            ..base("3", OperationAct::Requeue, OperationState::Paused)
        },
    ]);
    v1::ListOperationsResponse {
        operations,
        next_page_token: String::new(),
    }
}

/// A subscription that was deleted by mistake, and its return.
pub(super) fn gone_and_back(words: Words<'_>) -> [v1::Operation; 2] {
    let base = |id, act| operation(id, (act, OperationState::Finished), words);
    [
        v1::Operation {
            start_time: Some(time(-9_000)),
            undone_by: words.or("2"),
            description: String::new(),
            actor: words.or("lee"),
            ..base("1", OperationAct::DeleteSubscription)
        },
        v1::Operation {
            start_time: Some(time(-8_900)),
            undoes: words.or("1"),
            description: words.or("operation 1: delete_subscription"),
            ..base("2", OperationAct::Undo)
        },
    ]
}

/// Those that go on by themselves.
fn under_way(words: Words<'_>) -> Vec<v1::Operation> {
    let base = |id, act, state| operation(id, (act, state), words);
    vec![
        v1::Operation {
            selected: 2_871,
            affected: 1_204,
            skipped: 118,
            died_again: 3,
            remaining: 1_549,
            rate: 200,
            start_time: Some(time(-6)),
            update_time: Some(time(0)),
            canary_count: 20,
            brake_percent: 5.0,
            ..base("9", OperationAct::Requeue, OperationState::Running)
        },
        v1::Operation {
            selected: 40,
            affected: 20,
            remaining: 20,
            start_time: Some(time(-8)),
            update_time: Some(time(-4)),
            judge_time: Some(time(6)),
            canary_count: 20,
            ..base("8", OperationAct::Requeue, OperationState::Waiting)
        },
    ]
}

fn operation(
    id: &str,
    (act, state): (OperationAct, OperationState),
    words: Words<'_>,
) -> v1::Operation {
    let mut one = v1::Operation {
        operation: words.or(id),
        topic: words.or("emails"),
        subscription: words.or("smtp"),
        actor: words.or("dana"),
        peer: words.or("10.4.0.17:50112"),
        description: words.or("group 00d1e5f0a7b3c924"),
        plan: words.or("plan-1f0c-3-9"),
        ..v1::Operation::default()
    };
    one.set_act(act);
    one.set_state(state);
    one
}

/// The record of that night.
pub(crate) fn audit(words: Words<'_>) -> Vec<v1::AuditRecord> {
    let acts = (1..).zip(ACTS);
    acts.map(|(sequence, act)| {
        let (after, actor, verb, topic, subscription, operation, selected, affected, detail) = act;
        v1::AuditRecord {
            sequence,
            event_time: Some(time(after)),
            actor: words.or(actor),
            peer: words.or(if actor.is_empty() {
                ""
            } else {
                "10.4.0.17:50112"
            }),
            verb: words.or(verb),
            topic: words.or(topic),
            subscription: words.or(subscription),
            operation: words.or(operation),
            selected,
            affected,
            detail: words.or(detail),
            ..v1::AuditRecord::default()
        }
    })
    .collect()
}

/// A plan of some act, with something to say in each line.
pub(crate) fn plan(act: OperationAct, words: Words<'_>) -> v1::ActionPlan {
    let skip = |cause: SkipCause, count| v1::SkippedMessages {
        cause: cause.into(),
        count,
    };
    let mut plan = v1::ActionPlan {
        plan: words.or("plan-1f0c-3-9"),
        topic: words.or("emails"),
        subscription: words.or("smtp"),
        selected: 2_871,
        affected: 2_744,
        bytes: 9_541_000,
        skips: vec![skip(SkipCause::Leased, 118), skip(SkipCause::Gone, 9)],
        key_count: 1_902,
        overtaken_key_count: 412,
        consumer_count: 3,
        duration_seconds: 0.014,
        is_undoable: true,
        undo_window: Some(prost_types::Duration {
            seconds: 600,
            nanos: 0,
        }),
        undo_note: words.or("pulls back what was not handed out until then"),
        create_time: Some(time(0)),
        expire_time: Some(time(600)),
        warnings: vec![
            words.or("412 keys have newer messages already: the order within them may change"),
        ],
        description: words.or("group 00d1e5f0a7b3c924"),
        ..v1::ActionPlan::default()
    };
    plan.set_act(act);
    adapt(&mut plan, act, words);
    plan
}

/// What is said of some acts and not of others.
fn adapt(plan: &mut v1::ActionPlan, act: OperationAct, words: Words<'_>) {
    let skip = |cause: SkipCause, count| v1::SkippedMessages {
        cause: cause.into(),
        count,
    };
    match act {
        OperationAct::Requeue => {}
        OperationAct::Move => {
            plan.target_topic = words.or("emails-again");
            plan.undo_note = words.or(
                "takes back what nobody was handed there until then, and restores it as dead; until \
                 then its bytes stay stored",
            );
        }
        OperationAct::Undo => {
            plan.skips = vec![skip(SkipCause::Delivered, 127)];
            plan.delivered_message_ids =
                ["2.0.41", "2.0.42", "2.0.57"].map(|id| words.or(id)).into();
            plan.is_undoable = false;
            plan.undo_window = None;
            plan.undo_note = words.or("an undo is not undone; requeue again instead");
        }
        OperationAct::Edit => {
            (plan.selected, plan.affected) = (1, 1);
            plan.skips.clear();
            plan.changes = vec![v1::FieldChange {
                field: words.or("attributes.kind"),
                before: Some(words.or("receipt")),
                after: Some(words.or("invoice")),
            }];
        }
        OperationAct::Seek => {
            plan.affected = 214_000;
            plan.selected = 214_000;
            plan.skips.clear();
            plan.restored = 12_000;
            plan.ended_lease_count = 64;
        }
        OperationAct::DeleteTopic | OperationAct::DeleteSubscription => {
            plan.skips.clear();
            plan.affected = 2_871;
            plan.ended_lease_count = 64;
            plan.undo_note = words
                .or("brings all of it back if its names are free then; until then it stays stored");
        }
        _ => {
            plan.undo_note = words.or("restores what is dropped; until then its bytes stay stored");
        }
    }
}
