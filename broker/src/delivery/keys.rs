//! Order within a key: which messages of a key have been met and are not done, and whose turn it
//! is.
//!
//! Promises that only the first unfinished message of a key is handed out, alone. Only messages
//! that a take has met are here; what lies ahead costs nothing. Two keys of equal hash count as
//! one. A message is found with its line, so that a range costs one search and a step for each of its
//! messages; a key is searched for when a message of it is met and when its line ends.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use slab::Slab;

use crate::model::OffsetRange;

/// The place of a line while it lasts; another line may have it afterwards.
pub(super) type LineId = usize;

/// Places of lines whose memory is kept when nothing stands in any: those of a consumer that has much in work. What a
/// larger one has left behind is given back.
const SPARE_LINES: usize = 4_096;

/// The messages of one key that are in its order, the first apart from the rest.
#[derive(Debug, Clone)]
struct Line {
    key: u64,
    leased: u32,
    head: u64,
    rest: Rest,
}

/// Those that stand behind the first one. Most lines are short: only the third of a line makes a set.
#[derive(Debug, Default, Clone)]
struct Rest {
    next: Option<u64>,
    later: BTreeSet<u64>,
}

/// What became of a message that is met within bounds.
pub(super) enum Parked {
    /// It stands behind another one.
    Behind,
    /// Nothing is before it; it was not put into a line.
    First,
    /// No more may stand behind others.
    Full,
}

/// The keys that are in work or held up.
#[derive(Debug, Default, Clone)]
pub(super) struct Keys {
    /// The line of each message that was met, is not finished and stands in one.
    members: BTreeMap<u64, LineId>,
    /// The keys of those that stand in none: dead ones that their keys go on without.
    aside: BTreeMap<u64, u64>,
    lines: Lines,
}

/// The lines by place and by key.
#[derive(Debug, Default, Clone)]
struct Lines {
    all: Slab<Line>,
    // A search goes through many keys in no order: in a tree it was a third of what a message with a key cost.
    by_key: HashMap<u64, LineId>,
    parked_messages: u64,
    crowded: u64,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.aside.is_empty()
    }

    /// How many lines there is room for without asking for more.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.lines.all.capacity()
    }

    /// How many messages stand behind another of their key.
    pub(super) fn parked_messages(&self) -> u64 {
        self.lines.parked_messages
    }

    /// How many keys have such messages.
    pub(super) fn parked_keys(&self) -> u64 {
        self.lines.crowded
    }

    /// Whether no message of the key has been met that is not done.
    pub(super) fn is_free(&self, key: u64) -> bool {
        !self.lines.by_key.contains_key(&key)
    }

    /// Meets a message and puts it into the line of its key.
    pub(super) fn meet(&mut self, offset: u64, key: u64) {
        self.aside.remove(&offset);
        let line = self.lines.join(offset, key);
        self.members.insert(offset, line);
    }

    /// The same if nothing of the key was met that is not done; else leaves it, and says so.
    pub(super) fn meet_first(&mut self, offset: u64, key: u64) -> bool {
        let line = self.lines.begin(offset, key);
        if let Some(line) = line {
            self.members.insert(offset, line);
        }
        line.is_some()
    }

    /// The same if something of the key is before it and `may` more messages wait, which is told whether others of the
    /// key do already.
    pub(super) fn meet_behind(
        &mut self,
        offset: u64,
        key: u64,
        may: impl FnOnce(&Self, bool) -> bool,
    ) -> Parked {
        let Some(&line) = self.lines.by_key.get(&key) else {
            return Parked::First;
        };
        let is_crowded = self.lines.all.get(line).is_some_and(|l| !l.rest.is_empty());
        if !may(self, is_crowded) {
            return Parked::Full;
        }
        self.lines.enter(line, offset);
        self.members.insert(offset, line);
        Parked::Behind
    }

    /// Remembers the key of a message that is in no line: a dead one that its key goes on without.
    pub(super) fn remember(&mut self, offset: u64, key: u64) {
        self.aside.insert(offset, key);
    }

    /// Puts the messages of a range that are in no line into those of their keys, which are eased.
    pub(super) fn join(&mut self, range: OffsetRange, eased: &mut Vec<LineId>) {
        if range.is_empty() {
            return;
        }
        let bounds = range.start.0..range.end.0;
        for (offset, key) in self.aside.extract_if(bounds.clone(), |_, _| true) {
            let line = self.lines.join(offset, key);
            self.members.insert(offset, line);
        }
        eased.extend(self.members.range(bounds).map(|(_, &line)| line));
    }

    /// Takes the messages of a range out of the lines of their keys, which are eased, and remembers them.
    pub(super) fn leave(&mut self, range: OffsetRange, eased: &mut Vec<LineId>) {
        if range.is_empty() {
            return;
        }
        let bounds = range.start.0..range.end.0;
        for (offset, line) in self.members.extract_if(bounds, |_, _| true) {
            let Some(key) = self.lines.leave(line, offset, eased) else {
                continue;
            };
            self.aside.insert(offset, key);
        }
    }

    /// Forgets the messages of a range, which are done; their keys are eased.
    pub(super) fn forget(&mut self, range: OffsetRange, eased: &mut Vec<LineId>) {
        if range.is_empty() {
            return;
        }
        let bounds = range.start.0..range.end.0;
        for (offset, line) in self.members.extract_if(bounds.clone(), |_, _| true) {
            self.lines.leave(line, offset, eased);
        }
        if !self.aside.is_empty() {
            self.aside.extract_if(bounds, |_, _| true).for_each(drop);
        }
    }

    /// The first of the key of a message, if that is another one.
    pub(super) fn ahead_of(&self, offset: u64) -> Option<u64> {
        let line = self.lines.all.get(*self.members.get(&offset)?)?;
        (line.head != offset).then_some(line.head)
    }

    /// The front of a range that is all in turn, or all out of turn, and which. It is always the turn of a message
    /// without a key.
    pub(super) fn front(&self, range: OffsetRange) -> (OffsetRange, bool) {
        let (mut at, mut first) = (range.start, None);
        for (&offset, &line) in self.members.range(range.start.0..range.end.0) {
            if at.0 < offset && first == Some(false) {
                return (OffsetRange::between(range.start, at), false);
            }
            let turn = self.next_of(line) == Some(offset);
            let others = if range.start.0 < offset {
                first.get_or_insert(true)
            } else {
                first.get_or_insert(turn)
            };
            if *others != turn {
                at.0 = offset;
                return (OffsetRange::between(range.start, at), !turn);
            }
            at.0 = offset + 1;
        }
        match first {
            Some(false) => (OffsetRange::between(range.start, at), false),
            _ => (range, true),
        }
    }

    /// The message of a line whose turn it is; none while one of it is leased.
    pub(super) fn next_of(&self, line: LineId) -> Option<u64> {
        let line = self.lines.all.get(line)?;
        (line.leased == 0).then_some(line.head)
    }

    /// The messages of a range are leased.
    pub(super) fn lease(&mut self, range: OffsetRange) {
        if range.is_empty() {
            return;
        }
        for (_, &line) in self.members.range(range.start.0..range.end.0) {
            if let Some(line) = self.lines.all.get_mut(line) {
                line.leased += 1;
            }
        }
    }

    /// Their leases ended; tells the line of each.
    pub(super) fn unlease(&mut self, range: OffsetRange, mut each: impl FnMut(LineId)) {
        if range.is_empty() {
            return;
        }
        for (_, &place) in self.members.range(range.start.0..range.end.0) {
            if let Some(line) = self.lines.all.get_mut(place) {
                line.leased = line.leased.saturating_sub(1);
                each(place);
            }
        }
    }
}

/// Gives back the room of a list that is empty, beyond what is kept.
pub(super) fn slim(eased: &mut Vec<LineId>) {
    eased.shrink_to(SPARE_LINES);
}

impl Lines {
    /// Begins the line of a key that has none.
    fn begin(&mut self, offset: u64, key: u64) -> Option<LineId> {
        let Entry::Vacant(entry) = self.by_key.entry(key) else {
            return None;
        };
        let line = self.all.insert(Line {
            key,
            leased: 0,
            head: offset,
            rest: Rest::default(),
        });
        entry.insert(line);
        Some(line)
    }

    /// Puts a message into the line of its key.
    fn join(&mut self, offset: u64, key: u64) -> LineId {
        if let Some(&line) = self.by_key.get(&key) {
            self.enter(line, offset);
            return line;
        }
        self.begin(offset, key).unwrap_or(LineId::MAX)
    }

    /// Puts a message into a line.
    fn enter(&mut self, line: LineId, offset: u64) {
        let Some(line) = self.all.get_mut(line) else {
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

    /// Takes a message out of its line, which is eased if others stand in it; gives the key.
    fn leave(&mut self, place: LineId, offset: u64, eased: &mut Vec<LineId>) -> Option<u64> {
        let line = self.all.get_mut(place)?;
        let key = line.key;
        let parked = if line.head != offset {
            line.rest.remove(offset)
        } else if let Some(next) = line.rest.pop_first() {
            line.head = next;
            true
        } else {
            self.all.remove(place);
            self.by_key.remove(&key);
            if self.all.is_empty() && self.all.capacity() > SPARE_LINES {
                self.all = Slab::new();
                self.by_key = HashMap::new();
            }
            return Some(key);
        };
        if parked {
            self.parked_messages -= 1;
            self.crowded -= u64::from(line.rest.is_empty());
        }
        eased.push(place);
        Some(key)
    }
}

impl Rest {
    fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    /// Adds a message; whether it was not there.
    fn insert(&mut self, offset: u64) -> bool {
        match self.next {
            None => {
                self.next = Some(offset);
                true
            }
            Some(next) if next == offset => false,
            Some(next) => {
                self.next = Some(next.min(offset));
                self.later.insert(next.max(offset))
            }
        }
    }

    /// Takes a message out; whether it was there.
    fn remove(&mut self, offset: u64) -> bool {
        if self.next == Some(offset) {
            self.next = self.later.pop_first();
            return true;
        }
        self.later.remove(&offset)
    }

    fn pop_first(&mut self) -> Option<u64> {
        let first = self.next;
        self.next = self.later.pop_first();
        first
    }
}
