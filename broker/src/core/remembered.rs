//! What requests with ids were answered, for ten minutes.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::REQUEST_WINDOW;
use crate::model::entry::{FirstAnswer, Requested};
use crate::model::{Position, RequestId, Time};

/// The answers of the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Requests {
    by_id: BTreeMap<RequestId, Remembered>,
    /// The same in the order in which they are forgotten.
    by_time: BTreeSet<(Time, RequestId)>,
}

#[derive(Debug)]
struct Remembered {
    requested: Box<Requested>,
    /// Where the log says it last.
    stated: Position,
}

impl Requests {
    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// What this request was answered, and the hash of what it asked.
    pub(super) fn answer(&self, id: RequestId) -> Option<(u64, &FirstAnswer)> {
        let requested = &self.by_id.get(&id)?.requested;
        Some((requested.fingerprint, &requested.answer))
    }

    /// Applies the entry.
    pub(super) fn requested(&mut self, requested: &Requested, at: Position) {
        let (id, time) = (requested.id, requested.time);
        let remembered = Remembered {
            requested: Box::new(requested.clone()),
            stated: at,
        };
        if let Some(before) = self.by_id.insert(id, remembered) {
            self.by_time.remove(&(before.requested.time, id));
        }
        self.by_time.insert((time, id));
    }

    /// Forgets what is older than ten minutes.
    pub(super) fn forget(&mut self, now: Time) {
        while let Some((time, id)) = self.by_time.first().copied()
            && time.plus(REQUEST_WINDOW) <= now
        {
            self.by_time.remove(&(time, id));
            self.by_id.remove(&id);
        }
    }

    /// Where the log says the first of them that is still remembered.
    pub(super) fn state_floor(&self) -> Option<Position> {
        self.by_id.values().map(|one| one.stated).min()
    }

    /// Those that the log says before a position, in order of time.
    pub(super) fn stated_before(&self, before: Position) -> Vec<Requested> {
        let all = self.by_time.iter().filter_map(|(_, id)| self.by_id.get(id));
        let due = all.filter(|one| one.stated < before);
        due.map(|one| (*one.requested).clone()).collect()
    }

    /// All of them, in order of time.
    pub(super) fn all(&self) -> impl Iterator<Item = &Requested> {
        let all = self.by_time.iter().filter_map(|(_, id)| self.by_id.get(id));
        all.map(|one| &*one.requested)
    }
}
