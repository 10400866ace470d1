//! Acts on many messages: requeue and purge, as entries of ranges. A dry run counts exactly what the act would do.

use super::command::{DryRun, Purge, PurgeScope, Selection};
use super::limits::{MAX_ENTRY_PARTS, MAX_GROUP_FRAMES};
use super::selection::Picked;
use super::state::{Act, Core};
use super::views::Summary;
use crate::model::entry::{DropCause, Dropped, Entry, Requeued};
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
        Ok(self.finish_operation(id, operation, &picked, now))
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
        let cause = match purge.scope {
            PurgeScope::Backlog => DropCause::Purged,
            PurgeScope::Dead => DropCause::Discarded,
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
        Ok(self.finish_operation(id, operation, &picked, now))
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
        Ok((id, picked))
    }

    /// Writes the entries of an act, in groups that a journal takes. An act of nothing is an entry, too: its id is
    /// durable and never given again.
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
        while !acts.is_empty() {
            let rest = acts.split_off(acts.len().min(MAX_GROUP_FRAMES));
            self.enact(std::mem::replace(&mut acts, rest), now);
        }
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
