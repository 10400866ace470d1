//! Messages with an id of their own: one that was published before within the window is not stored again, and its
//! publisher is told the place of the first.
//!
//! Kept by the hash of the id. Derived, never stated: built again at the start from the columns of what is stored, so
//! what is within the window stays stored. Never forgets early: at the bound what has an id is refused.

use std::collections::{BTreeMap, VecDeque};

use super::limits::{DEDUP_WINDOW, MAX_DEDUP_IDS, MAX_FORGOTTEN};
use crate::model::entry::{Body, Columns, Published};
use crate::model::{Offset, Partition, Span, Time};

/// Consecutive messages of a partition.
pub(super) type Places = (Partition, Offset, u32);

/// The ids of a topic's messages of the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Known {
    places: BTreeMap<u128, (Partition, Offset)>,
    /// The same by partition, the oldest first.
    noted: BTreeMap<Partition, VecDeque<Noted>>,
}

#[derive(Debug, Clone, Copy)]
struct Noted {
    time: Time,
    offset: Offset,
    hash: u128,
}

impl Noted {
    fn until(&self) -> Time {
        self.time.plus(DEDUP_WINDOW)
    }
}

impl Known {
    /// A batch is stored.
    pub(super) fn note(&mut self, published: &Published, columns: &Columns) {
        let partition = published.partition;
        for noted in marked(published, columns) {
            self.places.insert(noted.hash, (partition, noted.offset));
            self.noted.entry(partition).or_default().push_back(noted);
        }
    }

    /// A batch is found in recovery, in any order; `resume` then makes use of it.
    pub(super) fn find(&mut self, published: &Published, columns: &Columns) {
        let mut marked = marked(published, columns).peekable();
        if marked.peek().is_none() {
            return;
        }
        let noted = self.noted.entry(published.partition).or_default();
        noted.extend(marked);
        if noted.len() > 2 * MAX_DEDUP_IDS {
            let newest = noted.iter().map(|one| one.time).max().unwrap_or_default();
            noted.retain(|one| one.until() > newest);
        }
    }

    /// Ends recovery.
    pub(super) fn resume(&mut self, now: Time) {
        for (&partition, noted) in &mut self.noted {
            noted.retain(|one| one.until() > now);
            noted
                .make_contiguous()
                .sort_unstable_by_key(|one| one.offset);
            // A batch may be found twice.
            let mut last = None;
            noted.retain(|one| last.replace(one.offset) != Some(one.offset));
            for one in noted {
                self.places.insert(one.hash, (partition, one.offset));
            }
        }
    }

    /// Forgets ids whose window has passed, some of them.
    pub(super) fn forget(&mut self, now: Time) {
        let mut left = MAX_FORGOTTEN;
        for (&partition, noted) in &mut self.noted {
            while left > 0
                && let Some(first) = noted.front()
                && first.until() <= now
            {
                if self.places.get(&first.hash) == Some(&(partition, first.offset)) {
                    self.places.remove(&first.hash);
                }
                noted.pop_front();
                left -= 1;
            }
        }
        self.noted.retain(|_, noted| !noted.is_empty());
    }

    /// Whether a message with this id is stored.
    pub(super) fn has(&self, hash: u128) -> bool {
        hash != 0 && self.places.contains_key(&hash)
    }

    /// What must stay stored of a partition, so that a start finds it.
    pub(super) fn lowest(&self, partition: Partition) -> Option<Offset> {
        let noted = self.noted.get(&partition)?;
        noted.front().map(|first| first.offset)
    }

    /// How long until the next id may be forgotten.
    fn next(&self, now: Time) -> Span {
        let first = self.noted.values().filter_map(VecDeque::front);
        let next = first.map(|first| first.until().since(now)).min();
        next.unwrap_or(Span::ZERO)
    }
}

fn marked(published: &Published, columns: &Columns) -> impl Iterator<Item = Noted> {
    let hashes = columns.dedup.as_deref().unwrap_or(&[]);
    let (base, time) = (published.base, published.time);
    let numbered = (0..).zip(hashes).filter(|(_, hash)| **hash != 0);
    numbered.map(move |(index, &hash)| Noted {
        time,
        offset: base.plus(index),
        hash,
    })
}

/// Parts the messages of one request into new ones and those that are stored already.
#[derive(Debug)]
pub(super) struct Sieve<'a> {
    known: &'a Known,
    /// Ids that this request is the first to have.
    fresh: BTreeMap<u128, (Partition, Offset)>,
    now: Time,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(known: &'a Known, now: Time) -> Self {
        Self {
            known,
            fresh: BTreeMap::new(),
            now,
        }
    }

    /// What is to be stored of a batch from `base` on, and where each of its messages is then.
    pub(super) fn sift(
        &mut self,
        (partition, body): (Partition, Body),
        base: Offset,
    ) -> (Option<Body>, Vec<Places>) {
        let count = body.columns.count;
        let Some(hashes) = &body.columns.dedup else {
            return (Some(body), vec![(partition, base, count)]);
        };
        let mut places: Vec<Places> = Vec::new();
        let (mut left_out, mut next) = (Vec::new(), base);
        for (index, &hash) in hashes.iter().enumerate() {
            let place = if let Some(first) = self.first(hash) {
                left_out.push(index);
                first
            } else {
                let place = (partition, next);
                if hash != 0 {
                    self.fresh.insert(hash, place);
                }
                next = next.plus(1);
                place
            };
            match places.last_mut() {
                Some((of, first, count)) if (*of, first.plus((*count).into())) == place => {
                    *count += 1;
                }
                _ => places.push((place.0, place.1, 1)),
            }
        }
        if left_out.is_empty() {
            return (Some(body), places);
        }
        (body.without(&left_out), places)
    }

    /// Where the first message with this id is.
    fn first(&self, hash: u128) -> Option<(Partition, Offset)> {
        let known = self.known.places.get(&hash).filter(|_| hash != 0);
        known.or_else(|| self.fresh.get(&hash)).copied()
    }

    /// How long to wait if there is no room for the new ids; none if there is.
    pub(super) fn excess(&self) -> Option<Span> {
        let is_full = self.known.places.len() + self.fresh.len() > MAX_DEDUP_IDS;
        (is_full && !self.fresh.is_empty()).then(|| self.known.next(self.now))
    }
}
