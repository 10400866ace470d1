//! Replay retention: the low watermark moves past messages that every subscription of the topic has finished, once
//! they are older than the topic's retention or beyond its bytes, or once the topic stores more than its limits.
//! Unfinished and dead messages are never removed, nor is what has an id that must be known.

use std::ops::Bound;

use super::limits::{MAX_TRIMMED_TOPICS, RETENTION_INTERVAL};
use super::objects::{Store, Topic};
use super::state::{Act, Core};
use super::stock::Amount;
use crate::delivery::Machine;
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
        let is_suspended = self.is_suspended();
        let held = self.held_for_undo();
        for id in topics {
            let Some(topic) = self.objects.topics.get_mut(&id) else {
                continue;
            };
            if !is_suspended {
                topic.known.forget(now.wall);
            }
            let Some(topic) = self.objects.topics.get(&id) else {
                continue;
            };
            let parts = (0..).map(Partition).zip(self.floors(topic));
            let floors = parts.map(|(partition, floor)| {
                let held = held.from(id, partition);
                held.map_or(floor, |held| floor.min(held))
            });
            let floors: Vec<Offset> = floors.collect();
            let lows = self.new_lows(topic, &floors, now.wall);
            let trimmed = lows.into_iter().map(|(partition, low)| {
                Act::lazy(Entry::Trimmed(Trimmed {
                    topic: id,
                    partition,
                    low,
                }))
            });
            let acts = trimmed.collect();
            self.enact(acts, now);
            // What could not be dropped before, since it was leased.
            self.make_room(id, now);
        }
    }

    /// The partitions whose low watermark moves, and where to, if nothing from these floors on may go.
    pub(super) fn new_lows(
        &self,
        topic: &Topic,
        floors: &[Offset],
        now: Time,
    ) -> Vec<(Partition, Offset)> {
        let settings = &topic.record.settings;
        let keep_from = Time(now.0.saturating_sub(settings.retention.0));
        let stored: u64 = topic
            .partitions
            .iter()
            .map(|store| store.log.stored_bytes())
            .sum();
        // Only finished messages count, but where all are within the bytes those are, too.
        let finished: Vec<u64> = if stored <= settings.retention_bytes {
            vec![0; floors.len()]
        } else {
            let parts = topic.partitions.iter().zip(floors);
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
        let limited = lows_for_limits(topic, floors);
        let mut lows = Vec::new();
        let parts = topic.partitions.iter().zip(floors).zip(&finished);
        let parts = parts.zip(limited);
        for (partition, (((store, &floor), &bytes), limited)) in (0..).map(Partition).zip(parts) {
            let by_age = if settings.retention.0 == 0 {
                floor
            } else if self.is_suspended() {
                store.log.low()
            } else {
                store.log.first_at_or_after(keep_from).min(floor)
            };
            let by_bytes = first_after_bytes(store, floor, share(excess, bytes, total));
            let low = by_age.max(by_bytes).max(limited);
            // A start must find the ids of the window.
            let low = topic.known.lowest(partition).map_or(low, |id| low.min(id));
            if low > store.log.low() {
                lows.push((partition, low));
            }
        }
        lows
    }

    /// Below these every subscription of the topic has finished everything.
    pub(super) fn floors(&self, topic: &Topic) -> Vec<Offset> {
        let parts = (0..).map(Partition).zip(&topic.partitions);
        let floors = parts.map(|(partition, store)| {
            let ids = topic.subscriptions.iter();
            let subscriptions = ids.filter_map(|id| self.objects.subscriptions.get(id));
            let machines = subscriptions.filter_map(|subscription| subscription.machine(partition));
            let next = store.log.next();
            machines
                .map(Machine::floor)
                .min()
                .map_or(next, |floor| floor.min(next))
        });
        floors.collect()
    }
}

/// Where the low watermarks go at least, so that the topic stores no more than its limits: finished messages give way.
fn lows_for_limits(topic: &Topic, floors: &[Offset]) -> Vec<Offset> {
    let lows = topic.partitions.iter().map(|store| store.log.low());
    let Some(limit) = topic.limit() else {
        return lows.collect();
    };
    let excess = topic.stored().beyond(limit);
    if excess.is_none() {
        return lows.collect();
    }
    let parts = topic.partitions.iter().zip(floors);
    let finished = parts.map(|(store, &floor)| {
        let range = OffsetRange::between(store.log.low(), floor);
        Amount {
            messages: range.count(),
            bytes: store.log.bytes(range),
        }
    });
    let finished: Vec<Amount> = finished.collect();
    let total = finished
        .iter()
        .copied()
        .fold(Amount::default(), Amount::plus);
    let parts = topic.partitions.iter().zip(floors).zip(finished);
    let lows = parts.map(|((store, &floor), part)| {
        let messages = share(excess.messages, part.messages, total.messages);
        let bytes = share(excess.bytes, part.bytes, total.bytes);
        let by_messages = store.log.low().plus(messages).min(floor);
        by_messages.max(first_after_bytes(store, floor, bytes))
    });
    lows.collect()
}

/// What a part of `total` gives of an excess.
fn share(excess: u64, part: u64, total: u64) -> u64 {
    let share = u128::from(excess) * u128::from(part);
    u64::try_from(share.div_ceil(u128::from(total.max(1)))).unwrap_or(u64::MAX)
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
