//! The dead ones of a machine as they are at a moment, to be gone through elsewhere.
//!
//! Taking one costs a visit to each page with dead ones and one number for each run of them; the pages are shared until
//! they change. Also which messages of a page were requeued, and the fingerprints that an older release left out.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::block::Block;
use super::page::{Page, Stretch};
use super::progress::Progress;
use super::spans::between;
use super::{Log, Machine};
use crate::model::entry::DeadRecord;
use crate::model::{Fingerprint, OffsetRange, Position};

/// The dead messages of a subscription on a partition.
#[derive(Debug, Clone, Default)]
pub struct DeadSet {
    pages: Vec<DeadPage>,
}

/// A page with dead ones.
#[derive(Debug, Clone)]
struct DeadPage {
    base: u64,
    page: Arc<Page>,
    /// Of each run of dead ones.
    bytes: Vec<u64>,
}

/// Consecutive messages that died alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadRun {
    /// The messages.
    pub range: OffsetRange,
    /// Why and when they died.
    pub record: DeadRecord,
    /// Their bytes.
    pub bytes: u64,
    /// How many of them had died before and were requeued.
    pub requeued_before: u64,
}

impl Machine {
    /// Its dead messages.
    pub fn dead_set(&self, log: &Log) -> DeadSet {
        let pages = self.progress.pages.iter();
        let with_dead = pages.filter(|(_, page)| page.dead() > 0);
        let mut scale = Scale { log, block: None };
        let pages = with_dead.map(|(number, page)| {
            let base = number * self.progress.size;
            let runs = dead_of(page).map(|stretch| scale.weigh(range_of(base, stretch)));
            DeadPage {
                base,
                bytes: runs.collect(),
                page: Arc::clone(page),
            }
        });
        DeadSet {
            pages: pages.collect(),
        }
    }

    /// Takes over the fingerprints of failures, by the position of their texts, where they are missing.
    pub fn name_dead(&mut self, known: &HashMap<Position, Fingerprint>) {
        for page in self.progress.pages.values_mut() {
            let is_nameless = |stretch: &Stretch| stretch.fingerprint.is_none();
            if page.dead() > 0 && dead_of(page).any(is_nameless) {
                Arc::make_mut(page).name_dead(known);
            }
        }
    }
}

impl DeadSet {
    /// The dead ones in order of offset.
    pub fn runs(&self) -> impl Iterator<Item = DeadRun> + '_ {
        self.pages.iter().flat_map(|page| {
            let runs = dead_of(&page.page).zip(&page.bytes);
            runs.map(|(stretch, &bytes)| DeadRun {
                range: range_of(page.base, stretch),
                record: stretch.dead_record(),
                bytes,
                requeued_before: page.page.count_requeued(stretch.start(), stretch.end()),
            })
        })
    }
}

fn dead_of(page: &Page) -> impl Iterator<Item = &Stretch> {
    let stretches = page.stretches().iter();
    stretches.filter(|stretch| stretch.kind.is_dead())
}

fn range_of(base: u64, stretch: &Stretch) -> OffsetRange {
    between(base + stretch.start() as u64, base + stretch.end() as u64)
}

/// Weighs ranges that come in order: most lie in the block of the one before.
struct Scale<'a> {
    log: &'a Log,
    block: Option<&'a Block>,
}

impl Scale<'_> {
    fn weigh(&mut self, range: OffsetRange) -> u64 {
        let holds = |block: &&Block| {
            let whole = block.range();
            whole.start <= range.start && range.end <= whole.end
        };
        if !self.block.as_ref().is_some_and(holds) {
            self.block = self.log.block_of(range.start.0);
        }
        match self.block.filter(holds) {
            Some(block) => block.sum(block.index(range.start.0), block.index(range.end.0)),
            None => self.log.bytes(range),
        }
    }
}

impl Progress {
    /// Messages that had died were requeued, by an entry at `at`.
    pub(super) fn note_requeued(&mut self, range: OffsetRange, at: Position) {
        self.touch(range, at, Page::note_requeued);
    }
}

impl Page {
    /// Messages that had died were requeued.
    pub(super) fn note_requeued(&mut self, start: usize, end: usize) {
        if start < end && self.requeued.is_empty() {
            self.requeued = vec![0; self.len() / 64].into_boxed_slice();
        }
        for (word, mask) in masks(start, end) {
            if let Some(bits) = self.requeued.get_mut(word) {
                *bits |= mask;
            }
        }
    }

    /// Whether any was.
    pub(super) fn has_requeued(&self) -> bool {
        !self.requeued.is_empty()
    }

    /// How many of a part were.
    pub(super) fn count_requeued(&self, start: usize, end: usize) -> u64 {
        if self.requeued.is_empty() {
            return 0;
        }
        let words = masks(start, end);
        let counts = words.map(|(word, mask)| self.bits_requeued(word) & mask);
        counts.map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// Which of a part were, in order.
    pub(super) fn requeued_in(&self, start: usize, end: usize) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        if self.requeued.is_empty() {
            return ranges;
        }
        for at in start..end {
            if self.bits_requeued(at / 64) & (1 << (at % 64)) == 0 {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => ranges.push(at..at + 1),
            }
        }
        ranges
    }

    /// All that were, `base` being the page's first offset.
    pub(super) fn requeued_ranges(&self, base: u64) -> Vec<OffsetRange> {
        let ranges = self.requeued_in(0, self.len()).into_iter();
        let absolute =
            |range: Range<usize>| between(base + range.start as u64, base + range.end as u64);
        ranges.map(absolute).collect()
    }

    fn bits_requeued(&self, word: usize) -> u64 {
        self.requeued.get(word).copied().unwrap_or(0)
    }

    fn name_dead(&mut self, known: &HashMap<Position, Fingerprint>) {
        let dead = self.stretches.iter_mut();
        let dead = dead.filter(|stretch| stretch.kind.is_dead() && stretch.fingerprint.is_none());
        for stretch in dead {
            stretch.fingerprint = known.get(&stretch.text).copied();
        }
    }
}

/// The words of a bitmap that `start..end` lies in, each with a mask of its part.
fn masks(start: usize, end: usize) -> impl Iterator<Item = (usize, u64)> {
    let words = if start < end {
        start / 64..end.div_ceil(64)
    } else {
        0..0
    };
    words.map(move |word| {
        let from = start.saturating_sub(word * 64).min(63);
        let to = (end - word * 64).min(64);
        (word, (u64::MAX >> (64 - (to - from))) << from)
    })
}
