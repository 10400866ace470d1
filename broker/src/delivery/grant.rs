//! Granting: leases for what is ready, redeliveries first, then what no take has met.
//!
//! Promises never to grant more than there is room for, one message alone excepted, and with key
//! order nothing out of turn. Costs follow the number of ranges; with key order and keys, of
//! messages.

use std::sync::Arc;

use super::fresh::Fresh;
use super::holding::{Again, Lease};
use super::keys::{Keys, Parked};
use super::spans::between;
use super::{Handled, Log, Machine, Room, Rules, Ticket};
use crate::model::OffsetRange;
use crate::model::entry::Grant;
use crate::model::settings::KeyOrder;

/// What is granted in one take so far, and the room left.
struct Basket<'a> {
    log: &'a Log,
    ticket: &'a Ticket,
    room: Room,
    grants: Vec<Grant>,
}

impl Basket<'_> {
    /// How many messages of the front of `range` there is room for.
    fn fit(&self, range: OffsetRange) -> u64 {
        let most = range.count().min(self.room.messages);
        if most == 0 {
            return 0;
        }
        let fit = self
            .log
            .fit(OffsetRange::new(range.start, most), self.room.bytes);
        if fit == 0 && self.grants.is_empty() && self.room.may_exceed {
            1
        } else {
            fit
        }
    }

    /// Uses up the room for a range and notes the grant.
    fn add(&mut self, range: OffsetRange, attempt: u32) {
        let left = self.room.bytes.checked_sub(self.log.bytes(range));
        self.room = Room {
            // What is larger than the room goes alone.
            messages: left.map_or(0, |_| self.room.messages - range.count()),
            bytes: left.unwrap_or(0),
            may_exceed: false,
        };
        match self.grants.last_mut() {
            Some(last) if last.range.end == range.start && last.attempt == attempt => {
                last.range.end = range.end;
            }
            _ => self.grants.push(Grant {
                range,
                attempt,
                serial: self.ticket.serial,
            }),
        }
    }
}

impl Machine {
    /// Leases what is ready to `ticket`'s consumer: redeliveries first, then fresh ones. The caller
    /// writes the result as a `Delivered` entry. Gives nothing without room for a message and a
    /// byte.
    pub fn take(&mut self, log: &Log, rules: &Rules, room: Room, ticket: &Ticket) -> Vec<Grant> {
        if room.messages == 0 || room.bytes == 0 {
            return Vec::new();
        }
        let mut basket = Basket {
            log,
            ticket,
            room,
            grants: Vec::new(),
        };
        self.take_ready(&mut basket);
        if self.key_order == KeyOrder::Off {
            self.take_fresh(&mut basket);
        } else {
            self.take_fresh_in_turn(&mut basket, rules);
        }
        basket.grants
    }

    /// What was handed out since this was last asked as a first attempt, but not for the first time.
    pub fn take_repeated(&mut self) -> Vec<OffsetRange> {
        std::mem::take(&mut self.timing.repeated)
    }

    /// What was acknowledged since this was last asked.
    pub fn take_handled(&mut self) -> Vec<Handled> {
        std::mem::take(&mut self.timing.handled)
    }

    /// Whether a take may grant something. After one with room for any message that granted
    /// nothing, it is false.
    pub fn has_ready(&self, log: &Log) -> bool {
        let fresh = || self.next_fresh_ready(log);
        !self.ready.is_empty() || (!self.is_stalled && fresh().is_some())
    }

    fn take_ready(&mut self, basket: &mut Basket<'_>) {
        while let Some((span, &Again(attempts))) = self.ready.first() {
            let (mut range, turn) = self.first_in_turn(span);
            if turn {
                range.end = range.start.plus(basket.fit(range));
                if range.is_empty() {
                    return;
                }
                self.grant(basket, range, attempts);
            }
            // What is out of turn is ready again when its turn comes.
            self.ready.cut(range);
        }
    }

    /// The front of a span: as much as can be handed out together, or the part that is out of turn.
    fn first_in_turn(&self, span: OffsetRange) -> (OffsetRange, bool) {
        if self.keys.is_empty() {
            return (span, true);
        }
        self.keys.front(span)
    }

    fn take_fresh(&mut self, basket: &mut Basket<'_>) {
        while let Some((run, attempts)) = self.next_fresh_ready(basket.log) {
            let count = basket.fit(run);
            self.fresh = run.start.0 + count;
            if count == 0 {
                return;
            }
            self.grant(basket, OffsetRange::new(run.start, count), attempts);
        }
        self.pass_over(basket.log);
    }

    /// The same with key order: what is out of turn is parked behind the first of its key.
    fn take_fresh_in_turn(&mut self, basket: &mut Basket<'_>, rules: &Rules) {
        let log = basket.log;
        while let Some(fresh) = self.next_fresh(log, self.fresh) {
            let (run, attempts) = match fresh {
                Fresh::Ready(run, attempts) => (run, attempts),
                Fresh::Held(held) => {
                    self.pass_held(log, held);
                    continue;
                }
            };
            self.fresh = run.start.0;
            let (keys, end) = log.keys_from(run.start.0);
            let most = run.count().min(basket.room.messages.max(1));
            let run = between(run.start.0, end.min(run.start.plus(most).0));
            let count = match keys {
                None => basket.fit(run),
                Some(keys) => match self.meet(run, keys, basket, rules) {
                    Turn::Free(count) => count,
                    Turn::Parked(count) => {
                        self.fresh = run.start.0 + count;
                        continue;
                    }
                    Turn::Stalled => {
                        self.is_stalled = true;
                        return;
                    }
                },
            };
            if count == 0 {
                return;
            }
            let range = OffsetRange::new(run.start, count);
            self.grant(basket, range, attempts);
            self.fresh = range.end.0;
        }
        self.pass_over(log);
    }

    /// The front of a run of fresh messages: those whose turn it is and that there is room for, each of another key,
    /// which have met now, or those that stand behind others, which are parked.
    fn meet(&mut self, run: OffsetRange, keys: &[u64], basket: &Basket<'_>, rules: &Rules) -> Turn {
        let is_free = |first: &u64| *first == 0 || self.keys.is_free(*first);
        if keys.first().is_some_and(is_free) {
            let fit = OffsetRange::new(run.start, basket.fit(run)).offsets();
            let free = fit
                .zip(keys)
                .take_while(|&(offset, &key)| key == 0 || self.keys.meet_first(offset.0, key));
            return Turn::Free(free.count() as u64);
        }
        let may_park = |keys: &Keys, is_crowded| {
            let has_room = keys.parked_messages() < rules.parked_messages;
            has_room && (is_crowded || keys.parked_keys() < rules.parked_keys)
        };
        let mut parked = 0;
        for (offset, &key) in run.offsets().zip(keys) {
            match self.keys.meet_behind(offset.0, key, may_park) {
                Parked::Behind => parked += 1,
                Parked::First | Parked::Full => break,
            }
        }
        match parked {
            0 => Turn::Stalled,
            parked => Turn::Parked(parked),
        }
    }

    fn grant(&mut self, basket: &mut Basket<'_>, range: OffsetRange, attempts: u32) {
        let ticket = basket.ticket;
        basket.add(range, attempts + 1);
        if attempts == 0 {
            self.timing.handed_out(range);
        }
        self.leased += range.count();
        self.progress.touch(range, ticket.at, |_, _, _| ());
        self.progress.note_leased(range);
        self.keys.lease(range);
        let lease = Lease {
            attempt: attempts + 1,
            serial: ticket.serial,
            incarnation: ticket.incarnation,
            consumer: Some(ticket.consumer),
            name: Arc::clone(&ticket.name),
            deadline: ticket.deadline,
            since: ticket.since,
        };
        self.leases.insert(range, lease);
    }
}

/// What the front of a run of fresh messages is.
enum Turn {
    /// So many can be handed out.
    Free(u64),
    /// So many stand behind others of their keys.
    Parked(u64),
    /// The first stands behind another and no more may be parked.
    Stalled,
}
