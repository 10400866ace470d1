//! Plans and operations in the contract's words.

use weir_proto::server;
use weir_proto::server::{
    ActionPlan, Operation, OperationAct, OperationState as WireState, SkippedMessages,
};

use super::convert;
use crate::core::{FieldChange, Plan, SkipCause};
use crate::model::entry::{Deed, OperationState, Phase};
use crate::model::{OperationId, Span, Time};

/// What an operation changes in a second about, as fast as it goes: for the estimate in a plan.
const USUAL_RATE: f64 = 200_000.0;
/// The same for a move, which reads and publishes.
const USUAL_MOVE_RATE: f64 = 20_000.0;

pub(super) fn wire_act(deed: Deed) -> OperationAct {
    match deed {
        Deed::Requeue => OperationAct::Requeue,
        Deed::Discard => OperationAct::Discard,
        Deed::Purge => OperationAct::Purge,
        Deed::Seek => OperationAct::Seek,
        Deed::DeleteTopic => OperationAct::DeleteTopic,
        Deed::DeleteSubscription => OperationAct::DeleteSubscription,
        Deed::UpdateTopic => OperationAct::UpdateTopic,
        Deed::UpdateSubscription => OperationAct::UpdateSubscription,
        Deed::Undo => OperationAct::Undo,
        Deed::Move => OperationAct::Move,
        Deed::Edit => OperationAct::Edit,
    }
}

fn wire_state(phase: Phase) -> WireState {
    match phase {
        Phase::Running => WireState::Running,
        Phase::Paused => WireState::Paused,
        Phase::Waiting => WireState::Waiting,
        Phase::Finished => WireState::Finished,
        Phase::Cancelled => WireState::Cancelled,
        Phase::Stopped => WireState::Stopped,
    }
}

fn wire_cause(cause: SkipCause) -> server::SkipCause {
    match cause {
        SkipCause::Leased => server::SkipCause::Leased,
        SkipCause::Delivered => server::SkipCause::Delivered,
        SkipCause::Gone => server::SkipCause::Gone,
        SkipCause::Changed => server::SkipCause::Changed,
        SkipCause::Expired => server::SkipCause::Expired,
        SkipCause::RequeuedBefore => server::SkipCause::RequeuedBefore,
    }
}

/// The id of an operation that may be none.
fn id_or_empty(id: OperationId) -> String {
    match id {
        OperationId(0) => String::new(),
        id => id.to_string(),
    }
}

fn moment(time: Time) -> Option<prost_types::Timestamp> {
    (time > Time(0)).then(|| convert::timestamp(time))
}

pub(super) fn wire_plan(plan: &Plan, rate: u64) -> ActionPlan {
    let counts = &plan.counts;
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let rate = match (rate, plan.deed) {
        (0, Deed::Move) => USUAL_MOVE_RATE,
        (0, _) => USUAL_RATE,
        (rate, _) => rate as f64,
    };
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let duration_seconds = counts.affected as f64 / rate;
    // A deletion is an entry, whatever it holds, and so is its undo.
    let is_deletion = plan.undone.unwrap_or(plan.deed).deletes();
    let duration_seconds = if is_deletion { 0.0 } else { duration_seconds };
    ActionPlan {
        plan: plan.id.to_string(),
        act: wire_act(plan.deed).into(),
        topic: plan.names.0.clone(),
        subscription: plan.names.1.clone(),
        selected: counts.selected,
        affected: counts.affected,
        bytes: counts.bytes,
        skips: counts
            .skips
            .iter()
            .map(|(&cause, &count)| SkippedMessages {
                cause: wire_cause(cause).into(),
                count,
            })
            .collect(),
        key_count: counts.keys,
        overtaken_key_count: counts.overtaken_keys,
        consumer_count: counts.consumers,
        ended_lease_count: counts.ended_leases,
        restored: counts.restored,
        duration_seconds,
        is_undoable: plan.grace > Span::ZERO,
        undo_window: (plan.grace > Span::ZERO).then(|| convert::duration(plan.grace)),
        undo_note: plan.undo_note.clone(),
        create_time: moment(plan.created),
        expire_time: moment(plan.expires),
        warnings: plan.warnings.clone(),
        delivered_message_ids: counts.named.iter().map(ToString::to_string).collect(),
        description: plan.text.clone(),
        undoes: id_or_empty(plan.undoes),
        target_topic: plan.target.1.clone(),
        changes: plan.changes.iter().map(wire_change).collect(),
        undone_act: plan
            .undone
            .map_or(OperationAct::Unspecified, wire_act)
            .into(),
    }
}

/// An operation in the contract's words.
pub(super) fn wire_operation(state: &OperationState) -> Operation {
    let (record, progress) = (&state.record, &state.progress);
    let looked_at = progress.affected + progress.skipped;
    let is_planned = record.plan.number > 0;
    Operation {
        operation: record.id.to_string(),
        act: wire_act(record.deed).into(),
        state: wire_state(progress.phase).into(),
        topic: record.names.0.clone(),
        subscription: record.names.1.clone(),
        selected: record.selected,
        affected: progress.affected,
        skipped: progress.skipped,
        died_again: progress.died,
        remaining: record.selected.saturating_sub(looked_at),
        rate: record.rate,
        start_time: moment(record.started),
        update_time: moment(progress.updated),
        actor: record.who.actor.clone(),
        peer: record.who.peer.clone(),
        plan: if is_planned {
            record.plan.to_string()
        } else {
            String::new()
        },
        undo_deadline: moment(progress.undo_until),
        note: progress.note.clone(),
        undoes: id_or_empty(record.undoes),
        undone_by: id_or_empty(progress.undone_by),
        description: record.text.clone(),
        canary_count: record.canary,
        judge_time: (progress.phase == Phase::Waiting)
            .then(|| moment(progress.judged_at))
            .flatten(),
        brake_percent: f64::from(record.brake) / 100.0,
        keeps_attempts: record.keeps_attempts,
        target_topic: record.target.1.clone(),
    }
}

fn wire_change(change: &FieldChange) -> server::FieldChange {
    server::FieldChange {
        field: change.field.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
    }
}
