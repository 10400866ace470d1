//! The events that are kept: the newest 10,000.

use std::collections::VecDeque;
use std::sync::Arc;

use super::crowd::Crowds;
use super::event::{Event, Happening};
use crate::model::Time;

/// How many events are kept.
pub(super) const KEPT: usize = 10_000;
/// By how much the numbers jump where some that were given may have been lost: more than are given between two writes
/// of the image, so that no number stands for two events.
pub(super) const JUMP: u64 = 1 << 20;

/// What has happened, the newest 10,000 of it.
#[derive(Debug)]
pub struct Timeline {
    pub(super) events: VecDeque<Arc<Event>>,
    /// The number of the next event.
    pub(super) next: u64,
    crowds: Crowds,
}

/// Some of the events, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The events.
    pub events: Vec<Arc<Event>>,
    /// Whether some of those asked for are missing.
    pub is_cut: bool,
    /// Everything up to this number was looked at.
    pub until: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::of(VecDeque::new(), 1)
    }
}

impl Timeline {
    pub(super) fn of(events: VecDeque<Arc<Event>>, next: u64) -> Self {
        Self {
            events,
            next,
            crowds: Crowds::default(),
        }
    }

    /// Takes note of a happening. If there are too many of its kind it is told later, with others as one.
    pub fn tell(&mut self, happening: Happening) {
        self.pass(happening.time);
        if let Some(happening) = self.crowds.admit(happening) {
            self.append(happening);
        }
    }

    /// Adds an event at once, whatever else happened.
    pub fn append(&mut self, happening: Happening) -> Arc<Event> {
        let event = Arc::new(Event {
            sequence: self.next,
            happening,
        });
        self.next += 1;
        if self.events.len() >= KEPT {
            self.events.pop_front();
        }
        self.events.push_back(Arc::clone(&event));
        event
    }

    /// Time passes: what was held back is told when its second is over.
    pub fn pass(&mut self, now: Time) {
        for held in self.crowds.pass(now) {
            self.append(held);
        }
    }

    /// Numbers that may have been given and lost are given no second time.
    pub fn jump(&mut self) {
        self.next = self.next.saturating_add(JUMP);
    }

    /// The number of the newest event; 0 if there was none yet.
    pub fn newest(&self) -> u64 {
        self.next - 1
    }

    /// The newest `limit` events after a number that are wanted; 0 asks for all that are kept. A number that was never
    /// given is of a timeline that was lost: then everything is new.
    pub fn newest_after(
        &self,
        sequence: u64,
        limit: usize,
        is_wanted: impl Fn(&Event) -> bool,
    ) -> Stretch {
        let is_strange = sequence > self.newest();
        let from = if is_strange { 0 } else { sequence };
        let wanted = self.events.iter().rev();
        let wanted = wanted.take_while(|event| event.sequence > from);
        let mut wanted = wanted.filter(|event| is_wanted(event));
        let mut events: Vec<_> = wanted.by_ref().take(limit).map(Arc::clone).collect();
        events.reverse();
        Stretch {
            events,
            is_cut: is_strange || wanted.next().is_some() || self.is_gone(sequence),
            until: self.newest(),
        }
    }

    /// The events after a number that was given, at most `limit`.
    pub fn after(&self, sequence: u64, limit: usize) -> Stretch {
        let first = self
            .events
            .partition_point(|event| event.sequence <= sequence);
        let events = self.events.range(first..).take(limit).map(Arc::clone);
        let events: Vec<_> = events.collect();
        let until = match events.last() {
            Some(last) if events.len() == limit => last.sequence,
            _ => self.newest(),
        };
        Stretch {
            events,
            is_cut: self.is_gone(sequence),
            until,
        }
    }

    /// Whether events right after a number are no longer kept.
    fn is_gone(&self, sequence: u64) -> bool {
        let oldest = self.events.front();
        let oldest = oldest.map_or(self.next, |event| event.sequence);
        sequence > 0 && oldest > sequence + 1
    }
}
