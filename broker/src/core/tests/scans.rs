//! Scans in random histories: what the shard does for them, and things that happen meanwhile.

use rand::Rng;

use super::acts::{FILTERED, History, PARTITIONS, SUBSCRIPTIONS, is_left_out};
use super::bench::name;
use crate::model::entry::Columns;
use crate::model::filter::Attributes;
use crate::model::{OffsetRange, Partition};

impl History {
    /// What the shard does for scans: some messages are put through the filter.
    pub(super) fn scan(&mut self) {
        let slice = self.bench.core.next_scan(self.bench.now);
        self.note_scans();
        let Some(slice) = slice else {
            assert!(!self.bench.core.has_scans());
            return;
        };
        self.bench.drain();
        let mut left_out = Vec::new();
        for run in &slice.runs {
            let body = &self.bench.journal[&run.position].body;
            let columns = Columns::parse(body).unwrap();
            for (index, message) in (0..).zip(columns.messages(body)) {
                let offset = run.frame_base.plus(index);
                let is_in = run.range.contains(offset);
                if is_in && !slice.filter.selects(&Attributes::of(message)) {
                    left_out.push(OffsetRange::one(offset));
                }
            }
        }
        if self.random.random_bool(0.3) {
            // Something happens meanwhile; perhaps the slice is out of date then.
            match self.random.random_range(0..3) {
                0 => self.purge(),
                1 => self.seek(),
                _ => self.requeue(),
            }
        }
        self.bench.core.scanned(&slice, &left_out, self.bench.now);
        self.note_scans();
    }

    /// How far the scans are is the core's matter; what they pass is the model's.
    fn note_scans(&mut self) {
        if self.subs[FILTERED].gone.is_some() {
            return;
        }
        for partition in 0..PARTITIONS {
            let text = name(SUBSCRIPTIONS[FILTERED].0);
            let rest = self.bench.core.unjudged(&text, Partition(partition));
            let rest = (rest.start.0, rest.end.0);
            self.subs[FILTERED].scanned(partition, rest, |key| is_left_out(FILTERED, key));
        }
    }
}
