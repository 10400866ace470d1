//! The one mapping from refusals to gRPC: canonical code, `google.rpc.ErrorInfo` with a reason, field violations
//! and retry delays. Nothing else in the broker makes a status.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use weir_proto::ERROR_DOMAIN;
use weir_proto::server::{ErrorReason, ItemError};

use crate::model::Refusal;

/// The prefix of the enum's values, which the reason of an `ErrorInfo` goes without.
const REASON_PREFIX: &str = "ERROR_REASON_";

/// The status of a call that was refused.
pub(crate) fn status(refusal: &Refusal) -> Status {
    let (code, reason) = classify(refusal);
    let mut details = ErrorDetails::new();
    details.set_error_info(reason_name(reason), ERROR_DOMAIN, metadata(refusal));
    if let Some(field) = field(refusal) {
        details.add_bad_request_violation(field, refusal.to_string());
    }
    if let Some(delay) = refusal.retry_after() {
        details.set_retry_info(Some(delay.as_duration()));
    }
    Status::with_error_details(code, refusal.to_string(), details)
}

/// The error of one item that was refused, in a response.
pub(crate) fn item_error(refusal: &Refusal) -> ItemError {
    let (code, reason) = classify(refusal);
    ItemError {
        code: code.into(),
        reason: reason.into(),
        message: refusal.to_string(),
        metadata: metadata(refusal),
        retry_delay: refusal.retry_after().map(super::weir::convert::duration),
    }
}

/// The reason as `google.rpc.ErrorInfo` carries it.
fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix(REASON_PREFIX).unwrap_or(name)
}

fn classify(refusal: &Refusal) -> (Code, ErrorReason) {
    match refusal {
        Refusal::TopicNotFound { .. } | Refusal::TopicGone { .. } => {
            (Code::NotFound, ErrorReason::TopicNotFound)
        }
        Refusal::SubscriptionNotFound { .. } => (Code::NotFound, ErrorReason::SubscriptionNotFound),
        Refusal::MessageNotFound { .. } => (Code::NotFound, ErrorReason::MessageNotFound),
        Refusal::SubscriptionDeleted { .. } => (Code::NotFound, ErrorReason::SubscriptionDeleted),
        Refusal::TopicAlreadyExists { .. } => {
            (Code::AlreadyExists, ErrorReason::TopicAlreadyExists)
        }
        Refusal::SubscriptionAlreadyExists { .. } => {
            (Code::AlreadyExists, ErrorReason::SubscriptionAlreadyExists)
        }
        Refusal::TopicHasSubscriptions { .. } => {
            (Code::FailedPrecondition, ErrorReason::TopicHasSubscriptions)
        }
        Refusal::LeaseStale => (Code::FailedPrecondition, ErrorReason::LeaseStale),
        Refusal::StreamProtocol { .. } => (Code::FailedPrecondition, ErrorReason::StreamProtocol),
        Refusal::TopicMismatch { .. } => (Code::FailedPrecondition, ErrorReason::TopicMismatch),
        Refusal::Backpressure { .. } => (Code::ResourceExhausted, ErrorReason::Backpressure),
        Refusal::DiskFull => (Code::ResourceExhausted, ErrorReason::DiskFull),
        Refusal::LimitReached { .. } => (Code::ResourceExhausted, ErrorReason::LimitReached),
        Refusal::Draining => (Code::Unavailable, ErrorReason::Draining),
        Refusal::LogPoisoned { .. } => (Code::Unavailable, ErrorReason::LogPoisoned),
        Refusal::DataDamaged { .. } => (Code::DataLoss, ErrorReason::DataDamaged),
        Refusal::NotSupported { .. } => (Code::Unimplemented, ErrorReason::NotSupported),
        Refusal::Internal { .. } => (Code::Internal, ErrorReason::Internal),
        _ => (Code::InvalidArgument, invalid(refusal)),
    }
}

/// The reason of what is malformed or out of limits.
fn invalid(refusal: &Refusal) -> ErrorReason {
    match refusal {
        Refusal::NameInvalid { .. } => ErrorReason::NameInvalid,
        Refusal::FieldRequired { .. } => ErrorReason::FieldRequired,
        Refusal::ValueOutOfRange { .. } => ErrorReason::ValueOutOfRange,
        Refusal::MessageMalformed { .. } => ErrorReason::MessageMalformed,
        Refusal::MessageTooLarge { .. } => ErrorReason::MessageTooLarge,
        Refusal::BatchTooLarge { .. } => ErrorReason::BatchTooLarge,
        Refusal::AckIdMalformed => ErrorReason::AckIdMalformed,
        Refusal::PageTokenInvalid => ErrorReason::PageTokenInvalid,
        Refusal::SelectionRequired => ErrorReason::SelectionRequired,
        _ => ErrorReason::Unspecified,
    }
}

/// The field of the request that is at fault, where one is.
fn field(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::NameInvalid { field, .. }
        | Refusal::FieldRequired { field }
        | Refusal::ValueOutOfRange { field, .. }
        | Refusal::MessageTooLarge { field, .. } => Some((*field).to_owned()),
        Refusal::MessageMalformed { index, .. } => Some(format!("messages[{index}]")),
        Refusal::BatchTooLarge { .. } => Some("messages".to_owned()),
        Refusal::AckIdMalformed => Some("ack_id".to_owned()),
        Refusal::PageTokenInvalid => Some("page_token".to_owned()),
        Refusal::SelectionRequired => Some("selection".to_owned()),
        _ => None,
    }
}

/// The variable parts of the sentence.
fn metadata(refusal: &Refusal) -> HashMap<String, String> {
    let pairs: Vec<(&str, String)> = match refusal {
        Refusal::TopicNotFound { topic } | Refusal::TopicAlreadyExists { topic } => {
            vec![("topic", topic.to_string())]
        }
        Refusal::TopicGone { topic } => vec![("topicId", topic.to_string())],
        Refusal::SubscriptionNotFound { subscription } => {
            vec![("subscription", subscription.clone())]
        }
        Refusal::MessageNotFound { message } => vec![("messageId", message.clone())],
        Refusal::SubscriptionAlreadyExists {
            subscription,
            topic,
        } => {
            vec![
                ("subscription", subscription.to_string()),
                ("topic", topic.to_string()),
            ]
        }
        Refusal::TopicHasSubscriptions {
            topic,
            subscriptions,
        } => vec![
            ("topic", topic.to_string()),
            ("subscriptionCount", subscriptions.to_string()),
        ],
        Refusal::SubscriptionDeleted { subscription } => {
            vec![("subscription", subscription.to_string())]
        }
        Refusal::TopicMismatch {
            subscription,
            topic,
            asked,
        } => vec![
            ("subscription", subscription.to_string()),
            ("topic", topic.to_string()),
            ("askedTopic", asked.clone()),
        ],
        _ => limits(refusal),
    };
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// The variable parts of a sentence about a value or an amount.
fn limits(refusal: &Refusal) -> Vec<(&'static str, String)> {
    match refusal {
        Refusal::NameInvalid { field, value } => {
            vec![("field", (*field).to_owned()), ("value", value.clone())]
        }
        Refusal::FieldRequired { field } => vec![("field", (*field).to_owned())],
        Refusal::ValueOutOfRange {
            field,
            value,
            range,
        } => vec![
            ("field", (*field).to_owned()),
            ("value", value.clone()),
            ("range", range.clone()),
        ],
        Refusal::MessageMalformed { index, detail } => {
            vec![
                ("messageIndex", index.to_string()),
                ("detail", detail.clone()),
            ]
        }
        Refusal::MessageTooLarge { field, size, limit } => vec![
            ("field", (*field).to_owned()),
            ("sizeBytes", size.to_string()),
            ("limitBytes", limit.to_string()),
        ],
        Refusal::BatchTooLarge { size, limit, unit } => vec![
            ("size", size.to_string()),
            ("limit", limit.to_string()),
            ("unit", (*unit).to_owned()),
        ],
        Refusal::Backpressure {
            waiting_bytes,
            limit_bytes,
        } => vec![
            ("waitingBytes", waiting_bytes.to_string()),
            ("limitBytes", limit_bytes.to_string()),
        ],
        Refusal::LimitReached { what, limit } => {
            vec![("what", (*what).to_owned()), ("limit", limit.to_string())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;

    fn every_refusal() -> Vec<Refusal> {
        let name = Name::parse("orders").unwrap();
        let text = || "x".to_owned();
        let mut refusals = unnamed_refusals();
        refusals.extend([
            Refusal::TopicNotFound {
                topic: name.clone(),
            },
            Refusal::SubscriptionNotFound {
                subscription: text(),
            },
            Refusal::MessageNotFound { message: text() },
            Refusal::TopicAlreadyExists {
                topic: name.clone(),
            },
            Refusal::SubscriptionAlreadyExists {
                subscription: name.clone(),
                topic: name.clone(),
            },
            Refusal::TopicHasSubscriptions {
                topic: name.clone(),
                subscriptions: 2,
            },
            Refusal::NameInvalid {
                field: "topic",
                value: text(),
            },
            Refusal::FieldRequired { field: "topic" },
            Refusal::ValueOutOfRange {
                field: "page_size",
                value: text(),
                range: text(),
            },
            Refusal::MessageMalformed {
                index: 3,
                detail: text(),
            },
            Refusal::MessageTooLarge {
                field: "payload",
                size: 2,
                limit: 1,
            },
            Refusal::BatchTooLarge {
                size: 2,
                limit: 1,
                unit: "messages",
            },
            Refusal::SubscriptionDeleted {
                subscription: name.clone(),
            },
            Refusal::TopicMismatch {
                subscription: name.clone(),
                topic: name,
                asked: text(),
            },
        ]);
        refusals
    }

    /// Those that tell of no topic or subscription.
    fn unnamed_refusals() -> Vec<Refusal> {
        let text = || "x".to_owned();
        vec![
            Refusal::AckIdMalformed,
            Refusal::LeaseStale,
            Refusal::PageTokenInvalid,
            Refusal::SelectionRequired,
            Refusal::StreamProtocol { detail: "x" },
            Refusal::Backpressure {
                waiting_bytes: 2,
                limit_bytes: 1,
            },
            Refusal::DiskFull,
            Refusal::LimitReached {
                what: "topics",
                limit: 1,
            },
            Refusal::Draining,
            Refusal::LogPoisoned { detail: text() },
            Refusal::DataDamaged { detail: text() },
            Refusal::NotSupported { what: "x" },
            Refusal::Internal { detail: text() },
        ]
    }

    #[test]
    fn every_refusal_has_a_reason_of_its_own_that_the_contract_documents() {
        let refusals = every_refusal();
        let mut reasons: Vec<String> = refusals
            .iter()
            .map(|refusal| {
                let status = status(refusal);
                assert_ne!(status.code(), Code::Unknown);
                assert_eq!(status.message(), refusal.to_string());
                let details = status.get_error_details();
                let info = details.error_info().unwrap();
                assert_eq!(info.domain, ERROR_DOMAIN);
                let documented = format!("{REASON_PREFIX}{}", info.reason);
                assert!(
                    ErrorReason::from_str_name(&documented).is_some(),
                    "{documented}"
                );
                assert_ne!(info.reason, "UNSPECIFIED", "{refusal:?}");
                assert_eq!(item_error(refusal).metadata, info.metadata);
                info.reason.clone()
            })
            .collect();
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons.len(), refusals.len());
        // UNSPECIFIED is the only value of the contract that no refusal has.
        let documented = (1..100)
            .filter(|&value| ErrorReason::try_from(value).is_ok())
            .count();
        assert_eq!(documented, refusals.len());
    }

    #[test]
    fn what_time_heals_says_when_to_try_again() {
        for refusal in every_refusal() {
            let heals = [Code::ResourceExhausted, Code::Unavailable]
                .contains(&status(&refusal).code())
                && !matches!(
                    refusal,
                    Refusal::LimitReached { .. } | Refusal::LogPoisoned { .. }
                );
            let retry = status(&refusal).get_error_details().retry_info().is_some();
            assert_eq!(retry, heals, "{refusal:?}");
        }
    }

    #[test]
    fn a_malformed_request_names_its_field() {
        for refusal in every_refusal() {
            let status = status(&refusal);
            if status.code() == Code::InvalidArgument {
                let details = status.get_error_details();
                assert!(details.has_bad_request_violations(), "{refusal:?}");
            }
        }
    }

    #[test]
    fn a_topic_that_goes_under_way_is_not_found() {
        let topic = crate::model::TopicId(7);
        let status = status(&Refusal::TopicGone { topic });
        let info = status.get_error_details().error_info().cloned().unwrap();
        assert_eq!(info.reason, "TOPIC_NOT_FOUND");
        assert_eq!(info.metadata["topicId"], "7");
    }
}
