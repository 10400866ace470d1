//! What an apply changes, or would: for people, for programs, and whether messages may be lost by it.

use std::fmt::Write as _;

use prost_types::FieldMask;
use serde::Serialize;
use serde_json::Value as Json;
use weir_proto::v1::ApplyTopologyResponse;

use super::settings::{SUBSCRIPTION, Setting, TOPIC, of};
use super::value::quoted;
use crate::present::plan::PlanDocument;
use crate::present::units;

const CREATE: &str = "create";
const CHANGE: &str = "change";

/// What differs from a declaration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are called as in the document"
)]
pub(crate) struct Changes {
    /// Whether nothing was done.
    pub(crate) dry_run: bool,
    pub(crate) created: u64,
    pub(crate) changed: u64,
    /// What was declared and is so already.
    pub(crate) unchanged: u64,
    pub(crate) changes: Vec<Change>,
    /// Only of a dry run of what may drop messages: how many, and until when it can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<Box<PlanDocument>>,
    /// Only of what may have dropped messages: the operation that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
}

/// A topic or subscription that is not as declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    /// `create` or `change`.
    pub(crate) action: &'static str,
    /// `topic` or `subscription`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// The topic of a subscription.
    pub(crate) topic: Option<String>,
    pub(crate) settings: Vec<SettingChange>,
}

/// A setting that changes, or is set at creation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SettingChange {
    pub(crate) name: String,
    /// Null if it was not set.
    pub(crate) before: Json,
    /// Null if it is set no more.
    pub(crate) after: Json,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    may_lose: bool,
}

impl Changes {
    /// Adds what one call changed of `declared` topics and subscriptions.
    pub(crate) fn add(&mut self, answer: &ApplyTopologyResponse, declared: usize) {
        let topics = answer.topics.iter().map(|one| {
            let after = one.after.clone().unwrap_or_default();
            Change {
                action: action(one.before.as_ref()),
                kind: "topic",
                settings: settings(TOPIC, one.before.as_ref(), &after, one.changed.as_ref()),
                name: after.name,
                topic: None,
            }
        });
        let subscriptions = answer.subscriptions.iter().map(|one| {
            let (before, changed) = (one.before.as_ref(), one.changed.as_ref());
            let after = one.after.clone().unwrap_or_default();
            Change {
                action: action(before),
                kind: "subscription",
                settings: settings(SUBSCRIPTION, before, &after, changed),
                name: after.name,
                topic: Some(after.topic),
            }
        });
        let changes: Vec<Change> = topics.chain(subscriptions).collect();
        let created = changes.iter().filter(|one| one.action == CREATE).count();
        self.created += created as u64;
        self.changed += (changes.len() - created) as u64;
        self.unchanged += declared.saturating_sub(changes.len()) as u64;
        self.changes.extend(changes);
    }

    /// Whether a change of what exists may drop messages.
    pub(crate) fn may_lose(&self) -> bool {
        let changed = self.changes.iter().filter(|one| one.action == CHANGE);
        changed
            .flat_map(|one| &one.settings)
            .any(|setting| setting.may_lose)
    }

    /// The same with the plan that would do it.
    pub(crate) fn planned(&self, plan: PlanDocument) -> Self {
        Self {
            plan: Some(Box::new(plan)),
            ..self.clone()
        }
    }

    /// The same as it was done by an operation.
    pub(crate) fn done(&self, operation: Option<String>) -> Self {
        Self {
            dry_run: false,
            operation,
            ..self.clone()
        }
    }

    /// For people: what is created with what, what changes from what to what.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let sign = if change.action == CREATE { '+' } else { '~' };
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{sign} {} {}", change.kind, plain(&change.name));
            if let Some(topic) = &change.topic {
                let _infallible = write!(text, " of {}", plain(topic));
            }
            text.push('\n');
            for setting in &change.settings {
                let lost = if setting.may_lose && change.action == CHANGE {
                    "   (may drop messages)"
                } else {
                    ""
                };
                let _infallible = writeln!(text, "    {}{lost}", setting.text);
            }
        }
        text
    }

    /// The names of what differs, one a line.
    pub(crate) fn names(&self) -> String {
        let names = self.changes.iter().map(|change| plain(&change.name) + "\n");
        names.collect()
    }

    /// In one sentence.
    pub(crate) fn sentence(&self) -> String {
        let count = units::count;
        if self.changes.is_empty() {
            return format!(
                "all {} are as declared: nothing to change",
                count(self.unchanged)
            );
        }
        let [create, change] = if self.dry_run {
            ["to create", "to change"]
        } else {
            ["created", "changed"]
        };
        format!(
            "{} {create}, {} {change}, {} as declared already",
            count(self.created),
            count(self.changed),
            count(self.unchanged)
        )
    }
}

fn action<R>(before: Option<&R>) -> &'static str {
    if before.is_none() { CREATE } else { CHANGE }
}

fn plain(name: &str) -> String {
    quoted(name).trim_matches('"').to_owned()
}

fn settings<R: Clone>(
    known: &[Setting<R>],
    before: Option<&R>,
    after: &R,
    changed: Option<&FieldMask>,
) -> Vec<SettingChange> {
    let Some(before) = before else {
        let set = of(known, after).into_iter();
        return set
            .map(|(name, value)| SettingChange {
                name: name.to_owned(),
                text: format!("{name} = {}", value.written()),
                before: Json::Null,
                after: value.json(),
                may_lose: false,
            })
            .collect();
    };
    let paths = changed.into_iter().flat_map(|mask| &mask.paths);
    let change = |path: &String| {
        // A newer broker may have a setting that is not known here.
        let known = known.iter().find(|setting| setting.name == path);
        let [before, after] = [before, after].map(|one| known.and_then(|known| known.value(one)));
        let [from, to] = [&before, &after].map(|value| {
            let value = value.as_ref();
            value.map_or_else(|| "none".to_owned(), super::value::Value::written)
        });
        let json = |value: Option<super::value::Value>| {
            value.map_or(Json::Null, super::value::Value::json)
        };
        SettingChange {
            name: path.clone(),
            text: format!("{}: {from} → {to}", plain(path)),
            before: json(before),
            after: json(after),
            may_lose: known.is_none_or(|known| known.may_lose),
        }
    };
    paths.map(change).collect()
}
