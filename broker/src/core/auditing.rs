//! What of the decided entries goes on record, and in which words.
//!
//! Looks at entries before they are applied, while what they change is still there to be compared. An act of a plan
//! names the plan and the operation; what the broker does by a rule is nobody's.

use std::fmt::Debug;

use super::plan::Change;
use super::state::{Act, Core};
use super::trail::{TrailBroken, digest};
use crate::model::entry::{
    Audited, Deed, DropCause, Entry, Operated, OperationProgress, OperationRecord, OperationState,
    Phase, SetAside, SubscriptionRecord, Who,
};
use crate::model::{Now, OffsetRange, OperationId, Span, SubscriptionId, TopicId};

impl Core {
    /// From now on until it is told otherwise, what is decided is done by this one.
    pub fn set_who(&mut self, who: Option<Who>) {
        self.who = who.unwrap_or_default();
    }

    /// Administrative acts after one, the oldest first, at most so many.
    pub fn acts_after(&self, sequence: u64, limit: usize) -> Vec<Audited> {
        let acts = self.objects.trail.after(sequence);
        acts.take(limit).collect()
    }

    /// Administrative acts before one, the newest first, at most so many, that are wanted.
    pub fn acts_before(
        &self,
        sequence: u64,
        limit: usize,
        wanted: impl Fn(&Audited) -> bool,
    ) -> Vec<Audited> {
        let acts = self.objects.trail.before(sequence);
        acts.filter(|act| wanted(act)).take(limit).collect()
    }

    /// Checks that the record of administrative acts is as it was written.
    pub fn verify_acts(&self) -> Result<(), TrailBroken> {
        self.objects.trail.verify()
    }

    /// What is to be said of a group of entries that is about to be decided.
    pub(super) fn audit_of(&self, acts: &[Act], now: Now) -> Vec<Act> {
        let mut drafts: Vec<Audited> = Vec::new();
        let mut is_sought = false;
        for act in acts {
            match &act.entry {
                Entry::Sought(sought) if !is_sought => {
                    is_sought = true;
                    let skipped = dropped_of(acts, DropCause::Skipped);
                    drafts.push(Audited {
                        affected: skipped,
                        selected: skipped,
                        ..self.on_subscription("subscription.seek", sought.subscription)
                    });
                }
                Entry::Operated(Operated::SetAside(put)) => {
                    drafts.extend(self.said_of_deletion(put));
                }
                entry => drafts.extend(self.said_of(entry)),
            }
        }
        if drafts.is_empty() {
            // Nearly always: looking up the last act, which is packed, would cost each publish.
            return Vec::new();
        }
        let (mut sequence, mut previous) = self.objects.trail.last();
        let audited = drafts.into_iter().map(|draft| {
            sequence += 1;
            let mut act = Audited {
                sequence,
                time: now.wall,
                who: if draft.who == Who::default() {
                    self.who.clone()
                } else {
                    draft.who.clone()
                },
                previous,
                ..draft
            };
            if let Some((operation, plan)) = &self.acting {
                act.operation = *operation;
                act.plan.clone_from(plan);
            }
            act.digest = digest(&act);
            previous = act.digest;
            Act::lazy(Entry::Audited(act))
        });
        audited.collect()
    }

    fn said_of(&self, entry: &Entry) -> Option<Audited> {
        Some(match entry {
            Entry::TopicCreated(record) => Audited {
                topic: record.name.to_string(),
                ..named("topic.create")
            },
            Entry::TopicDeleted(id) => {
                // What is aside was deleted long ago.
                self.objects.topics.get(id)?;
                self.on_topic("topic.delete", *id)
            }
            Entry::TopicUpdated(record) => {
                let before = self.objects.topics.get(&record.id);
                let before = before.map(|topic| &topic.record.settings);
                Audited {
                    detail: told(before?, &record.settings),
                    ..self.on_topic("topic.update", record.id)
                }
            }
            Entry::SubscriptionCreated { record, .. } => Audited {
                topic: self.on_topic("", record.topic).topic,
                subscription: record.name.to_string(),
                ..named("subscription.create")
            },
            Entry::SubscriptionDeleted(id) => self.said_of_gone(*id)?,
            Entry::SubscriptionUpdated(record) => self.updated(record)?,
            Entry::Unparked(unparked) => {
                let count = total(&unparked.ranges);
                Audited {
                    selected: count,
                    affected: count,
                    ..self.on_subscription("key.release", unparked.subscription)
                }
            }
            Entry::Operated(Operated::Started(state)) => begun(state)?,
            Entry::Operated(Operated::Step(step)) => {
                let operation = self.objects.operations.all.get(&step.operation)?;
                gone_on(
                    &operation.state.record,
                    &operation.state.progress,
                    &step.progress,
                    &self.who,
                )?
            }
            _ => return None,
        })
    }

    /// What is deleted and can be brought back; nothing of what is only restated.
    fn said_of_deletion(&self, put: &SetAside) -> Vec<Audited> {
        let ids = put.subscriptions.iter();
        let mut said: Vec<Audited> = ids.filter_map(|&id| self.said_of_gone(id)).collect();
        if self.objects.topics.contains_key(&put.topic) {
            said.push(self.on_topic("topic.delete", put.topic));
        }
        said
    }

    fn said_of_gone(&self, id: SubscriptionId) -> Option<Audited> {
        let (found, topic) = self.pair(id)?;
        let counts = found.counts(topic);
        let gone = counts.backlog() + counts.scheduled + counts.dead;
        Some(Audited {
            selected: gone,
            affected: gone,
            ..self.on_subscription("subscription.delete", id)
        })
    }

    fn updated(&self, record: &SubscriptionRecord) -> Option<Audited> {
        let before = &self.objects.subscriptions.get(&record.id)?.record.settings;
        let verb = match (before.is_paused, record.settings.is_paused) {
            (false, true) => "subscription.pause",
            (true, false) => "subscription.resume",
            _ => "subscription.update",
        };
        Some(Audited {
            detail: told(before, &record.settings),
            ..self.on_subscription(verb, record.id)
        })
    }

    fn on_topic(&self, verb: &str, id: TopicId) -> Audited {
        let topic = self.objects.topics.get(&id);
        Audited {
            topic: topic.map_or_else(String::new, |topic| topic.record.name.to_string()),
            ..named(verb)
        }
    }

    fn on_subscription(&self, verb: &str, id: SubscriptionId) -> Audited {
        let Some((found, topic)) = self.pair(id) else {
            return named(verb);
        };
        Audited {
            topic: topic.record.name.to_string(),
            subscription: found.record.name.to_string(),
            ..named(verb)
        }
    }

    /// Puts an act on record that changes nothing else.
    pub fn put_on_record(&mut self, verb: &str, detail: String, now: Now) {
        let (sequence, previous) = self.objects.trail.last();
        let mut act = Audited {
            sequence: sequence + 1,
            time: now.wall,
            who: self.who.clone(),
            detail,
            previous,
            ..named(verb)
        };
        act.digest = digest(&act);
        self.enact(vec![Act::eager(Entry::Audited(act))], now);
    }
}

fn named(verb: &str) -> Audited {
    Audited {
        verb: verb.to_owned(),
        ..Audited::default()
    }
}

/// An operation that begins. What is done at once is on record as what it is.
fn begun(state: &OperationState) -> Option<Audited> {
    let record = &state.record;
    match record.deed {
        Deed::Requeue | Deed::Discard | Deed::Purge | Deed::Undo | Deed::Move | Deed::Edit => {}
        _ => return None,
    }
    let progress = &state.progress;
    let verb = match progress.phase {
        Phase::Finished => record.deed.word().to_owned(),
        _ => format!("{}.begin", record.deed.word()),
    };
    let text = record.text.clone();
    Some(Audited {
        detail: match record.undoes {
            OperationId(0) => text,
            undoes => format!("of operation {undoes}"),
        },
        ..about(record, progress, verb)
    })
}

/// An operation whose phase changes.
fn gone_on(
    record: &OperationRecord,
    before: &OperationProgress,
    after: &OperationProgress,
    who: &Who,
) -> Option<Audited> {
    let word = match (before.phase, after.phase) {
        (before, after) if before == after => return None,
        (_, Phase::Paused) => "pause",
        (Phase::Paused, Phase::Running | Phase::Waiting) => "resume",
        (_, Phase::Running | Phase::Waiting) => return None,
        (_, Phase::Cancelled) => "cancel",
        (_, Phase::Stopped) => "stop",
        (_, Phase::Finished) => "finish",
    };
    let is_asked = matches!(word, "pause" | "resume" | "cancel");
    Some(Audited {
        who: if is_asked {
            who.clone()
        } else {
            record.who.clone()
        },
        detail: after.note.clone(),
        ..about(record, after, format!("{}.{word}", record.deed.word()))
    })
}

fn about(record: &OperationRecord, progress: &OperationProgress, verb: String) -> Audited {
    let is_planned = record.plan.number > 0;
    Audited {
        verb,
        who: record.who.clone(),
        topic: record.names.0.clone(),
        subscription: record.names.1.clone(),
        plan: if is_planned {
            record.plan.to_string()
        } else {
            String::new()
        },
        operation: record.id,
        selected: record.selected,
        affected: progress.affected,
        skipped: progress.skipped,
        ..Audited::default()
    }
}

fn dropped_of(acts: &[Act], cause: DropCause) -> u64 {
    let dropped = acts.iter().filter_map(|act| match &act.entry {
        Entry::Dropped(dropped) if dropped.cause == cause => Some(total(&dropped.ranges)),
        _ => None,
    });
    dropped.sum()
}

fn total(ranges: &[OffsetRange]) -> u64 {
    ranges.iter().map(|range| range.count()).sum()
}

/// What of two settings differs.
pub(super) fn changes<T: Debug>(before: &T, after: &T) -> Vec<Change> {
    let (before, after) = (fields(before), fields(after));
    let changed = before.iter().zip(&after).filter(|(old, new)| old != new);
    let told = changed.map(|((name, old), (_, new))| Change {
        field: name.clone(),
        before: plain(old),
        after: plain(new),
    });
    told.collect()
}

/// The same in words: `name: before → after`.
fn told<T: Debug>(before: &T, after: &T) -> String {
    let said = changes(before, after).into_iter().map(|change| {
        let word = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        let [old, new] = [change.before, change.after].map(word);
        format!("{}: {old} → {new}", change.field)
    });
    said.collect::<Vec<_>>().join("; ")
}

/// A written value as people read it.
fn plain(value: &str) -> Option<String> {
    let inner = |name: &str| {
        let rest = value.strip_prefix(name)?.strip_prefix('(')?;
        rest.strip_suffix(')')
    };
    if value == "None" {
        return None;
    }
    if let Some(some) = inner("Some") {
        return plain(some);
    }
    let span = inner("Span").and_then(|micros| micros.parse().ok());
    Some(span.map_or_else(|| value.to_owned(), |micros| Span(micros).to_string()))
}

/// Names and values, as they are written.
fn fields<T: Debug>(settings: &T) -> Vec<(String, String)> {
    let text = format!("{settings:?}");
    let inner = text.split_once('{').map_or("", |(_, inner)| inner);
    let inner = inner.trim_end_matches('}').trim();
    let fields = inner.split(", ").map(|field| {
        let (name, value) = field.split_once(": ").unwrap_or((field, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    });
    fields.collect()
}
