//! A machine, the model and a journal of entries side by side: each act is done to all three.

use std::sync::Arc;

use super::model::{Held, Model, Status};
use crate::delivery::{Log, Machine, Retry, Room, Rules, Setback, Ticket};
use crate::model::entry::{
    BodyBuilder, Columns, Delivered, DropCause, Failed, Grant, Marks, PageState, PartitionCursor,
    Published,
};
use crate::model::settings::{KeyOrder, SubscriptionSettings};
use crate::model::{
    ConsumerId, Epoch, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Partition,
    Position, Span, SubscriptionId, Time, TopicId,
};

pub(super) const SUBSCRIPTION: SubscriptionId = SubscriptionId(3);
pub(super) const PARTITION: Partition = Partition(0);
pub(super) const TOPIC: TopicId = TopicId(9);

/// What the journal holds of one machine.
#[derive(Debug, Clone)]
pub(super) enum Note {
    Created(Offset),
    Delivered(Delivered),
    Acked(Vec<OffsetRange>),
    Failed(Failed),
    Released(Vec<OffsetRange>),
    Requeued(Vec<OffsetRange>),
    Dropped(DropCause, Vec<OffsetRange>),
    Cursor(PartitionCursor),
    Page(PageState),
}

/// A moment to fall back to: all that was durable then.
#[derive(Debug, Clone)]
pub(super) struct Durable {
    notes: usize,
    batches: usize,
    model: Model,
    state_floor: Position,
}

pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) model: Model,
    pub(super) log: Log,
    pub(super) rules: Rules,
    pub(super) now: Now,
    pub(super) incarnation: Incarnation,
    pub(super) serial: LeaseSerial,
    page_size: u64,
    notes: Vec<Note>,
    batches: Vec<(Position, Published, Columns)>,
    /// Every grant ever made, with its incarnation: what consumers ack by.
    pub(super) grants: Vec<(Incarnation, Grant)>,
}

pub(super) fn rules(key_order: KeyOrder) -> Rules {
    let settings = SubscriptionSettings {
        key_order,
        max_attempts: 3,
        backoff_min: Span::from_millis(100),
        backoff_max: Span::from_millis(400),
        ack_deadline: Span::from_secs(1),
        dead_retention: Span::from_secs(60),
        ..SubscriptionSettings::default()
    };
    Rules::from(&settings)
}

pub(super) const ALL: Room = Room {
    messages: u64::MAX,
    bytes: u64::MAX,
    may_exceed: true,
};

/// The columns of a batch of messages of these sizes and keys.
pub(super) fn columns(messages: &[(usize, u64)]) -> Columns {
    let messages = messages.iter().map(|&(size, key)| (size, key, Time(0)));
    columns_due(&messages.collect::<Vec<_>>())
}

fn columns_due(messages: &[(usize, u64, Time)]) -> Columns {
    let mut builder = BodyBuilder::default();
    for &(size, key, due) in messages {
        let marks = Marks {
            key,
            due,
            ..Marks::default()
        };
        builder.push_marked(&vec![0; size], marks);
    }
    builder.finish().unwrap().columns
}

impl World {
    pub(super) fn new(rules: Rules, start: u64, page_size: u64) -> Self {
        let mut world = Self {
            machine: Machine::new(Epoch(0), Offset(0)),
            model: Model::default(),
            log: Log::new(Offset(0), Offset(0)),
            rules,
            now: Now {
                wall: Time(1_000_000_000),
                mono: Mono(0),
            },
            incarnation: Incarnation(1),
            serial: LeaseSerial(0),
            page_size,
            notes: Vec::new(),
            batches: Vec::new(),
            grants: Vec::new(),
        };
        if start > 0 {
            world.publish(&vec![(10, 0); start as usize]);
        }
        world.model.start = start as usize;
        world.note(Note::Created(Offset(start)));
        world.machine = world.rebuild(Position(1));
        world.machine.resume(&world.log, &world.rules, world.now);
        world
    }

    /// Positions of the log and of the notes are counted apart; each begins at 1.
    fn next_position(&self) -> Position {
        Position(self.notes.len() as u64 + 1)
    }

    fn note(&mut self, note: Note) -> Position {
        let at = self.next_position();
        self.notes.push(note);
        at
    }

    pub(super) fn publish(&mut self, messages: &[(usize, u64)]) {
        let at_once: Vec<(usize, u64, Time)> = messages
            .iter()
            .map(|&(size, key)| (size, key, Time(0)))
            .collect();
        self.publish_due(&at_once);
    }

    /// Messages of these sizes, keys and due times.
    pub(super) fn publish_due(&mut self, messages: &[(usize, u64, Time)]) {
        let published = Published {
            topic: TOPIC,
            partition: PARTITION,
            base: self.log.next(),
            count: messages.len() as u32,
            time: self.now.wall,
        };
        let columns = columns_due(messages);
        let position = Position(self.batches.len() as u64 + 1);
        self.log.push(position, &published, &columns);
        self.batches.push((position, published, columns));
        let messages: Vec<(u64, Time)> = messages.iter().map(|&(_, key, due)| (key, due)).collect();
        self.model.publish(&messages, self.now.wall);
    }

    pub(super) fn take(&mut self, consumer: ConsumerId, room: Room) -> Vec<Grant> {
        self.serial.0 += 1;
        let deadline = self.now.mono.plus(self.rules.ack_deadline);
        let ticket = Ticket {
            consumer,
            name: Arc::from(format!("c-{consumer}")),
            serial: self.serial,
            incarnation: self.incarnation,
            deadline,
            since: self.now.mono,
            at: self.next_position(),
        };
        let grants = self.machine.take(&self.log, &self.rules, room, &ticket);
        let held = Held {
            serial: self.serial,
            incarnation: self.incarnation,
            consumer: Some(consumer),
            deadline,
        };
        for grant in &grants {
            assert_eq!(grant.serial, self.serial);
            self.model.grant(grant, held, self.rules.key_order);
            self.grants.push((self.incarnation, *grant));
        }
        let count: u64 = grants.iter().map(|grant| grant.range.count()).sum();
        let bytes: u64 = grants.iter().map(|g| self.log.bytes(g.range)).sum();
        assert!(count <= room.messages);
        assert!(
            bytes <= room.bytes || (count == 1 && room.may_exceed),
            "{bytes} bytes for {room:?}"
        );
        if !grants.is_empty() {
            let delivered = Delivered {
                subscription: SUBSCRIPTION,
                partition: PARTITION,
                epoch: Epoch(0),
                incarnation: self.incarnation,
                consumer: ticket.name.to_string(),
                grants: grants.clone(),
            };
            self.note(Note::Delivered(delivered));
        }
        grants
    }

    /// What of a grant is still held; the model must agree.
    pub(super) fn held(
        &self,
        range: OffsetRange,
        incarnation: Incarnation,
        serial: LeaseSerial,
    ) -> Vec<OffsetRange> {
        let held = self.machine.held(range, incarnation, serial);
        assert_eq!(held, self.model.held(range, incarnation, serial));
        held
    }

    pub(super) fn ack(&mut self, ranges: &[OffsetRange]) {
        let at = self.note(Note::Acked(ranges.to_vec()));
        self.machine.veil(&self.log, ranges);
        self.machine.acked(ranges, at);
        self.model.finish(ranges, Status::Acked);
    }

    pub(super) fn nack(&mut self, ranges: &[OffsetRange], retry: Retry) {
        let setback = Setback {
            now: self.now.wall,
            retry,
            topic: TOPIC,
            partition: PARTITION,
        };
        let failures = self.machine.failures(ranges, &self.rules, &setback);
        for failure in &failures {
            self.model.fail(failure, &self.rules, self.now.wall);
        }
        let failed = Failed {
            subscription: SUBSCRIPTION,
            partition: PARTITION,
            time: self.now.wall,
            consumer: "c".into(),
            class: "test".into(),
            reason: String::new(),
            group: 7,
            failures,
        };
        let at = self.note(Note::Failed(failed.clone()));
        self.machine.failed(&failed, at, self.now);
    }

    pub(super) fn release(&mut self, ranges: &[OffsetRange]) {
        let at = self.note(Note::Released(ranges.to_vec()));
        self.machine.released(ranges, at);
        self.model.release(ranges);
    }

    pub(super) fn requeue(&mut self, ranges: &[OffsetRange]) {
        let at = self.note(Note::Requeued(ranges.to_vec()));
        self.machine.requeued(ranges, at);
        self.model.requeue(ranges);
    }

    pub(super) fn drop(&mut self, cause: DropCause, ranges: &[OffsetRange]) {
        let at = self.note(Note::Dropped(cause, ranges.to_vec()));
        self.machine.veil(&self.log, ranges);
        self.machine.dropped(cause, ranges, at);
        self.model.finish(ranges, Status::Dropped(cause));
    }

    pub(super) fn extend(&mut self, ranges: &[OffsetRange], deadline: Mono) {
        self.machine.extend(ranges, deadline);
        self.model.extend(ranges, deadline);
    }

    pub(super) fn advance(&mut self, span: Span) {
        self.now.wall = self.now.wall.plus(span);
        self.now.mono = self.now.mono.plus(span);
        self.machine.wake(self.now);
        self.model.wake(self.now);
    }

    /// Hands over at most `limit` messages that are due.
    pub(super) fn come_due(&mut self, limit: u64) {
        let scheduled = self.log.scheduled();
        let mut count = 0;
        for range in self.log.take_due(self.now.wall, limit) {
            count += range.count();
            self.model.came_due(range, self.now.wall);
            self.machine.came_due(&self.log, range);
        }
        assert!(count <= limit);
        assert_eq!(self.log.scheduled(), scheduled - count);
        let next = self.log.next_due();
        assert!(count == limit || next.is_none_or(|due| due > self.now.wall));
    }

    /// States the cursor and the pages for which `stated` says so.
    pub(super) fn restate(&mut self, mut stated: impl FnMut() -> bool) {
        let pages: Vec<u64> = self.machine.pages().map(|(page, _)| page).collect();
        for page in pages.into_iter().filter(|_| stated()) {
            let state = self.machine.page_state(page, SUBSCRIPTION, PARTITION);
            let at = self.note(Note::Page(state.unwrap()));
            self.machine.page_stated(page, at);
        }
        if stated() {
            let at = self.note(Note::Cursor(self.machine.cursor()));
            self.machine.cursor_stated(at);
        }
    }

    pub(super) fn durable(&self) -> Durable {
        Durable {
            notes: self.notes.len(),
            batches: self.batches.len(),
            model: self.model.clone(),
            state_floor: self.machine.state_floor(),
        }
    }

    /// Crashes back to `durable`, then replays from the state floor of that moment, or from
    /// `earlier` positions before it.
    pub(super) fn restart(&mut self, durable: Durable, earlier: u64) {
        self.notes.truncate(durable.notes);
        self.batches.truncate(durable.batches);
        self.model = durable.model;
        self.incarnation.0 += 1;
        self.serial = LeaseSerial(0);
        self.now.mono = Mono(5_000_000 - self.now.mono.0 % 4_000_000);
        self.log = Log::new(Offset(0), Offset(0));
        for (position, published, columns) in self.batches.iter().rev() {
            self.log.insert(*position, published, columns);
        }
        self.log.take_due(self.now.wall, u64::MAX);
        let from = durable.state_floor.0.saturating_sub(earlier);
        self.machine = self.rebuild(Position(from));
        self.machine.resume(&self.log, &self.rules, self.now);
        self.model.restart(&self.rules, self.now);
    }

    fn rebuild(&self, from: Position) -> Machine {
        let provisional = |start| {
            let mut machine = Machine::new(Epoch(0), start);
            machine.progress.size = self.page_size;
            machine
        };
        let mut machine = provisional(Offset(0));
        let first = from.0.max(1);
        for (note, at) in self.notes.iter().skip(first as usize - 1).zip(first..) {
            let at = Position(at);
            match note {
                Note::Created(start) => {
                    machine = provisional(*start);
                    machine.cursor_stated(at);
                }
                Note::Delivered(delivered) => machine.delivered(delivered, at),
                Note::Acked(ranges) => machine.acked(ranges, at),
                Note::Failed(failed) => machine.failed(failed, at, Now::default()),
                Note::Released(ranges) => machine.released(ranges, at),
                Note::Requeued(ranges) => machine.requeued(ranges, at),
                Note::Dropped(cause, ranges) => machine.dropped(*cause, ranges, at),
                Note::Cursor(cursor) => machine.restate_cursor(cursor, at),
                Note::Page(state) => machine.restate_page(state, at),
            }
        }
        machine
    }
}
