//! A partition's messages without their content: sizes, keys, times and where they are stored.
//!
//! Promises a few bytes a message (see `block`), and that a lookup costs one search however long
//! the backlog is. Does not know subscriptions, nor whether a message is needed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::block::Block;
pub use super::block::Run;
use super::due::Schedule;
use super::lives::Lives;
use super::spans::{between, gaps, push_joined};
use crate::model::entry::{Columns, Published};
use crate::model::{Offset, OffsetRange, Position, Span, Time};

/// The messages of a partition from its low watermark to its next offset.
#[derive(Debug, Default, Clone)]
pub struct Log {
    low: u64,
    next: u64,
    blocks: BTreeMap<u64, Block>,
    bytes: u64,
    pub(super) schedule: Schedule,
    lives: Lives,
    /// Offsets that no message has, in order, disjoint: one range for each unclean start between two publishes at most.
    skipped: Vec<OffsetRange>,
}

impl Log {
    /// An empty one.
    pub fn new(low: Offset, next: Offset) -> Self {
        Self {
            low: low.0,
            next: next.0.max(low.0),
            blocks: BTreeMap::new(),
            bytes: 0,
            schedule: Schedule::default(),
            lives: Lives::default(),
            skipped: Vec::new(),
        }
    }

    /// The first offset still stored.
    pub fn low(&self) -> Offset {
        Offset(self.low)
    }

    /// The next offset to be given.
    pub fn next(&self) -> Offset {
        Offset(self.next)
    }

    /// Adds a batch published live; its base is `next`.
    pub fn push(&mut self, position: Position, published: &Published, columns: &Columns) {
        assert_eq!(
            published.base.0, self.next,
            "a batch begins at the next offset"
        );
        self.insert(position, published, columns);
    }

    /// Adds a batch found in recovery, in any order; a known one is ignored, and one below `low`.
    /// Raises `next` if it ends beyond.
    pub fn insert(&mut self, position: Position, published: &Published, columns: &Columns) {
        let base = published.base.0;
        let end = base + u64::from(columns.count);
        if end <= self.low {
            return;
        }
        self.next = self.next.max(end);
        let before = self.blocks.range_mut(..=base).next_back();
        if let Some((_, before)) = before {
            if before.end() > base {
                return;
            }
            if before.append(position, published, columns) {
                self.bytes += columns.message_bytes();
                self.mark(published, columns);
                return;
            }
        }
        self.mark(published, columns);
        let block = Block::new(position, published, columns);
        self.bytes += block.bytes();
        self.blocks.insert(base, block);
    }

    /// How many blocks hold the messages: a measure of the memory.
    #[cfg(test)]
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    fn mark(&mut self, published: &Published, columns: &Columns) {
        if let Some(dues) = &columns.dues {
            self.schedule.insert(published.base.0, dues, published.time);
            self.schedule.trim(self.low);
        }
        if let Some(lives) = &columns.lives {
            self.lives.insert(published.base.0, lives, published.time);
            self.lives.trim(self.low);
        }
    }

    /// How many stored messages are scheduled: due later.
    pub fn scheduled(&self) -> u64 {
        self.schedule.count()
    }

    /// Whether a stored message of a range is scheduled, or was once.
    pub fn was_delayed(&self, range: OffsetRange) -> bool {
        self.schedule.has_any(range)
    }

    /// The scheduled messages of a range.
    pub fn scheduled_in(&self, range: OffsetRange) -> impl Iterator<Item = OffsetRange> + '_ {
        self.schedule.within(range)
    }

    /// When the next scheduled message is due.
    pub fn next_due(&self) -> Option<Time> {
        self.schedule.next()
    }

    /// Takes at most `limit` messages that are due by now: they are scheduled no more, and every
    /// machine of the partition is to be told so, by `Machine::came_due`.
    pub fn take_due(&mut self, now: Time, limit: u64) -> Vec<OffsetRange> {
        self.schedule.take(now, limit)
    }

    /// The parts of some ranges that were not scheduled, or were due before a time.
    pub fn due_before(&self, ranges: &[OffsetRange], time: Time) -> Vec<OffsetRange> {
        let mut due = Vec::new();
        for &range in ranges {
            let later = self.schedule.came_from(range, time);
            gaps(range, later, |part| push_joined(&mut due, part));
        }
        due
    }

    /// When the next message has lived long enough; those that say nothing live for `life`, or for ever.
    pub fn next_end(&self, life: Option<Span>) -> Option<Time> {
        let rest = between(self.lives.passed().max(self.low), self.next);
        let silent = life.and_then(|life| Some(self.runs(rest).next()?.time.plus(life)));
        self.lives.next().into_iter().chain(silent).min()
    }

    /// Takes messages that have lived long enough, about `limit` of them: whoever has not finished
    /// them is to drop them.
    pub fn take_ended(&mut self, now: Time, life: Option<Span>, limit: u64) -> Vec<OffsetRange> {
        let mut ended = self.lives.take(now, limit);
        if let Some(life) = life.filter(|life| life.0 <= now.0) {
            let first_alive = self.first_at_or_after(Time(now.0 - life.0 + 1));
            let rest = between(self.lives.passed().max(self.low), self.next);
            // What is no message is passed over at once.
            let first = self.runs(rest).next();
            let from = first.map_or(rest.end, |run| run.range.start);
            let end = first_alive.0.min(from.0.saturating_add(limit));
            ended.extend(self.lives.pass(end));
        }
        ended
    }

    /// What of a range was taken as having lived long enough.
    pub fn ended_in(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let stored = range.intersection(between(self.low, self.next));
        self.lives.ended_in(stored)
    }

    /// Messages that say nothing live shorter or longer now.
    pub fn end_anew(&mut self) {
        self.lives.begin_anew(self.low);
    }

    /// Since when a message could be handed out: when it was published, or was due.
    pub fn since(&self, offset: Offset) -> Option<Time> {
        let published = self.time(offset)?;
        let due = self.schedule.came(offset).map(|(due, _)| due);
        Some(due.map_or(published, |due| due.max(published)))
    }

    /// Raises the low watermark; gives the frames that are wholly below it now, with the bytes of
    /// their messages.
    pub fn trim(&mut self, low: Offset) -> Vec<(Position, u64)> {
        let (old, low) = (self.low, low.0.min(self.next));
        let mut gone = Vec::new();
        while let Some((&base, block)) = self.blocks.first_key_value() {
            for run in block.runs(block.range()) {
                let end = run.range.end.0;
                if old < end && end <= low {
                    gone.push((run.position, bytes_of(block, run.range)));
                }
            }
            if block.end() > low {
                break;
            }
            self.blocks.remove(&base);
        }
        self.low = old.max(low);
        self.schedule.trim(self.low);
        self.lives.trim(self.low);
        self.bytes -= gone.iter().map(|(_, bytes)| bytes).sum::<u64>();
        gone
    }

    /// In recovery: sets both ends as a restated topic says; messages below are forgotten.
    pub fn reset(&mut self, low: Offset, next: Offset) {
        self.next = self.next.max(next.0);
        self.trim(low);
        (self.low, self.next) = (low.0, next.0);
    }

    /// Offsets are given to no message. What is known already is ignored, so that recovery may say it again.
    pub fn skip(&mut self, range: OffsetRange) {
        self.next = self.next.max(range.end.0);
        let mut all = range;
        self.skipped.retain(|known| {
            let touches = known.start <= all.end && all.start <= known.end;
            if touches {
                all = OffsetRange::between(known.start.min(all.start), known.end.max(all.end));
            }
            !touches
        });
        let at = self
            .skipped
            .partition_point(|known| known.start < all.start);
        self.skipped.insert(at, all);
    }

    /// The skipped offsets of a range.
    pub fn skipped(&self, range: OffsetRange) -> impl Iterator<Item = OffsetRange> + '_ {
        let from = self
            .skipped
            .partition_point(|known| known.end <= range.start);
        let known = self.skipped.iter().skip(from);
        let known = known.take_while(move |known| known.start < range.end);
        known.map(move |known| known.intersection(range))
    }

    /// How many messages a range has, stored or not.
    pub fn count(&self, range: OffsetRange) -> u64 {
        let skipped: u64 = self.skipped(range).map(OffsetRange::count).sum();
        range.count() - skipped
    }

    /// A range without its skipped offsets.
    pub fn messages(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut parts = Vec::new();
        gaps(range, self.skipped(range), |part| parts.push(part));
        parts
    }

    /// The bytes of an encoded message; 0 if it is not stored.
    pub fn size(&self, offset: Offset) -> u32 {
        self.block_of(offset.0)
            .map_or(0, |block| block.size(block.index(offset.0)))
    }

    /// The hash of a message's ordering key; 0 for none.
    pub fn key(&self, offset: Offset) -> u64 {
        let (keys, _) = self.keys_from(offset.0);
        keys.and_then(|keys| keys.first()).copied().unwrap_or(0)
    }

    /// The keys of the messages from `offset` on as far as they are together, and where that ends;
    /// none if none of them has a key.
    pub(super) fn keys_from(&self, offset: u64) -> (Option<&[u64]>, u64) {
        if let Some(block) = self.block_of(offset) {
            let keys = block
                .keys()
                .and_then(|keys| keys.get(block.index(offset)..));
            return (keys, block.end());
        }
        let next = self.blocks.range(offset..).next();
        (None, next.map_or(u64::MAX, |(&base, _)| base))
    }

    /// When a message was published.
    pub fn time(&self, offset: Offset) -> Option<Time> {
        let block = self.block_of(offset.0)?;
        block.time(u32::try_from(block.index(offset.0)).ok()?)
    }

    /// The bytes of the stored messages of a range.
    pub fn bytes(&self, range: OffsetRange) -> u64 {
        let blocks = self.blocks_of(range);
        blocks.map(|block| bytes_of(block, range)).sum()
    }

    /// The bytes of all stored messages, those below `low` of a frame that has others included.
    pub fn stored_bytes(&self) -> u64 {
        self.bytes
    }

    /// How many messages of the front of `range` have together at most `bytes` bytes.
    pub(super) fn fit(&self, range: OffsetRange, bytes: u64) -> u64 {
        let mut left = bytes;
        let mut at = range.start.0;
        for block in self.blocks_of(range) {
            let part = block.range().intersection(range);
            at = part.start.0;
            let count = block.fit(block.index(at), part.count(), left);
            at += count;
            if count < part.count() {
                return at - range.start.0;
            }
            left -= bytes_of(block, part).min(left);
        }
        // What is not stored has no bytes.
        range.end.0.max(at) - range.start.0
    }

    /// A range, split by frame.
    pub fn runs(&self, range: OffsetRange) -> impl Iterator<Item = Run> + '_ {
        let range = OffsetRange::between(range.start.max(self.low()), range.end);
        self.blocks_of(range)
            .flat_map(move |block| block.runs(range))
    }

    /// The frames whose position is in `range`, in order: costs a search and what is found.
    pub fn positions_within(
        &self,
        range: RangeInclusive<Position>,
    ) -> impl Iterator<Item = Position> + '_ {
        let (first, last) = range.into_inner();
        let from = self.last_block(|block| block.position() <= first);
        let blocks = self
            .blocks
            .range(from.unwrap_or(0)..)
            .map(|(_, block)| block);
        let blocks = blocks.take_while(move |block| block.position() <= last);
        blocks.flat_map(move |block| block.positions(first, last, self.low))
    }

    /// Where the last block is that is `early`, as all before it are.
    pub(super) fn last_block(&self, early: impl Fn(&Block) -> bool) -> Option<u64> {
        let (mut low, mut high, mut found) = (0, self.next, None);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.blocks.range(low..=middle).next_back() {
                Some((&base, block)) if early(block) => {
                    found = Some(base);
                    low = block.end().max(middle + 1);
                }
                Some((&base, _)) => high = base,
                // Nothing begins in the lower half.
                None => low = middle + 1,
            }
        }
        found
    }

    /// All frames, with the bytes of their messages.
    pub fn positions(&self) -> impl Iterator<Item = (Position, u64)> + '_ {
        self.blocks.values().flat_map(move |block| {
            let runs = block.runs(block.range());
            let stored = runs.filter(|run| run.range.end.0 > self.low);
            stored.map(|run| (run.position, bytes_of(block, run.range)))
        })
    }

    /// The first offset published at `time` or later; `next` if there is none.
    pub fn first_at_or_after(&self, time: Time) -> Offset {
        // Times never decrease: the first one is in the last block that begins before, or after it.
        let from = self.last_block(|block| block.begun() < time);
        let from = from.unwrap_or(0).max(self.low);
        let runs = self.runs(between(from, self.next));
        let mut later = runs.filter(|run| run.time >= time);
        later.next().map_or(self.next(), |run| run.range.start)
    }

    pub(super) fn block_of(&self, offset: u64) -> Option<&Block> {
        let (_, block) = self.blocks.range(..=offset).next_back()?;
        (block.end() > offset).then_some(block)
    }

    fn blocks_of(&self, range: OffsetRange) -> impl Iterator<Item = &Block> {
        let first = self.blocks.range(..=range.start.0).next_back();
        let from = first.map_or(range.start.0, |(&base, _)| base);
        let blocks = self.blocks.range(from..range.end.0.max(from));
        blocks
            .map(|(_, block)| block)
            .filter(move |block| block.end() > range.start.0)
    }
}

fn bytes_of(block: &Block, range: OffsetRange) -> u64 {
    let part = block.range().intersection(range);
    if part.is_empty() {
        return 0;
    }
    block.sum(block.index(part.start.0), block.index(part.end.0))
}
