//! What a plan says before somebody says yes.

use prost_types::{Duration, Timestamp};
use weir_proto::v1::OperationAct;

use super::*;

fn plan() -> v1::ActionPlan {
    v1::ActionPlan {
        plan: "plan-00c0ffee00c0ffee-3-1".to_owned(),
        act: OperationAct::Requeue.into(),
        topic: "orders".to_owned(),
        subscription: "billing".to_owned(),
        selected: 2_871,
        affected: 2_744,
        bytes: 9_541_000,
        skips: vec![v1::SkippedMessages {
            cause: v1::SkipCause::Leased.into(),
            count: 127,
        }],
        key_count: 1_902,
        overtaken_key_count: 412,
        consumer_count: 3,
        duration_seconds: 13.72,
        is_undoable: true,
        undo_window: Some(Duration {
            seconds: 86_400,
            nanos: 0,
        }),
        undo_note: "pulls back what was not handed out until then".to_owned(),
        expire_time: Some(Timestamp {
            seconds: 1_800_000_000,
            nanos: 0,
        }),
        warnings: vec![
            "412 keys have newer messages already: the order within them may change".to_owned(),
        ],
        description: "group 3f2a9c710b1d4e57".to_owned(),
        ..v1::ActionPlan::default()
    }
}

fn words(plan: v1::ActionPlan) -> String {
    PlanDocument::new(&[plan], String::new()).words()
}

#[test]
fn a_plan_says_what_how_many_what_stays_and_until_when() {
    insta::assert_snapshot!("requeue", words(plan()));
}

#[test]
fn what_cannot_be_taken_back_says_so_and_why() {
    let deletion = v1::ActionPlan {
        act: OperationAct::DeleteTopic.into(),
        subscription: String::new(),
        is_undoable: false,
        undo_window: None,
        undo_note:
            "cannot be undone: it holds 9541000 bytes, and this broker keeps 1048576 for that"
                .to_owned(),
        warnings: vec!["2 subscriptions go with it".to_owned()],
        description: String::new(),
        skips: Vec::new(),
        overtaken_key_count: 0,
        key_count: 0,
        ..plan()
    };
    insta::assert_snapshot!("delete_topic", words(deletion));
}

#[test]
fn a_deletion_that_can_be_taken_back_says_how_long_and_what_its_undo_brings() {
    let note = "brings all of it back if its names are free then; until then it stays stored";
    let deletion = v1::ActionPlan {
        act: OperationAct::DeleteTopic.into(),
        subscription: String::new(),
        undo_note: note.to_owned(),
        warnings: vec!["2 subscriptions go with it".to_owned()],
        description: String::new(),
        skips: Vec::new(),
        selected: 2_744,
        ended_lease_count: 64,
        overtaken_key_count: 0,
        key_count: 0,
        ..plan()
    };
    let undo = v1::ActionPlan {
        act: OperationAct::Undo.into(),
        undoes: "12".to_owned(),
        undone_act: OperationAct::DeleteTopic.into(),
        description: "operation 12: delete topic".to_owned(),
        consumer_count: 0,
        ended_lease_count: 0,
        bytes: 0,
        is_undoable: false,
        undo_window: None,
        undo_note: "an undo is not undone: plan the act anew".to_owned(),
        warnings: Vec::new(),
        ..deletion.clone()
    };
    let of_subscription = v1::ActionPlan {
        subscription: "billing".to_owned(),
        undone_act: OperationAct::DeleteSubscription.into(),
        warnings: vec![
            "4 messages were published while billing was gone: it gets what came meanwhile, too"
                .to_owned(),
        ],
        ..undo.clone()
    };
    let all = [deletion, undo, of_subscription].map(words);
    insta::assert_snapshot!("deletion_and_undo", all.join("\n"));
}

#[test]
fn an_undo_names_what_cannot_be_pulled_back() {
    let undo = v1::ActionPlan {
        act: OperationAct::Undo.into(),
        undoes: "12".to_owned(),
        description: "operation 12: requeue".to_owned(),
        selected: 10,
        affected: 3,
        skips: vec![v1::SkippedMessages {
            cause: v1::SkipCause::Delivered.into(),
            count: 7,
        }],
        delivered_message_ids: (0..7).map(|at| format!("1.0.{at}")).collect(),
        is_undoable: false,
        undo_window: None,
        undo_note: "an undo is not undone: plan the act anew".to_owned(),
        overtaken_key_count: 0,
        key_count: 0,
        warnings: Vec::new(),
        ..plan()
    };
    insta::assert_snapshot!("undo", words(undo));
}

#[test]
fn several_plans_are_told_as_one_that_holds_as_long_as_the_first_to_expire() {
    let other = v1::ActionPlan {
        plan: "plan-00c0ffee00c0ffee-3-2".to_owned(),
        subscription: "shipping".to_owned(),
        expire_time: Some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        ..plan()
    };
    let whole = PlanDocument::new(&[plan(), other], "weir x".to_owned());
    assert_eq!(
        (whole.selected, whole.affected, whole.skipped),
        (5_742, 5_488, 254)
    );
    assert_eq!(whole.skips.len(), 1);
    assert_eq!((&whole.plan, whole.plans.len()), (&None, 2));
    assert_eq!(
        (whole.subscription.as_deref(), whole.topic.as_deref()),
        (None, Some("orders"))
    );
    assert!(whole.expire_time.unwrap().starts_with("2023-"));
}

#[test]
fn a_hostile_name_stays_in_its_line() {
    let hostile = v1::ActionPlan {
        subscription: "s\n\u{1b}[2J".to_owned(),
        description: "class x\u{1b}]0;t\u{7}".to_owned(),
        ..plan()
    };
    let before = words(plan()).lines().count();
    let text = words(hostile);
    assert_eq!(text.lines().count(), before, "{text}");
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\n'),
        "{text:?}"
    );
}
