//! The machine: one subscription on one partition.
use super::{Counts, Log, Retry, Room, Rules, Setback, Ticket};
use crate::model::entry::{
    DeadRecord, Delivered, DropCause, Failed, Failure, Grant, PageState, PartitionCursor,
};
use crate::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Partition,
    Position, SubscriptionId, Time,
};
use std::sync::Arc;

/// A lease whose deadline has passed, or that its consumer left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The consumer; none if an earlier incarnation granted it.
    pub consumer: Option<ConsumerId>,
    /// The consumer's name.
    pub consumer_name: Arc<str>,
    /// The messages.
    pub range: OffsetRange,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
}

/// What a message is to a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Before the subscription's start or not published yet.
    NotEntered,
    /// Deliverable now, or once an earlier one of its key is done.
    Ready,
    /// Delivered, not yet acknowledged.
    Leased {
        /// The consumer's name.
        consumer: Arc<str>,
        /// The consumer; none if an earlier incarnation granted it.
        id: Option<ConsumerId>,
        /// When the lease ends.
        deadline: Mono,
    },
    /// In backoff until this time.
    Waiting(Time),
    /// Dead.
    Dead(DeadRecord),
    /// Acknowledged or dropped.
    Finished,
}

/// Which messages an act on a backlog takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Ready and waiting ones.
    Backlog,
    /// Dead ones.
    Dead,
    /// All that are not leased.
    Both,
}

/// One subscription on one partition.
///
/// Made by [`Machine::new`], brought to its state by the durable changes, then [`Machine::resume`]d once (also right
/// after it was created live). Before that it takes durable changes and restatements only and derives nothing.
#[derive(Debug, Clone)]
pub struct Machine;

#[expect(unused_variables, reason = "skeleton")]
impl Machine {
    /// One to which `start` and all after it belong.
    pub fn new(epoch: Epoch, start: Offset) -> Self {
        unimplemented!()
    }

    // Durable changes.

    /// In recovery only: leases were granted; they are armed by `resume`.
    pub fn delivered(&mut self, delivered: &Delivered, at: Position) {}
    /// Messages were acknowledged; each was unfinished.
    pub fn acked(&mut self, ranges: &[OffsetRange], at: Position) {}
    /// Attempts failed. `now` is the moment of the entry (ignored in recovery).
    pub fn failed(&mut self, failed: &Failed, at: Position, now: Now) {}
    /// Leases ended without counting an attempt.
    pub fn released(&mut self, ranges: &[OffsetRange], at: Position) {}
    /// Dead messages are ready again, no attempts counted.
    pub fn requeued(&mut self, ranges: &[OffsetRange], at: Position) {}
    /// Unfinished messages that are not leased were dropped.
    pub fn dropped(&mut self, cause: DropCause, ranges: &[OffsetRange], at: Position) {}
    /// In recovery only.
    pub fn restate_cursor(&mut self, cursor: &PartitionCursor, at: Position) {}
    /// In recovery only.
    pub fn restate_page(&mut self, state: &PageState, at: Position) {}
    /// Derives all that is not durable.
    pub fn resume(&mut self, log: &Log, rules: &Rules, now: Now) {}

    // Granting.

    /// Leases what is ready.
    pub fn take(&mut self, log: &Log, rules: &Rules, room: Room, ticket: &Ticket) -> Vec<Grant> {
        unimplemented!()
    }
    /// Whether a take may grant something.
    pub fn has_ready(&self, log: &Log) -> bool {
        unimplemented!()
    }

    // Deciding.

    /// The part of `range` that is leased under exactly this grant.
    pub fn held(
        &self,
        range: OffsetRange,
        incarnation: Incarnation,
        serial: LeaseSerial,
    ) -> Vec<OffsetRange> {
        unimplemented!()
    }
    /// Whether an ack of an earlier incarnation whose lease was lost still finishes the message.
    pub fn finishable_old(&self, log: &Log, offset: Offset, attempt: u32) -> bool {
        unimplemented!()
    }
    /// What follows when the attempts of leased messages fail.
    pub fn failures(
        &self,
        ranges: &[OffsetRange],
        rules: &Rules,
        setback: &Setback,
    ) -> Vec<Failure> {
        let _ = Retry::Dead;
        unimplemented!()
    }
    /// Leases past their deadline, at most `limit`, earliest first.
    pub fn expired(&self, now: Mono, limit: usize) -> Vec<Expired> {
        unimplemented!()
    }
    /// The leases of a consumer.
    pub fn leases_of(&self, consumer: ConsumerId) -> Vec<Expired> {
        unimplemented!()
    }
    /// All leases.
    pub fn leases(&self) -> impl Iterator<Item = Expired> + '_ {
        std::iter::empty()
    }
    /// Moves the deadline of leased messages.
    pub fn extend(&mut self, ranges: &[OffsetRange], deadline: Mono) {}
    /// Makes ready what has waited long enough.
    pub fn wake(&mut self, now: Now) {}
    /// When something is to be done without being asked.
    pub fn next_deadline(&self, rules: &Rules, now: Now) -> Option<Mono> {
        unimplemented!()
    }
    /// Dead messages whose retention has passed, at most `limit` messages.
    pub fn expired_dead(&mut self, rules: &Rules, now: Time, limit: usize) -> Vec<OffsetRange> {
        unimplemented!()
    }

    // Looking.

    /// The dead ones from `from` on, in order.
    pub fn dead(&self, from: Offset) -> impl Iterator<Item = (Offset, DeadRecord)> + '_ {
        std::iter::empty()
    }
    /// The state of a message and how many attempts have failed.
    pub fn state_of(&self, offset: Offset, log: &Log) -> (State, u32) {
        unimplemented!()
    }
    /// The messages of a range that an act may take, never leased ones.
    pub fn unfinished(&self, log: &Log, within: OffsetRange, chosen: Chosen) -> Vec<OffsetRange> {
        unimplemented!()
    }
    /// The seek epoch.
    pub fn epoch(&self) -> Epoch {
        unimplemented!()
    }
    /// The first offset that belongs to the subscription.
    pub fn start(&self) -> Offset {
        unimplemented!()
    }
    /// Everything below is finished.
    pub fn floor(&self) -> Offset {
        unimplemented!()
    }
    /// The oldest that is unfinished and not dead.
    pub fn oldest_due(&self, log: &Log) -> Option<Offset> {
        unimplemented!()
    }
    /// The oldest ready one.
    pub fn oldest_ready(&self, log: &Log) -> Option<Offset> {
        unimplemented!()
    }
    /// The books, from running counters.
    pub fn counts(&self, log: &Log) -> Counts {
        unimplemented!()
    }
    /// The books, counted anew bit by bit.
    pub fn recount(&self, log: &Log) -> Counts {
        unimplemented!()
    }

    // Restatement.

    /// The cursor as it is.
    pub fn cursor(&self) -> PartitionCursor {
        unimplemented!()
    }
    /// The pages there are, with the position that speaks of each.
    pub fn pages(&self) -> impl Iterator<Item = (u64, Position)> + '_ {
        std::iter::empty()
    }
    /// A page as it is; none if there is nothing to say of it.
    pub fn page_state(
        &self,
        page: u64,
        subscription: SubscriptionId,
        partition: Partition,
    ) -> Option<PageState> {
        unimplemented!()
    }
    /// A page was stated.
    pub fn page_stated(&mut self, page: u64, at: Position) {}
    /// The cursor was stated, or created.
    pub fn cursor_stated(&mut self, at: Position) {}
    /// Replay must begin here or before to rebuild this machine.
    pub fn state_floor(&self) -> Position {
        unimplemented!()
    }
    /// The positions of `Failed` entries that dead ones refer to, each once.
    pub fn texts(&self) -> impl Iterator<Item = Position> + '_ {
        std::iter::empty()
    }
    /// Those that no dead one refers to any more, since the last call.
    pub fn freed_texts(&mut self) -> Vec<Position> {
        unimplemented!()
    }
}
