//! What reaches the owner over its channel.
//!
//! The hot paths have a variant each; everything else is an [`Act`], a function that the owner runs
//! on its core.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::core::{
    Allowance, Attached, Core, Departure, Nack, Publication, ReadPart, Receipt, SequenceRange,
};
use crate::journal::Poisoned;
use crate::model::{
    Client, ClientId, ConsumerId, Name, Now, OffsetRange, Partition, Refusal, Span, TopicId,
};

use super::lease::{Granted, PullRequest};
use super::mailbox::Mailbox;
use super::parcel::Parcel;
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
    /// Asks what comes next of a topic that is read.
    Read(ReadOrder),
    /// Anything else.
    Act(Act),
    /// Asks for the numbers of now.
    Sample(SampleOrder),
    /// Stops.
    Stop(Stop),
}

/// A publish with its answer.
pub(crate) struct Publish {
    pub(crate) publication: Publication,
    /// Held until it is durable; none once it waits for room in its topic.
    pub(crate) room: Option<Room>,
    /// It waits for room in its topic, if need be.
    pub(crate) is_patient: bool,
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
    pub(crate) client: Client,
    pub(crate) allowance: Allowance,
    pub(crate) mailbox: std::sync::Arc<Mailbox>,
    pub(crate) answer: Answer<Attached>,
}

/// A pull on its way to the owner.
pub(crate) struct PullOrder {
    pub(crate) request: PullRequest,
    pub(crate) answer: Answer<Granted>,
}

/// What comes next of a read?
pub(crate) struct ReadOrder {
    pub(crate) topic: TopicId,
    pub(crate) parts: Vec<ReadPart>,
    /// Kept until there is something to look up, if there is nothing now.
    pub(crate) news: News,
    pub(crate) answer: Answer<Vec<Step>>,
}

/// Wakes a reader, also when it is dropped.
pub(crate) type News = oneshot::Sender<()>;

/// One step of a read.
#[derive(Debug)]
pub(crate) enum Step {
    /// Messages of one frame.
    Run(Parcel),
    /// Offsets that hold no message any more, or never did.
    Gone(Partition, OffsetRange),
}

/// Asks for numbers.
pub(crate) struct SampleOrder {
    pub(crate) which: Which,
    pub(crate) answer: Answer<Sample>,
}

/// Which numbers.
pub(crate) enum Which {
    /// Those of everything, of a topic and its subscriptions, or of a subscription.
    Named(Option<Name>, Option<Name>),
    /// Those of the subscriptions that some connections, in order of id, consume.
    Clients(Vec<ClientId>),
}

/// How to stop.
pub(crate) struct Stop {
    /// How long acks of leased messages are awaited.
    pub(crate) grace: Span,
}
