//! What has happened: the document of `events` and `mark`, and its table.

use serde::Serialize;
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::v1;
use weir_proto::words::{SEVERITIES, word};

use super::diagnosis::said;
use super::table::{Table, cell, number, text};
use super::units::{self, known};

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct EventDocument {
    pub(crate) sequence: u64,
    pub(crate) event_time: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) topic: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) text: String,
    /// How many messages it is about.
    pub(crate) count: u64,
    pub(crate) operation: Option<String>,
    /// How many happenings it stands for.
    pub(crate) merged: u64,
    /// Its number as text, by which it is called.
    #[serde(skip)]
    pub(crate) id: String,
}

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("sequence", Kind::Count),
        Field::new("event_time", Kind::Time).called(&["time"]),
        Field::new("kind", Kind::Text).called(&["what"]),
        Field::new("severity", Kind::Text).called(&["matters"]),
        Field::new("topic", Kind::Text),
        Field::new("subscription", Kind::Text).called(&["sub"]),
        Field::new("actor", Kind::Text).called(&["who"]),
        Field::new("text", Kind::Text),
        Field::new("count", Kind::Count),
        Field::new("operation", Kind::Text),
        Field::new("merged", Kind::Count),
    ],
    open: &[],
};

impl Filtered for EventDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl From<&v1::Event> for EventDocument {
    fn from(event: &v1::Event) -> Self {
        Self {
            sequence: event.sequence,
            id: event.sequence.to_string(),
            event_time: units::rfc3339(event.event_time.as_ref()),
            kind: kind(event.kind()),
            severity: word(SEVERITIES, event.severity),
            topic: said(&event.topic),
            subscription: said(&event.subscription),
            actor: said(&event.actor),
            text: event.text.clone(),
            count: event.count,
            operation: said(&event.operation_id),
            merged: event.merged_count,
        }
    }
}

impl EventDocument {
    /// `topic/subscription`, or what there is of it.
    fn about(&self) -> String {
        match (&self.topic, &self.subscription) {
            (Some(topic), Some(subscription)) => format!("{topic}/{subscription}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => String::new(),
        }
    }
}

/// Events in columns, which keep their least widths in later parts.
pub(crate) fn event_table(events: &[EventDocument], is_wide: bool) -> Table {
    let mut columns = vec![text("TIME"), text("MATTERS"), text("WHAT")];
    if is_wide {
        columns.extend([number("SEQUENCE"), text("WHO"), number("COUNT")]);
    }
    columns.extend([text("ABOUT"), text("")]);
    let mut table = Table::new(columns).with_least_widths(&[27, 7, 20]);
    for event in events {
        let mut row = vec![
            cell(known(event.event_time.clone(), |time| time)),
            cell(event.severity),
            cell(event.kind),
        ];
        if is_wide {
            row.push(cell(&event.id));
            row.push(cell(event.actor.as_deref().unwrap_or_default()));
            row.push(cell(units::count(event.count)));
        }
        row.push(cell(event.about()));
        row.push(cell(&event.text));
        table.push(row);
    }
    table
}

fn kind(kind: v1::EventKind) -> &'static str {
    match kind {
        v1::EventKind::Unspecified => "unknown",
        v1::EventKind::Started => "started",
        v1::EventKind::HealthChanged => "health_changed",
        v1::EventKind::TopicChanged => "topic_changed",
        v1::EventKind::SubscriptionChanged => "subscription_changed",
        v1::EventKind::ConsumerJoined => "consumer_joined",
        v1::EventKind::ConsumerLeft => "consumer_left",
        v1::EventKind::Paused => "paused",
        v1::EventKind::Resumed => "resumed",
        v1::EventKind::Operation => "operation",
        v1::EventKind::Mark => "mark",
        v1::EventKind::FirstDeath => "first_death",
        v1::EventKind::VerdictChanged => "verdict_changed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_stays_in_its_line() {
        let event = v1::Event {
            sequence: 7,
            kind: v1::EventKind::Mark.into(),
            text: "deploy\n\u{1b}]0;x\u{7}".to_owned(),
            topic: "orders".to_owned(),
            subscription: "billing".to_owned(),
            ..v1::Event::default()
        };
        let document = EventDocument::from(&event);
        assert_eq!((document.kind, document.actor.as_deref()), ("mark", None));
        for is_wide in [false, true] {
            let text = event_table(std::slice::from_ref(&document), is_wide).render(false);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains("orders/billing"), "{text}");
            assert!(
                !text.chars().any(|c| c.is_control() && c != '\n'),
                "{text:?}"
            );
        }
    }
}
