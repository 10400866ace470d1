//! The naive model: a list of messages with a state each. Slow, and simple enough to be right.

use crate::delivery::{Counts, Rules};
use crate::model::entry::{DropCause, Failure, Grant, Outcome};
use crate::model::settings::KeyOrder;
use crate::model::{ConsumerId, Incarnation, LeaseSerial, Mono, Now, Offset, OffsetRange, Time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Scheduled(Time),
    Ready,
    Leased(Held),
    Waiting(Time),
    Dead(Time),
    Acked,
    Dropped(DropCause),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) serial: LeaseSerial,
    pub(super) incarnation: Incarnation,
    pub(super) consumer: Option<ConsumerId>,
    pub(super) deadline: Mono,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub(super) key: u64,
    pub(super) status: Status,
    pub(super) attempts: u32,
    /// When it could first be handed out.
    pub(super) since: Time,
    pub(super) was_scheduled: bool,
}

impl Message {
    /// Unfinished, due and not dead.
    pub(super) fn is_in_work(&self) -> bool {
        let is_set_aside = matches!(self.status, Status::Dead(_) | Status::Scheduled(_));
        !self.is_finished() && !is_set_aside
    }

    pub(super) fn is_finished(&self) -> bool {
        matches!(self.status, Status::Acked | Status::Dropped(_))
    }

    fn is_leased(&self) -> bool {
        matches!(self.status, Status::Leased(_))
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) start: usize,
    pub(super) messages: Vec<Message>,
}

impl Model {
    /// Messages with their keys and due times.
    pub(super) fn publish(&mut self, messages: &[(u64, Time)], now: Time) {
        let messages = messages.iter().map(|&(key, due)| Message {
            key,
            status: if due > now {
                Status::Scheduled(due)
            } else {
                Status::Ready
            },
            attempts: 0,
            since: now.max(due),
            was_scheduled: due > now,
        });
        self.messages.extend(messages);
    }

    /// Messages are due.
    pub(super) fn came_due(&mut self, range: OffsetRange, now: Time) {
        for message in self.part(range) {
            if let Status::Scheduled(due) = message.status {
                assert!(due <= now, "{message:?} came early");
                message.status = Status::Ready;
            }
        }
    }

    pub(super) fn part(&mut self, range: OffsetRange) -> &mut [Message] {
        &mut self.messages[range.start.0 as usize..range.end.0 as usize]
    }

    /// Whether a message may be handed out, looking at every other one of its key.
    pub(super) fn may_go(&self, offset: usize, order: KeyOrder) -> bool {
        let message = self.messages[offset];
        if message.status != Status::Ready {
            return false;
        }
        if order == KeyOrder::Off || message.key == 0 {
            return true;
        }
        let mut others = self.messages.iter().enumerate().skip(self.start);
        !others.any(|(at, other)| {
            let is_skipped = order == KeyOrder::Skip && matches!(other.status, Status::Dead(_));
            let is_later = matches!(other.status, Status::Scheduled(_));
            let is_before = at < offset && !other.is_finished() && !is_skipped && !is_later;
            other.key == message.key && (other.is_leased() || is_before)
        })
    }

    /// Leases a grant, one message after the other; each must be allowed to go.
    pub(super) fn grant(&mut self, grant: &Grant, held: Held, order: KeyOrder) {
        for offset in grant.range.offsets() {
            let at = offset.0 as usize;
            assert!(at >= self.start, "{offset} is before the start");
            assert!(
                self.may_go(at, order),
                "{offset} was handed out as {grant:?}: {:?}",
                self.messages[at]
            );
            let message = &mut self.messages[at];
            assert_eq!(
                grant.attempt,
                message.attempts + 1,
                "the attempt of {offset}"
            );
            message.status = Status::Leased(held);
        }
    }

    /// The part of a range that is leased under a grant.
    pub(super) fn held(
        &self,
        range: OffsetRange,
        incarnation: Incarnation,
        serial: LeaseSerial,
    ) -> Vec<OffsetRange> {
        let is_held = |message: &Message| match message.status {
            Status::Leased(held) => held.serial == serial && held.incarnation == incarnation,
            _ => false,
        };
        self.chosen(range, is_held)
    }

    /// The messages of a range that a claim is true of, as ranges.
    pub(super) fn chosen(
        &self,
        range: OffsetRange,
        claim: impl Fn(&Message) -> bool,
    ) -> Vec<OffsetRange> {
        let end = range.end.0.min(self.messages.len() as u64);
        let first = range.start.0.max(self.start as u64);
        let mut ranges: Vec<OffsetRange> = (first..end)
            .filter(|&at| claim(&self.messages[at as usize]))
            .map(|at| OffsetRange::one(Offset(at)))
            .collect();
        crate::model::range::normalise(&mut ranges);
        ranges
    }

    pub(super) fn finish(&mut self, ranges: &[OffsetRange], status: Status) {
        for &range in ranges {
            for message in self.part(range) {
                assert!(!message.is_finished(), "{message:?} is finished again");
                let is_dropped = matches!(status, Status::Dropped(_));
                assert!(!(is_dropped && message.is_leased()), "{message:?} dropped");
                message.status = status;
            }
        }
    }

    pub(super) fn release(&mut self, ranges: &[OffsetRange]) {
        for &range in ranges {
            for message in self.part(range) {
                assert!(message.is_leased());
                message.status = Status::Ready;
            }
        }
    }

    /// Checks a decision on failed attempts and takes it.
    pub(super) fn fail(&mut self, failure: &Failure, rules: &Rules, now: Time) {
        for message in self.part(failure.range) {
            assert!(message.is_leased(), "{message:?} failed");
            message.attempts += 1;
            assert_eq!(failure.attempts, message.attempts);
            message.status = match failure.outcome {
                Outcome::Waiting(until) => {
                    assert!(message.attempts < rules.max_attempts);
                    Status::Waiting(until)
                }
                Outcome::Dead => Status::Dead(now),
            };
        }
    }

    pub(super) fn requeue(&mut self, ranges: &[OffsetRange]) {
        for &range in ranges {
            for message in self.part(range) {
                assert!(matches!(message.status, Status::Dead(_)));
                (message.status, message.attempts) = (Status::Ready, 0);
            }
        }
    }

    pub(super) fn extend(&mut self, ranges: &[OffsetRange], deadline: Mono) {
        for &range in ranges {
            for message in self.part(range) {
                if let Status::Leased(held) = &mut message.status {
                    held.deadline = deadline;
                }
            }
        }
    }

    pub(super) fn wake(&mut self, now: Now) {
        for message in &mut self.messages {
            if matches!(message.status, Status::Waiting(until) if until <= now.wall) {
                message.status = Status::Ready;
            }
        }
    }

    pub(super) fn restart(&mut self, rules: &Rules, now: Now) {
        for message in &mut self.messages {
            if let Status::Leased(held) = &mut message.status {
                held.consumer = None;
                held.deadline = now.mono.plus(rules.ack_deadline);
            }
            if matches!(message.status, Status::Scheduled(due) if due <= now.wall) {
                message.status = Status::Ready;
            }
        }
        self.wake(now);
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for message in &self.messages[self.start.min(self.messages.len())..] {
            counts.entered += 1;
            match message.status {
                Status::Scheduled(_) => counts.scheduled += 1,
                Status::Ready => counts.ready += 1,
                Status::Leased(_) => counts.leased += 1,
                Status::Waiting(_) => counts.waiting += 1,
                Status::Dead(_) => counts.dead += 1,
                Status::Acked => counts.acked += 1,
                Status::Dropped(cause) => counts.dropped[cause.index()] += 1,
            }
        }
        counts
    }

    pub(super) fn first(&self, claim: impl Fn(&Message) -> bool) -> Option<Offset> {
        let mut messages = self.messages.iter().enumerate().skip(self.start);
        let found = messages.find(|(_, message)| claim(message));
        found.map(|(at, _)| Offset(at as u64))
    }
}
