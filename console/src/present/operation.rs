//! Acts on many messages and deletions: their documents, and the sentences that say what they do.

use serde::Serialize;
use weir_proto::v1;

use super::units;

/// An act on many messages, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct OperationDocument {
    /// Null in a plan.
    pub(crate) operation: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    /// Until when it can be taken back; null if it cannot.
    pub(crate) undo_until: Option<String>,
}

impl OperationDocument {
    /// Nothing yet, planned or done.
    pub(crate) fn none(is_plan: bool) -> Self {
        Self {
            operation: None,
            state: if is_plan { "planned" } else { "finished" },
            selected: 0,
            affected: 0,
            skipped: 0,
            undo_until: None,
        }
    }

    /// Adds what one call did. Of several calls the last one's id is told.
    pub(crate) fn add(&mut self, summary: &v1::OperationSummary) {
        self.operation = Some(summary.operation.clone()).filter(|id| !id.is_empty());
        self.state = match summary.state() {
            v1::OperationState::Unspecified => "unknown",
            v1::OperationState::Planned => "planned",
            v1::OperationState::Finished => "finished",
            v1::OperationState::Running => "running",
            v1::OperationState::Paused => "paused",
            v1::OperationState::Waiting => "waiting",
            v1::OperationState::Cancelled => "cancelled",
            v1::OperationState::Stopped => "stopped",
        };
        self.selected += summary.selected;
        self.affected += summary.affected;
        self.skipped += summary.skipped;
    }

    /// What was done, in one sentence: `requeued 12 of 14 messages of billing; 2 left, since …`.
    pub(crate) fn sentence(&self, done: &str, subscription: &str) -> String {
        let of = if self.selected == self.affected {
            String::new()
        } else {
            format!(" of {} selected", units::count(self.selected))
        };
        let mut text = format!(
            "{done} {}{of} of {subscription}",
            units::messages(self.affected)
        );
        if self.skipped > 0 {
            let left = format!(
                "; {} left as they are, since they are leased",
                units::count(self.skipped)
            );
            text.push_str(&left);
        }
        text
    }
}

/// A seek, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SeekDocument {
    pub(crate) subscription: String,
    pub(crate) state: &'static str,
    pub(crate) skipped: u64,
    pub(crate) restored: u64,
    pub(crate) ended_leases: u64,
}

impl SeekDocument {
    /// What the broker did, or would do.
    pub(crate) fn new(name: &str, state: &'static str, sought: &v1::SeekResponse) -> Self {
        Self {
            subscription: name.to_owned(),
            state,
            skipped: sought.skipped,
            restored: sought.restored,
            ended_leases: sought.ended_leases,
        }
    }
}

/// A key that goes on past its dead messages, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReleasedKeyDocument {
    pub(crate) subscription: String,
    pub(crate) ordering_key: String,
    pub(crate) state: &'static str,
    pub(crate) passed: u64,
}

/// A topic that was deleted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DeletedTopicDocument {
    pub(crate) topic: String,
    pub(crate) deleted_subscriptions: u32,
}

/// A subscription that was deleted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DeletedSubscriptionDocument {
    pub(crate) subscription: String,
    pub(crate) topic: String,
    pub(crate) dropped_backlog: u64,
    pub(crate) dropped_dead: u64,
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

    #[test]
    fn an_operation_has_the_fields_of_the_contract_in_order() {
        let summary = v1::OperationSummary {
            operation: "op-7".to_owned(),
            state: v1::OperationState::Finished.into(),
            selected: 14,
            affected: 12,
            skipped: 2,
        };
        let mut document = OperationDocument::none(false);
        document.add(&summary);
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(
            json,
            "{\"operation\":\"op-7\",\"state\":\"finished\",\"selected\":14,\"affected\":12,\
             \"skipped\":2,\"undo_until\":null}"
        );
    }

    #[test]
    fn a_plan_has_no_id() {
        let plan = v1::OperationSummary {
            state: v1::OperationState::Planned.into(),
            ..v1::OperationSummary::default()
        };
        let mut document = OperationDocument::none(true);
        assert_eq!(
            (document.operation.clone(), document.state),
            (None, "planned")
        );
        document.add(&plan);
        assert_eq!((document.operation, document.state), (None, "planned"));
    }

    #[test]
    fn several_calls_add_up() {
        let mut document = OperationDocument::none(false);
        for (operation, selected) in [("op-1", 10_000), ("op-2", 7)] {
            document.add(&v1::OperationSummary {
                operation: operation.to_owned(),
                state: v1::OperationState::Finished.into(),
                selected,
                affected: selected,
                skipped: 0,
            });
        }
        assert_eq!(document.operation.as_deref(), Some("op-2"));
        assert_eq!((document.selected, document.affected), (10_007, 10_007));
    }

    #[test]
    fn the_sentence_says_what_was_left() {
        let mut document = OperationDocument {
            operation: None,
            state: "finished",
            selected: 1,
            affected: 1,
            skipped: 0,
            undo_until: None,
        };
        assert_eq!(
            document.sentence("requeued", "billing"),
            "requeued 1 message of billing"
        );
        (document.selected, document.affected, document.skipped) = (1_400, 1_398, 2);
        assert_eq!(
            document.sentence("purged", "billing"),
            "purged 1,398 messages of 1,400 selected of billing; \
             2 left as they are, since they are leased"
        );
    }
}
