//! Sifting what a plan has picked: by ordering key, and by a filter on attributes, for which others read the messages.
//!
//! A slice at a time: the owner finds which messages come next, and takes over which of them it was true for.

use super::limits::{MAX_SIFTED, PLAN_SLICE, SIFT_BYTES, SIFT_MESSAGES};
use super::objects::Store;
use crate::delivery::Run;
use crate::model::range::push_joined;
use crate::model::{Offset, OffsetRange, Refusal};

/// Lists of messages that are sifted one after the other.
#[derive(Debug, Default)]
pub(super) struct Sifting {
    /// Which list, which of its ranges, and from where on.
    list: usize,
    range: usize,
    from: Offset,
    /// What is left of each list so far.
    left: [Vec<OffsetRange>; 2],
    /// To be read, and not asked for yet.
    waiting: Vec<OffsetRange>,
    /// To be read now.
    runs: Vec<Run>,
    /// How many messages were asked for in all.
    read: u64,
}

/// What a slice brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sifted {
    /// There is more.
    More,
    /// Everything was looked at.
    All,
}

impl Sifting {
    /// The messages that somebody is to read before it goes on.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Which of those that were to be read stay.
    pub(super) fn take_over(&mut self, chosen: &[OffsetRange]) {
        self.runs = Vec::new();
        if let Some(left) = self.left.get_mut(self.list) {
            for &range in chosen {
                push_joined(left, range);
            }
        }
    }

    /// What is left of the lists.
    pub(super) fn finish(&mut self) -> [Vec<OffsetRange>; 2] {
        let read = self.read;
        let left = std::mem::take(&mut self.left);
        *self = Self {
            read,
            ..Self::default()
        };
        left
    }

    /// Looks at the next slice of the lists.
    pub(super) fn go_on(
        &mut self,
        lists: &[Vec<OffsetRange>; 2],
        store: &Store,
        (key, is_read): (Option<u64>, bool),
    ) -> Result<Sifted, Refusal> {
        // What was to be read and was not is not chosen.
        self.runs = Vec::new();
        if !self.waiting.is_empty() {
            self.ask_for(store)?;
            return Ok(Sifted::More);
        }
        let most = if is_read {
            SIFT_MESSAGES
        } else {
            PLAN_SLICE as u64
        };
        let slice = loop {
            let Some(list) = lists.get(self.list) else {
                return Ok(Sifted::All);
            };
            let slice = self.slice_of(list, most);
            if !slice.is_empty() {
                break slice;
            }
            (self.list, self.range, self.from) = (self.list + 1, 0, Offset(0));
        };
        let mut chosen = Vec::new();
        for range in slice {
            let Some(key) = key else {
                chosen.push(range);
                continue;
            };
            let has_key = range.offsets().filter(|&at| store.log.key(at) == key);
            has_key.for_each(|at| push_joined(&mut chosen, OffsetRange::one(at)));
        }
        if is_read {
            self.waiting = chosen;
            self.ask_for(store)?;
        } else {
            self.take_over(&chosen);
        }
        Ok(Sifted::More)
    }

    /// The next messages of a list, at most so many.
    fn slice_of(&mut self, list: &[OffsetRange], most: u64) -> Vec<OffsetRange> {
        let (mut slice, mut left) = (Vec::new(), most);
        while let Some(&range) = list.get(self.range) {
            if left == 0 {
                break;
            }
            let start = range.start.max(self.from);
            let part = OffsetRange::new(
                start,
                OffsetRange::between(start, range.end).count().min(left),
            );
            left -= part.count();
            if part.end == range.end {
                (self.range, self.from) = (self.range + 1, Offset(0));
            } else {
                self.from = part.end;
            }
            if !part.is_empty() {
                slice.push(part);
            }
        }
        slice
    }

    /// Asks for the first of those that wait, about as many as one slice reads.
    fn ask_for(&mut self, store: &Store) -> Result<(), Refusal> {
        let waiting = std::mem::take(&mut self.waiting);
        let (mut bytes, mut asked) = (0, 0);
        for &range in &waiting {
            if bytes >= SIFT_BYTES {
                break;
            }
            for run in store.log.runs(range) {
                bytes += store.log.bytes(run.range);
                self.read += run.range.count();
                self.runs.push(run);
            }
            asked += 1;
        }
        self.waiting = waiting.get(asked..).unwrap_or(&[]).to_vec();
        if self.read > MAX_SIFTED {
            return Err(Refusal::LimitReached {
                what: "messages that a plan reads for its filter",
                limit: MAX_SIFTED,
            });
        }
        Ok(())
    }
}
