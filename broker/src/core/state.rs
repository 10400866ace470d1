//! The state of a shard, and its door: every command and view is a method of [`Core`].

use super::AckId;
use super::command::{
    Attach, Departure, DryRun, Nack, NewSubscription, PeekSubscription, PeekTopic, Pull, Purge,
    Selection, SequenceRange,
};
use super::output::{OutFrame, Output};
use super::views::{
    Attached, BrokerCounts, Deleted, MessageView, Peeked, Pulled, Receipt, Route,
    SubscriptionCounts, SubscriptionView, Summary, TopicCounts, TopicView,
};
use crate::model::entry::Body;
use crate::model::settings::TopicSettings;
use crate::model::{
    ConsumerId, Incarnation, MessageId, Mono, Name, Now, Partition, Position, Refusal, Span,
    SubscriptionId, TopicId,
};

/// The state of a shard. One thread owns it.
#[derive(Debug)]
pub struct Core {
    pub(super) next_position: Position,
}

impl Core {
    /// Takes everything that has to be done. The groups are applied already.
    pub fn take_output(&mut self) -> Output {
        unimplemented!()
    }
    /// The output so far, without taking it.
    pub fn output(&self) -> &Output {
        unimplemented!()
    }
    /// The position that the next frame will have; equal to the journal's once the output is appended.
    pub fn next_position(&self) -> Position {
        self.next_position
    }
    /// The incarnation.
    pub fn incarnation(&self) -> Incarnation {
        unimplemented!()
    }

    /// Creates a topic.
    pub fn create_topic(
        &mut self,
        name: Name,
        settings: TopicSettings,
        now: Now,
    ) -> Result<TopicView, Refusal> {
        unimplemented!()
    }
    /// Deletes a topic, with its subscriptions if asked.
    pub fn delete_topic(
        &mut self,
        name: &Name,
        with_subscriptions: bool,
        now: Now,
    ) -> Result<Deleted, Refusal> {
        unimplemented!()
    }
    /// Shows a topic.
    pub fn topic(&self, name: &Name) -> Result<TopicView, Refusal> {
        unimplemented!()
    }
    /// Lists topics in order of name, after a name.
    pub fn topics(&self, after: Option<&Name>, limit: usize) -> Vec<TopicView> {
        unimplemented!()
    }
    /// Creates a subscription.
    pub fn create_subscription(
        &mut self,
        new: NewSubscription<'_>,
        now: Now,
    ) -> Result<SubscriptionView, Refusal> {
        unimplemented!()
    }
    /// Deletes a subscription; its consumers are ended with SUBSCRIPTION_DELETED.
    pub fn delete_subscription(&mut self, name: &Name, now: Now) -> Result<Deleted, Refusal> {
        unimplemented!()
    }
    /// Shows a subscription.
    pub fn subscription(&self, name: &Name) -> Result<SubscriptionView, Refusal> {
        unimplemented!()
    }
    /// Lists subscriptions in order of name, after a name; of one topic if named.
    pub fn subscriptions(
        &self,
        topic: Option<&Name>,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Vec<SubscriptionView>, Refusal> {
        unimplemented!()
    }

    /// What a publisher needs to make bodies.
    pub fn route(&self, topic: &Name) -> Result<Route, Refusal> {
        unimplemented!()
    }
    /// Stores batches, all or nothing, in one commit group. A partition may occur more than once.
    pub fn publish(
        &mut self,
        topic: TopicId,
        batches: Vec<(Partition, Body)>,
        now: Now,
    ) -> Result<Receipt, Refusal> {
        unimplemented!()
    }

    /// Connects a consumer. Messages come with the next dispatch.
    pub fn attach(&mut self, attach: Attach<'_>, now: Now) -> Result<Attached, Refusal> {
        unimplemented!()
    }
    /// Disconnects a consumer; nothing happens if the core ended it already.
    pub fn detach(&mut self, consumer: ConsumerId, departure: Departure, now: Now) {
        unimplemented!()
    }
    /// Acknowledges sequences of a stream; returns those that changed nothing.
    pub fn stream_ack(
        &mut self,
        consumer: ConsumerId,
        ranges: &[SequenceRange],
        now: Now,
    ) -> Vec<SequenceRange> {
        unimplemented!()
    }
    /// Gives back sequences of a stream; returns those that changed nothing.
    pub fn stream_nack(
        &mut self,
        consumer: ConsumerId,
        range: SequenceRange,
        nack: &Nack,
        now: Now,
    ) -> Vec<SequenceRange> {
        unimplemented!()
    }
    /// Moves the deadlines of sequences of a stream, counted from now; returns those that changed nothing.
    pub fn stream_extend(
        &mut self,
        consumer: ConsumerId,
        range: SequenceRange,
        deadline: Span,
        now: Now,
    ) -> Vec<SequenceRange> {
        unimplemented!()
    }
    /// Leases messages once, or registers the Pull to wait.
    pub fn pull(&mut self, pull: Pull<'_>, now: Now) -> Result<Pulled, Refusal> {
        unimplemented!()
    }
    /// Ends a waiting Pull; nothing happens if it was answered.
    pub fn cancel_pull(&mut self, consumer: ConsumerId) {
        unimplemented!()
    }
    /// Finishes messages; a result for each, in order. Durable at the position before `next_position`.
    pub fn acknowledge(&mut self, ids: &[AckId], now: Now) -> Vec<Result<(), Refusal>> {
        unimplemented!()
    }
    /// Gives messages back; a result for each, in order.
    pub fn nack(&mut self, changes: &[(AckId, Nack)], now: Now) -> Vec<Result<(), Refusal>> {
        unimplemented!()
    }
    /// Moves deadlines, counted from now; a result for each, in order.
    pub fn extend(&mut self, changes: &[(AckId, Span)], now: Now) -> Vec<Result<(), Refusal>> {
        unimplemented!()
    }

    /// Grants what is ready to hungry consumers, fairly. Called once after each drained batch of commands.
    pub fn dispatch(&mut self, now: Now) {
        unimplemented!()
    }
    /// Expires leases, wakes what waited, drops dead messages past their retention, trims. Dispatch afterwards.
    pub fn tick(&mut self, now: Now) {
        unimplemented!()
    }
    /// When the next tick has something to do.
    pub fn next_deadline(&self) -> Option<Mono> {
        unimplemented!()
    }

    /// Makes dead messages ready again.
    pub fn requeue(
        &mut self,
        subscription: &Name,
        selection: &Selection,
        dry_run: DryRun,
        now: Now,
    ) -> Result<Summary, Refusal> {
        unimplemented!()
    }
    /// Drops messages of a subscription; never leased ones.
    pub fn purge(
        &mut self,
        purge: Purge<'_>,
        dry_run: DryRun,
        now: Now,
    ) -> Result<Summary, Refusal> {
        unimplemented!()
    }
    /// Shows messages of a subscription.
    pub fn peek_subscription(
        &self,
        peek: &PeekSubscription<'_>,
        now: Now,
    ) -> Result<Peeked, Refusal> {
        unimplemented!()
    }
    /// Shows messages of a topic.
    pub fn peek_topic(&self, peek: &PeekTopic<'_>, now: Now) -> Result<Peeked, Refusal> {
        unimplemented!()
    }
    /// Shows one message with its state in each subscription of its topic, and the topic's name.
    pub fn message(&self, id: MessageId, now: Now) -> Result<(MessageView, Name), Refusal> {
        unimplemented!()
    }

    /// How much there is of everything.
    pub fn broker_counts(&self) -> BrokerCounts {
        unimplemented!()
    }
    /// The ids of topics after one, in order.
    pub fn topic_ids(&self, after: Option<TopicId>, limit: usize) -> Vec<TopicId> {
        unimplemented!()
    }
    /// The numbers of a topic.
    pub fn topic_counts(&self, id: TopicId) -> Option<TopicCounts> {
        unimplemented!()
    }
    /// The ids of subscriptions after one, in order.
    pub fn subscription_ids(
        &self,
        after: Option<SubscriptionId>,
        limit: usize,
    ) -> Vec<SubscriptionId> {
        unimplemented!()
    }
    /// The numbers of a subscription.
    pub fn subscription_counts(&self, id: SubscriptionId, now: Now) -> Option<SubscriptionCounts> {
        unimplemented!()
    }

    /// Restates objects last stated before `before`, oldest first, up to about `budget_bytes`; whether all are done.
    pub fn restate(&mut self, before: Position, budget_bytes: usize) -> bool {
        unimplemented!()
    }
    /// Replay need not look before this for state.
    pub fn state_floor(&self) -> Position {
        unimplemented!()
    }
    /// The whole state as frames, as of the newest position.
    pub fn checkpoint(&self) -> Vec<OutFrame> {
        unimplemented!()
    }
    /// Which frames of a range must stay readable, in order.
    pub fn live_positions(&self, range: std::ops::RangeInclusive<Position>) -> Vec<Position> {
        unimplemented!()
    }
    /// A clean stop: ends consumers with DRAINING, releases every lease, writes the stop.
    pub fn stop(&mut self, now: Now) {
        unimplemented!()
    }
}
