//! Weighing what a plan has picked, some messages at a time: what of it is to be changed, in numbers, what is left as
//! it is and why, and which keys are touched.

use super::limits::{KEY_SLICE, MAX_PLANNED_KEYS, PLAN_SLICE};
use super::objects::{Store, Subscription, Topic};
use super::operation::{ahead, within, without};
use super::picking::{FREE, Picking};
use super::plan::{PlanCounts, SkipCause};
use super::planned::count_consumers;
use super::state::Core;
use crate::model::entry::Deed;
use crate::model::range::normalise;
use crate::model::{Epoch, OffsetRange, Partition, SubscriptionId};

/// Keys of which a plan looks for newer messages.
const OVERTAKEN_KEYS: usize = 200;
/// How many of them at one time.
const KEYS_AT_ONCE: usize = 20;
/// Messages that it looks at for each.
const LOOK_AHEAD: u64 = 500;

impl Core {
    /// Counts a slice of what was picked; whether there is more.
    pub(super) fn weigh(
        &self,
        picking: &mut Picking,
        store: &Store,
        place: (Partition, Epoch),
    ) -> bool {
        let returns = matches!(picking.deed, Deed::Requeue | Deed::Move);
        // What is dropped is weighed by ranges, of what comes back each message is looked at.
        let messages = if returns { KEY_SLICE } else { u64::MAX };
        let slice = ahead(&picking.lists[FREE], picking.weighed, PLAN_SLICE, messages);
        let Some(end) = slice.last().map(|range| range.end) else {
            return false;
        };
        let requeued = if returns {
            self.requeued_before(picking.subscription, place.0, &slice)
        } else {
            Vec::new()
        };
        for &range in &slice {
            let mut gone = within(&picking.expired, range);
            if returns {
                gone.extend(store.log.ended_in(range));
                normalise(&mut gone);
            }
            let expired: u64 = gone.iter().map(|one| one.count()).sum();
            let counts = &mut picking.counts;
            *counts.skips.entry(SkipCause::Expired).or_default() += expired;
            let again: Vec<OffsetRange> = without(range, &gone)
                .into_iter()
                .flat_map(|left| within(&requeued, left))
                .collect();
            let count: u64 = again.iter().map(|one| one.count()).sum();
            if picking.selection.skips_requeued {
                *counts.skips.entry(SkipCause::RequeuedBefore).or_default() += count;
                gone.extend(again);
                normalise(&mut gone);
            } else {
                counts.requeued_before += count;
            }
            for left in without(range, &gone) {
                counts.affected += left.count();
                counts.bytes += store.log.bytes(left);
                picking.parts.push(place, left, picking.deed);
                if !returns {
                    continue;
                }
                let room = MAX_PLANNED_KEYS.saturating_sub(picking.looked_at);
                for offset in left.offsets().take(room) {
                    picking.looked_at += 1;
                    let key = store.log.key(offset);
                    if key != 0 {
                        picking.keys.entry((place.0, key)).or_insert(offset);
                    }
                }
            }
        }
        picking.weighed = end;
        true
    }

    /// What of a slice, which is in order, operations that are remembered with what they did have requeued.
    fn requeued_before(
        &self,
        id: SubscriptionId,
        partition: Partition,
        slice: &[OffsetRange],
    ) -> Vec<OffsetRange> {
        let (Some(first), Some(last)) = (slice.first(), slice.last()) else {
            return Vec::new();
        };
        let span = OffsetRange::between(first.start, last.end);
        let all = self.objects.operations.all.values();
        let requeues = all.filter(|one| {
            let record = &one.state.record;
            record.deed == Deed::Requeue && record.subscription == id
        });
        let parts = requeues.flat_map(|one| &one.parts);
        let here = parts.filter(|part| part.said.partition == partition);
        let mut found: Vec<OffsetRange> = here.flat_map(|part| part.changed_within(span)).collect();
        normalise(&mut found);
        found
    }
}

impl Picking {
    /// All is counted: looks for newer messages of some of the keys; whether there are more keys.
    pub(super) fn look_for_newer(&mut self, topic: &Topic) -> bool {
        let keys = self.keys.iter().skip(self.overtaken);
        for (&(partition, key), &first) in keys.take(KEYS_AT_ONCE) {
            let store = topic.store(partition);
            let is_overtaken = store.is_some_and(|store| {
                let later = OffsetRange::between(first.plus(1), store.log.next());
                store.log.has_key_within(later, key, LOOK_AHEAD)
            });
            self.counts.overtaken_keys += u64::from(is_overtaken);
        }
        self.overtaken += KEYS_AT_ONCE;
        self.overtaken < self.keys.len().min(OVERTAKEN_KEYS)
    }

    /// The numbers of what was picked.
    pub(super) fn finish_counts(&mut self, subscription: &Subscription) -> PlanCounts {
        let mut counts = std::mem::take(&mut self.counts);
        counts.skips.retain(|_, count| *count > 0);
        counts.selected = counts.affected + counts.skips.values().sum::<u64>();
        counts.consumers = count_consumers(subscription);
        counts.keys = self.keys.len() as u64;
        counts.are_keys_cut = self.looked_at >= MAX_PLANNED_KEYS;
        counts
    }
}
