//! Messages that were pulled or looked at: their document, and their columns.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use weir_proto::client::ReadMessage;
use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::table::{Table, cell, number, text};
use super::units;

/// How many cells of a payload a table shows.
const PAYLOAD_CELLS: usize = 60;

/// How many cells of a reason a table shows.
const REASON_CELLS: usize = 40;

/// A message, as `pull` and `peek` print it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct MessageDocument {
    pub(crate) message_id: String,
    pub(crate) topic: String,
    /// Null if it was looked at in its topic.
    pub(crate) subscription: Option<String>,
    pub(crate) partition: u32,
    pub(crate) offset: u64,
    pub(crate) publish_time: Option<String>,
    /// How many times it was handed out; null if it was looked at in its topic.
    pub(crate) delivery_attempt: Option<u32>,
    pub(crate) ordering_key: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// In base64.
    pub(crate) payload: String,
    /// Only if the payload is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload_text: Option<String>,
    /// Only of a dead message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter: Option<DeadLetterDocument>,
    #[serde(skip)]
    pub(crate) state: Option<&'static str>,
    /// The payload as it is.
    #[serde(skip)]
    pub(crate) raw: Bytes,
}

/// Why and when a message died.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DeadLetterDocument {
    pub(crate) reason: String,
    pub(crate) error_class: String,
    pub(crate) attempts: u32,
    pub(crate) first_failure_time: Option<String>,
    pub(crate) last_failure_time: Option<String>,
    pub(crate) consumer: String,
    /// The group of `dlq groups` to which it belongs.
    pub(crate) fingerprint: String,
}

impl MessageDocument {
    /// A message that was leased by a pull of `subscription`.
    pub(crate) fn pulled(subscription: &v1::Subscription, delivery: v1::Delivery) -> Self {
        Self {
            message_id: delivery.message_id,
            topic: subscription.topic.clone(),
            subscription: Some(subscription.name.clone()),
            partition: delivery.partition,
            offset: delivery.offset,
            publish_time: units::rfc3339(delivery.publish_time.as_ref()),
            delivery_attempt: Some(delivery.delivery_attempt),
            ..Self::content(delivery.message.unwrap_or_default())
        }
    }

    /// A message of `topic` that was looked at, in one subscription or in the topic itself.
    pub(crate) fn peeked(
        topic: &str,
        subscription: Option<&str>,
        peeked: v1::PeekedMessage,
    ) -> Self {
        let state = subscription.and_then(|name| {
            let of_it = |state: &&v1::SubscriptionMessageState| state.subscription == name;
            peeked.states.iter().find(of_it).or(peeked.states.first())
        });
        let base = Self {
            message_id: peeked.message_id,
            topic: topic.to_owned(),
            subscription: subscription.map(str::to_owned),
            partition: peeked.partition,
            offset: peeked.offset,
            publish_time: units::rfc3339(peeked.publish_time.as_ref()),
            delivery_attempt: state.map(attempts),
            state: state.map(|state| state_word(state.state())),
            ..Self::content(peeked.message.unwrap_or_default())
        };
        let dead_letter = state.and_then(|state| state.dead_letter.as_ref());
        Self {
            dead_letter: dead_letter.map(DeadLetterDocument::from),
            ..base
        }
    }

    /// A message that was read from `topic` without a subscription.
    pub(crate) fn read(topic: &str, message: ReadMessage) -> Self {
        let time = prost_types::Timestamp::from(message.publish_time);
        Self {
            message_id: message.id.to_string(),
            topic: topic.to_owned(),
            partition: message.id.partition,
            offset: message.id.offset,
            publish_time: units::rfc3339(Some(&time)),
            ..Self::content(message.message)
        }
    }

    fn content(message: v1::Message) -> Self {
        let text = std::str::from_utf8(&message.payload)
            .ok()
            .map(str::to_owned);
        Self {
            ordering_key: message.ordering_key,
            attributes: message.attributes.into_iter().collect(),
            payload: STANDARD.encode(&message.payload),
            payload_text: text,
            raw: message.payload,
            ..Self::default()
        }
    }

    fn payload_cell(&self, is_wide: bool) -> SafeText {
        let text = SafeText::new(&self.raw);
        if is_wide {
            text
        } else {
            text.clamp(PAYLOAD_CELLS)
        }
    }
}

impl From<&v1::DeadLetter> for DeadLetterDocument {
    fn from(dead: &v1::DeadLetter) -> Self {
        Self {
            reason: dead.reason.clone(),
            error_class: dead.error_class.clone(),
            attempts: dead.attempts,
            first_failure_time: units::rfc3339(dead.first_failure_time.as_ref()),
            last_failure_time: units::rfc3339(dead.last_failure_time.as_ref()),
            consumer: dead.consumer.clone(),
            fingerprint: dead.fingerprint.clone(),
        }
    }
}

/// Which messages a table shows; it decides the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Leased by a pull.
    Pulled,
    /// Looked at in a topic.
    OfTopic,
    /// Looked at in a subscription.
    OfSubscription,
    /// Looked at among the dead ones of a subscription.
    Dead,
}

/// Messages in columns.
pub(crate) fn message_table(messages: &[MessageDocument], sort: Sort, is_wide: bool) -> Table {
    let mut columns = vec![text("ID")];
    match sort {
        Sort::Pulled => columns.push(number("ATTEMPT")),
        Sort::OfTopic => {}
        Sort::OfSubscription => columns.extend([text("STATE"), number("ATTEMPT")]),
        Sort::Dead => {
            columns.extend([
                number("ATTEMPTS"),
                text("DIED"),
                text("CLASS"),
                text("REASON"),
            ]);
        }
    }
    if is_wide || sort != Sort::Dead {
        columns.push(text("PUBLISHED"));
    }
    columns.extend([text("KEY"), number("SIZE")]);
    if is_wide {
        columns.push(text("ATTRIBUTES"));
    }
    columns.push(text("PAYLOAD"));
    let least = [8, 7];
    let mut table = Table::new(columns).with_least_widths(&least);
    for message in messages {
        table.push(row(message, sort, is_wide));
    }
    table
}

fn row(message: &MessageDocument, sort: Sort, is_wide: bool) -> Vec<SafeText> {
    let attempt = || {
        cell(units::known(
            message.delivery_attempt.map(u64::from),
            units::count,
        ))
    };
    let time = |time: Option<&str>| cell(time.unwrap_or(units::UNKNOWN));
    let mut row = vec![cell(&message.message_id)];
    match sort {
        Sort::Pulled => row.push(attempt()),
        Sort::OfTopic => {}
        Sort::OfSubscription => {
            row.extend([cell(message.state.unwrap_or(units::UNKNOWN)), attempt()]);
        }
        Sort::Dead => {
            let dead = message.dead_letter.clone().unwrap_or_default();
            row.extend([
                cell(units::count(dead.attempts.into())),
                time(dead.last_failure_time.as_deref()),
                cell(&dead.error_class),
                if is_wide {
                    cell(&dead.reason)
                } else {
                    cell(&dead.reason).clamp(REASON_CELLS)
                },
            ]);
        }
    }
    if is_wide || sort != Sort::Dead {
        row.push(time(message.publish_time.as_deref()));
    }
    row.extend([
        cell(&message.ordering_key),
        cell(units::bytes(message.raw.len() as u64)),
    ]);
    if is_wide {
        let pairs = message
            .attributes
            .iter()
            .map(|(key, value)| cell(format!("{key}={value}")));
        row.push(SafeText::join(
            &SafeText::literal(" "),
            &pairs.collect::<Vec<_>>(),
        ));
    }
    row.push(message.payload_cell(is_wide));
    row
}

/// How often it was handed out: each failed attempt, and the one that a consumer has now.
fn attempts(state: &v1::SubscriptionMessageState) -> u32 {
    let now = u32::from(state.state() == v1::MessageState::Leased);
    state.failed_attempts.saturating_add(now)
}

fn state_word(state: v1::MessageState) -> &'static str {
    match state {
        v1::MessageState::Unspecified => "unknown",
        v1::MessageState::Scheduled => "scheduled",
        v1::MessageState::Ready => "ready",
        v1::MessageState::Leased => "leased",
        v1::MessageState::Waiting => "waiting",
        v1::MessageState::Dead => "dead",
        v1::MessageState::Acked => "acked",
        v1::MessageState::Dropped => "dropped",
        v1::MessageState::Finished => "finished",
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    fn subscription() -> v1::Subscription {
        v1::Subscription {
            name: "billing".to_owned(),
            topic: "orders".to_owned(),
            ..v1::Subscription::default()
        }
    }

    fn pulled(payload: &'static [u8]) -> MessageDocument {
        let message = v1::Message {
            payload: payload.into(),
            attributes: [("kind".to_owned(), "new".to_owned())].into(),
            ordering_key: "k\x1b[2J".to_owned(),
            ..v1::Message::default()
        };
        let delivery = v1::Delivery {
            ack_id: "secret".to_owned(),
            message: Some(message),
            message_id: "3.0.17".to_owned(),
            offset: 17,
            delivery_attempt: 2,
            publish_time: Some(prost_types::Timestamp {
                seconds: 1,
                nanos: 0,
            }),
            ..v1::Delivery::default()
        };
        MessageDocument::pulled(&subscription(), delivery)
    }

    #[test]
    fn a_pulled_message_has_the_fields_of_the_contract_in_order_and_no_other() {
        assert_eq!(
            json::line(&pulled(b"hi\x1b]0;x\x07")).unwrap(),
            "{\"message_id\":\"3.0.17\",\"topic\":\"orders\",\"subscription\":\"billing\",\
             \"partition\":0,\"offset\":17,\"publish_time\":\"1970-01-01T00:00:01.000000Z\",\
             \"delivery_attempt\":2,\"ordering_key\":\"k\\u001b[2J\",\
             \"attributes\":{\"kind\":\"new\"},\"payload\":\"aGkbXTA7eAc=\",\
             \"payload_text\":\"hi\\u001b]0;x\\u0007\"}\n"
        );
    }

    #[test]
    fn a_payload_that_is_no_text_has_no_text() {
        let value = serde_json::to_value(pulled(b"\xff\x00")).unwrap();
        assert_eq!(value["payload"], "/wA=");
        assert!(value.get("payload_text").is_none());
    }

    #[test]
    fn a_table_shows_no_control_character_of_a_payload() {
        let table = message_table(
            &[pulled(b"\x1b]52;c;eA==\x07\xc2\x9b2J")],
            Sort::Pulled,
            true,
        );
        let rendered = table.render(false);
        assert!(
            rendered.contains("\\x1b]52;c;eA==\\x07\\x9b2J"),
            "{rendered}"
        );
        assert!(
            !rendered.chars().any(|c| c.is_control() && c != '\n'),
            "{rendered:?}"
        );
    }

    #[test]
    fn a_dead_message_says_why() {
        let state = v1::SubscriptionMessageState {
            subscription: "billing".to_owned(),
            state: v1::MessageState::Dead.into(),
            failed_attempts: 3,
            dead_letter: Some(v1::DeadLetter {
                reason: "smtp 421".to_owned(),
                error_class: "Timeout".to_owned(),
                attempts: 3,
                ..v1::DeadLetter::default()
            }),
            ..v1::SubscriptionMessageState::default()
        };
        let peeked = v1::PeekedMessage {
            states: vec![state],
            ..v1::PeekedMessage::default()
        };
        let document = MessageDocument::peeked("orders", Some("billing"), peeked);
        assert_eq!(document.delivery_attempt, Some(3));
        let value = serde_json::to_value(&document).unwrap();
        assert_eq!(value["dead_letter"]["reason"], "smtp 421");
        let table = message_table(&[document], Sort::Dead, false).render(false);
        assert!(
            table.contains("Timeout") && table.contains("smtp 421"),
            "{table}"
        );
    }

    #[test]
    fn a_lease_counts_as_the_attempt_it_is() {
        let state = v1::SubscriptionMessageState {
            state: v1::MessageState::Leased.into(),
            failed_attempts: 1,
            ..v1::SubscriptionMessageState::default()
        };
        assert_eq!(attempts(&state), 2);
    }
}
