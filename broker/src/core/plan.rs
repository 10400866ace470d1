//! Plans: what an act would do, frozen and counted. A plan changes nothing, is in no journal, and expires.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::command::{Selection, Start};
use super::limits::{MAX_PLANNED_BYTES, MAX_PLANNED_RANGES, MAX_PLANS, PLAN_LIFETIME};
use super::output::entry_bytes;
use crate::model::entry::{Deed, Who};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    Epoch, MessageId, Name, Offset, OffsetRange, OperationId, Partition, PlanId, Position, Span,
    SubscriptionId, Time, TopicId,
};

/// What is to be planned.
#[derive(Debug, Clone)]
pub enum Order {
    /// Dead messages are to be ready again.
    Requeue {
        /// The subscription.
        subscription: Name,
        /// Which of its dead messages.
        selection: Selection,
    },
    /// Dead messages are to be published to a topic and to leave the subscription.
    Move {
        /// The subscription.
        subscription: Name,
        /// Which of its dead messages.
        selection: Selection,
        /// The topic to which they go.
        target: Name,
    },
    /// A dead message is to be published anew with another content, for its subscription alone.
    Edit(Box<EditOrder>),
    /// Messages are to be dropped.
    Drop {
        /// The subscription.
        subscription: Name,
        /// Which of its messages.
        selection: Selection,
        /// Of its backlog, or dead ones.
        scope: super::command::PurgeScope,
        /// Whether they are gone at once, with no way back.
        is_final: bool,
    },
    /// A subscription is to go on from elsewhere.
    Seek {
        /// The subscription.
        subscription: Name,
        /// Where.
        target: Start,
    },
    /// A topic is to be deleted.
    DeleteTopic {
        /// The topic.
        topic: Name,
        /// Whether its subscriptions are to go, too.
        with_subscriptions: bool,
    },
    /// A subscription is to be deleted.
    DeleteSubscription {
        /// The subscription.
        subscription: Name,
    },
    /// A topic is to have these settings.
    UpdateTopic {
        /// The topic.
        topic: Name,
        /// Its settings, whole.
        settings: Box<TopicSettings>,
    },
    /// A subscription is to have these settings.
    UpdateSubscription {
        /// The subscription.
        subscription: Name,
        /// Its settings, whole.
        settings: Box<SubscriptionSettings>,
    },
    /// An operation is to be taken back.
    Undo {
        /// Which.
        operation: OperationId,
    },
}

/// A dead message and what it is to be.
#[derive(Debug, Clone)]
pub struct EditOrder {
    /// The subscription.
    pub subscription: Name,
    /// The message.
    pub message: MessageId,
    /// The position of the failure that killed it.
    pub text: Position,
    /// What is published in its place.
    pub edited: Edited,
    /// What differs.
    pub changes: Vec<Change>,
    /// What an operator should know.
    pub warnings: Vec<String>,
}

/// A message that is to be published, but for the operation that does it.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The encoded `Message`.
    pub content: Bytes,
    /// The hash of its ordering key, 0 for none.
    pub key: u64,
    /// The partition to which it goes.
    pub partition: Partition,
}

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub field: String,
    /// What it is, in words; none if it is not there.
    pub before: Option<String>,
    /// What it is to be; none if it goes.
    pub after: Option<String>,
}

/// Why a selected message is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipCause {
    /// A consumer holds it.
    Leased,
    /// It was handed out since, so it cannot be pulled back.
    Delivered,
    /// It is no longer stored.
    Gone,
    /// It is no longer as it was: finished, requeued or dropped by something else.
    Changed,
    /// It has lived long enough, or was dead long enough: it goes by itself.
    Expired,
    /// It was requeued before and has died again.
    RequeuedBefore,
}

/// What of a partition is to be changed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// The partition.
    pub partition: Partition,
    /// The seek epoch.
    pub epoch: Epoch,
    /// The messages, in order, disjoint.
    pub ranges: Arc<[OffsetRange]>,
    /// What naming them takes in the journal.
    pub(super) bytes: u64,
}

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// Step by step, over the parts.
    Steps,
    /// By a seek to these places.
    Seek(Vec<(Partition, Offset)>),
    /// By publishing a message in the place of another that died of this failure.
    Edit(Box<Edited>, Position),
    /// By bringing back what a deletion put aside.
    BringBack,
    /// By deleting a topic.
    DeleteTopic(bool),
    /// By deleting a subscription.
    DeleteSubscription,
    /// By an update, if the etag still names the settings.
    UpdateTopic(Box<TopicSettings>, String),
    /// By an update, if the etag still names the settings.
    UpdateSubscription(Box<SubscriptionSettings>, String),
}

/// A plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// What it does.
    pub deed: Deed,
    /// The topic.
    pub topic: TopicId,
    /// The subscription; 0 if it is about a topic.
    pub subscription: SubscriptionId,
    /// The names of topic and subscription.
    pub names: (String, String),
    /// Who asked for it.
    pub who: Who,
    /// What it would do, in numbers.
    pub counts: PlanCounts,
    /// What is said of the selection.
    pub text: String,
    /// What an operator should know.
    pub warnings: Vec<String>,
    /// How long it can be undone once it is done; zero for never.
    pub grace: Span,
    /// How it is undone, or why it cannot be.
    pub undo_note: String,
    /// When it was made.
    pub created: Time,
    /// Until when it can be applied.
    pub expires: Time,
    /// The operation that it takes back; 0 for none.
    pub undoes: OperationId,
    /// What that one did; none if it takes nothing back.
    pub undone: Option<Deed>,
    /// The topic to which it publishes, and its name; topic 0 if it publishes nothing.
    pub target: (TopicId, String),
    /// What changes from what to what, if that can be told.
    pub changes: Vec<Change>,
    pub(super) way: Way,
    pub(super) parts: Arc<[PlannedPart]>,
}

/// A plan in numbers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PlanCounts {
    /// Messages that the selection holds.
    pub selected: u64,
    /// Messages that would be changed.
    pub affected: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that would be left as they are, and why.
    pub skips: BTreeMap<SkipCause, u64>,
    /// Different ordering keys of those that would be changed.
    pub keys: u64,
    /// Keys of which newer messages are there already: their order may change.
    pub overtaken_keys: u64,
    /// Messages among those that would be changed that were requeued before and have died again.
    pub requeued_before: u64,
    /// Whether there were too many messages to look at all keys.
    pub are_keys_cut: bool,
    /// Connected consumers of what is touched.
    pub consumers: u32,
    /// Leases that would end.
    pub ended_leases: u64,
    /// Finished messages that would be ready again.
    pub restored: u64,
    /// Some of those that are skipped because they were handed out.
    pub named: Vec<MessageId>,
}

/// How a plan is to be applied.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages per second; 0 for as fast as it goes.
    pub rate: u64,
    /// So many first; 0 for no canary.
    pub canary: u64,
    /// How long to wait for the canary.
    pub canary_wait: Span,
    /// Stops when more than this many of 10,000 die again; 0 for no brake.
    pub brake: u32,
    /// Whether a requeue leaves the attempts as they are.
    pub keeps_attempts: bool,
}

impl Plan {
    /// How many ranges it names.
    fn ranges(&self) -> usize {
        self.parts.iter().map(|part| part.ranges.len()).sum()
    }

    /// Bytes of messages that it holds.
    fn content_bytes(&self) -> usize {
        match &self.way {
            Way::Edit(edited, _) => edited.content.len(),
            _ => 0,
        }
    }
}

impl PlannedPart {
    /// One of these messages.
    pub(super) fn new((partition, epoch): (Partition, Epoch), ranges: Vec<OffsetRange>) -> Self {
        Self {
            partition,
            epoch,
            bytes: entry_bytes(&ranges),
            ranges: ranges.into(),
        }
    }

    /// How many messages.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|range| range.count()).sum()
    }
}

/// How long and how much is held for an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoLimits {
    /// How long what an operation drops can be restored; zero: never.
    pub grace: Span,
    /// Bytes that stay stored only for that.
    pub bytes: u64,
}

impl Default for UndoLimits {
    fn default() -> Self {
        Self {
            grace: Span::ZERO,
            bytes: u64::MAX,
        }
    }
}

/// The plans that wait to be applied.
#[derive(Debug, Default)]
pub(super) struct Plans {
    all: BTreeMap<u64, Plan>,
    newest: u64,
}

impl Plans {
    /// The number of the next one.
    pub(super) fn next(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// Keeps a plan; the oldest give way.
    pub(super) fn keep(&mut self, plan: Plan) {
        self.all.insert(plan.id.number, plan);
        let mut ranges: usize = self.all.values().map(Plan::ranges).sum();
        let mut bytes: usize = self.all.values().map(Plan::content_bytes).sum();
        while self.all.len() > 1
            && (self.all.len() > MAX_PLANS
                || ranges > MAX_PLANNED_RANGES
                || bytes > MAX_PLANNED_BYTES)
        {
            if let Some((_, oldest)) = self.all.pop_first() {
                ranges -= oldest.ranges();
                bytes -= oldest.content_bytes();
            }
        }
    }

    /// A plan that can be applied.
    pub(super) fn get(&self, number: u64, now: Time) -> Option<&Plan> {
        self.all.get(&number).filter(|plan| now < plan.expires)
    }

    /// Takes a plan out.
    pub(super) fn take(&mut self, number: u64) -> Option<Plan> {
        self.all.remove(&number)
    }

    /// Forgets those that have expired.
    pub(super) fn forget(&mut self, now: Time) {
        self.all.retain(|_, plan| now < plan.expires);
    }
}

/// Until when a plan of now can be applied.
pub(super) fn expiry(now: Time) -> Time {
    now.plus(PLAN_LIFETIME)
}
