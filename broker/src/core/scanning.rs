//! Scans: messages that were published before a subscription's filter could be asked are put through it later, some
//! at a time, elsewhere. This says which come next and takes over what was found.
//!
//! Until a scan has passed a message, that is not handed out. What a scan knows is in the journal, so it goes on after
//! a restart where it was.

use std::ops::Bound;
use std::sync::Arc;

use super::apply::{ApplyError, Mode, machine};
use super::objects::{Objects, Topic};
use super::state::{Act, Core};
use super::totals::settling;
use crate::delivery::Run;
use crate::model::entry::{Entry, Scanned};
use crate::model::filter::Filter;
use crate::model::range::normalise;
use crate::model::{Epoch, Now, Offset, OffsetRange, Partition, Position, Refusal, SubscriptionId};

/// Messages that one slice of a scan has at most.
const SLICE_MESSAGES: u64 = 10_000;
/// Bytes of messages that one slice has, about, or those of one frame.
const SLICE_BYTES: u64 = 1 << 20;

/// Messages that are to be put through a filter.
#[derive(Debug, Clone)]
pub struct ScanSlice {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The partition.
    pub partition: Partition,
    /// Its seek epoch: a slice of an earlier one is out of date.
    pub epoch: Epoch,
    /// Its filter.
    pub filter: Arc<Filter>,
    /// What the scan has passed once these are judged.
    pub passed: OffsetRange,
    /// The messages, in order.
    pub runs: Vec<Run>,
}

impl Core {
    /// Whether a scan is under way.
    pub fn has_scans(&self) -> bool {
        !self.objects.scans.is_empty()
    }

    /// The next messages to be judged, of each scan in turn. A scan that has nothing more to judge ends here.
    pub fn next_scan(&mut self, now: Now) -> Option<ScanSlice> {
        while let Some((id, partition)) = self.next_in_turn() {
            self.scan_after = Some((id, partition));
            match self.slice(id, partition) {
                Some(slice) => return Some(slice),
                None => self.end_scan((id, partition), now),
            }
        }
        None
    }

    /// Takes over what a filter leaves out of a slice. One that is out of date changes nothing.
    pub fn scanned(&mut self, slice: &ScanSlice, left_out: &[OffsetRange], now: Now) {
        let (id, partition) = (slice.subscription, slice.partition);
        let Some((subscription, _)) = self.pair(id) else {
            return;
        };
        let Some(machine) = subscription.machine(partition) else {
            return;
        };
        let unjudged = machine.unjudged();
        if machine.epoch() != slice.epoch || unjudged.start != slice.passed.start {
            return;
        }
        let open = left_out.iter();
        let mut open: Vec<OffsetRange> = open
            .flat_map(|range| machine.open_to_filter(range.intersection(slice.passed)))
            .collect();
        normalise(&mut open);
        let rest = OffsetRange::between(slice.passed.end, unjudged.end);
        let scanned = scan(id, partition, rest, open);
        self.enact(vec![Act::lazy(scanned)], now);
        self.stir(id);
    }

    fn next_in_turn(&self) -> Option<(SubscriptionId, Partition)> {
        let after = self.scan_after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut later = self.objects.scans.range((after, Bound::Unbounded));
        later.next().or_else(|| self.objects.scans.first()).copied()
    }

    fn slice(&self, id: SubscriptionId, partition: Partition) -> Option<ScanSlice> {
        let (subscription, topic) = self.pair(id)?;
        let filter = topic.sieves.of(id)?;
        let store = topic.store(partition)?;
        let machine = subscription.machine(partition)?;
        let start = machine.unjudged().start;
        let first = machine.next_unjudged()?.start;
        let end = machine.unjudged().end.min(first.plus(SLICE_MESSAGES));
        let (mut runs, mut bytes, mut passed) = (Vec::new(), 0, end);
        for run in store.log.runs(OffsetRange::between(first, end)) {
            bytes += store.log.bytes(run.range);
            runs.push(run);
            if bytes >= SLICE_BYTES {
                passed = run.range.end;
                break;
            }
        }
        Some(ScanSlice {
            subscription: id,
            partition,
            epoch: machine.epoch(),
            filter,
            passed: OffsetRange::between(start, passed),
            runs,
        })
    }

    fn end_scan(&mut self, (id, partition): (SubscriptionId, Partition), now: Now) {
        let subscription = self.objects.subscriptions.get(&id);
        let machine = subscription.and_then(|found| found.machine(partition));
        let Some(end) = machine.map(|machine| machine.unjudged().end) else {
            self.objects.scans.remove(&(id, partition));
            return;
        };
        let rest = OffsetRange::between(end, end);
        let scanned = scan(id, partition, rest, Vec::new());
        self.enact(vec![Act::lazy(scanned)], now);
        self.stir(id);
    }
}

/// The entry of a scan that has `rest` before it.
pub(super) fn scan(
    subscription: SubscriptionId,
    partition: Partition,
    rest: OffsetRange,
    left_out: Vec<OffsetRange>,
) -> Entry {
    Entry::Scanned(Scanned {
        subscription,
        partition,
        rest,
        left_out,
    })
}

impl Topic {
    /// The acts that begin the scans of a subscription with a filter that starts at `places`, one a partition; none
    /// where nothing was published after its place. Refused where messages were delayed: a scan knows no due times.
    pub(super) fn scans_from(
        &self,
        id: SubscriptionId,
        places: impl Iterator<Item = (Partition, Offset)>,
    ) -> Result<Vec<Act>, Refusal> {
        let mut acts = Vec::new();
        for (partition, place) in places {
            let Some(store) = self.store(partition) else {
                continue;
            };
            let rest = OffsetRange::between(place, store.log.next());
            if store.log.was_delayed(rest) {
                return Err(Refusal::ValueOutOfRange {
                    field: "start",
                    value: format!("{partition}:{place}, before messages that were delayed"),
                    range: "after them, for a subscription with a filter".to_owned(),
                });
            }
            if !rest.is_empty() {
                acts.push(Act::eager(scan(id, partition, rest, Vec::new())));
            }
        }
        Ok(acts)
    }
}

impl Objects {
    /// Live, what is left out does not count as having come in.
    pub(super) fn scanned(
        &mut self,
        scanned: &Scanned,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let (id, partition) = (scanned.subscription, scanned.partition);
        let subscription = self.place(id, partition, mode)?;
        let count: u64 = scanned.left_out.iter().map(|range| range.count()).sum();
        subscription.meters.published += count;
        let machine = machine(subscription, partition)?;
        let old = machine.unjudged();
        let (before, after) = settling(machine, |one| one.scanned(scanned, at));
        self.totals.settle(before, after);
        if let Mode::Live(_) = mode {
            self.weigh_judged(scanned, old);
        }
        if scanned.rest.is_empty() {
            self.scans.remove(&(id, partition));
        } else {
            self.scans.insert((id, partition));
        }
        Ok(())
    }

    /// Only what is judged weighs: the passed part of a scan comes to the backlog, the whole of one that begins goes.
    fn weigh_judged(&mut self, scanned: &Scanned, old: OffsetRange) {
        let Some(subscription) = self.subscriptions.get_mut(&scanned.subscription) else {
            return;
        };
        let topic = self.topics.get(&subscription.record.topic);
        let store = topic.and_then(|topic| topic.store(scanned.partition));
        let machine = subscription.machines.get(scanned.partition.0 as usize);
        let (Some(store), Some(machine)) = (store, machine) else {
            return;
        };
        if let Some(sum) = &mut subscription.backlog_bytes {
            let weigh = |open: Vec<OffsetRange>| open.into_iter().map(|part| store.log.bytes(part));
            let goes_on = !old.is_empty() && old.end == scanned.rest.end;
            if goes_on {
                let passed = OffsetRange::between(old.start, scanned.rest.start);
                let come: u64 = weigh(machine.open_to_filter(passed)).sum();
                *sum = sum.wrapping_add(come);
            } else {
                let gone: u64 = weigh(machine.open_to_filter(scanned.rest)).sum();
                *sum = sum.wrapping_sub(gone);
            }
        }
    }

    /// Recovery has ended: finds the scans that are under way.
    pub(super) fn find_scans(&mut self) {
        self.scans.clear();
        for (&id, subscription) in &self.subscriptions {
            let parts = subscription.parts();
            let under_way = parts.filter(|(_, machine)| !machine.unjudged().is_empty());
            self.scans
                .extend(under_way.map(|(partition, _)| (id, partition)));
        }
    }
}
