//! Replay retention: the low watermark moves past messages that every subscription of the topic has finished, once
//! they are older than the topic's retention or beyond its bytes. Unfinished and dead messages are never removed.

use std::ops::Bound;

use super::limits::{MAX_TRIMMED_TOPICS, RETENTION_INTERVAL};
use super::objects::{Store, Topic};
use super::state::{Act, Core};
use crate::model::entry::{Entry, Trimmed};
use crate::model::{Now, Offset, OffsetRange, Partition, Time, TopicId};

impl Core {
    /// Looks at some of the topics that hold messages, in turn.
    pub(super) fn retain(&mut self, now: Now) {
        self.retention_due = now.mono.plus(RETENTION_INTERVAL);
        let after = Bound::Excluded(self.retention_after);
        let stocked = self.objects.stocked.range((after, Bound::Unbounded));
        let topics: Vec<TopicId> = stocked.copied().take(MAX_TRIMMED_TOPICS).collect();
        self.retention_after = match topics.last() {
            Some(&last) if topics.len() == MAX_TRIMMED_TOPICS => last,
            _ => TopicId::default(),
        };
        for id in topics {
            let Some(topic) = self.objects.topics.get(&id) else {
                continue;
            };
            let lows = self.new_lows(topic, now.wall);
            let trimmed = lows.into_iter().map(|(partition, low)| {
                Act::lazy(Entry::Trimmed(Trimmed {
                    topic: id,
                    partition,
                    low,
                }))
            });
            let acts = trimmed.collect();
            self.enact(acts, now);
        }
    }

    /// The partitions whose low watermark moves, and where to.
    fn new_lows(&self, topic: &Topic, now: Time) -> Vec<(Partition, Offset)> {
        let settings = &topic.record.settings;
        let keep_from = Time(now.0.saturating_sub(settings.retention.0));
        let floors: Vec<Offset> = (0..)
            .map(Partition)
            .zip(&topic.partitions)
            .map(|(partition, store)| self.lowest_floor(topic, partition, store))
            .collect();
        let stored: u64 = topic
            .partitions
            .iter()
            .map(|store| store.log.stored_bytes())
            .sum();
        // Only finished messages count, but where all are within the bytes those are, too.
        let finished: Vec<u64> = if stored <= settings.retention_bytes {
            vec![0; floors.len()]
        } else {
            let parts = topic.partitions.iter().zip(&floors);
            parts
                .map(|(store, &floor)| {
                    store
                        .log
                        .bytes(OffsetRange::between(store.log.low(), floor))
                })
                .collect()
        };
        let total: u64 = finished.iter().sum();
        let excess = total.saturating_sub(settings.retention_bytes);
        let mut lows = Vec::new();
        let parts = topic.partitions.iter().zip(&floors).zip(&finished);
        for (partition, ((store, &floor), &bytes)) in (0..).map(Partition).zip(parts) {
            let by_age = if settings.retention.0 == 0 {
                floor
            } else {
                store.log.first_at_or_after(keep_from).min(floor)
            };
            // Each partition gives its share of the excess.
            let cut = u128::from(excess) * u128::from(bytes);
            let cut = u64::try_from(cut.div_ceil(u128::from(total.max(1)))).unwrap_or(u64::MAX);
            let low = by_age.max(first_after_bytes(store, floor, cut));
            if low > store.log.low() {
                lows.push((partition, low));
            }
        }
        lows
    }

    /// Below this every subscription of the topic has finished everything.
    pub(super) fn lowest_floor(
        &self,
        topic: &Topic,
        partition: Partition,
        store: &Store,
    ) -> Offset {
        let ids = topic.subscriptions.iter();
        let subscriptions = ids.filter_map(|id| self.objects.subscriptions.get(id));
        let machines = subscriptions.filter_map(|subscription| subscription.machine(partition));
        let floors = machines.map(crate::delivery::Machine::floor);
        floors
            .min()
            .unwrap_or(store.log.next())
            .min(store.log.next())
    }
}

/// The offset up to which the oldest messages have at least `cut` bytes, not beyond `floor`.
fn first_after_bytes(store: &Store, floor: Offset, cut: u64) -> Offset {
    let (mut at, mut left) = (store.log.low(), cut);
    for run in store.log.runs(OffsetRange::between(at, floor)) {
        if left == 0 {
            break;
        }
        let bytes = store.log.bytes(run.range);
        if bytes <= left {
            at = run.range.end;
            left -= bytes;
            continue;
        }
        for offset in run.range.offsets() {
            if left == 0 {
                break;
            }
            at = offset.plus(1);
            left = left.saturating_sub(store.log.size(offset).into());
        }
    }
    at
}
