//! Operations: acts on many messages, as entries. Who began one on which messages, how far it is, and what it put
//! aside so that it can be undone.
//!
//! An operation is an object of its own: its head is stated whole, its selection in parts, and each step says what it
//! did in the commit group in which it did it. What a step put aside is in it as results, so that nothing is looked up
//! when it is replayed.

use std::sync::Arc;

use super::aside::{BroughtBack, SetAside};
use super::drop_cause::DropCause;
use super::state::{DeadRecord, Record};
use crate::model::{
    Epoch, Offset, OffsetRange, OperationId, Partition, PlanId, Span, SubscriptionId, Time, TopicId,
};

/// What an operation does. The numbers are frozen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Dead messages become ready again.
    #[default]
    Requeue = 1,
    /// Dead messages are dropped.
    Discard = 2,
    /// Messages of a backlog are dropped.
    Purge = 3,
    /// A subscription goes on from elsewhere.
    Seek = 4,
    /// A topic is deleted.
    DeleteTopic = 5,
    /// A subscription is deleted.
    DeleteSubscription = 6,
    /// The settings of a topic are changed.
    UpdateTopic = 7,
    /// The settings of a subscription are changed.
    UpdateSubscription = 8,
    /// Another operation is taken back.
    Undo = 9,
    /// Dead messages are published to a topic, another one or their own, and finished here.
    Move = 10,
    /// A dead message is published anew with another content, for its subscription alone, and finished.
    Edit = 11,
}

impl Deed {
    /// Every deed, in order of number.
    pub const ALL: [Self; 11] = [
        Self::Requeue,
        Self::Discard,
        Self::Purge,
        Self::Seek,
        Self::DeleteTopic,
        Self::DeleteSubscription,
        Self::UpdateTopic,
        Self::UpdateSubscription,
        Self::Undo,
        Self::Move,
        Self::Edit,
    ];

    /// As operators read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Discard => "discard",
            Self::Purge => "purge",
            Self::Seek => "seek",
            Self::DeleteTopic => "delete topic",
            Self::DeleteSubscription => "delete subscription",
            Self::UpdateTopic => "update topic",
            Self::UpdateSubscription => "update subscription",
            Self::Undo => "undo",
            Self::Move => "move",
            Self::Edit => "edit",
        }
    }

    /// Whether it acts on dead messages.
    pub fn is_on_dead(self) -> bool {
        matches!(
            self,
            Self::Requeue | Self::Discard | Self::Move | Self::Edit
        )
    }

    /// Whether it deletes a topic or a subscription.
    pub fn deletes(self) -> bool {
        matches!(self, Self::DeleteTopic | Self::DeleteSubscription)
    }

    /// Whether it publishes what it takes.
    pub fn publishes(self) -> bool {
        matches!(self, Self::Move | Self::Edit)
    }
}

/// How far an operation is. The numbers are frozen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It goes on by itself.
    #[default]
    Running = 1,
    /// An operator holds it.
    Paused = 2,
    /// Its canary is out.
    Waiting = 3,
    /// All of it is done.
    Finished = 4,
    /// An operator ended it early.
    Cancelled = 5,
    /// It ended itself early: its canary or too many others died again, or what it acts on is gone.
    Stopped = 6,
}

impl Phase {
    /// Every phase, in order of number.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Paused,
        Self::Waiting,
        Self::Finished,
        Self::Cancelled,
        Self::Stopped,
    ];

    /// Whether nothing more is done.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Stopped)
    }
}

/// Who asked for something.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name that was given; may be empty.
    pub actor: String,
    /// The address that it came from; empty if the broker did it by a rule.
    pub peer: String,
}

/// What an operation is, from its beginning on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    /// Its id.
    pub id: OperationId,
    /// The plan that it carries out.
    pub plan: PlanId,
    /// What it does.
    pub deed: Deed,
    /// The subscription; 0 if it acts on a topic.
    pub subscription: SubscriptionId,
    /// The topic.
    pub topic: TopicId,
    /// The names of topic and subscription, as they were.
    pub names: (String, String),
    /// Who began it.
    pub who: Who,
    /// When.
    pub started: Time,
    /// Messages per second; 0 for as fast as it goes.
    pub rate: u64,
    /// So many first; 0 for no canary.
    pub canary: u64,
    /// How long it waits for the canary.
    pub canary_wait: Span,
    /// It stops when more than this many of 10,000 die again; 0 for no brake.
    pub brake: u32,
    /// A requeue leaves the attempts as they are.
    pub keeps_attempts: bool,
    /// How many messages were selected, those included that it skips.
    pub selected: u64,
    /// How long it can be undone once it is over; 0 for never.
    pub grace: Span,
    /// The operation that it takes back; 0 for none.
    pub undoes: OperationId,
    /// What was selected, in words.
    pub text: String,
    /// The topic to which it publishes, and its name; topic 0 if it publishes nothing.
    pub target: (TopicId, String),
}

/// How far an operation is: each time the whole of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OperationProgress {
    /// The phase.
    pub phase: Phase,
    /// Since when it is so.
    pub updated: Time,
    /// How many messages it has changed.
    pub affected: u64,
    /// How many it has left as they are.
    pub skipped: u64,
    /// How many of those it requeued have died again.
    pub died: u64,
    /// When the canary is judged; 0 if none is out.
    pub judged_at: Time,
    /// Until when it can be undone; 0 if it cannot.
    pub undo_until: Time,
    /// The operation that takes it back, or has; 0 for none.
    pub undone_by: OperationId,
    /// Why it stopped, or why it cannot be undone; empty if there is nothing to say.
    pub note: String,
}

/// An operation without its parts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OperationState {
    /// What it is.
    pub record: OperationRecord,
    /// How far it is.
    pub progress: OperationProgress,
}

/// Messages that were published anew, one after the other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The messages that they were made of.
    pub range: OffsetRange,
    /// The partition of the topic to which they were published.
    pub partition: Partition,
    /// The offset of the first one there.
    pub base: Offset,
}

/// A part of what an operation acts on.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct OperationPart {
    /// The operation.
    pub operation: OperationId,
    /// Which part, from 0.
    pub index: u32,
    /// The partition.
    pub partition: Partition,
    /// The seek epoch in which it acts.
    pub epoch: Epoch,
    /// The messages, in order, disjoint; shared with the plan that named them.
    pub ranges: Arc<[OffsetRange]>,
    /// Whether its messages were finished and a seek made them ready again; otherwise the other way round.
    pub is_back: bool,
    /// Everything before this is done.
    pub cursor: Offset,
    /// What of that was left as it is, in order, disjoint.
    pub skipped: Vec<OffsetRange>,
    /// The histories that the others had, in order, disjoint.
    pub image: Vec<(OffsetRange, Record)>,
    /// Where they were published to, in order.
    pub copies: Vec<Copied>,
}

/// What one step of an operation did.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationStep {
    /// The operation.
    pub operation: OperationId,
    /// How far it is now.
    pub progress: OperationProgress,
    /// What it did of one part.
    pub part: Option<PartStep>,
}

/// What a step did of one part.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PartStep {
    /// Which part.
    pub index: u32,
    /// Everything before this is done.
    pub cursor: Offset,
    /// What was left as it is, beyond what was before.
    pub skipped: Vec<OffsetRange>,
    /// The histories of those that were changed.
    pub image: Vec<(OffsetRange, Record)>,
    /// Where they were published to, in order.
    pub copies: Vec<Copied>,
}

/// Requeued messages that are dead again as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledBack {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The act.
    pub operation: OperationId,
    /// The messages, in order, disjoint, as they had died; each was ready.
    pub dead: Vec<(OffsetRange, DeadRecord)>,
}

/// Dropped messages that are unfinished again.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// The act.
    pub operation: OperationId,
    /// Why they had been dropped.
    pub cause: DropCause,
    /// The messages, in order, disjoint.
    pub ranges: Vec<OffsetRange>,
    /// The histories that some of them have again, in order, disjoint.
    pub image: Vec<(OffsetRange, Record)>,
}

/// An entry about an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Operated {
    /// One began.
    Started(OperationState),
    /// One, restated.
    State(OperationState),
    /// A part of one, stated or restated.
    Part(OperationPart),
    /// One went on.
    Step(OperationStep),
    /// One is remembered no more.
    Forgotten(OperationId),
    /// A requeue was taken back.
    PulledBack(PulledBack),
    /// A purge, a discard or a seek was taken back.
    Restored(Restored),
    /// A deletion put something aside.
    SetAside(SetAside),
    /// A deletion was taken back.
    BroughtBack(BroughtBack),
}
