//! A naive model of subscriptions: a list of messages each, one state each, no pages, no ranges, no entries.

use std::collections::BTreeMap;

use crate::core::{AckId, GrantEffect};
use crate::model::{
    ConsumerId, Incarnation, LeaseSerial, Mono, Offset, OffsetRange, OperationId, Time,
};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Scheduled(Time),
    /// Ready, or waiting after a failure.
    Pending,
    /// Published before its filter could be asked, and not asked about since.
    Unjudged,
    Leased(Lease),
    Dead {
        class: &'static str,
        /// Its key goes on without it.
        is_passed: bool,
    },
    Acked,
    Dropped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) consumer: Option<ConsumerId>,
    pub(super) serial: LeaseSerial,
    pub(super) incarnation: Incarnation,
    pub(super) deadline: Mono,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub(super) is: Is,
    pub(super) failed: u32,
    pub(super) key: u64,
    pub(super) time: Time,
    pub(super) due: Time,
    pub(super) end: Option<Time>,
}

impl Message {
    /// What a message is that nobody has met.
    pub(super) fn unmet(&self, now: Time) -> Is {
        if self.due > now {
            Is::Scheduled(self.due)
        } else {
            Is::Pending
        }
    }
}

/// One subscription: its messages by partition and offset.
#[derive(Debug, Default, Clone)]
pub(super) struct Sub {
    pub(super) messages: BTreeMap<(u32, u64), Message>,
    pub(super) has_filter: bool,
    /// What its filter has still to be asked about, by partition.
    pub(super) scans: BTreeMap<u32, (u64, u64)>,
    /// How often it was sought, by partition.
    pub(super) seeks: BTreeMap<u32, u32>,
    pub(super) max_attempts: u32,
    pub(super) max_backlog: Option<u64>,
    pub(super) in_key_order: bool,
    pub(super) ack_deadline: u64,
    /// Those that have died since somebody looked, in order.
    pub(super) deaths: Vec<(u32, u64)>,
    /// The operation that deleted it, while it is away, and where each partition ended then.
    pub(super) gone: Option<OperationId>,
    pub(super) ends: BTreeMap<u32, u64>,
}

/// Messages by state.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Books {
    pub(super) scheduled: u64,
    pub(super) pending: u64,
    pub(super) unjudged: u64,
    pub(super) leased: u64,
    pub(super) dead: u64,
    pub(super) acked: u64,
    pub(super) dropped: u64,
}

impl Sub {
    pub(super) fn books(&self) -> Books {
        let mut books = Books::default();
        for message in self.messages.values() {
            match message.is {
                Is::Scheduled(_) => books.scheduled += 1,
                Is::Pending => books.pending += 1,
                Is::Unjudged => books.unjudged += 1,
                Is::Leased(_) => books.leased += 1,
                Is::Dead { .. } => books.dead += 1,
                Is::Acked => books.acked += 1,
                Is::Dropped => books.dropped += 1,
            }
        }
        books
    }

    /// Takes note of a grant; it must be of pending messages, of the next attempt, and in the order of keys.
    pub(super) fn granted(&mut self, grant: &GrantEffect, now: Mono) {
        for run in &grant.runs {
            for offset in run.range.offsets() {
                let place = (grant.partition.0, offset.0);
                let key = self.messages[&place].key;
                if self.in_key_order && key != 0 {
                    let mut before = self.messages.range((place.0, 0)..place);
                    let blocks = |message: &Message| {
                        let is_out = matches!(
                            message.is,
                            Is::Acked
                                | Is::Dropped
                                | Is::Scheduled(_)
                                | Is::Dead {
                                    is_passed: true,
                                    ..
                                }
                        );
                        message.key == key && !is_out
                    };
                    assert!(
                        !before.any(|(_, message)| blocks(message)),
                        "{place:?} is out of turn"
                    );
                }
                let message = self.messages.get_mut(&place).unwrap();
                assert_eq!(message.is, Is::Pending, "{place:?} is granted");
                assert_eq!(run.attempt, message.failed + 1, "{place:?} counts attempts");
                message.is = Is::Leased(Lease {
                    consumer: Some(grant.consumer),
                    serial: run.serial,
                    incarnation: grant.incarnation,
                    deadline: Mono(now.0 + self.ack_deadline),
                });
            }
        }
    }

    /// Those of a range leased under a grant.
    pub(super) fn held(
        &self,
        partition: u32,
        range: OffsetRange,
        grant: (Incarnation, LeaseSerial),
    ) -> Vec<Offset> {
        let holds = |offset: &Offset| match self.messages.get(&(partition, offset.0)) {
            Some(Message {
                is: Is::Leased(lease),
                ..
            }) => (lease.incarnation, lease.serial) == grant,
            _ => false,
        };
        range.offsets().filter(holds).collect()
    }

    pub(super) fn set(&mut self, partition: u32, offset: Offset, is: Is) {
        self.messages.get_mut(&(partition, offset.0)).unwrap().is = is;
    }

    pub(super) fn fail(&mut self, partition: u32, offset: Offset, how: (bool, &'static str)) {
        let message = self.messages.get_mut(&(partition, offset.0)).unwrap();
        message.failed += 1;
        let (is_fatal, class) = how;
        message.is = if is_fatal || message.failed >= self.max_attempts {
            self.deaths.push((partition, offset.0));
            Is::Dead {
                class,
                is_passed: false,
            }
        } else {
            Is::Pending
        };
    }

    /// Ends the leases that `ends` says, as failed attempts or as released ones.
    pub(super) fn end_leases(
        &mut self,
        ends: impl Fn(&Lease) -> bool,
        failure: Option<&'static str>,
    ) {
        let all = self.messages.iter();
        let ended = all.filter(|(_, message)| match &message.is {
            Is::Leased(lease) => ends(lease),
            _ => false,
        });
        for (partition, offset) in ended.map(|(&place, _)| place).collect::<Vec<_>>() {
            match failure {
                Some(class) => self.fail(partition, Offset(offset), (false, class)),
                None => self.set(partition, Offset(offset), Is::Pending),
            }
        }
    }

    /// What has lived long enough is dropped, unless it is out, dead or finished; nobody looks while it is away.
    pub(super) fn end_lives(&mut self, now: Time) {
        if self.gone.is_some() {
            return;
        }
        for message in self.messages.values_mut() {
            let is_free = matches!(message.is, Is::Pending | Is::Scheduled(_) | Is::Unjudged);
            if is_free && message.end.is_some_and(|end| end <= now) {
                message.is = Is::Dropped;
            }
        }
    }

    /// What was due by now is ready.
    pub(super) fn come_due(&mut self, now: Time) {
        for message in self.messages.values_mut() {
            if matches!(message.is, Is::Scheduled(due) if due <= now) {
                message.is = Is::Pending;
            }
        }
    }

    /// A crash: leases stay, armed anew, with nobody at the other end.
    pub(super) fn restarted(&mut self, now: Mono) {
        for message in self.messages.values_mut() {
            if let Is::Leased(lease) = &mut message.is {
                lease.consumer = None;
                lease.deadline = Mono(now.0 + self.ack_deadline);
            }
        }
    }

    /// Goes on at `target`: leases end; forward, what is before it and not dead is dropped; back, everything from it on
    /// that is not dead is pending with no attempts, and what is before it belongs to nobody. Gives how many were
    /// skipped and how many restored.
    pub(super) fn seek(
        &mut self,
        partition: u32,
        (target, next): (u64, u64),
        now: Time,
    ) -> (u64, u64) {
        *self.seeks.entry(partition).or_default() += 1;
        self.end_leases_of(partition);
        let here = (partition, 0)..(partition + 1, 0);
        let unfinished = |message: &Message| !matches!(message.is, Is::Acked | Is::Dropped);
        let mut open = self.messages.range(here.clone());
        let floor = open.find(|(_, message)| unfinished(message));
        let floor = floor.map_or(next, |(&(_, offset), _)| offset);
        let mut changed = 0;
        if target > floor {
            for message in self.messages.range_mut((partition, 0)..(partition, target)) {
                if matches!(message.1.is, Is::Pending | Is::Scheduled(_) | Is::Unjudged) {
                    message.1.is = Is::Dropped;
                    changed += 1;
                }
            }
            return (changed, 0);
        }
        let anew = if self.has_filter {
            self.scans.insert(partition, (target, next));
            Some(Is::Unjudged)
        } else {
            None
        };
        self.messages
            .retain(|&(of, offset), _| of != partition || offset >= target);
        for (_, message) in self.messages.range_mut(here) {
            if matches!(message.is, Is::Dead { .. }) {
                continue;
            }
            changed += u64::from(matches!(message.is, Is::Acked | Is::Dropped));
            let is = anew.unwrap_or(message.unmet(now));
            (message.is, message.failed) = (is, 0);
        }
        (0, changed)
    }

    /// Drops the oldest of its backlog that are not leased, as many as are too many; nobody looks while it is away.
    pub(super) fn shed(&mut self) {
        if self.gone.is_some() {
            return;
        }
        let books = self.books();
        let most = self.max_backlog.unwrap_or(u64::MAX);
        let excess = (books.pending + books.leased).saturating_sub(most);
        let idle = self.messages.iter_mut();
        let mut idle: Vec<_> = idle
            .filter(|(_, message)| message.is == Is::Pending)
            .collect();
        idle.sort_by_key(|(place, message)| (message.time, **place));
        for (_, message) in idle.into_iter().take(usize::try_from(excess).unwrap()) {
            message.is = Is::Dropped;
        }
    }

    /// What a message is that is tried again from the beginning.
    pub(super) fn anew(&self, (partition, offset): (u32, u64)) -> Is {
        match self.scans.get(&partition) {
            Some((from, to)) if (*from..*to).contains(&offset) => Is::Unjudged,
            _ => Is::Pending,
        }
    }

    /// A scan has passed some messages, and goes on with the rest.
    pub(super) fn scanned(
        &mut self,
        partition: u32,
        rest: (u64, u64),
        is_left_out: impl Fn(u64) -> bool,
    ) {
        let Some((from, to)) = self.scans.insert(partition, rest) else {
            return;
        };
        let end = if rest.0 < rest.1 { rest.0 } else { to };
        for (_, message) in self.messages.range_mut((partition, from)..(partition, end)) {
            if message.is == Is::Unjudged {
                message.is = if is_left_out(message.key) {
                    Is::Dropped
                } else {
                    Is::Pending
                };
            }
        }
    }

    pub(super) fn epoch(&self, partition: u32) -> u32 {
        self.seeks.get(&partition).copied().unwrap_or(0)
    }

    fn end_leases_of(&mut self, partition: u32) {
        for (_, message) in self.messages.range_mut((partition, 0)..(partition + 1, 0)) {
            if let Is::Leased(_) = message.is {
                message.is = Is::Pending;
            }
        }
    }

    /// Whether an ack id is of a lease that is held.
    pub(super) fn holds(&self, id: &AckId) -> bool {
        let grant = (id.incarnation, id.serial);
        !self
            .held(id.partition.0, OffsetRange::one(id.offset), grant)
            .is_empty()
    }
}
