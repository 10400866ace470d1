//! What messages are filtered by: what is printed of them, each attribute, and what is inside of a
//! payload that is JSON.

use std::cell::OnceCell;

use serde_json::Value as Json;

use super::message::MessageDocument;
use weir_proto::filter::{self, Field, Filtered, Kind, Open, Path, Schema, Subject, Value};

const STATES: &[&str] = &[
    "scheduled",
    "ready",
    "leased",
    "waiting",
    "dead",
    "acked",
    "dropped",
    "finished",
    "unknown",
];

/// The group of a dead message.
pub(crate) const FINGERPRINT: &str = "dead_letter.fingerprint";

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("message_id", Kind::Text).called(&["id"]),
        Field::new("topic", Kind::Text),
        Field::new("subscription", Kind::Text),
        Field::new("partition", Kind::Count),
        Field::new("offset", Kind::Count),
        Field::new("publish_time", Kind::Time).called(&["published"]),
        Field::new("delivery_attempt", Kind::Count).called(&["attempt"]),
        Field::new("ordering_key", Kind::Text).called(&["key"]),
        Field::new("state", Kind::Word(STATES)),
        Field::new("size", Kind::Bytes),
        Field::new("payload_text", Kind::Text).called(&["body"]),
        Field::new("dead_letter.reason", Kind::Text).called(&["reason"]),
        Field::new("dead_letter.error_class", Kind::Text).called(&["error_class", "class"]),
        Field::new("dead_letter.attempts", Kind::Count).called(&["attempts"]),
        Field::new("dead_letter.first_failure_time", Kind::Time).called(&["first_failure_time"]),
        Field::new("dead_letter.last_failure_time", Kind::Time)
            .called(&["last_failure_time", "died"]),
        Field::new("dead_letter.consumer", Kind::Text).called(&["consumer"]),
        Field::new(FINGERPRINT, Kind::Text).called(&["fingerprint", "group"]),
    ],
    open: &[
        Open {
            field: Field::new("attributes", Kind::Any).called(&["header"]),
            example: "attributes.NAME",
        },
        Open {
            field: Field::new("body", Kind::Any),
            example: "body.PATH (of a JSON payload)",
        },
    ],
};

impl Filtered for MessageDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

/// A message that a filter looks into: its payload is read as JSON at most once.
pub(crate) struct LookedInto<'a> {
    message: &'a MessageDocument,
    body: OnceCell<Json>,
}

impl<'a> LookedInto<'a> {
    /// Nothing of its payload is read yet.
    pub(crate) fn new(message: &'a MessageDocument) -> Self {
        Self {
            message,
            body: OnceCell::new(),
        }
    }

    /// The payload; null if it is no JSON.
    fn body(&self) -> &Json {
        let read = || serde_json::from_slice(&self.message.raw).unwrap_or(Json::Null);
        self.body.get_or_init(read)
    }
}

impl Subject for LookedInto<'_> {
    fn look<'a>(&'a self, path: &Path) -> Value<'a> {
        let message = self.message;
        let dead = message.dead_letter.as_ref();
        match path.name {
            "message_id" => Value::text(&message.message_id),
            "topic" => Value::text(&message.topic),
            "subscription" => Value::maybe_text(message.subscription.as_deref()),
            "partition" => Value::count(message.partition),
            "offset" => Value::count(message.offset),
            "publish_time" => Value::maybe_text(message.publish_time.as_deref()),
            "delivery_attempt" => message
                .delivery_attempt
                .map_or(Value::Unknown, Value::count),
            "ordering_key" => Value::text(&message.ordering_key),
            "state" => Value::maybe_text(message.state),
            "size" => Value::count(message.raw.len() as u64),
            "payload_text" => Value::maybe_text(message.payload_text.as_deref()),
            "dead_letter.reason" => Value::maybe_text(dead.map(|dead| dead.reason.as_str())),
            "dead_letter.error_class" => {
                Value::maybe_text(dead.map(|dead| dead.error_class.as_str()))
            }
            "dead_letter.attempts" => {
                dead.map_or(Value::Unknown, |dead| Value::count(dead.attempts))
            }
            "dead_letter.first_failure_time" => {
                Value::maybe_text(dead.and_then(|dead| dead.first_failure_time.as_deref()))
            }
            "dead_letter.last_failure_time" => {
                Value::maybe_text(dead.and_then(|dead| dead.last_failure_time.as_deref()))
            }
            FINGERPRINT => Value::maybe_text(dead.map(|dead| dead.fingerprint.as_str())),
            "dead_letter.consumer" => Value::maybe_text(dead.map(|dead| dead.consumer.as_str())),
            // A name of an attribute may hold dots, which part nothing here.
            "attributes" => {
                let found = message.attributes.get(&path.inside.join("."));
                Value::maybe_text(found.map(String::as_str))
            }
            "body" => {
                let mut found = Some(self.body());
                for word in &path.inside {
                    found = found.and_then(|json| filter::inside(json, word));
                }
                found.map_or(Value::Unknown, Value::of_json)
            }
            _ => Value::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::DeadLetterDocument;
    use super::*;
    use weir_proto::filter::parse;

    fn message() -> MessageDocument {
        let payload = r#"{"user":{"id":77},"tags":["new","vip"]}"#;
        MessageDocument {
            message_id: "1.0.7".to_owned(),
            topic: "orders".to_owned(),
            subscription: Some("billing".to_owned()),
            offset: 7,
            publish_time: Some("2026-11-21T12:03:40.169264Z".to_owned()),
            delivery_attempt: Some(3),
            ordering_key: "customer-7".to_owned(),
            attributes: [("trace.id".to_owned(), "x".to_owned())].into(),
            payload_text: Some(payload.to_owned()),
            dead_letter: Some(DeadLetterDocument {
                reason: "smtp 421 try later".to_owned(),
                error_class: "Timeout".to_owned(),
                attempts: 3,
                fingerprint: "00c0ffee00c0ffee".to_owned(),
                ..DeadLetterDocument::default()
            }),
            state: Some("dead"),
            raw: payload.into(),
            ..MessageDocument::default()
        }
    }

    fn selects(text: &str) -> bool {
        let filter = parse(text, MessageDocument::schema());
        let filter = filter.unwrap_or_else(|problem| panic!("{problem}"));
        filter.selects(&LookedInto::new(&message()))
    }

    #[test]
    fn a_message_is_found_by_what_is_in_it() {
        for yes in [
            "body.user.id = 77 and body.tags[1] = vip",
            "body ~ vip",
            "attributes.trace.id = x and header.trace.id = x",
            "reason ~ 'smtp 421' and class = Timeout and attempts >= 3",
            "state = dead and offset = 7 and partition = 0 and size < 1k",
            "published > 2026-11-21 and key ~ '^customer'",
            "id = 1.0.7 and topic = orders and subscription = billing",
            "died = null and consumer = ''",
            "fingerprint = 00c0ffee00c0ffee",
        ] {
            assert!(selects(yes), "{yes}");
        }
        for no in [
            "body.user.id = 78",
            "attributes.trace = x",
            "body.tags = new",
        ] {
            assert!(!selects(no), "{no}");
        }
    }

    #[test]
    fn every_field_is_looked_up() {
        let mut message = message();
        if let Some(dead) = &mut message.dead_letter {
            dead.first_failure_time = Some("2026-11-21T12:03:40Z".to_owned());
            dead.last_failure_time = Some("2026-11-21T12:03:40Z".to_owned());
        }
        let looked = LookedInto::new(&message);
        for field in SCHEMA.fields {
            let filter = parse(&format!("{} != null", field.name), &SCHEMA);
            assert!(
                filter.is_ok_and(|filter| filter.selects(&looked)),
                "{}",
                field.name
            );
        }
    }

    #[test]
    fn a_payload_that_is_no_json_has_nothing_inside() {
        let text = MessageDocument {
            raw: "not json".into(),
            ..MessageDocument::default()
        };
        let filter = parse("body.user.id = null", &SCHEMA).expect("a filter");
        assert!(filter.selects(&LookedInto::new(&text)));
    }
}
