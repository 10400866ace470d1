//! Limits on a subscription's backlog: its age, its messages, its bytes.
//!
//! What is too old is dropped as expired, once a second and in turn. Beyond a number of messages or bytes either the
//! oldest are dropped as overflow, with the publish that made them too many, or publishing to the topic is held. Leased
//! messages are never dropped: they are looked at again when their leases have ended. Dead ones do not count.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::limits::{MAX_ENTRY_PARTS, MAX_SHED, MAX_SHED_SUBSCRIPTIONS};
use super::objects::{Subscription, Topic};
use super::state::{Act, Core};
use crate::model::entry::{DropCause, Dropped, Entry};
use crate::model::settings::BacklogPolicy;
use crate::model::{
    Now, Offset, OffsetRange, OperationId, Partition, Refusal, SubscriptionId, Time, TopicId,
};

/// By how much a backlog is beyond its limits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// What is dropped of each partition.
pub(super) type Shed = Vec<(Partition, Vec<OffsetRange>)>;

impl Core {
    /// Refuses a publish while a subscription that holds publishers is full. The batch that fills it is taken whole.
    pub(super) fn check_held(&self, topic: &Topic) -> Result<(), Refusal> {
        for id in &topic.limited {
            let Some(subscription) = self.objects.subscriptions.get(id) else {
                continue;
            };
            let settings = &subscription.record.settings;
            if settings.backlog_policy != BacklogPolicy::HoldPublishers {
                continue;
            }
            let full = |unit, has: u64, limit: Option<u64>| match limit {
                Some(limit) if has >= limit => Err(Refusal::BacklogFull {
                    subscription: subscription.record.name.clone(),
                    backlog: has,
                    limit,
                    unit,
                }),
                _ => Ok(()),
            };
            let messages = subscription.counts(topic).backlog();
            full("messages", messages, settings.max_backlog_messages)?;
            let bytes = subscription.backlog_bytes.unwrap_or(0);
            full("bytes", bytes, settings.max_backlog_bytes)?;
        }
        Ok(())
    }

    /// Drops what a publish to the topic made too many.
    pub(super) fn shed_after_publish(&mut self, topic: TopicId, now: Now) {
        let topic = self.objects.topics.get(&topic);
        let limited = topic.map(|topic| topic.limited.clone());
        for id in limited.unwrap_or_default() {
            self.shed_overflow(id, now);
        }
    }

    /// Looks at some of the subscriptions, in turn: drops what is too old or too many.
    pub(super) fn shed(&mut self, now: Now) {
        let after = Bound::Excluded(self.shed_after);
        let next = self.objects.subscriptions.range((after, Bound::Unbounded));
        let ids: Vec<SubscriptionId> = next
            .map(|(&id, _)| id)
            .take(MAX_SHED_SUBSCRIPTIONS)
            .collect();
        self.shed_after = match ids.last() {
            Some(&last) if ids.len() == MAX_SHED_SUBSCRIPTIONS => last,
            _ => SubscriptionId(0),
        };
        for id in ids {
            if let Some((subscription, topic)) = self.pair(id)
                && !self.is_suspended()
                && let Some(retention) = subscription.record.settings.backlog_retention
            {
                let keep_from = Time(now.wall.0.saturating_sub(retention.0));
                let shed = subscription.older_than(topic, keep_from);
                self.drop_shed(id, DropCause::Expired, shed, now);
            }
            self.shed_overflow(id, now);
        }
    }

    fn shed_overflow(&mut self, id: SubscriptionId, now: Now) {
        let Some((subscription, topic)) = self.pair(id) else {
            return;
        };
        let excess = subscription.excess(topic);
        if excess != Excess::default() {
            let shed = subscription.oldest(topic, excess);
            self.drop_shed(id, DropCause::Overflow, shed, now);
        }
    }

    fn drop_shed(&mut self, id: SubscriptionId, cause: DropCause, shed: Shed, now: Now) {
        if shed.is_empty() {
            return;
        }
        for (partition, ranges) in shed {
            for ranges in ranges.chunks(MAX_ENTRY_PARTS) {
                let dropped = Dropped {
                    subscription: id,
                    partition,
                    cause,
                    operation: OperationId(0),
                    ranges: ranges.to_vec(),
                };
                self.enact(vec![Act::lazy(Entry::Dropped(dropped))], now);
            }
        }
        self.note_deadline(id, now);
        // Messages that stood behind dropped ones of their keys may have their turn.
        self.stir(id);
    }
}

impl Subscription {
    /// Messages published, or due, before a time that are neither leased nor dead.
    fn older_than(&self, topic: &Topic, time: Time) -> Shed {
        let mut shed = Shed::new();
        for ((partition, machine), store) in self.parts().zip(&topic.partitions) {
            let floor = store.log.time(machine.floor());
            if floor.is_none_or(|floor| floor >= time) {
                continue;
            }
            let end = store.log.first_at_or_after(time);
            if machine.may_have_idle(&store.log, end) {
                let idle = machine.oldest_idle(&store.log, end, u64::MAX);
                let idle = store.log.due_before(&idle, time);
                if !idle.is_empty() {
                    shed.push((partition, idle));
                }
            }
        }
        shed
    }

    /// By how much the backlog is beyond limits whose policy is to drop.
    fn excess(&self, topic: &Topic) -> Excess {
        let settings = &self.record.settings;
        if settings.backlog_policy != BacklogPolicy::DropOldest {
            return Excess::default();
        }
        let beyond =
            |has: u64, limit: Option<u64>| limit.map_or(0, |limit| has.saturating_sub(limit));
        Excess {
            messages: match settings.max_backlog_messages {
                None => 0,
                limit => beyond(self.counts(topic).backlog(), limit),
            },
            bytes: beyond(self.backlog_bytes.unwrap_or(0), settings.max_backlog_bytes),
        }
    }

    /// The oldest messages that are neither leased nor dead, as many as are too many, `MAX_SHED` at most.
    pub(super) fn oldest(&self, topic: &Topic, mut excess: Excess) -> Shed {
        let limit = if excess.bytes > 0 {
            MAX_SHED
        } else {
            excess.messages.min(MAX_SHED)
        };
        let mut runs = Vec::new();
        for ((partition, machine), store) in self.parts().zip(&topic.partitions) {
            for range in machine.oldest_idle(&store.log, Offset(u64::MAX), limit) {
                let parts = store.log.runs(range);
                runs.extend(parts.map(|run| (run.time, partition, run.range, store)));
            }
        }
        runs.sort_by_key(|(time, partition, range, _)| (*time, *partition, range.start));
        let mut shed: BTreeMap<Partition, Vec<OffsetRange>> = BTreeMap::new();
        let mut left = MAX_SHED;
        for (_, partition, range, store) in runs {
            let part = excess.take(range, left, |offset| store.log.size(offset).into());
            left -= part.count();
            if part.is_empty() {
                break;
            }
            let ranges = shed.entry(partition).or_default();
            match ranges.last_mut() {
                Some(last) if last.end == part.start => last.end = part.end,
                _ => ranges.push(part),
            }
        }
        shed.into_iter().collect()
    }
}

impl Excess {
    /// The front of a range that is too many, `limit` messages at most, which it then counts no more.
    fn take(
        &mut self,
        range: OffsetRange,
        limit: u64,
        size: impl Fn(Offset) -> u64,
    ) -> OffsetRange {
        let mut count = 0;
        while count < range.count().min(limit) && *self != Self::default() {
            let bytes = size(range.start.plus(count));
            self.messages = self.messages.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(bytes);
            count += 1;
        }
        OffsetRange::new(range.start, count)
    }
}
