//! Applies what changes the messages of a partition: batches that come, and a low watermark that moves past messages
//! nobody needs.

use super::apply::{ApplyError, Mode};
use super::objects::{Objects, Store};
use crate::model::entry::{Columns, Published, Trimmed};
use crate::model::{Offset, OffsetRange, Position};

impl Objects {
    pub(super) fn published(
        &mut self,
        published: &Published,
        columns: &Columns,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let topic = self.topic(published.topic, published.partition, mode)?;
        let store = topic
            .partitions
            .get_mut(published.partition.0 as usize)
            .ok_or(ApplyError::NoPartition(published.partition))?;
        let scheduled = store.log.scheduled();
        match mode {
            Mode::Live(_) => {
                let (base, next) = (published.base, store.log.next());
                if base != next {
                    return Err(ApplyError::NotNext { base, next });
                }
                store.log.push(at, published, columns);
                topic.known.note(published, columns);
            }
            Mode::Recovery => {
                store.log.insert(at, published, columns);
                topic.known.find(published, columns);
            }
        }
        let bytes = columns.message_bytes();
        store.published_bytes += bytes;
        store.newest = store.newest.max(published.time);
        let scheduled = store.log.scheduled() - scheduled;
        // Backlogs are weighed without what is scheduled.
        let batch = OffsetRange::new(published.base, columns.count.into());
        let parts = store.log.scheduled_in(batch);
        let later: u64 = parts.map(|part| store.log.bytes(part)).sum();
        let subscriptions = topic.subscriptions.len();
        if subscriptions == 0 {
            topic.unrouted += u64::from(columns.count);
        }
        let ends = columns.lives.is_some() || topic.record.settings.time_to_live.is_some();
        self.totals.publish(columns.count.into(), subscriptions);
        self.totals.schedule(scheduled * subscriptions as u64);
        self.stocked.insert(published.topic);
        self.keep.push((at, bytes));
        if let Mode::Live(_) = mode {
            self.weigh_published(published.topic, bytes - later);
            let place = (published.topic, published.partition);
            if scheduled > 0 {
                self.note_due(place);
            }
            if ends {
                self.note_end(place);
            }
        }
        Ok(())
    }

    pub(super) fn trimmed(&mut self, trimmed: &Trimmed, mode: Mode) -> Result<(), ApplyError> {
        let topic = self.topic(trimmed.topic, trimmed.partition, mode)?;
        let store = topic
            .partitions
            .get_mut(trimmed.partition.0 as usize)
            .ok_or(ApplyError::NoPartition(trimmed.partition))?;
        // Every subscription has finished these before they were due.
        let below = OffsetRange::between(Offset(0), trimmed.low);
        let unscheduled: Vec<OffsetRange> = match mode {
            Mode::Live(_) => store.log.scheduled_in(below).collect(),
            Mode::Recovery => Vec::new(),
        };
        let freed = store.log.trim(trimmed.low);
        let ends = store.end_noted.is_some();
        if topic.partitions.iter().all(Store::is_empty) {
            self.stocked.remove(&trimmed.topic);
        }
        self.release.extend(freed);
        if ends {
            self.note_end((trimmed.topic, trimmed.partition));
        }
        if !unscheduled.is_empty() {
            let place = (trimmed.topic, trimmed.partition);
            self.no_longer_scheduled(place, &unscheduled);
            self.note_due(place);
        }
        Ok(())
    }
}
