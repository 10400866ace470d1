//! Acts on many messages: their documents, and the sentences that say what they did.

use serde::Serialize;
use weir_proto::v1::{self, OperationAct, OperationState};

use super::shell::word;
use super::units;

/// What an act on many messages did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct OperationDocument {
    /// Null if nothing had to be done, or if there were several, which `operations` lists.
    pub(crate) operation: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    /// Until when it can be taken back; null if it cannot.
    pub(crate) undo_until: Option<String>,
    /// Only if there were several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) operations: Vec<String>,
}

impl OperationDocument {
    /// What several operations did together.
    pub(crate) fn new(operations: &[v1::Operation]) -> Self {
        let mut whole = Self {
            operation: None,
            state: "finished",
            selected: 0,
            affected: 0,
            skipped: 0,
            undo_until: None,
            operations: Vec::new(),
        };
        let sum = |one: u64, other: u64| one.saturating_add(other);
        for operation in operations {
            whole.selected = sum(whole.selected, operation.selected);
            whole.affected = sum(whole.affected, operation.affected);
            whole.skipped = sum(whole.skipped, operation.skipped);
            // What is not finished is what there is to be said of all of them.
            if operation.state() != OperationState::Finished {
                whole.state = state_word(operation.state());
            }
            let until = units::rfc3339(operation.undo_deadline.as_ref());
            whole.undo_until = match (whole.undo_until, until) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        match operations {
            [one] => whole.operation = Some(one.operation.clone()),
            several => {
                whole.operations = several.iter().map(|one| one.operation.clone()).collect();
            }
        }
        whole
    }

    /// The ids of all of them.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let one = self.operation.iter();
        one.chain(&self.operations).map(String::as_str).collect()
    }

    /// What was done, in one sentence: `requeued 12 of 14 selected messages of billing; 2 left as they are`.
    pub(crate) fn sentence(&self, done: &str, what: Counted, name: &str) -> String {
        let of = if self.selected == self.affected {
            String::new()
        } else {
            format!(" of {} selected", units::count(self.selected))
        };
        let mut text = match what {
            Counted::Messages => {
                format!("{done} {}{of} of {name}", units::messages(self.affected))
            }
            Counted::Nothing => format!("{done} {name}"),
        };
        if what == Counted::Messages && self.skipped > 0 {
            let left = format!("; {} left as they are", units::count(self.skipped));
            text.push_str(&left);
        }
        text
    }

    /// How it is taken back, a line for each operation; none if it cannot be.
    pub(crate) fn undo(&self, command: impl Fn(&str) -> String) -> Option<String> {
        let until = self.undo_until.as_ref()?;
        let commands = self.ids().into_iter().map(undo_words);
        let commands: Vec<String> = commands.map(|words| command(&words)).collect();
        Some(format!("until {until}: {}", commands.join("; ")))
    }
}

/// What an act is on: a subscription, else a topic. People call it by that name, and confirm it by that name where
/// they depend on the broker, on the command line and on the screen.
pub(crate) fn acted_on<'a, T: AsRef<str> + ?Sized>(topic: &'a T, subscription: &'a T) -> &'a T {
    if subscription.as_ref().is_empty() {
        topic
    } else {
        subscription
    }
}

/// What a sentence about an act counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The messages that it changed.
    Messages,
    /// It is about one thing.
    Nothing,
}

/// The words of the command that takes an operation back.
pub(crate) fn undo_words(id: &str) -> String {
    format!("op undo {}", word(id))
}

/// An act as programs read it.
pub(crate) fn act_word(act: OperationAct) -> &'static str {
    match act {
        OperationAct::Unspecified => "unknown",
        OperationAct::Requeue => "requeue",
        OperationAct::Discard => "discard",
        OperationAct::Purge => "purge",
        OperationAct::Seek => "seek",
        OperationAct::DeleteTopic => "delete_topic",
        OperationAct::DeleteSubscription => "delete_subscription",
        OperationAct::UpdateTopic => "update_topic",
        OperationAct::UpdateSubscription => "update_subscription",
        OperationAct::Undo => "undo",
        OperationAct::Move => "move",
        OperationAct::Edit => "edit",
    }
}

/// A state as programs read it.
pub(crate) fn state_word(state: OperationState) -> &'static str {
    match state {
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

/// Whether an operation will not go on by itself or by anybody.
pub(crate) fn is_over(state: OperationState) -> bool {
    matches!(
        state,
        OperationState::Finished | OperationState::Cancelled | OperationState::Stopped
    )
}

/// A cause as programs read it.
pub(crate) fn skip_word(cause: v1::SkipCause) -> &'static str {
    match cause {
        v1::SkipCause::Leased => "leased",
        v1::SkipCause::Delivered => "delivered",
        v1::SkipCause::Gone => "gone",
        v1::SkipCause::Changed => "changed",
        v1::SkipCause::Expired => "expired",
        v1::SkipCause::RequeuedBefore => "requeued_before",
        v1::SkipCause::Unspecified => "unknown",
    }
}

/// A cause as people read it.
pub(crate) fn skip_why(word: &str) -> &'static str {
    match word {
        "leased" => "a consumer holds them now",
        "delivered" => "handed out since, so they cannot be pulled back",
        "gone" => "no longer stored",
        "changed" => "no longer as they were: finished, requeued or dropped since",
        "expired" => "their retention or time to live has passed: they go by themselves",
        "requeued_before" => "requeued before, and they have died again",
        _ => "for a reason that this program does not know",
    }
}

/// Whether a plan with nothing to change is not worth applying: it acts on messages and on nothing else.
pub(crate) fn is_of_messages(act: OperationAct) -> bool {
    matches!(
        act,
        OperationAct::Requeue
            | OperationAct::Discard
            | OperationAct::Purge
            | OperationAct::Move
            | OperationAct::Edit
            | OperationAct::Undo
    )
}

/// Whether an act deletes a topic or a subscription.
pub(crate) fn deletes(act: OperationAct) -> bool {
    matches!(
        act,
        OperationAct::DeleteTopic | OperationAct::DeleteSubscription
    )
}

/// A key that goes on past its dead messages, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReleasedKeyDocument {
    pub(crate) subscription: String,
    pub(crate) ordering_key: String,
    pub(crate) state: &'static str,
    pub(crate) passed: u64,
}

/// What `topic publish` did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PublishedDocument {
    pub(crate) topic: String,
    /// How many messages are on the broker's disk for sure.
    pub(crate) confirmed: u64,
    pub(crate) first_message_id: Option<String>,
    pub(crate) last_message_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(id: &str, affected: u64, skipped: u64) -> v1::Operation {
        v1::Operation {
            operation: id.to_owned(),
            state: OperationState::Finished.into(),
            selected: affected + skipped,
            affected,
            skipped,
            undo_deadline: Some(prost_types::Timestamp {
                seconds: 1_800_000_000,
                nanos: 0,
            }),
            ..v1::Operation::default()
        }
    }

    #[test]
    fn an_operation_has_the_fields_of_the_contract_in_order() {
        let document = OperationDocument::new(&[operation("7", 12, 2)]);
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(
            json,
            "{\"operation\":\"7\",\"state\":\"finished\",\"selected\":14,\"affected\":12,\
             \"skipped\":2,\"undo_until\":\"2027-01-15T08:00:00.000000Z\"}"
        );
    }

    #[test]
    fn several_operations_add_up_and_each_can_be_taken_back() {
        let document = OperationDocument::new(&[operation("7", 10, 0), operation("8", 2, 1)]);
        assert_eq!(
            (document.affected, document.operation.as_deref()),
            (12, None)
        );
        assert_eq!(
            document.undo(|words| format!("weir {words}")).unwrap(),
            "until 2027-01-15T08:00:00.000000Z: weir op undo 7; weir op undo 8"
        );
    }

    #[test]
    fn nothing_that_was_done_cannot_be_taken_back() {
        let none = OperationDocument::new(&[]);
        assert_eq!((none.state, none.undo(str::to_owned)), ("finished", None));
    }

    #[test]
    fn sentences_count_what_was_done_and_what_was_left() {
        let sentence = |affected, skipped| {
            let document = OperationDocument::new(&[operation("7", affected, skipped)]);
            document.sentence("requeued", Counted::Messages, "billing")
        };
        assert_eq!(sentence(1, 0), "requeued 1 message of billing");
        assert_eq!(
            sentence(12, 2),
            "requeued 12 messages of 14 selected of billing; 2 left as they are"
        );
    }
}
