//! What reaches the owner over its channel.
//!
//! The hot paths have a variant each; everything else is an [`Act`], a function that the owner runs
//! on its core.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::core::{Allowance, Attached, Core, Departure, Nack, Receipt, SequenceRange};
use crate::journal::Poisoned;
use crate::model::entry::Body;
use crate::model::{ConsumerId, Name, Now, Partition, Refusal, Span, TopicId};

use super::lease::{Granted, PullRequest};
use super::mailbox::Mailbox;
use super::sample::Sample;

/// Where an answer goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// Given when what it answers for is durable, or never will be. Must not block: the journal's
/// writer runs it.
pub(crate) type Deferred = Box<dyn FnOnce(Result<(), Poisoned>) + Send>;

/// Runs on the core; what it returns is given when everything decided so far is durable, or at
/// once.
pub(crate) type Act = Box<dyn FnOnce(&mut Core, Now) -> Promise + Send>;

/// When the answer of an act may leave.
pub(crate) enum Promise {
    /// When all that the core has decided up to here is durable.
    Durable(Deferred),
    /// Now: it tells nothing that a crash could take back.
    Now(Deferred),
}

/// Room for a publish, given back when it is durable or refused.
pub(crate) type Room = OwnedSemaphorePermit;

/// One command.
pub(crate) enum Command {
    /// Stores batches.
    Publish(Publish),
    /// What a consumer says on its stream.
    Feedback(ConsumerId, Saying),
    /// Connects a consumer.
    Subscribe(Subscribing),
    /// Disconnects a consumer, after what it said before.
    Leave(ConsumerId, Departure),
    /// Asks for messages once.
    Pull(PullOrder),
    /// Anything else.
    Act(Act),
    /// Asks for the numbers of now.
    Sample(SampleOrder),
    /// Stops.
    Stop(Stop),
}

/// A publish with its answer.
pub(crate) struct Publish {
    pub(crate) topic: TopicId,
    pub(crate) batches: Vec<(Partition, Body)>,
    pub(crate) room: Room,
    pub(crate) answer: Answer<Receipt>,
}

/// One sentence of a consumer on its stream.
pub(crate) enum Saying {
    /// Done.
    Acks(Vec<SequenceRange>),
    /// Given back.
    Nacks(Vec<(SequenceRange, Nack)>),
    /// Held for longer, from now.
    Extends(Vec<(SequenceRange, Span)>),
}

/// A consumer that wants to connect.
pub(crate) struct Subscribing {
    pub(crate) subscription: Name,
    pub(crate) name: String,
    pub(crate) peer: String,
    pub(crate) allowance: Allowance,
    pub(crate) mailbox: std::sync::Arc<Mailbox>,
    pub(crate) answer: Answer<Attached>,
}

/// A pull on its way to the owner.
pub(crate) struct PullOrder {
    pub(crate) request: PullRequest,
    pub(crate) answer: Answer<Granted>,
}

/// Which numbers.
pub(crate) struct SampleOrder {
    pub(crate) topic: Option<Name>,
    pub(crate) subscription: Option<Name>,
    pub(crate) answer: Answer<Sample>,
}

/// How to stop.
pub(crate) struct Stop {
    /// How long acks of leased messages are awaited.
    pub(crate) grace: Span,
}
