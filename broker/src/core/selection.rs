//! Which messages an act is for: a selection becomes ranges of offsets, by partition.

use std::collections::BTreeSet;

use super::command::{PurgeScope, Selection};
use super::limits::{MAX_SELECTED_GROUPS, MAX_SELECTED_IDS};
use super::objects::{Store, Subscription, Topic};
use super::setback::group_of;
use crate::delivery::{Chosen, Machine};
use crate::model::entry::DeadRecord;
use crate::model::filter::Filter;
use crate::model::range::normalise;
use crate::model::{Now, Offset, OffsetRange, Partition, Refusal, Span, Time};

/// The shortest age that can be selected.
const MIN_AGE: Span = Span::from_millis(1);

/// What a selection holds of one partition.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Picked {
    pub(super) partition: Partition,
    /// To be changed, in order, disjoint.
    pub(super) ranges: Vec<OffsetRange>,
    /// Selected, but left because they are leased.
    pub(super) leased: u64,
}

impl Selection {
    /// Refuses a selection that says nothing, or what cannot be.
    pub(super) fn check(&self, scope: PurgeScope) -> Result<(), Refusal> {
        let is_empty = !self.all
            && self.message_ids.is_empty()
            && self.older_than.is_none()
            && self.keep_newest.is_none()
            && self.error_class.is_none()
            && self.fingerprints.is_empty()
            && self.key.is_none()
            && self.filter.is_none();
        if is_empty {
            return Err(Refusal::SelectionRequired);
        }
        if self.message_ids.len() > MAX_SELECTED_IDS {
            return Err(Refusal::ValueOutOfRange {
                field: "selection.message_ids",
                value: format!("{} ids", self.message_ids.len()),
                range: format!("at most {MAX_SELECTED_IDS} ids"),
            });
        }
        if self.fingerprints.len() > MAX_SELECTED_GROUPS {
            return Err(Refusal::ValueOutOfRange {
                field: "selection.fingerprints",
                value: format!("{} groups", self.fingerprints.len()),
                range: format!("at most {MAX_SELECTED_GROUPS} groups"),
            });
        }
        if let Some(text) = &self.filter {
            Filter::parse(text).map_err(|error| Refusal::FilterInvalid {
                field: "selection.filter",
                detail: error.to_string(),
            })?;
        }
        if let Some(age) = self.older_than
            && age < MIN_AGE
        {
            return Err(Refusal::ValueOutOfRange {
                field: "selection.older_than",
                value: age.to_string(),
                range: format!("at least {MIN_AGE}"),
            });
        }
        if scope == PurgeScope::Backlog
            && let Some(class) = &self.error_class
        {
            return Err(Refusal::ValueOutOfRange {
                field: "selection.error_class",
                value: class.clone(),
                range: "unset, unless dead messages are meant".to_owned(),
            });
        }
        if scope == PurgeScope::Backlog
            && let Some(fingerprint) = self.fingerprints.first()
        {
            return Err(Refusal::ValueOutOfRange {
                field: "selection.fingerprint",
                value: fingerprint.to_string(),
                range: "unset, unless dead messages are meant".to_owned(),
            });
        }
        Ok(())
    }

    /// Whether it can be answered only by a look at each message.
    pub(super) fn sifts(&self) -> bool {
        self.key.is_some() || self.filter.is_some()
    }

    /// What it holds, by partition; partitions of which it holds nothing are left out.
    pub(super) fn pick(
        &self,
        subscription: &Subscription,
        topic: &Topic,
        scope: PurgeScope,
        now: Now,
    ) -> Vec<Picked> {
        let mut picked = Vec::new();
        for ((partition, machine), store) in subscription.parts().zip(&topic.partitions) {
            let ids = self.ids_on(topic, partition);
            let mut part = match scope {
                PurgeScope::Dead => self.pick_dead(machine, ids.as_ref(), now.wall),
                PurgeScope::Backlog => {
                    let until = store.log.next();
                    self.pick_backlog((machine, until), store, ids.as_ref(), now.wall)
                }
            };
            part.partition = partition;
            if !part.ranges.is_empty() || part.leased > 0 {
                picked.push(part);
            }
        }
        picked
    }

    fn pick_dead(&self, machine: &Machine, ids: Option<&BTreeSet<Offset>>, now: Time) -> Picked {
        let group = self.error_class.as_deref().map(group_of);
        let (mut all, mut chosen) = (Vec::new(), Vec::new());
        for (range, dead) in machine.dead_from(Offset(0)) {
            all.push(range);
            if self.takes(&dead, group, now) {
                chosen.push(range);
            }
        }
        normalise(&mut chosen);
        let below = self.keep_newest.map(|keep| all_but_newest(&all, keep));
        Picked {
            ranges: narrow(chosen, below, ids),
            ..Picked::default()
        }
    }

    /// Whether it takes a dead message; `group` is the hash of its class.
    pub(super) fn takes(&self, dead: &DeadRecord, group: Option<u32>, now: Time) -> bool {
        let is_old = self
            .older_than
            .is_none_or(|age| dead.last_failure.plus(age) <= now);
        let is_of_groups = || {
            let own = dead.fingerprint;
            own.is_some_and(|own| self.fingerprints.contains(&own))
        };
        is_old
            && group.is_none_or(|group| dead.group == group)
            && (self.fingerprints.is_empty() || is_of_groups())
    }

    /// What it holds of a backlog up to `end`.
    pub(super) fn pick_backlog(
        &self,
        (machine, end): (&Machine, Offset),
        store: &Store,
        ids: Option<&BTreeSet<Offset>>,
        now: Time,
    ) -> Picked {
        let everything = OffsetRange::between(machine.floor(), end);
        let free = machine.unfinished(&store.log, everything, Chosen::Backlog);
        let leased: Vec<OffsetRange> = machine.leases().map(|lease| lease.range).collect();
        let mut below = None;
        if let Some(keep) = self.keep_newest {
            let mut all = free.clone();
            all.extend_from_slice(&leased);
            normalise(&mut all);
            below = Some(all_but_newest(&all, keep));
        }
        if let Some(age) = self.older_than {
            let young = Time(now.0.saturating_sub(age.0).saturating_add(1));
            let first_young = store.log.first_at_or_after(young);
            below = Some(below.unwrap_or(first_young).min(first_young));
        }
        let leased = narrow(leased, below, ids);
        Picked {
            ranges: narrow(free, below, ids),
            leased: leased.iter().map(|range| range.count()).sum(),
            ..Picked::default()
        }
    }

    /// The offsets that it names of a partition; `None` if it names no messages at all.
    pub(super) fn ids_on(&self, topic: &Topic, partition: Partition) -> Option<BTreeSet<Offset>> {
        if self.message_ids.is_empty() {
            return None;
        }
        let ids = self.message_ids.iter();
        let here = ids.filter(|id| id.topic == topic.record.id && id.partition == partition);
        Some(here.map(|id| id.offset).collect())
    }
}

/// The offset below which all but the newest `keep` messages of `ranges` are.
pub(super) fn all_but_newest(ranges: &[OffsetRange], keep: u64) -> Offset {
    let mut left = keep;
    for range in ranges.iter().rev() {
        if left < range.count() {
            return Offset(range.end.0 - left);
        }
        left -= range.count();
    }
    Offset(0)
}

/// What of `ranges` is below an offset and among some offsets.
pub(super) fn narrow(
    ranges: Vec<OffsetRange>,
    below: Option<Offset>,
    ids: Option<&BTreeSet<Offset>>,
) -> Vec<OffsetRange> {
    let mut ranges = ranges;
    if let Some(below) = below {
        let end = OffsetRange::between(Offset(0), below);
        for range in &mut ranges {
            *range = range.intersection(end);
        }
    }
    if let Some(ids) = ids {
        let is_there = |offset: Offset| {
            let at = ranges.partition_point(|range| range.end <= offset);
            ranges.get(at).is_some_and(|range| range.contains(offset))
        };
        let named = ids.iter().filter(|offset| is_there(**offset));
        ranges = named.map(|&offset| OffsetRange::one(offset)).collect();
    }
    normalise(&mut ranges);
    ranges
}
