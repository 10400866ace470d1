//! Which partition has something to do next, and when by the wall clock: one moment a partition.
//!
//! Promises that the earliest is found without a look at the others. Derived, never stated.

use std::collections::BTreeSet;

use crate::model::{Partition, Time, TopicId};

/// The moments of all partitions.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    moments: BTreeSet<(Time, TopicId, Partition)>,
}

impl Agenda {
    /// Replaces the moment of a partition; `noted` is where the partition remembers it.
    pub(super) fn note(
        &mut self,
        place: (TopicId, Partition),
        noted: &mut Option<Time>,
        next: Option<Time>,
    ) {
        if *noted == next {
            return;
        }
        self.forget(place, *noted);
        if let Some(next) = next {
            self.moments.insert((next, place.0, place.1));
        }
        *noted = next;
    }

    /// Forgets a partition that goes, with the moment that it remembers.
    pub(super) fn forget(&mut self, place: (TopicId, Partition), noted: Option<Time>) {
        if let Some(moment) = noted {
            self.moments.remove(&(moment, place.0, place.1));
        }
    }

    /// The earliest moment, and whose it is.
    pub(super) fn first(&self) -> Option<(Time, TopicId, Partition)> {
        self.moments.first().copied()
    }
}
