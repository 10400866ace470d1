//! Plans of acts on many messages: their document, and what they would do in words.
//!
//! A plan of more than one part, for several subscriptions or more ids than one call takes, is told as one: its
//! counts are sums, and it is carried out by all of its ids.

use serde::Serialize;
use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::operation::{act_word, skip_why, skip_word};
use super::units;

/// How many ids of plans, or of messages that stay, are named.
const NAMED: usize = 5;

/// What is said of one thing about a plan.
type Line = (&'static str, String);

/// What an act would do, planned by the broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct PlanDocument {
    /// The id by which it is applied; null if there are several, which `plans` lists.
    pub(crate) plan: Option<String>,
    pub(crate) plans: Vec<String>,
    /// Null: nothing was begun.
    pub(crate) operation: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) act: &'static str,
    pub(crate) topic: Option<String>,
    pub(crate) subscription: Option<String>,
    /// What was selected, in words.
    pub(crate) description: String,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    pub(crate) skips: Vec<SkipDocument>,
    pub(crate) bytes: u64,
    pub(crate) keys: u64,
    /// At least so many of the keys have newer messages already.
    pub(crate) overtaken_keys: u64,
    pub(crate) consumers: u32,
    pub(crate) ended_leases: u64,
    pub(crate) restored: u64,
    pub(crate) duration_seconds: f64,
    pub(crate) is_undoable: bool,
    /// For how long after its end it can be undone; null if it cannot.
    pub(crate) undo_seconds: Option<f64>,
    pub(crate) undo_note: String,
    /// Null: it is known once it is done.
    pub(crate) undo_until: Option<String>,
    pub(crate) create_time: Option<String>,
    /// Until when it can be applied.
    pub(crate) expire_time: Option<String>,
    pub(crate) warnings: Vec<String>,
    /// Some of the messages that cannot be pulled back.
    pub(crate) delivered_message_ids: Vec<String>,
    /// Where messages are moved to; null if they are not.
    pub(crate) target_topic: Option<String>,
    /// What differs in the message that is edited, or in settings.
    pub(crate) changes: Vec<FieldChangeDocument>,
    /// The operation that it takes back; null if none.
    pub(crate) undoes: Option<String>,
    /// What that operation did; null if it takes nothing back.
    pub(crate) undone_act: Option<&'static str>,
    /// The command that carries out exactly this.
    pub(crate) apply: String,
    /// How several plans are carried out, in words; empty of one.
    #[serde(skip)]
    pub(crate) parts: String,
}

/// Selected messages that would be left as they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SkipDocument {
    pub(crate) cause: &'static str,
    pub(crate) count: u64,
}

/// What one field is, and what it is to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct FieldChangeDocument {
    pub(crate) field: String,
    /// Null if it is not there.
    pub(crate) before: Option<String>,
    /// Null if it goes.
    pub(crate) after: Option<String>,
}

impl PlanDocument {
    /// What the plans of one act would do together; `apply` is the command that does it.
    pub(crate) fn new(plans: &[v1::ActionPlan], apply: String) -> Self {
        let mut whole = Self {
            state: "planned",
            apply,
            is_undoable: !plans.is_empty(),
            ..Self::default()
        };
        for plan in plans {
            whole.add(plan);
        }
        whole.plan = match whole.plans.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        whole
    }

    fn add(&mut self, plan: &v1::ActionPlan) {
        let is_first = self.plans.is_empty();
        self.plans.push(plan.plan.clone());
        self.act = act_word(plan.act());
        let same = |known: &Option<String>, name: &str| {
            let is_same = is_first || known.as_deref() == Some(name);
            some(name).filter(|_| is_same)
        };
        self.topic = same(&self.topic, &plan.topic);
        self.subscription = same(&self.subscription, &plan.subscription);
        if is_first {
            self.description.clone_from(&plan.description);
            self.undo_note.clone_from(&plan.undo_note);
            self.create_time = units::rfc3339(plan.create_time.as_ref());
        }
        self.selected = self.selected.saturating_add(plan.selected);
        self.affected = self.affected.saturating_add(plan.affected);
        self.bytes = self.bytes.saturating_add(plan.bytes);
        self.keys = self.keys.saturating_add(plan.key_count);
        self.overtaken_keys = self.overtaken_keys.saturating_add(plan.overtaken_key_count);
        self.consumers = self.consumers.saturating_add(plan.consumer_count);
        self.ended_leases = self.ended_leases.saturating_add(plan.ended_lease_count);
        self.restored = self.restored.saturating_add(plan.restored);
        self.duration_seconds += plan.duration_seconds;
        for skip in plan.skips.iter().filter(|skip| skip.count > 0) {
            self.skip(skip);
        }
        self.is_undoable &= plan.is_undoable;
        let window = units::span_seconds(plan.undo_window.as_ref());
        self.undo_seconds = match (self.undo_seconds, window) {
            _ if !self.is_undoable => None,
            (Some(one), Some(other)) => Some(one.min(other)),
            (None, window) | (window, None) => window,
        };
        // The first one that expires takes the rest with it: all are applied or none is.
        let expires = units::rfc3339(plan.expire_time.as_ref());
        self.expire_time = match (self.expire_time.take(), expires) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.warnings.extend(plan.warnings.iter().cloned());
        let ids = plan.delivered_message_ids.iter().cloned();
        self.delivered_message_ids.extend(ids);
        self.undoes = some(&plan.undoes);
        self.undone_act = self.undoes.as_ref().map(|_| act_word(plan.undone_act()));
        self.target_topic = some(&plan.target_topic);
        let changes = plan.changes.iter().map(|change| FieldChangeDocument {
            field: change.field.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        });
        self.changes.extend(changes);
    }

    fn skip(&mut self, skip: &v1::SkippedMessages) {
        let cause = skip_word(skip.cause());
        self.skipped = self.skipped.saturating_add(skip.count);
        match self.skips.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.count = known.count.saturating_add(skip.count),
            None => self.skips.push(SkipDocument {
                cause,
                count: skip.count,
            }),
        }
    }

    /// What it is about, as it is called.
    pub(crate) fn name(&self) -> String {
        let one = self.subscription.as_ref().or(self.topic.as_ref());
        one.cloned().unwrap_or_default()
    }

    /// Everything that somebody should know before he says yes; each line is safe to print.
    pub(crate) fn words(&self) -> String {
        if self.plans.is_empty() {
            return "nothing to do: no message is selected".to_owned();
        }
        let mut lines = vec![self.headline()];
        let told = [self.selection(), self.beside(), self.terms()];
        let told = told.into_iter().flatten();
        lines.extend(told.map(|(label, text)| format!("  {label:<10} {text}")));
        let safe = lines.iter().map(|line| SafeText::new(line).to_string());
        safe.collect::<Vec<_>>().join("\n")
    }

    /// What is selected, and what of it stays.
    fn selection(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if !self.description.is_empty() && self.undoes.is_none() {
            let label = match self.act {
                "seek" => "place",
                _ => "selected",
            };
            let selected = units::messages(self.selected);
            lines.push((label, format!("{selected}: {}", self.description)));
        }
        // Those of settings stand above the plan.
        for change in self.changes.iter().filter(|_| self.act == "edit") {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
            let (before, after) = (value(&change.before), value(&change.after));
            lines.push(("changes", format!("{}: {before} → {after}", change.field)));
        }
        if self.bytes > 0 {
            lines.push(("size", units::bytes(self.bytes)));
        }
        for skip in &self.skips {
            let (count, why) = (units::messages(skip.count), skip_why(skip.cause));
            lines.push(("stays", format!("{count}: {why}")));
        }
        if !self.delivered_message_ids.is_empty() {
            let named = named(&self.delivered_message_ids, self.skipped);
            lines.push(("such as", named));
        }
        lines
    }

    /// What else it touches.
    fn beside(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.overtaken_keys > 0 {
            let (newer, all) = (units::count(self.overtaken_keys), units::count(self.keys));
            let text = format!(
                "{newer} of {all} ordering keys have newer messages: their order may change"
            );
            lines.push(("keys", text));
        } else if self.keys > 0 {
            let keys = units::counted(self.keys, "ordering key", "ordering keys");
            lines.push(("keys", format!("{keys}, none seen with newer messages")));
        }
        if self.consumers > 0 {
            let are = if self.consumers == 1 { "is" } else { "are" };
            let consumers = units::counted(self.consumers.into(), "consumer", "consumers");
            lines.push(("connected", format!("{consumers} {are} connected")));
        }
        if self.act != "seek" && self.ended_leases > 0 {
            let leases = units::counted(self.ended_leases, "lease", "leases");
            lines.push(("leases", format!("{leases} end")));
        }
        // What the counts above say already is not said again.
        let warnings = self.warnings.iter().filter(|warning| !is_counted(warning));
        lines.extend(warnings.map(|warning| ("note", warning.clone())));
        lines
    }

    /// How long it takes, how it is taken back, and until when it can be done.
    fn terms(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.duration_seconds >= 0.1 {
            let takes = units::seconds(self.duration_seconds);
            lines.push(("takes", format!("about {takes}")));
        }
        if !self.parts.is_empty() {
            lines.push(("in parts", self.parts.clone()));
        }
        lines.push(("undo", self.undo()));
        if let Some(until) = &self.expire_time {
            let ids = match self.plans.as_slice() {
                few if few.len() <= NAMED => few.join(" "),
                many => format!("{} plans", units::count(many.len() as u64)),
            };
            lines.push(("holds", format!("until {until}, as {ids}")));
        }
        lines
    }

    fn headline(&self) -> String {
        let (name, topic) = (self.name(), self.topic.clone().unwrap_or_default());
        let (affected, restored) = (self.affected, self.restored);
        let dead = units::counted(affected, "dead message", "dead messages");
        let leases = units::counted(self.ended_leases, "lease", "leases");
        match self.act {
            "requeue" => {
                format!("puts {dead} of {name} back to ready; consumers will get them again")
            }
            "discard" => format!("drops {dead} of {name}"),
            "move" => format!(
                "moves {dead} of {name} to the topic {}, whose subscriptions get them as new ones",
                self.target_topic.as_deref().unwrap_or("?")
            ),
            "edit" => format!(
                "publishes {dead} of {name} anew as it is changed, for {name} alone, under a new id"
            ),
            "purge" => {
                let backlog = match &self.subscription {
                    Some(name) => format!("the backlog of {name}"),
                    None => format!("the backlogs of all subscriptions of {topic}"),
                };
                format!("drops {} of {backlog}", units::messages(affected))
            }
            "seek" => format!(
                "moves the subscription {name}: skips {} of its backlog, makes {} finished ready \
                 again, and ends {leases}",
                units::messages(affected.saturating_sub(restored)),
                units::count(restored),
            ),
            "delete_topic" => format!(
                "deletes the topic {topic} and what it stores; {} not finished yet",
                are(affected)
            ),
            "delete_subscription" => format!(
                "deletes the subscription {name} and drops {} of its backlog and its dead ones",
                units::messages(affected)
            ),
            "update_topic" => format!("changes the topic {topic}"),
            "update_subscription" => format!(
                "changes the subscription {name} and drops {} at once",
                units::messages(affected)
            ),
            "undo" => self.undoes_what(&name, &topic),
            other => format!("does what this program does not know on {name} ({other})"),
        }
    }

    fn undoes_what(&self, name: &str, topic: &str) -> String {
        let undoes = self.undoes.as_deref().unwrap_or("?");
        let (back, all) = (self.affected, units::messages(self.selected));
        match self.undone_act {
            Some("delete_topic") => format!(
                "brings the topic {topic} back, which operation {undoes} deleted, with {all}"
            ),
            Some("delete_subscription") => format!(
                "brings the subscription {name} back, which operation {undoes} deleted, with {all}"
            ),
            _ => format!(
                "takes operation {undoes} on {name} back: {} of {all}",
                units::count(back)
            ),
        }
    }

    fn undo(&self) -> String {
        if !self.is_undoable {
            return match self.undo_note.as_str() {
                "" => "this cannot be taken back".to_owned(),
                note => format!("this cannot be taken back: {}", unsaid(note)),
            };
        }
        let window = self.undo_seconds.map_or_else(
            || "after its end".to_owned(),
            |seconds| format!("for {} after its end", window(seconds)),
        );
        match self.undo_note.as_str() {
            "" => window,
            note => format!("{window}: {note}"),
        }
    }
}

/// Whole hours as people say them.
fn window(seconds: f64) -> String {
    if seconds >= 3_600.0 && seconds % 3_600.0 == 0.0 {
        format!("{:.0}h", seconds / 3_600.0)
    } else {
        units::seconds(seconds)
    }
}

/// The note without what has been said before it.
fn unsaid(note: &str) -> &str {
    note.strip_prefix("cannot be undone: ").unwrap_or(note)
}

fn is_counted(warning: &str) -> bool {
    warning.contains("keys have newer messages") || warning.contains("messages are leased now")
}

fn are(count: u64) -> String {
    let are = if count == 1 { "is" } else { "are" };
    format!("{} {are}", units::messages(count))
}

/// The first few of some ids, and how many there are.
fn named(ids: &[String], all: u64) -> String {
    let first = ids.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let rest = all.saturating_sub(first.len() as u64);
    let more = if rest == 0 {
        String::new()
    } else {
        format!(" and {} more", units::count(rest))
    };
    format!("{}{more}", first.join(", "))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
