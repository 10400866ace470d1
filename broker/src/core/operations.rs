//! Acts on many messages: requeue and purge, as entries of ranges. A dry run counts exactly what the act would do.

use super::command::{DryRun, Purge, PurgeScope, Selection};
use super::limits::{MAX_ENTRY_PARTS, MAX_OPERATIONS};
use super::output::entry_bytes;
use super::portions::in_portions;
use super::selection::Picked;
use super::state::{Act, Core};
use super::views::Summary;
use crate::delivery::Machine;
use crate::model::entry::{
    Deed, DropCause, Dropped, Entry, Operated, OperationPart, OperationProgress, OperationRecord,
    OperationState, Phase, Requeued, Unparked,
};
use crate::model::{
    Name, Now, Offset, OffsetRange, Partition, PlanId, Refusal, Span, SubscriptionId, Time, TopicId,
};

impl Core {
    /// Makes dead messages ready again, with no attempts counted.
    pub fn requeue(
        &mut self,
        subscription: &Name,
        selection: &Selection,
        dry_run: DryRun,
        now: Now,
    ) -> Result<Summary, Refusal> {
        let (id, picked) = self.pick(subscription, selection, PurgeScope::Dead, now)?;
        if dry_run == DryRun::Yes {
            return Ok(Summary::of(&picked));
        }
        let summary = self.operate(Deed::Requeue, (id, selection), &picked, now)?;
        self.tell_operation(id, "requeued", summary, now);
        Ok(summary)
    }

    /// Drops messages of a subscription; never leased ones.
    pub fn purge(
        &mut self,
        purge: Purge<'_>,
        dry_run: DryRun,
        now: Now,
    ) -> Result<Summary, Refusal> {
        let (id, picked) = self.pick(purge.subscription, purge.selection, purge.scope, now)?;
        if dry_run == DryRun::Yes {
            return Ok(Summary::of(&picked));
        }
        let (deed, verb) = match purge.scope {
            PurgeScope::Backlog => (Deed::Purge, "purged"),
            PurgeScope::Dead => (Deed::Discard, "discarded dead"),
        };
        let summary = self.operate(deed, (id, purge.selection), &picked, now)?;
        self.tell_operation(id, verb, summary, now);
        Ok(summary)
    }

    /// Lets a key go on without its dead messages, which stay dead; gives how many there were.
    pub fn release_key(
        &mut self,
        subscription: &Name,
        key: u64,
        dry_run: DryRun,
        now: Now,
    ) -> Result<u64, Refusal> {
        let id = self.subscription_of(subscription)?.record.id;
        let Some((found, topic)) = self.pair(id) else {
            return Ok(0);
        };
        let (mut acts, mut count) = (Vec::new(), 0);
        for ((partition, machine), store) in found.parts().zip(&topic.partitions) {
            let holding = machine.holding(&store.log, key);
            count += holding.iter().map(|range| range.count()).sum::<u64>();
            for ranges in holding.chunks(MAX_ENTRY_PARTS) {
                acts.push(Act::eager(Entry::Unparked(Unparked {
                    subscription: id,
                    partition,
                    ranges: ranges.to_vec(),
                })));
            }
        }
        if dry_run == DryRun::No {
            // Each entry is its own group: a key that goes on past some of them waits for the others.
            for act in acts {
                self.enact(vec![act], now);
            }
            self.note_deadline(id, now);
            self.stir(id);
            let passed = Summary {
                affected: count,
                ..Summary::default()
            };
            if count > 0 {
                self.tell_operation(id, "let a key go on past", passed, now);
            }
        }
        Ok(count)
    }

    fn pick(
        &self,
        name: &Name,
        selection: &Selection,
        scope: PurgeScope,
        now: Now,
    ) -> Result<(SubscriptionId, Vec<Picked>), Refusal> {
        let id = self.subscription_of(name)?.record.id;
        selection.check(scope)?;
        if selection.sifts() || selection.skips_requeued {
            return Err(Refusal::NotSupported {
                what: "a selection by filter or ordering key without a plan",
            });
        }
        let pair = self.pair(id);
        let picked = pair.map_or_else(Vec::new, |(subscription, topic)| {
            selection.pick(subscription, topic, scope, now)
        });
        let bytes = picked.iter().map(Picked::entry_bytes).sum::<u64>();
        if bytes > self.group_bytes {
            let ranges: usize = picked.iter().map(|part| part.ranges.len()).sum();
            return Err(Refusal::ValueOutOfRange {
                field: "selection",
                value: format!("{ranges} separate ranges, {bytes} bytes as one commit"),
                range: format!("at most {} bytes: select fewer at a time", self.group_bytes),
            });
        }
        Ok((id, picked))
    }

    /// Does an operation as one group, whatever its size: a crash finds all of it or nothing. One of nothing is an
    /// entry, too: its id is durable and never given again.
    fn operate(
        &mut self,
        deed: Deed,
        (id, selection): (SubscriptionId, &Selection),
        picked: &[Picked],
        now: Now,
    ) -> Result<Summary, Refusal> {
        self.forget_operations(MAX_OPERATIONS - 1, now);
        let summary = Summary {
            operation: Some(self.objects.broker.next_operation),
            ..Summary::of(picked)
        };
        let state = self.done_at_once(deed, (id, selection), summary, now);
        let (mut parts, mut acts) = (Vec::new(), Vec::new());
        for part in picked {
            for ranges in part.ranges.chunks(MAX_ENTRY_PARTS) {
                acts.push(Act::eager(entry_of(
                    &state,
                    part.partition,
                    ranges.to_vec(),
                )));
                if state.progress.undo_until > Time(0) {
                    let done = self.done_part(&state, parts.len(), part.partition, ranges);
                    parts.extend(in_portions(&done));
                }
            }
        }
        if acts.is_empty() {
            acts.push(Act::eager(entry_of(&state, Partition(0), Vec::new())));
        }
        // What it puts aside is known before it goes, so that the texts that it refers to are not let go.
        let mut told = vec![Act::eager(Entry::Operated(Operated::Started(state)))];
        let parts = parts.into_iter().map(Operated::Part);
        told.extend(parts.map(|part| Act::eager(Entry::Operated(part))));
        told.append(&mut acts);
        let acts = told;
        self.check_commit("selection", &acts)?;
        self.enact(acts, now);
        self.note_deadline(id, now);
        self.stir(id);
        Ok(summary)
    }

    /// An operation that is finished as soon as it begins.
    fn done_at_once(
        &self,
        deed: Deed,
        (id, selection): (SubscriptionId, &Selection),
        summary: Summary,
        now: Now,
    ) -> OperationState {
        let pair = self.pair(id);
        let names = pair
            .map(|(found, topic)| (topic.record.name.to_string(), found.record.name.to_string()));
        let record = OperationRecord {
            id: summary.operation.unwrap_or_default(),
            plan: PlanId::default(),
            deed,
            subscription: id,
            topic: pair.map_or(TopicId(0), |(_, topic)| topic.record.id),
            names: names.unwrap_or_default(),
            who: self.who.clone(),
            started: now.wall,
            selected: summary.selected,
            grace: self.undo.grace,
            text: selection.words(),
            ..OperationRecord::default()
        };
        let is_open = record.grace > Span::ZERO && summary.affected > 0;
        let progress = OperationProgress {
            phase: Phase::Finished,
            updated: now.wall,
            affected: summary.affected,
            skipped: summary.skipped,
            undo_until: if is_open {
                now.wall.plus(record.grace)
            } else {
                Time(0)
            },
            ..OperationProgress::default()
        };
        OperationState { record, progress }
    }

    fn done_part(
        &self,
        state: &OperationState,
        index: usize,
        partition: Partition,
        ranges: &[OffsetRange],
    ) -> OperationPart {
        let found = self.objects.subscriptions.get(&state.record.subscription);
        let machine = found.and_then(|found| found.machine(partition));
        OperationPart {
            operation: state.record.id,
            index: u32::try_from(index).unwrap_or(u32::MAX),
            partition,
            epoch: machine.map(Machine::epoch).unwrap_or_default(),
            ranges: ranges.into(),
            cursor: Offset(u64::MAX),
            image: machine.map_or_else(Vec::new, |machine| machine.image(ranges)),
            ..OperationPart::default()
        }
    }
}

/// The entry that requeues or drops.
fn entry_of(state: &OperationState, partition: Partition, ranges: Vec<OffsetRange>) -> Entry {
    let (subscription, operation) = (state.record.subscription, state.record.id);
    let cause = match state.record.deed {
        Deed::Purge => DropCause::Purged,
        Deed::Discard => DropCause::Discarded,
        _ => {
            return Entry::Requeued(Requeued {
                subscription,
                partition,
                operation,
                ranges,
                keeps_attempts: false,
            });
        }
    };
    Entry::Dropped(Dropped {
        subscription,
        partition,
        cause,
        operation,
        ranges,
    })
}

impl Picked {
    /// What its entries take in the journal, at most.
    fn entry_bytes(&self) -> u64 {
        let chunks = self.ranges.chunks(MAX_ENTRY_PARTS);
        chunks.map(entry_bytes).sum()
    }
}

impl Summary {
    fn of(picked: &[Picked]) -> Self {
        let ranges = picked.iter().flat_map(|part| &part.ranges);
        let affected = ranges.map(|range| range.count()).sum();
        let skipped = picked.iter().map(|part| part.leased).sum();
        Self {
            operation: None,
            selected: affected + skipped,
            affected,
            skipped,
        }
    }
}
