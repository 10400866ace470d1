//! Seeking: a subscription goes on from elsewhere, in a new epoch.
//!
//! Forward, what is passed and neither finished nor dead is dropped as skipped. Back, everything from there on that is
//! not dead is ready again with no attempts, and the books of the epoch begin there. Either way no lease of before is
//! good: its consumer has its credit back, and its ack is stale. One commit group: a crash finds all of it or nothing.

use std::collections::BTreeMap;

use super::command::{DryRun, Seek, Start};
use super::limits::MAX_ENTRY_PARTS;
use super::objects::{Subscription, Topic};
use super::output::OutFrame;
use super::portions::in_portions;
use super::state::{Act, Core};
use super::views::Sought as Summary;
use crate::delivery::{Expired, Log, Machine};
use crate::model::entry::{DropCause, Dropped, Entry, OperationPart, Sought};
use crate::model::{
    ConsumerId, Epoch, Name, Now, Offset, OffsetRange, OperationId, Partition, Refusal,
};

/// What a seek is to one partition.
struct Leap {
    partition: Partition,
    target: Offset,
    epoch: Epoch,
    is_anew: bool,
    skipped: Vec<OffsetRange>,
    leases: Vec<Expired>,
    restored: u64,
}

impl Topic {
    /// Where a start is on each partition; none where it says nothing.
    pub(super) fn places(&self, start: &Start) -> Result<Vec<Option<Offset>>, Refusal> {
        let logs = self.partitions.iter().map(|store| &store.log);
        Ok(match start {
            Start::Latest => logs.map(|log| Some(log.next())).collect(),
            Start::Earliest => logs.map(|log| Some(log.low())).collect(),
            Start::Time(time) => logs.map(|log| Some(log.first_at_or_after(*time))).collect(),
            Start::Offsets(offsets) => return self.places_of(offsets),
        })
    }

    fn places_of(&self, offsets: &[(Partition, Offset)]) -> Result<Vec<Option<Offset>>, Refusal> {
        let mut places = vec![None; self.partitions.len()];
        for &(partition, offset) in offsets {
            let place = places.get_mut(partition.0 as usize);
            let (Some(place), Some(store)) = (place, self.store(partition)) else {
                return Err(Refusal::ValueOutOfRange {
                    field: "offsets.partition",
                    value: partition.to_string(),
                    range: format!("below {}, as many as the topic has", self.partitions.len()),
                });
            };
            let (low, next) = (store.log.low(), store.log.next());
            if offset < low {
                return Err(Refusal::OffsetBelowLowWatermark {
                    partition,
                    offset,
                    low,
                });
            }
            if offset > next {
                return Err(Refusal::ValueOutOfRange {
                    field: "offsets.offset",
                    value: format!("{partition}:{offset}"),
                    range: format!("at most {partition}:{next}, where the next message goes"),
                });
            }
            *place = Some(offset);
        }
        Ok(places)
    }
}

impl Core {
    /// Lets a subscription go on from elsewhere, or only counts.
    pub fn seek(&mut self, seek: Seek<'_>, dry_run: DryRun, now: Now) -> Result<Summary, Refusal> {
        let subscription = self.subscription_of(seek.subscription)?;
        let id = subscription.record.id;
        let topic = self.objects.topics.get(&subscription.record.topic);
        let topic = topic.ok_or(Refusal::TopicGone {
            topic: subscription.record.topic,
        })?;
        let places = topic.places(seek.target)?;
        let leaps = subscription.leaps(topic, &places);
        let scans = if subscription.record.settings.filter.is_some() {
            let anew = leaps.iter().filter(|leap| leap.is_anew);
            topic.scans_from(id, anew.map(|leap| (leap.partition, leap.target)))?
        } else {
            Vec::new()
        };
        let summary = Summary::of(&leaps);
        if dry_run == DryRun::Yes {
            return Ok(summary);
        }
        let operation = self.acting.as_ref().map_or(OperationId(0), |(id, _)| *id);
        let mut acts = Vec::new();
        for leap in &leaps {
            acts.push(Act::eager(Entry::Sought(Sought {
                subscription: id,
                partition: leap.partition,
                epoch: leap.epoch,
                target: leap.target,
                is_anew: leap.is_anew,
            })));
            for ranges in leap.skipped.chunks(MAX_ENTRY_PARTS) {
                acts.push(Act::eager(Entry::Dropped(Dropped {
                    subscription: id,
                    partition: leap.partition,
                    cause: DropCause::Skipped,
                    operation,
                    ranges: ranges.to_vec(),
                })));
            }
        }
        acts.extend(scans);
        self.check_group(&acts)?;
        self.enact(acts, now);
        self.drop_skipped_of(id, now);
        self.give_credit_back(seek.subscription, leaps);
        self.note_deadline(id, now);
        self.stir(id);
        self.tell_sought(id, summary, now);
        Ok(summary)
    }

    /// What a seek is about to change, so that it can be taken back: what it skips, with its histories, or what it
    /// makes ready again.
    pub(super) fn seek_image(
        &self,
        seek: Seek<'_>,
        operation: OperationId,
    ) -> Result<Vec<OperationPart>, Refusal> {
        let subscription = self.subscription_of(seek.subscription)?;
        let topic = self.objects.topics.get(&subscription.record.topic);
        let topic = topic.ok_or(Refusal::TopicGone {
            topic: subscription.record.topic,
        })?;
        let places = topic.places(seek.target)?;
        let mut parts = Vec::new();
        for leap in subscription.leaps(topic, &places) {
            let machine = subscription.machine(leap.partition);
            let Some((machine, store)) = machine.zip(topic.store(leap.partition)) else {
                continue;
            };
            let ranges = if leap.is_anew {
                machine.finished_in(OffsetRange::between(leap.target, store.log.next()))
            } else {
                leap.skipped
            };
            for ranges in ranges.chunks(MAX_ENTRY_PARTS) {
                parts.extend(in_portions(&OperationPart {
                    operation,
                    index: u32::try_from(parts.len()).unwrap_or(u32::MAX),
                    partition: leap.partition,
                    epoch: leap.epoch,
                    is_back: leap.is_anew,
                    cursor: Offset(u64::MAX),
                    image: if leap.is_anew {
                        Vec::new()
                    } else {
                        machine.image(ranges)
                    },
                    ranges: ranges.into(),
                    skipped: Vec::new(),
                    copies: Vec::new(),
                }));
            }
        }
        Ok(parts)
    }

    /// Refuses what is too much for one commit group.
    fn check_group(&self, acts: &[Act]) -> Result<(), Refusal> {
        let sizes = acts
            .iter()
            .map(|act| OutFrame::lazy(&act.entry).stored_size());
        let bytes = sizes.sum::<usize>() as u64;
        if bytes <= self.group_bytes {
            return Ok(());
        }
        Err(Refusal::ValueOutOfRange {
            field: "target",
            value: format!("so far ahead that what is skipped takes {bytes} bytes as one commit"),
            range: format!("at most {} bytes: seek in steps", self.group_bytes),
        })
    }

    /// Consumers no longer hold what they had of the partitions that were sought.
    fn give_credit_back(&mut self, name: &Name, leaps: Vec<Leap>) {
        let mut ended: BTreeMap<ConsumerId, Vec<(Partition, Expired)>> = BTreeMap::new();
        for leap in leaps {
            for lease in leap.leases {
                if let Some(consumer) = lease.consumer {
                    let leases = ended.entry(consumer).or_default();
                    leases.push((leap.partition, lease));
                }
            }
        }
        let topic = self.subscription_of(name).map(|found| found.record.topic);
        let topic = topic.ok().and_then(|id| self.objects.topics.get(&id));
        let Some(topic) = topic else { return };
        for (consumer, leases) in &ended {
            let Some(found) = self.consumers.get_mut(consumer) else {
                continue;
            };
            for (partition, lease) in leases {
                if let Some(store) = topic.store(*partition) {
                    found.credit.end(lease.serial, lease.range, &store.log);
                }
            }
        }
        for consumer in ended.into_keys() {
            self.line_up(consumer);
        }
    }
}

impl Subscription {
    fn leaps(&self, topic: &Topic, places: &[Option<Offset>]) -> Vec<Leap> {
        let mut leaps = Vec::new();
        for (((partition, machine), store), place) in
            self.parts().zip(&topic.partitions).zip(places)
        {
            let Some(target) = *place else { continue };
            let is_anew = target <= machine.floor();
            let skipped = if is_anew {
                Vec::new()
            } else {
                machine.skipped_by(&store.log, target)
            };
            leaps.push(Leap {
                partition,
                target,
                epoch: Epoch(machine.epoch().0 + 1),
                is_anew,
                skipped,
                leases: machine.leases().collect(),
                restored: if is_anew {
                    restored_from(machine, &store.log, target)
                } else {
                    0
                },
            });
        }
        leaps
    }
}

impl Summary {
    fn of(leaps: &[Leap]) -> Self {
        let sum = |count: fn(&Leap) -> u64| leaps.iter().map(count).sum();
        let messages =
            |ranges: &[OffsetRange]| ranges.iter().map(|range| range.count()).sum::<u64>();
        Self {
            skipped: leaps
                .iter()
                .map(|leap| messages(&leap.skipped))
                .sum::<u64>(),
            restored: sum(|leap| leap.restored),
            ended_leases: sum(|leap| leap.leases.iter().map(|lease| lease.range.count()).sum()),
        }
    }
}

/// How many messages that are finished a seek back to a place would make ready again.
pub(super) fn restored_from(machine: &Machine, log: &Log, target: Offset) -> u64 {
    let counts = machine.counts(log);
    let belonging = log.count(OffsetRange::between(target, log.next()));
    let unfinished = counts.unjudged + counts.backlog() + counts.scheduled + counts.dead;
    belonging.saturating_sub(unfinished)
}
