//! Seeking: a machine goes on in a new epoch, either where it is or anew from an earlier offset.
//!
//! Promises that no lease of an earlier epoch is left, that dead ones stay dead, and that the books
//! of the new epoch add up. Messages that a seek skips are dropped by an entry of their own: this
//! decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keys::Keys;
use super::page::Page;
use super::progress::{Progress, relative};
use super::spans::Spans;
use super::timing::Timing;
use super::{Log, Machine};
use crate::model::entry::Sought;
use crate::model::{Offset, OffsetRange};

impl Machine {
    /// The subscription was sought: every lease has ended and counts no attempt. Anew, everything
    /// from the target on that is not dead is ready with no attempts, and nothing before it belongs
    /// to the subscription.
    pub fn sought(&mut self, sought: &Sought) {
        self.progress.epoch = sought.epoch;
        self.progress.sweep = None;
        if sought.is_anew {
            self.leases = Spans::default();
            self.waits = Spans::default();
            self.ready = Spans::default();
            self.keys = Keys::default();
            self.eased.clear();
            self.is_stalled = false;
            self.timing = Timing::default();
            (self.leased, self.waiting) = (0, 0);
            self.progress.begin_anew(sought.target.0);
            self.fresh = sought.target.0;
            return;
        }
        let leased: Vec<OffsetRange> = self.leases.iter().map(|(range, _)| range).collect();
        for range in leased {
            self.end_leases(range);
            self.give_back(range);
            self.tidy(range);
        }
        self.promote();
    }

    /// What a seek to `target` skips: unfinished messages before it that are not dead, leased ones included.
    pub fn skipped_by(&self, log: &Log, target: Offset) -> Vec<OffsetRange> {
        let within = OffsetRange::between(self.floor(), target);
        let mut skipped = self.unfinished(log, within, super::Chosen::Backlog);
        skipped.extend(self.leases.within(within).map(|(part, _)| part));
        crate::model::range::normalise(&mut skipped);
        skipped
    }
}

impl Progress {
    /// Nothing is finished any more and nothing before `start` belongs to the subscription; dead ones stay.
    fn begin_anew(&mut self, start: u64) {
        (self.start, self.floor) = (start, start);
        (self.acked, self.dropped, self.finished_above) = (0, [0; 7], 0);
        self.finished_pages.clear();
        (self.unjudged, self.unjudged_count) = (OffsetRange::default(), 0);
        let mut kept = BTreeMap::new();
        for (number, page) in std::mem::take(&mut self.pages) {
            let offsets = self.offsets(number);
            let base = offsets.start.0;
            let below = relative(start.clamp(base, offsets.end.0), base);
            let mut anew = Page::new(self.size, page.stated);
            anew.finish(0, below);
            for stretch in page.stretches() {
                if stretch.kind.is_dead() && stretch.end() > below {
                    let (start, end) = (stretch.start().max(below), stretch.end());
                    anew.put(stretch.over(start, end));
                    for range in page.requeued_in(start, end) {
                        anew.note_requeued(range.start, range.end);
                    }
                }
            }
            if !anew.stretches().is_empty() {
                kept.insert(number, Arc::new(anew));
            }
        }
        self.pages = kept;
    }
}
