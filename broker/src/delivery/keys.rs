//! Order within a key: which messages of a key have been met and are not done, and whose turn it
//! is.
//!
//! Promises that only the first unfinished message of a key is handed out, alone. Only messages
//! that a take has met are here; what lies ahead costs nothing. Two keys of equal hash count as
//! one.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::OffsetRange;

/// The messages of one key that are in its order, the first apart from the rest.
#[derive(Debug, Clone)]
struct Line {
    leased: u32,
    head: u64,
    rest: BTreeSet<u64>,
}

/// The keys that are in work or held up.
#[derive(Debug, Default, Clone)]
pub(super) struct Keys {
    /// Key by offset, of all that were met and are not finished; dead ones, too.
    members: BTreeMap<u64, u64>,
    lines: BTreeMap<u64, Line>,
    parked_messages: u64,
    crowded: u64,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many messages stand behind another of their key.
    pub(super) fn parked_messages(&self) -> u64 {
        self.parked_messages
    }

    /// How many keys have such messages.
    pub(super) fn parked_keys(&self) -> u64 {
        self.crowded
    }

    /// Whether no message of the key has been met that is not done.
    pub(super) fn is_free(&self, key: u64) -> bool {
        !self.lines.contains_key(&key)
    }

    /// Whether other messages of the key stand behind its first one.
    pub(super) fn is_crowded(&self, key: u64) -> bool {
        self.lines.get(&key).is_some_and(|l| !l.rest.is_empty())
    }

    /// Meets a message and puts it into the line of its key.
    pub(super) fn meet(&mut self, offset: u64, key: u64) {
        self.members.insert(offset, key);
        self.join(offset);
    }

    /// Remembers the key of a message that is in no line: a dead one that its key goes on without.
    pub(super) fn remember(&mut self, offset: u64, key: u64) {
        self.members.insert(offset, key);
    }

    /// Puts a message that was met into the line of its key.
    pub(super) fn join(&mut self, offset: u64) {
        let Some(&key) = self.members.get(&offset) else {
            return;
        };
        let Some(line) = self.lines.get_mut(&key) else {
            let (leased, rest) = (0, BTreeSet::new());
            let head = offset;
            self.lines.insert(key, Line { leased, head, rest });
            return;
        };
        if line.head == offset {
            return;
        }
        let was_alone = line.rest.is_empty();
        let later = line.head.max(offset);
        line.head = line.head.min(offset);
        if line.rest.insert(later) {
            self.parked_messages += 1;
            self.crowded += u64::from(was_alone);
        }
    }

    /// Takes a message out of the line of its key; gives the key.
    pub(super) fn leave(&mut self, offset: u64) -> Option<u64> {
        let key = *self.members.get(&offset)?;
        let line = self.lines.get_mut(&key)?;
        let parked = if line.head != offset {
            line.rest.remove(&offset)
        } else if let Some(next) = line.rest.pop_first() {
            line.head = next;
            true
        } else {
            self.lines.remove(&key);
            return Some(key);
        };
        if parked {
            self.parked_messages -= 1;
            self.crowded -= u64::from(line.rest.is_empty());
        }
        Some(key)
    }

    /// Forgets a message that is done; gives its key.
    pub(super) fn forget(&mut self, offset: u64) -> Option<u64> {
        self.leave(offset);
        self.members.remove(&offset)
    }

    /// The messages of a range that were met, with their keys.
    pub(super) fn members(&self, range: OffsetRange) -> Vec<(u64, u64)> {
        if self.members.is_empty() {
            return Vec::new();
        }
        let members = self.members.range(range.start.0..range.end.0);
        members.map(|(&offset, &key)| (offset, key)).collect()
    }

    /// The first of the key of a message, if that is another one.
    pub(super) fn ahead_of(&self, offset: u64) -> Option<u64> {
        let line = self.lines.get(self.members.get(&offset)?)?;
        (line.head != offset).then_some(line.head)
    }

    /// Whether it is the turn of a message; always if it has no key.
    pub(super) fn has_turn(&self, offset: u64) -> bool {
        let Some(key) = self.members.get(&offset) else {
            return true;
        };
        self.next_of(*key) == Some(offset)
    }

    /// The message of a key whose turn it is; none while one of it is leased.
    pub(super) fn next_of(&self, key: u64) -> Option<u64> {
        let line = self.lines.get(&key)?;
        (line.leased == 0).then_some(line.head)
    }

    /// A message is leased.
    pub(super) fn lease(&mut self, offset: u64) {
        if let Some(line) = self.line_of(offset) {
            line.leased += 1;
        }
    }

    /// Its lease ended.
    pub(super) fn unlease(&mut self, offset: u64) {
        if let Some(line) = self.line_of(offset) {
            line.leased = line.leased.saturating_sub(1);
        }
    }

    fn line_of(&mut self, offset: u64) -> Option<&mut Line> {
        let key = self.members.get(&offset)?;
        self.lines.get_mut(key)
    }
}
