//! How far one look over messages goes, so that others are served before the next one.
//!
//! What a look or an act costs follows what there is to be told apart, not how many messages there are: ten million
//! that nobody has met are one piece. Promises that a look at a front always gets on.

use super::progress::relative;
use super::spans::between;
use super::{Log, Machine};
use crate::model::OffsetRange;
use crate::model::settings::KeyOrder;

impl Machine {
    /// The front of some ranges, which are in order, that costs about `most`: one for each range, each page, each
    /// history, lease and scheduled run, and each change between finished and unfinished messages. With key order also
    /// one for each message.
    pub fn front(&self, log: &Log, ranges: &[OffsetRange], most: u64) -> Vec<OffsetRange> {
        let (mut front, mut left) = (Vec::new(), most.max(1));
        for &range in ranges {
            if left == 0 {
                break;
            }
            let part = self.front_of(log, range, &mut left);
            front.push(part);
            if part.end < range.end {
                break;
            }
        }
        front
    }

    fn front_of(&self, log: &Log, range: OffsetRange, left: &mut u64) -> OffsetRange {
        let (start, size) = (range.start.0, self.progress.size);
        let mut end = range.end.0;
        // Finished pages between others are not there: at worst each second one.
        end = end.min(start.saturating_add(left.saturating_mul(size)));
        if self.key_order != KeyOrder::Off {
            end = end.min(start.saturating_add(*left));
        }
        let mut cost = 1;
        for run in log.scheduled_in(between(start, end)) {
            cost += 1;
            if cost > *left && run.start.0 > start {
                end = run.start.0;
                break;
            }
        }
        for (base, page) in self.progress.pages_in(between(start, end)) {
            let from = base.max(start);
            let part = between(from, end.min(base + size));
            let turns = page.finished().min(page.len() - page.finished());
            let told = page.touching(relative(from, base), relative(part.end.0, base));
            let held = self.leases.within(part).take(page.len()).count();
            let pieces = (turns + told.len() + held) as u64;
            let own = 1 + pieces.min(part.count().saturating_mul(2));
            if cost + own > *left {
                // Its pieces are taken to be spread evenly.
                let room = left.saturating_sub(cost);
                let fits = part.count().saturating_mul(room) / own;
                end = from.saturating_add(fits).max(start + 1);
                cost = *left;
                break;
            }
            cost += own;
        }
        *left = left.saturating_sub(cost);
        between(start, end.min(range.end.0))
    }
}
