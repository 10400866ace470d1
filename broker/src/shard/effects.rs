//! What leaves the shard, and when.
//!
//! Effects of a round are gathered by the position they wait for and handed to the journal in one
//! or two closures; the journal's writer performs them, so that a durable answer takes no further
//! trip. Performing never blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::command::{Answer, Deferred, News, Room};
use super::handle::{Shared, poisoning};
use super::lease::Granted;
use super::mailbox::Mailbox;
use crate::core::{Receipt, SequenceRange};
use crate::journal::{Journal, Poisoned};
use crate::model::Position;

/// Something that leaves once a position is durable.
pub(super) enum Effect {
    /// An answer of an act.
    Give(Deferred),
    /// Deliveries in a mailbox may leave.
    Wake(Arc<Mailbox>),
    /// Acks are durable.
    Confirm(Arc<Mailbox>, Vec<SequenceRange>),
    /// A consumer has left, and everything it said is durable.
    Close(Arc<Mailbox>),
    /// A publish is stored; its room is free again.
    Receipt(Answer<Receipt>, Receipt, Option<Room>),
    /// The room of a publish that was confirmed before is free again.
    Room(Option<Room>),
    /// A pull has its messages.
    Pulled(Answer<Granted>, Granted),
    /// Readers have something to look up.
    Tell(Vec<News>),
}

impl Effect {
    /// Performs it. That nobody waits any more is no concern here: leases that nobody took give
    /// themselves back.
    fn perform(self, durable: Result<(), Poisoned>) {
        match (self, durable) {
            (Self::Give(deferred), durable) => deferred(durable),
            (Self::Wake(mailbox), Ok(())) => mailbox.wake(),
            (Self::Confirm(mailbox, ranges), Ok(())) => mailbox.put_confirmed(ranges),
            (Self::Close(mailbox), Ok(())) => mailbox.close(),
            (
                Self::Wake(mailbox) | Self::Confirm(mailbox, _) | Self::Close(mailbox),
                Err(poisoned),
            ) => mailbox.end(poisoning(&poisoned)),
            (Self::Receipt(answer, receipt, room), durable) => {
                drop(room);
                let stored = durable.map(|()| receipt);
                drop(answer.send(stored.map_err(|poisoned| poisoning(&poisoned))));
            }
            (Self::Room(room), _) => drop(room),
            (Self::Pulled(answer, granted), durable) => {
                let granted = durable.map(|()| granted);
                drop(answer.send(granted.map_err(|poisoned| poisoning(&poisoned))));
            }
            // They look for themselves, and find out what has happened.
            (Self::Tell(news), _) => drop(news),
        }
    }
}

/// The effects of one round.
#[derive(Default)]
pub(super) struct Effects {
    waiting: Vec<(Position, Effect)>,
    /// Those that only wait to be written.
    written: Vec<(Position, Effect)>,
}

impl Effects {
    /// Adds an effect that waits for `position`.
    pub(super) fn push(&mut self, position: Position, effect: Effect) {
        self.waiting.push((position, effect));
    }

    /// Adds an effect that waits for `position` to be written.
    pub(super) fn push_written(&mut self, position: Position, effect: Effect) {
        self.written.push((position, effect));
    }

    /// Hands over what waits to be written, all together: what is appended together is written together.
    fn release_written(&mut self, journal: &mut dyn Journal, shared: &Arc<Shared>) {
        let Some(last) = self.written.iter().map(|(position, _)| *position).max() else {
            return;
        };
        let effects = std::mem::take(&mut self.written);
        let shared = Arc::clone(shared);
        let release = Box::new(move |written: Result<(), Poisoned>| {
            for (_, effect) in effects {
                effect.perform(written.clone());
            }
            if written.is_err() {
                shared.doorbell.ring();
            }
        });
        journal.when_written(last, release);
    }

    /// Hands all to the journal. `eager` is the first and the last position of the round up to
    /// which its eager frames start a sync: what waits for a position among them waits for the
    /// last, which is durable at the same time.
    pub(super) fn release(
        &mut self,
        journal: &mut dyn Journal,
        eager: Option<(Position, Position)>,
        shared: &Arc<Shared>,
    ) {
        self.release_written(journal, shared);
        if self.waiting.is_empty() {
            return;
        }
        let durable = shared.watermark.durable();
        let is_poisoned = shared.watermark.is_poisoned();
        let mut later: BTreeMap<Position, Vec<Effect>> = BTreeMap::new();
        for (position, effect) in self.waiting.drain(..) {
            if position <= durable && !is_poisoned {
                effect.perform(Ok(()));
                continue;
            }
            let position = match eager {
                Some((first, last)) if first <= position && position <= last => last,
                _ => position,
            };
            later.entry(position).or_default().push(effect);
        }
        for (position, effects) in later {
            let shared = Arc::clone(shared);
            let release = Box::new(move |durable: Result<(), Poisoned>| {
                for effect in effects {
                    effect.perform(durable.clone());
                }
                if durable.is_err() {
                    shared.doorbell.ring();
                }
            });
            journal.when_durable(position, release);
        }
    }
}
