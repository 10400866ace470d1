//! Acts on many messages: requeue and purge, as entries of ranges. A dry run counts exactly what the act would do.

use super::command::{DryRun, Purge, PurgeScope, Selection};
use super::limits::{ENTRY_BYTES, MAX_ENTRY_PARTS};
use super::output::FRAME_OVERHEAD;
use super::selection::Picked;
use super::state::{Act, Core};
use super::views::Summary;
use crate::model::entry::{DropCause, Dropped, Entry, Requeued, Unparked};
use crate::model::{Name, Now, OffsetRange, OperationId, Partition, Refusal, SubscriptionId};

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
        let operation = self.objects.broker.next_operation;
        self.operate(&picked, now, |partition, ranges| {
            Entry::Requeued(Requeued {
                subscription: id,
                partition,
                operation,
                ranges,
            })
        });
        let summary = self.finish_operation(id, operation, &picked, now);
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
        let operation = self.objects.broker.next_operation;
        let (cause, verb) = match purge.scope {
            PurgeScope::Backlog => (DropCause::Purged, "purged"),
            PurgeScope::Dead => (DropCause::Discarded, "discarded dead"),
        };
        self.operate(&picked, now, |partition, ranges| {
            Entry::Dropped(Dropped {
                subscription: id,
                partition,
                cause,
                operation,
                ranges,
            })
        });
        let summary = self.finish_operation(id, operation, &picked, now);
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

    /// Writes the entries of an act as one group, whatever its size: a crash finds all of it or nothing. An act of
    /// nothing is an entry, too: its id is durable and never given again.
    fn operate(
        &mut self,
        picked: &[Picked],
        now: Now,
        entry: impl Fn(Partition, Vec<OffsetRange>) -> Entry,
    ) {
        let mut acts = Vec::new();
        for part in picked {
            for ranges in part.ranges.chunks(MAX_ENTRY_PARTS) {
                acts.push(Act::eager(entry(part.partition, ranges.to_vec())));
            }
        }
        if acts.is_empty() {
            acts.push(Act::eager(entry(Partition(0), Vec::new())));
        }
        self.enact(acts, now);
    }

    fn finish_operation(
        &mut self,
        id: SubscriptionId,
        operation: OperationId,
        picked: &[Picked],
        now: Now,
    ) -> Summary {
        self.note_deadline(id, now);
        self.stir(id);
        Summary {
            operation: Some(operation),
            ..Summary::of(picked)
        }
    }
}

impl Picked {
    /// What its entries take in the journal, at most.
    fn entry_bytes(&self) -> u64 {
        let entries = self.ranges.len().div_ceil(MAX_ENTRY_PARTS) as u64;
        let mut at = 0;
        let ranges = self.ranges.iter().map(|range| {
            let gap = range.start.0 - at;
            at = range.end.0;
            number_bytes(gap) + number_bytes(range.count())
        });
        // The first range of an entry tells its whole offset instead of a gap.
        entries * (FRAME_OVERHEAD as u64 + ENTRY_BYTES) + ranges.sum::<u64>()
    }
}

/// Bytes of a number as it is written: seven bits each.
fn number_bytes(value: u64) -> u64 {
    u64::from((u64::BITS - value.leading_zeros()).div_ceil(7).max(1))
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
