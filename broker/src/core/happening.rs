//! What an operator may want to know of: things made, changed and gone, who comes and goes, acts on many messages, and
//! the first death after a time without. Made where it is decided, told by the shard; nothing depends on it.

use super::command::Departure;
use super::objects::{Objects, Subscription, Topic};
use super::state::Core;
use super::views::{Sought, Summary};
use crate::insight::Severity;
use crate::insight::timeline::{EventKind, Happening};
use crate::model::entry::{BroughtBack, Entry, Operated};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Now, Span, SubscriptionId, Time};

/// A death after so long without one is a first one.
const QUIET: Span = Span::from_secs(60);
/// How much of a class of errors is told, in characters.
const MAX_CLASS: usize = 60;

impl Objects {
    /// What an entry that is about to be applied does to topics and subscriptions.
    pub(super) fn happening(&self, entry: &Entry, time: Time) -> Vec<Happening> {
        let of_topic = |topic: &Topic, text: String| {
            let told = Happening::new(time, EventKind::TopicChanged, text);
            vec![told.of_topic(topic.record.name.clone())]
        };
        match entry {
            Entry::TopicCreated(record) => {
                let text = match record.settings.partitions {
                    1 => "the topic was created".to_owned(),
                    count => format!("the topic was created with {count} partitions"),
                };
                let told = Happening::new(time, EventKind::TopicChanged, text);
                vec![told.of_topic(record.name.clone())]
            }
            Entry::TopicDeleted(id) => self.topics.get(id).map_or_else(Vec::new, |topic| {
                of_topic(topic, "the topic was deleted".to_owned())
            }),
            Entry::TopicUpdated(record) => {
                self.topics.get(&record.id).map_or_else(Vec::new, |topic| {
                    let changed = topic_changes(&topic.record.settings, &record.settings);
                    of_topic(topic, format!("changed: {}", changed.join(", ")))
                })
            }
            Entry::SubscriptionCreated { record, .. } => {
                let topic = self.topics.get(&record.topic);
                topic.map_or_else(Vec::new, |topic| {
                    let text = "the subscription was created";
                    let told = Happening::new(time, EventKind::SubscriptionChanged, text);
                    vec![told.of_subscription(topic.record.name.clone(), record.name.clone())]
                })
            }
            Entry::SubscriptionDeleted(id) => self.told_of_gone(*id, time),
            Entry::Operated(Operated::SetAside(put)) => {
                let ids = put.subscriptions.iter();
                let mut told: Vec<_> = ids.flat_map(|&id| self.told_of_gone(id, time)).collect();
                let topic = self.topics.get(&put.topic);
                told.extend(
                    topic
                        .into_iter()
                        .flat_map(|topic| of_topic(topic, "the topic was deleted".to_owned())),
                );
                told
            }
            Entry::Operated(Operated::BroughtBack(entry)) => self.told_of_return(*entry, time),
            Entry::SubscriptionUpdated(record) => self.told_of(record.id, |subscription, _| {
                subscription_changes(&subscription.record.settings, &record.settings, time)
            }),
            _ => Vec::new(),
        }
    }

    /// A subscription goes, whether it can be brought back or not.
    fn told_of_gone(&self, id: SubscriptionId, time: Time) -> Vec<Happening> {
        self.told_of(id, |subscription, topic| {
            let counts = subscription.counts(topic);
            let lost = counts.backlog() + counts.scheduled + counts.dead;
            let text = format!("the subscription was deleted, with {}", messages(lost));
            let told = Happening::new(time, EventKind::SubscriptionChanged, text);
            vec![Happening {
                count: lost,
                ..told
            }]
        })
    }

    /// What a deletion put aside comes back.
    fn told_of_return(&self, entry: BroughtBack, time: Time) -> Vec<Happening> {
        let Some(put) = self.aside.deletions.get(&entry.deletion) else {
            return Vec::new();
        };
        let text = |what: &str| format!("the deletion of the {what} was undone");
        let ids = put.subscriptions.iter();
        let found = ids.filter_map(|id| self.aside.subscriptions.get(id));
        let told = found.filter_map(|found| {
            let topic = self.any_topic(found.record.topic)?;
            let names = (topic.record.name.clone(), found.record.name.clone());
            let kind = EventKind::SubscriptionChanged;
            let told = Happening::new(time, kind, text("subscription"));
            Some(told.of_subscription(names.0, names.1))
        });
        let topic = self.aside.topics.get(&put.topic).map(|topic| {
            let told = Happening::new(time, EventKind::TopicChanged, text("topic"));
            told.of_topic(topic.record.name.clone())
        });
        topic.into_iter().chain(told).collect()
    }

    /// What is told of a subscription, with its names.
    fn told_of(
        &self,
        id: SubscriptionId,
        tell: impl FnOnce(&Subscription, &Topic) -> Vec<Happening>,
    ) -> Vec<Happening> {
        let Some(subscription) = self.subscriptions.get(&id) else {
            return Vec::new();
        };
        let Some(topic) = self.topics.get(&subscription.record.topic) else {
            return Vec::new();
        };
        let (name, of) = (&subscription.record.name, &topic.record.name);
        let told = tell(subscription, topic).into_iter();
        told.map(|told| told.of_subscription(of.clone(), name.clone()))
            .collect()
    }
}

impl Core {
    /// Takes note of what happened to a subscription.
    pub(super) fn tell(&mut self, id: SubscriptionId, happening: Happening) {
        let told = self.objects.told_of(id, |_, _| vec![happening]);
        self.output.happened.extend(told);
    }

    /// A consumer came.
    pub(super) fn tell_joined(&mut self, id: SubscriptionId, name: &str, peer: &str, now: Now) {
        let text = format!("a consumer connected from {}", visible(peer));
        let told = Happening::new(now.wall, EventKind::ConsumerJoined, text);
        self.tell(
            id,
            Happening {
                actor: name.to_owned(),
                ..told
            },
        );
    }

    /// A consumer left, and what it held was given back or failed.
    pub(super) fn tell_left(&mut self, id: SubscriptionId, name: &str, left: Left, now: Now) {
        let Left {
            departure,
            returned,
        } = left;
        let how = match departure {
            Departure::Clean => "a consumer left",
            Departure::Draining => "a consumer left, since the broker stops",
            Departure::Lost => "the connection of a consumer was lost",
            Departure::Disconnected => "a consumer was disconnected by an operator",
            Departure::TooSlow => "a consumer was cut off, since it did not read",
        };
        let is_harmless = matches!(departure, Departure::Clean | Departure::Draining);
        let text = match (is_harmless, returned) {
            (_, 0) => how.to_owned(),
            (true, count) => format!("{how}, and gave {} back", messages(count)),
            (false, count) => format!("{how}, and with it {count} attempts"),
        };
        let told = Happening::new(now.wall, EventKind::ConsumerLeft, text);
        self.tell(
            id,
            Happening {
                actor: name.to_owned(),
                count: returned,
                severity: if is_harmless {
                    Severity::Fine
                } else {
                    Severity::Watch
                },
                ..told
            },
        );
    }

    /// An operator acted on messages.
    pub(super) fn tell_operation(
        &mut self,
        id: SubscriptionId,
        verb: &str,
        summary: Summary,
        now: Now,
    ) {
        let (affected, skipped) = (summary.affected, summary.skipped);
        let left = match skipped {
            0 => String::new(),
            _ => format!(", and left {skipped} that are leased"),
        };
        let text = format!("{verb} {}{left}", messages(affected));
        let told = Happening::new(now.wall, EventKind::Operation, text);
        self.tell(
            id,
            Happening {
                count: affected,
                operation: summary.operation,
                ..told
            },
        );
    }

    /// A subscription went on from elsewhere.
    pub(super) fn tell_sought(&mut self, id: SubscriptionId, sought: Sought, now: Now) {
        let Sought {
            skipped, restored, ..
        } = sought;
        let text = format!(
            "went on from elsewhere: {} skipped, {restored} again",
            messages(skipped)
        );
        let told = Happening::new(now.wall, EventKind::Operation, text);
        let count = skipped.saturating_add(restored);
        self.tell(id, Happening { count, ..told });
    }

    /// Messages died for a class of errors.
    pub(super) fn tell_deaths(&mut self, id: SubscriptionId, died: u64, class: &str, now: Now) {
        let Some(subscription) = self.objects.subscriptions.get_mut(&id) else {
            return;
        };
        let before = subscription.last_death.replace(now.mono);
        let quiet = before.map(|before| now.mono.since(before));
        if quiet.is_some_and(|quiet| quiet < QUIET) {
            return;
        }
        let since = match quiet {
            Some(quiet) => format!("for {} min", quiet.0 / 60_000_000),
            None => "since the broker started".to_owned(),
        };
        let cause = match class {
            "" => String::new(),
            class => format!(" of {}", visible(class)),
        };
        let text = format!("the first message {since} died{cause}");
        let told = Happening::new(now.wall, EventKind::FirstDeath, text);
        self.tell(
            id,
            Happening {
                count: died,
                severity: Severity::Watch,
                ..told
            },
        );
    }
}

/// How a consumer left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// How.
    pub(super) departure: Departure,
    /// How many messages it held.
    pub(super) returned: u64,
}

/// What came from outside, with everything escaped that is not seen as it is.
fn visible(text: &str) -> String {
    let cut = text.chars().take(MAX_CLASS);
    cut.flat_map(char::escape_debug).collect()
}

/// The names of the settings that differ.
fn topic_changes(before: &TopicSettings, after: &TopicSettings) -> Vec<&'static str> {
    let differs = [
        ("retention", before.retention != after.retention),
        (
            "retention by size",
            before.retention_bytes != after.retention_bytes,
        ),
        ("time to live", before.time_to_live != after.time_to_live),
        ("stored messages", before.max_messages != after.max_messages),
        ("stored bytes", before.max_bytes != after.max_bytes),
        ("limit policy", before.limit_policy != after.limit_policy),
        ("durability", before.durability != after.durability),
    ];
    named(&differs)
}

/// A pause and its end are told for themselves, everything else together.
fn subscription_changes(
    before: &SubscriptionSettings,
    after: &SubscriptionSettings,
    time: Time,
) -> Vec<Happening> {
    let mut told = Vec::new();
    match (before.is_paused, after.is_paused) {
        (false, true) => told.push((EventKind::Paused, "paused".to_owned())),
        (true, false) => told.push((EventKind::Resumed, "resumed".to_owned())),
        (true, true) | (false, false) => {}
    }
    let is_backoff = |one: &SubscriptionSettings| (one.backoff_min, one.backoff_max);
    let limits = |one: &SubscriptionSettings| (one.max_backlog_messages, one.max_backlog_bytes);
    let slo = |one: &SubscriptionSettings| (one.slo_age, one.slo_backlog);
    let differs = [
        ("ack deadline", before.ack_deadline != after.ack_deadline),
        ("attempts", before.max_attempts != after.max_attempts),
        ("backoff", is_backoff(before) != is_backoff(after)),
        ("key order", before.key_order != after.key_order),
        (
            "retention of dead messages",
            before.dead_retention != after.dead_retention,
        ),
        (
            "messages held together",
            before.max_outstanding != after.max_outstanding,
        ),
        ("delivery rate", before.delivery_rate != after.delivery_rate),
        (
            "retention of the backlog",
            before.backlog_retention != after.backlog_retention,
        ),
        ("limits of the backlog", limits(before) != limits(after)),
        (
            "limit policy",
            before.backlog_policy != after.backlog_policy,
        ),
        ("expiration", before.expiration != after.expiration),
        (
            "dead-letter topic",
            before.dead_letter_topic != after.dead_letter_topic,
        ),
        ("retry budget", before.retry_budget != after.retry_budget),
        ("service level", slo(before) != slo(after)),
    ];
    let names = named(&differs);
    if !names.is_empty() {
        let text = format!("changed: {}", names.join(", "));
        told.push((EventKind::SubscriptionChanged, text));
    }
    let told = told.into_iter();
    told.map(|(kind, text)| Happening::new(time, kind, text))
        .collect()
}

fn named(differs: &[(&'static str, bool)]) -> Vec<&'static str> {
    let changed = differs.iter().filter(|(_, differs)| *differs);
    changed.map(|(name, _)| *name).collect()
}

/// So many messages, in words.
fn messages(count: u64) -> String {
    match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}
