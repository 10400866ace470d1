//! Taking a deletion back: what it put aside is there again, under its names, with its ids, settings and messages.
//!
//! A subscription whose topic was there all the time gets what was published meanwhile, too, as if it had never been
//! away. Only where its filter would have to be asked about messages that were delayed, which it cannot be, or about an
//! edited one, which is for this subscription whatever the filter says, it does not, and the plan says so.

use super::limits::{MAX_ENTRY_PARTS, MAX_SUBSCRIPTIONS, MAX_TOPICS};
use super::objects::{Subscription, Topic};
use super::operation::Operation;
use super::plan::{Plan, PlanCounts, Way};
use super::planned::NO_SECOND_UNDO;
use super::scanning::scan;
use super::state::{Act, Core};
use crate::delivery::{Chosen, Log, Machine};
use crate::model::entry::{BroughtBack, Deed, DropCause, Dropped, Entry, Operated, SetAside};
use crate::model::{Now, OffsetRange, OperationId, Partition, Refusal, SubscriptionId};

impl Core {
    /// What the undo of a deletion would bring back.
    pub(super) fn plan_bringing_back(
        &self,
        operation: &Operation,
        now: Now,
    ) -> Result<Plan, Refusal> {
        let (record, id) = (&operation.state.record, operation.id());
        let put = self.what_was_put(id)?;
        let topic = self.objects.any_topic(record.topic);
        let topic = topic.ok_or(Refusal::TopicGone {
            topic: record.topic,
        })?;
        let (mut counts, mut warnings) = (PlanCounts::default(), Vec::new());
        for id in &put.subscriptions {
            let found = self.objects.aside.subscriptions.get(id);
            let Some(found) = found else { continue };
            counts.affected += found.messages_once_back(topic, now);
            let since = found.open_since(&put, topic);
            if since == 0 {
                continue;
            }
            if let Some(why) = self.why_unjudged(found, &put, topic) {
                counts.affected = counts.affected.saturating_sub(since);
                warnings.push(format!(
                    "{} published while {} was gone, about which its filter cannot be asked, \
                     since {why}: it does not get them",
                    were(since),
                    found.record.name
                ));
            } else {
                warnings.push(format!(
                    "{} published while {} was gone: it gets what came meanwhile, too{}",
                    were(since),
                    found.record.name,
                    match found.record.settings.filter {
                        Some(_) => ", as far as its filter lets them pass",
                        None => "",
                    }
                ));
            }
        }
        counts.selected = counts.affected;
        let subscription = self.objects.aside.subscriptions.get(&record.subscription);
        Ok(Plan {
            deed: Deed::Undo,
            counts,
            warnings,
            text: format!("operation {id}: {}", record.deed.word()),
            undo_note: NO_SECOND_UNDO.to_owned(),
            undoes: id,
            undone: Some(record.deed),
            way: Way::BringBack,
            ..self.draft(subscription.map(Box::as_ref), topic, now)
        })
    }

    /// Refuses to bring back what has gone for good, or has no room or name any more.
    pub(super) fn check_bringing_back(&self, id: OperationId) -> Result<(), Refusal> {
        let put = self.what_was_put(id)?;
        let objects = &self.objects;
        let blocked = |detail: String| {
            Err(Refusal::UndoBlocked {
                operation: id,
                detail,
            })
        };
        let aside = objects.aside.topics.get(&put.topic);
        if let Some(topic) = aside {
            let name = &topic.record.name;
            if objects.topic_names.contains_key(name) {
                return blocked(taken("topic", name.as_str()));
            }
        }
        for found in &put.subscriptions {
            let Some(found) = objects.aside.subscriptions.get(found) else {
                continue;
            };
            let (of, name) = (found.record.topic, &found.record.name);
            let there = objects.topics.get(&of);
            if there.is_none() && aside.is_none() {
                let deletion = objects.aside.deletion_of_topic(of).unwrap_or_default();
                return blocked(format!(
                    "the topic of subscription {name} was deleted by operation {deletion}; undo \
                     that one first"
                ));
            }
            if objects.subscription_names.contains_key(name) {
                return blocked(taken("subscription", name.as_str()));
            }
            if let (Some(topic), Some(filter)) = (there, &found.record.settings.filter) {
                topic.sieves.check_room([&**filter])?;
            }
        }
        for (what, there, more, limit) in [
            (
                "topics",
                objects.topics.len(),
                aside.iter().len(),
                MAX_TOPICS,
            ),
            (
                "subscriptions",
                objects.subscriptions.len(),
                put.subscriptions.len(),
                MAX_SUBSCRIPTIONS,
            ),
        ] {
            if (there + more) as u64 > limit {
                return Err(Refusal::LimitReached { what, limit });
            }
        }
        Ok(())
    }

    /// Brings back what a deletion put aside.
    pub(super) fn bring_back(&mut self, deletion: OperationId, now: Now) -> Result<(), Refusal> {
        self.check_undo(deletion, now)?;
        let put = self.what_was_put(deletion)?;
        let entry = BroughtBack {
            operation: self.objects.broker.next_operation,
            deletion,
        };
        let entry = Entry::Operated(Operated::BroughtBack(entry));
        self.enact(vec![Act::eager(entry)], now);
        for &id in &put.subscriptions {
            let acts = self.catching_up(id, &put);
            if !acts.is_empty() {
                self.enact(acts, now);
                self.objects.note_limits(id);
            }
            self.drop_skipped_of(id, now);
            for ended in self.objects.ended_of_all(id) {
                self.drop_ended(&ended, now);
            }
            self.wake(id, now);
            self.note_deadline(id, now);
            self.look_for_forwarding();
        }
        Ok(())
    }

    fn what_was_put(&self, id: OperationId) -> Result<SetAside, Refusal> {
        let put = self.objects.aside.deletions.get(&id);
        put.map(|put| put.state(id)).ok_or(Refusal::UndoTooLate {
            operation: id,
            detail: "what it deleted is gone for good".to_owned(),
        })
    }

    /// What lets a subscription with a filter that is back have its due of what was published meanwhile.
    fn catching_up(&self, id: SubscriptionId, put: &SetAside) -> Vec<Act> {
        let Some((subscription, topic)) = self.pair(id) else {
            return Vec::new();
        };
        if subscription.record.settings.filter.is_none() {
            return Vec::new();
        }
        let cannot_judge = self.why_unjudged(subscription, put, topic).is_some();
        let mut acts = Vec::new();
        for (partition, range) in since(put, topic) {
            let places = subscription.machine(partition).zip(topic.store(partition));
            let Some((machine, store)) = places else {
                continue;
            };
            if cannot_judge {
                let ranges = machine.unfinished(&store.log, range, Chosen::Backlog);
                acts.extend(ranges.chunks(MAX_ENTRY_PARTS).map(|ranges| {
                    Act::lazy(Entry::Dropped(Dropped {
                        subscription: id,
                        partition,
                        cause: DropCause::Skipped,
                        operation: OperationId(0),
                        ranges: ranges.to_vec(),
                    }))
                }));
                continue;
            }
            let rest = to_judge(machine, range);
            acts.push(Act::lazy(scan(id, partition, rest, Vec::new())));
        }
        acts
    }

    /// Why the filter of a subscription cannot be asked about what was published since it was put aside; none if it
    /// can, or has no filter.
    fn why_unjudged(
        &self,
        found: &Subscription,
        put: &SetAside,
        topic: &Topic,
    ) -> Option<&'static str> {
        found.record.settings.filter.as_ref()?;
        let id = found.record.id;
        since(put, topic).find_map(|(partition, range)| {
            let (machine, store) = found.machine(partition).zip(topic.store(partition))?;
            let again = to_judge(machine, range);
            if store.log.was_delayed(again) {
                return Some("messages were delayed");
            }
            // A scan that was under way would go on over what was published since it began.
            let over = again.start < range.start;
            let over = over.then(|| OffsetRange::between(machine.unjudged().end, range.start))?;
            let is_edited = self.may_have_edited(id, (partition, over), &store.log);
            is_edited.then_some("an edited message would have to pass it, too")
        })
    }

    /// Whether an edit has published one of these messages for a subscription, or may have: where it did is known as
    /// long as it can be undone, and when for longer.
    fn may_have_edited(
        &self,
        id: SubscriptionId,
        (partition, range): (Partition, OffsetRange),
        log: &Log,
    ) -> bool {
        let first = log.runs(range).next();
        let Some(first) = first.and_then(|run| log.time(run.range.start)) else {
            return false;
        };
        let all = self.objects.operations.all.values();
        let mut edits = all.filter(|one| {
            let record = &one.state.record;
            record.deed == Deed::Edit && record.subscription == id
        });
        edits.any(|one| {
            if one.is_open() {
                one.has_published(partition, range)
            } else {
                one.state.record.started >= first
            }
        })
    }
}

/// What was published to a topic since something of it was put aside.
fn since<'a>(
    put: &'a SetAside,
    topic: &'a Topic,
) -> impl Iterator<Item = (Partition, OffsetRange)> + 'a {
    let ends = put.ends.iter().zip(&topic.partitions);
    let ranges = ends.map(|(&end, store)| OffsetRange::between(end, store.log.next()));
    let parts = (0..).map(Partition).zip(ranges);
    parts.filter(|(_, range)| !range.is_empty())
}

/// What is judged of a machine with what came meanwhile: a scan that was under way goes over all of it.
fn to_judge(machine: &Machine, range: OffsetRange) -> OffsetRange {
    let before = machine.unjudged();
    let start = if before.is_empty() {
        range.start
    } else {
        before.start.min(range.start)
    };
    OffsetRange::between(start, range.end)
}

fn were(count: u64) -> String {
    match count {
        1 => "1 message was".to_owned(),
        count => format!("{count} messages were"),
    }
}

fn taken(what: &str, name: &str) -> String {
    format!(
        "another {what} is named {name} now; delete that one first, by a plan, which can be \
         undone in its turn, or keep it and leave the old one"
    )
}

impl Subscription {
    /// How many messages it has to finish of what was published since it was put aside: not those that an edit has
    /// published for another one.
    fn open_since(&self, put: &SetAside, topic: &Topic) -> u64 {
        let parts = since(put, topic).filter_map(|(partition, range)| {
            let (machine, store) = self.machine(partition).zip(topic.store(partition))?;
            let open = machine.unfinished(&store.log, range, Chosen::Backlog);
            Some(
                open.into_iter()
                    .map(|part| store.log.count(part))
                    .sum::<u64>(),
            )
        });
        parts.sum()
    }

    /// How many messages it has to finish once it is back, dead ones included. It stays as it is.
    fn messages_once_back(&self, topic: &Topic, now: Now) -> u64 {
        let parts = self.machines.iter().zip(&topic.partitions);
        let messages = parts.map(|(machine, store)| {
            let mut back: Machine = machine.clone();
            back.resume(&store.log, &self.rules, now);
            let counts = back.counts(&store.log);
            let all = counts.backlog() + counts.scheduled + counts.dead + counts.unjudged;
            // Skipped offsets are no messages.
            let open = OffsetRange::between(back.floor(), store.log.next());
            let skipped = store.log.skipped(open);
            let skipped =
                skipped.flat_map(|range| back.unfinished(&store.log, range, Chosen::Backlog));
            all.saturating_sub(skipped.map(OffsetRange::count).sum())
        });
        messages.sum()
    }
}
