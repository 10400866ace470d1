//! Operations: acts on many messages that were begun, and how far they are.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    ListOperationsResponse, Operation as WireOperation, OperationAct, OperationState,
};

use super::reading::{broker_seconds, measured};
use crate::present::operation::acted_on;

const NAME_CAP_BYTES: usize = 511;
const TEXT_CAP_BYTES: usize = 2_048;

/// The newest operations, the newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operations {
    pub(crate) operations: Vec<Operation>,
    /// Whether there are more than were asked for.
    pub(crate) has_more: bool,
}

/// An operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: SafeText,
    pub(crate) act: OperationAct,
    pub(crate) state: OperationState,
    pub(crate) topic: SafeText,
    pub(crate) subscription: SafeText,
    /// Where messages are moved to; empty if they are not.
    pub(crate) target: SafeText,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    pub(crate) died_again: u64,
    pub(crate) remaining: u64,
    /// Messages per second; 0 for as fast as it goes.
    pub(crate) rate: u64,
    /// Times are seconds since the epoch by the broker's clock.
    pub(crate) started: Option<f64>,
    pub(crate) updated: Option<f64>,
    pub(crate) undo_until: Option<f64>,
    /// When the canary is judged, while one is out.
    pub(crate) judged: Option<f64>,
    pub(crate) actor: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) plan: SafeText,
    pub(crate) note: SafeText,
    /// The operation that it takes back, and the one that takes it back; empty if none.
    pub(crate) undoes: SafeText,
    pub(crate) undone_by: SafeText,
    pub(crate) description: SafeText,
    pub(crate) canary: u64,
    /// It stops when more than this share dies again, in percent.
    pub(crate) brake: Option<f64>,
    pub(crate) keeps_attempts: bool,
}

impl Operations {
    /// Takes operations over from the wire.
    pub(crate) fn new(response: &ListOperationsResponse) -> Self {
        Self {
            operations: response.operations.iter().map(Operation::new).collect(),
            has_more: !response.next_page_token.is_empty(),
        }
    }

    /// The one with an id.
    pub(crate) fn get(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|one| one.id.as_str() == id)
    }

    /// Those on dead messages, and those that take such ones back, the newest first.
    pub(crate) fn on_dead(&self) -> impl Iterator<Item = &Operation> {
        let is_on_dead = |one: &Operation| match one.act {
            OperationAct::Undo => self
                .get(one.undoes.as_str())
                .is_none_or(Operation::is_on_dead),
            _ => one.is_on_dead(),
        };
        self.operations.iter().filter(move |one| is_on_dead(one))
    }

    /// The newest one on dead messages that can be undone.
    pub(crate) fn undoable_on_dead(&self, now: Option<f64>) -> Option<&Operation> {
        self.on_dead().find(|one| one.undo_left(now).is_some())
    }

    /// Those that are not over, the newest first.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|one| !one.is_over())
    }
}

impl Operation {
    /// Takes an operation over from the wire.
    pub(crate) fn new(wire: &WireOperation) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        let text = |text: &str| SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES);
        Self {
            id: name(&wire.operation),
            act: wire.act(),
            state: wire.state(),
            topic: name(&wire.topic),
            subscription: name(&wire.subscription),
            target: name(&wire.target_topic),
            selected: wire.selected,
            affected: wire.affected,
            skipped: wire.skipped,
            died_again: wire.died_again,
            remaining: wire.remaining,
            rate: wire.rate,
            started: wire.start_time.map(broker_seconds),
            updated: wire.update_time.map(broker_seconds),
            undo_until: wire.undo_deadline.map(broker_seconds),
            judged: wire.judge_time.map(broker_seconds),
            actor: name(&wire.actor),
            peer: name(&wire.peer),
            plan: name(&wire.plan),
            note: text(&wire.note),
            undoes: name(&wire.undoes),
            undone_by: name(&wire.undone_by),
            description: text(&wire.description),
            canary: wire.canary_count,
            brake: measured(wire.brake_percent).filter(|percent| *percent > 0.0),
            keeps_attempts: wire.keeps_attempts,
        }
    }

    /// What it does, as the command line calls it.
    pub(crate) fn act_word(&self) -> &'static str {
        match self.act {
            OperationAct::Unspecified => "unknown",
            OperationAct::DeleteTopic => "delete_topic",
            OperationAct::DeleteSubscription => "delete_subscription",
            OperationAct::UpdateTopic => "update_topic",
            OperationAct::UpdateSubscription => "update_subscription",
            act => verb(act),
        }
    }

    /// What it does, in a word.
    pub(crate) fn verb(&self) -> &'static str {
        verb(self.act)
    }

    /// How far it is, in a word: the same as on the command line.
    pub(crate) fn state_word(&self) -> &'static str {
        match self.state {
            OperationState::Unspecified => "unknown",
            OperationState::Planned => "planned",
            OperationState::Finished => "finished",
            OperationState::Running => "running",
            OperationState::Paused => "paused",
            OperationState::Waiting => "waiting",
            OperationState::Cancelled => "cancelled",
            OperationState::Stopped => "stopped",
        }
    }

    /// Whether it will not go on.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(
            self.state,
            OperationState::Running | OperationState::Paused | OperationState::Waiting
        )
    }

    /// Whether it is an act on dead messages.
    fn is_on_dead(&self) -> bool {
        matches!(
            self.act,
            OperationAct::Requeue | OperationAct::Discard | OperationAct::Move | OperationAct::Edit
        )
    }

    /// What it is on.
    pub(crate) fn about(&self) -> &SafeText {
        acted_on(&self.topic, &self.subscription)
    }

    /// How much of it has been looked at, 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        if self.selected == 0 {
            return f64::from(u8::from(self.is_over()));
        }
        let looked_at = self.affected.saturating_add(self.skipped);
        (looked_at as f64 / self.selected as f64).min(1.0)
    }

    /// For how many seconds it can still be undone, by the broker's clock.
    pub(crate) fn undo_left(&self, now: Option<f64>) -> Option<f64> {
        if !self.is_over() || !self.undone_by.is_empty() {
            return None;
        }
        let left = self.undo_until? - now?;
        (left > 0.0).then_some(left)
    }
}

/// What an act does, in a word.
pub(crate) fn verb(act: OperationAct) -> &'static str {
    match act {
        OperationAct::Unspecified => "act",
        OperationAct::Requeue => "requeue",
        OperationAct::Discard => "discard",
        OperationAct::Purge => "purge",
        OperationAct::Seek => "seek",
        OperationAct::DeleteTopic => "delete topic",
        OperationAct::DeleteSubscription => "delete subscription",
        OperationAct::UpdateTopic => "edit topic",
        OperationAct::UpdateSubscription => "edit subscription",
        OperationAct::Undo => "undo",
        OperationAct::Move => "move",
        OperationAct::Edit => "edit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(state: OperationState) -> Operation {
        let mut wire = WireOperation {
            operation: "7".to_owned(),
            selected: 200,
            affected: 90,
            skipped: 10,
            subscription: "smtp".to_owned(),
            topic: "emails".to_owned(),
            undo_deadline: Some(prost_types::Timestamp {
                seconds: 100,
                nanos: 0,
            }),
            ..WireOperation::default()
        };
        wire.set_state(state);
        Operation::new(&wire)
    }

    #[test]
    fn only_what_is_over_in_time_and_not_taken_back_can_be_undone() {
        let running = operation(OperationState::Running);
        assert_eq!(
            (running.share(), running.undo_left(Some(40.0))),
            (0.5, None)
        );
        let mut done = operation(OperationState::Finished);
        assert_eq!(done.undo_left(Some(40.0)), Some(60.0));
        assert_eq!(done.undo_left(Some(100.0)), None);
        assert_eq!(done.undo_left(None), None);
        done.undone_by = SafeText::literal("8");
        assert_eq!(done.undo_left(Some(40.0)), None);
        assert_eq!(done.about().as_str(), "smtp");
    }

    #[test]
    fn those_on_dead_messages_are_told_from_the_others_and_the_newest_that_can_be_undone_is_found()
    {
        let of = |id: &'static str, act, undoes: &'static str| Operation {
            id: SafeText::literal(id),
            act,
            undoes: SafeText::literal(undoes),
            ..operation(OperationState::Finished)
        };
        let all = Operations {
            operations: vec![
                of("6", OperationAct::Undo, "5"),
                of("5", OperationAct::Purge, ""),
                Operation {
                    undo_until: None,
                    ..of("4", OperationAct::Undo, "2")
                },
                of("3", OperationAct::Discard, ""),
                of("2", OperationAct::Requeue, ""),
            ],
            has_more: false,
        };
        let ids: Vec<&str> = all.on_dead().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["4", "3", "2"]);
        let newest = all.undoable_on_dead(Some(40.0));
        assert_eq!(newest.map(|one| one.id.as_str()), Some("3"));
        assert!(all.undoable_on_dead(Some(100.0)).is_none());
    }
}
