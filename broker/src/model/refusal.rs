//! Expected refusals: what a caller asked for cannot be done, and why.
//!
//! Long because: one sentence for each reason of the contract.
//!
//! Each variant is one `ErrorReason` of the contract; `api/status.rs` maps them. The text says what was tried, on what,
//! why it failed and what to do.

use super::{Name, Offset, OperationId, Partition, Span, TopicId};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No topic has this name.
    #[error("topic {topic} does not exist; create it first, or check its name")]
    TopicNotFound {
        /// As asked for.
        topic: Name,
    },
    /// The topic was deleted between two steps of one request.
    #[error("the topic with id {topic} was deleted; create it anew, or check its name")]
    TopicGone {
        /// Its id.
        topic: TopicId,
    },
    /// No subscription has this name.
    #[error("subscription {subscription} does not exist; create it first, or check its name")]
    SubscriptionNotFound {
        /// As asked for, or an id.
        subscription: String,
    },
    /// The message is not stored.
    #[error(
        "message {message} is not stored: it was never published, or every subscription has finished it and its retention has passed"
    )]
    MessageNotFound {
        /// The id.
        message: String,
    },
    /// A topic has this name.
    #[error("topic {topic} exists already")]
    TopicAlreadyExists {
        /// The name.
        topic: Name,
    },
    /// A subscription has this name.
    #[error("subscription {subscription} exists already, on topic {topic}")]
    SubscriptionAlreadyExists {
        /// The name.
        subscription: Name,
        /// Its topic.
        topic: Name,
    },
    /// The topic has subscriptions and the request does not delete them.
    #[error(
        "topic {topic} has {subscriptions} subscriptions; delete them first, or say that they are to be deleted, too"
    )]
    TopicHasSubscriptions {
        /// The topic.
        topic: Name,
        /// How many.
        subscriptions: u64,
    },
    /// A text is no name.
    #[error("{field} is {value:?}, which is no name: {}", super::name::NameError)]
    NameInvalid {
        /// The field of the request.
        field: &'static str,
        /// Its value, cut to 300 characters.
        value: String,
    },
    /// A field that must be set is not.
    #[error("{field} must be set")]
    FieldRequired {
        /// The field of the request.
        field: &'static str,
    },
    /// A value is outside its range.
    #[error("{field} is {value}; it must be {range}")]
    ValueOutOfRange {
        /// The field of the request.
        field: &'static str,
        /// Its value.
        value: String,
        /// The range in words.
        range: String,
    },
    /// The bytes are no valid message.
    #[error("message {index} of the batch is malformed: {detail}")]
    MessageMalformed {
        /// Which message of the batch, from 0.
        index: usize,
        /// What is wrong.
        detail: String,
    },
    /// The bytes are no request of this method.
    #[error("the request is malformed: {detail}")]
    RequestMalformed {
        /// What is wrong.
        detail: String,
    },
    /// A part of a message is too large.
    #[error("{field} has {size} bytes; at most {limit} are taken")]
    MessageTooLarge {
        /// The field.
        field: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A message has too many attributes.
    #[error("message {index} of the batch has more than {limit} attributes, which is the limit")]
    TooManyAttributes {
        /// Which message of the batch, from 0.
        index: usize,
        /// The limit.
        limit: u64,
    },
    /// A batch is too large.
    #[error("the batch has {size} {unit}; at most {limit} are taken: split it")]
    BatchTooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
        /// `messages`, `bytes` or `changes`.
        unit: &'static str,
    },
    /// An ack id is not one that this broker makes.
    #[error("the ack id is not one that this broker makes")]
    AckIdMalformed,
    /// The lease has ended.
    #[error(
        "the lease has ended: its deadline passed, the message was given back or finished, or it was leased anew"
    )]
    LeaseStale,
    /// A page token is not one this list made.
    #[error("the page token was not made by this list for these fields; start again without one")]
    PageTokenInvalid,
    /// An act on many messages names no selection.
    #[error("no selection: say which messages, or say all")]
    SelectionRequired,
    /// A stream was used against its rules.
    #[error("{detail}")]
    StreamProtocol {
        /// The rule.
        detail: &'static str,
    },
    /// Too much waits to be written.
    #[error(
        "{waiting_bytes} bytes wait to be written, at most {limit_bytes} may; try again shortly"
    )]
    Backpressure {
        /// What waits.
        waiting_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// The disk is full.
    #[error(
        "there is no room for another segment, on the disk of the data directory or within --max-disk-bytes; free space, or let consumers finish messages: acks and operations go on"
    )]
    DiskFull,
    /// A limit on the number of things is met.
    #[error("there are {limit} {what} already, which is the limit")]
    LimitReached {
        /// What.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A topic knows as many ids of messages as it may.
    #[error(
        "topic {topic} knows {limit} ids of messages of the last 10 minutes, which is the limit; publish without an id, or try again when some are forgotten"
    )]
    DedupFull {
        /// The topic.
        topic: Name,
        /// The limit.
        limit: u64,
        /// When the next one is forgotten.
        retry: Span,
    },
    /// The broker is shutting down.
    #[error("the broker is shutting down; try again when it is back")]
    Draining,
    /// A write or sync failed.
    #[error(
        "a write to the journal failed and nothing more is acknowledged; whether this request is stored is unknown: {detail}"
    )]
    LogPoisoned {
        /// The cause.
        detail: String,
    },
    /// Stored bytes are damaged.
    #[error("stored bytes are damaged: {detail}")]
    DataDamaged {
        /// What and where.
        detail: String,
    },
    /// The subscription was deleted meanwhile.
    #[error("subscription {subscription} was deleted")]
    SubscriptionDeleted {
        /// Its name.
        subscription: Name,
    },
    /// The subscription belongs to another topic.
    #[error("subscription {subscription} is on topic {topic}, not on {asked}")]
    TopicMismatch {
        /// Its name.
        subscription: Name,
        /// Its topic.
        topic: Name,
        /// The topic asked for.
        asked: String,
    },
    /// The etag names an earlier state of the settings.
    #[error(
        "{name} was changed since etag {given} was read; it has {current} now: read it again and decide anew"
    )]
    EtagMismatch {
        /// The topic or subscription.
        name: Name,
        /// The etag given, cut to 40 characters.
        given: String,
        /// The etag it has.
        current: String,
    },
    /// A path of an update mask is no field.
    #[error("update_mask names {path:?}; the fields that can be changed are {known}")]
    MaskInvalid {
        /// The path, cut to 300 characters.
        path: String,
        /// The fields there are.
        known: String,
    },
    /// A field that is fixed at creation is to be changed.
    #[error("{field} is fixed when it is created; create another one with the value you want")]
    FieldImmutable {
        /// The field.
        field: &'static str,
    },
    /// An offset is of messages that are no longer stored.
    #[error(
        "offset {partition}:{offset} is no longer stored; the oldest message of the partition is {partition}:{low}"
    )]
    OffsetBelowLowWatermark {
        /// The partition.
        partition: Partition,
        /// The offset asked for.
        offset: Offset,
        /// The first one still stored.
        low: Offset,
    },
    /// A subscription of the topic holds publishers until its backlog is within its limit again.
    #[error(
        "the subscription {subscription} holds publishers: its backlog has {backlog} {unit} and its limit is {limit}; \
         publish again when its consumers have caught up"
    )]
    BacklogFull {
        /// The subscription.
        subscription: Name,
        /// What its backlog has.
        backlog: u64,
        /// Its limit.
        limit: u64,
        /// `messages` or `bytes`.
        unit: &'static str,
    },
    /// The id of a request names another request.
    #[error(
        "request_id {request_id} was given to another request within the last 10 minutes; make a new one for each \
         request"
    )]
    RequestIdReused {
        /// The id.
        request_id: String,
    },
    /// A topic or subscription cannot be as declared.
    #[error("{list}[{index}], which is {name}: {detail}")]
    TopologyInvalid {
        /// `topics` or `subscriptions`.
        list: &'static str,
        /// Which of them, from 0.
        index: usize,
        /// Its name as it was written, cut to 300 characters.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// A filter or an order does not read.
    #[error("{field} does not read: {detail}")]
    FilterInvalid {
        /// The field of the request.
        field: &'static str,
        /// What is wrong, where, and what would do.
        detail: String,
    },
    /// A dead-letter topic does not exist.
    #[error("the dead-letter topic {topic} does not exist; create it first")]
    DeadLetterTopicMissing {
        /// The topic.
        topic: Name,
    },
    /// Whether the producer's batch was stored is known no more.
    #[error(
        "whether batch {sequence} of the producer was stored is not known any more: batches up to {passed} are no longer remembered; look for it, or publish it anew under a new sequence"
    )]
    SequenceStale {
        /// Its sequence.
        sequence: u64,
        /// Sequences up to this one are forgotten.
        passed: u64,
    },
    /// The topic remembers too many producers.
    #[error(
        "the topic remembers {limit} producers that published within the last hour, which is the limit; use fewer, or publish without a producer id"
    )]
    ProducersFull {
        /// The limit.
        limit: u64,
    },
    /// Nobody would get the messages.
    #[error("topic {topic} has no subscription and the request requires one; create one first")]
    NoSubscription {
        /// The topic.
        topic: Name,
    },
    /// The topic holds as much as it may.
    #[error(
        "topic {topic} holds {held} {unit} that are not finished, and this publish would bring it beyond its limit of {limit}; try again once some are finished, or purge some, or raise the limit"
    )]
    TopicFull {
        /// The topic.
        topic: Name,
        /// `messages` or `bytes`.
        unit: &'static str,
        /// How many the subscription holds that is furthest behind.
        held: u64,
        /// The limit.
        limit: u64,
    },
    /// No connection has this number.
    #[error("client {client} is not connected; list the clients for those that are")]
    ClientNotFound {
        /// As asked for.
        client: u64,
    },
    /// An operator has ended the connection.
    #[error("an operator has disconnected this client; connect again if it is to go on")]
    ClientDisconnected,
    /// No operation has this id.
    #[error("operation {operation} is not known: it never was, or it is too old to be remembered")]
    OperationNotFound {
        /// The id.
        operation: OperationId,
    },
    /// An operation is not in a phase in which this can be asked of it.
    #[error("operation {operation} {detail}")]
    OperationState {
        /// Its id.
        operation: OperationId,
        /// How it is, and what to do.
        detail: &'static str,
    },
    /// A plan can be applied no more.
    #[error(
        "plan {plan} has expired: plans last 10 minutes and do not outlive the broker; make a new one"
    )]
    PlanExpired {
        /// The plan.
        plan: String,
    },
    /// Another broker made the plan.
    #[error("plan {plan} was made by another broker; make one on this broker")]
    PlanOfAnotherBroker {
        /// The plan.
        plan: String,
    },
    /// A plan is not about what was named with it.
    #[error("plan {plan} {detail}; nothing was done")]
    PlanMismatch {
        /// The plan.
        plan: String,
        /// What it is about, and what was named.
        detail: String,
    },
    /// Some of what was planned is no longer as it was.
    #[error(
        "of the {planned} messages of plan {plan} only {left} are still dead; make a new plan, or allow it to have \
         shrunk"
    )]
    SelectionShrank {
        /// The plan.
        plan: String,
        /// How many messages it would have changed.
        planned: u64,
        /// How many are left.
        left: u64,
    },
    /// An operation can be undone no more.
    #[error("operation {operation} cannot be undone any more: {detail}")]
    UndoTooLate {
        /// Its id.
        operation: OperationId,
        /// Why.
        detail: String,
    },
    /// An operation cannot be undone as things are, but could be.
    #[error("operation {operation} cannot be undone now: {detail}")]
    UndoBlocked {
        /// Its id.
        operation: OperationId,
        /// What is in the way, and what to do.
        detail: String,
    },
    /// Not offered.
    #[error("{what} is not offered by this broker")]
    NotSupported {
        /// The method or option.
        what: &'static str,
    },
    /// A fault of the broker.
    #[error("the broker failed to do this; see its log: {detail}")]
    Internal {
        /// What went wrong.
        detail: String,
    },
}

impl Refusal {
    /// How long to wait before trying again, where that helps.
    pub fn retry_after(&self) -> Option<Span> {
        match self {
            Self::Backpressure { .. } => Some(Span::from_millis(50)),
            Self::BacklogFull { .. } | Self::TopicFull { .. } => Some(Span::from_millis(500)),
            Self::DiskFull => Some(Span::from_secs(5)),
            // Room for one is little.
            Self::DedupFull { retry, .. } => Some((*retry).max(Span::from_secs(1))),
            Self::Draining | Self::ClientDisconnected => Some(Span::from_secs(1)),
            _ => None,
        }
    }
}
