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
        Refusal::DeadLetterTopicMissing { .. } => (
            Code::FailedPrecondition,
            ErrorReason::DeadLetterTopicMissing,
        ),
        Refusal::LeaseStale => (Code::FailedPrecondition, ErrorReason::LeaseStale),
        Refusal::StreamProtocol { .. } => (Code::FailedPrecondition, ErrorReason::StreamProtocol),
        Refusal::TopicMismatch { .. } => (Code::FailedPrecondition, ErrorReason::TopicMismatch),
        Refusal::Backpressure { .. } => (Code::ResourceExhausted, ErrorReason::Backpressure),
        Refusal::DiskFull => (Code::ResourceExhausted, ErrorReason::DiskFull),
        Refusal::BacklogFull { .. } => (Code::ResourceExhausted, ErrorReason::BacklogFull),
        Refusal::LimitReached { .. } => (Code::ResourceExhausted, ErrorReason::LimitReached),
        Refusal::DedupFull { .. } => (Code::ResourceExhausted, ErrorReason::DedupFull),
        Refusal::Draining => (Code::Unavailable, ErrorReason::Draining),
        Refusal::ClientNotFound { .. } => (Code::NotFound, ErrorReason::ClientNotFound),
        Refusal::ClientDisconnected => (Code::Unavailable, ErrorReason::ClientDisconnected),
        Refusal::LogPoisoned { .. } => (Code::Unavailable, ErrorReason::LogPoisoned),
        Refusal::DataDamaged { .. } => (Code::DataLoss, ErrorReason::DataDamaged),
        Refusal::NotSupported { .. } => (Code::Unimplemented, ErrorReason::NotSupported),
        Refusal::Internal { .. } => (Code::Internal, ErrorReason::Internal),
        Refusal::EtagMismatch { .. } => (Code::Aborted, ErrorReason::EtagMismatch),
        Refusal::OffsetBelowLowWatermark { .. } => {
            (Code::OutOfRange, ErrorReason::OffsetBelowLowWatermark)
        }
        Refusal::NoSubscription { .. } => (Code::FailedPrecondition, ErrorReason::NoSubscription),
        Refusal::TopicFull { .. } => (Code::ResourceExhausted, ErrorReason::TopicFull),
        Refusal::SequenceStale { .. } => (Code::FailedPrecondition, ErrorReason::SequenceStale),
        Refusal::ProducersFull { .. } => (Code::ResourceExhausted, ErrorReason::ProducersFull),
        Refusal::OperationNotFound { .. } => (Code::NotFound, ErrorReason::OperationNotFound),
        Refusal::OperationState { .. } => (Code::FailedPrecondition, ErrorReason::OperationState),
        Refusal::PlanExpired { .. } => (Code::FailedPrecondition, ErrorReason::PlanExpired),
        Refusal::PlanOfAnotherBroker { .. } => {
            (Code::FailedPrecondition, ErrorReason::PlanOfAnotherBroker)
        }
        Refusal::PlanMismatch { .. } => (Code::FailedPrecondition, ErrorReason::PlanMismatch),
        Refusal::SelectionShrank { .. } => (Code::Aborted, ErrorReason::SelectionShrank),
        Refusal::UndoTooLate { .. } => (Code::FailedPrecondition, ErrorReason::UndoTooLate),
        Refusal::UndoBlocked { .. } => (Code::FailedPrecondition, ErrorReason::UndoBlocked),
        _ => (Code::InvalidArgument, invalid(refusal)),
    }
}

/// The reason of what is malformed or out of limits.
fn invalid(refusal: &Refusal) -> ErrorReason {
    match refusal {
        Refusal::NameInvalid { .. } => ErrorReason::NameInvalid,
        Refusal::FieldRequired { .. } => ErrorReason::FieldRequired,
        Refusal::ValueOutOfRange { .. } => ErrorReason::ValueOutOfRange,
        Refusal::MessageMalformed { .. } | Refusal::RequestMalformed { .. } => {
            ErrorReason::MessageMalformed
        }
        Refusal::MessageTooLarge { .. } | Refusal::TooManyAttributes { .. } => {
            ErrorReason::MessageTooLarge
        }
        Refusal::BatchTooLarge { .. } => ErrorReason::BatchTooLarge,
        Refusal::AckIdMalformed => ErrorReason::AckIdMalformed,
        Refusal::PageTokenInvalid => ErrorReason::PageTokenInvalid,
        Refusal::SelectionRequired => ErrorReason::SelectionRequired,
        Refusal::MaskInvalid { .. } => ErrorReason::MaskInvalid,
        Refusal::FieldImmutable { .. } => ErrorReason::FieldImmutable,
        Refusal::TopologyInvalid { .. } => ErrorReason::TopologyInvalid,
        Refusal::RequestIdReused { .. } => ErrorReason::RequestIdReused,
        Refusal::FilterInvalid { .. } => ErrorReason::FilterInvalid,
        _ => ErrorReason::Unspecified,
    }
}

/// The field of the request that is at fault, where one is.
fn field(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::NameInvalid { field, .. }
        | Refusal::FieldRequired { field }
        | Refusal::ValueOutOfRange { field, .. }
        | Refusal::FieldImmutable { field }
        | Refusal::FilterInvalid { field, .. }
        | Refusal::MessageTooLarge { field, .. } => Some((*field).to_owned()),
        Refusal::MessageMalformed { index, .. } => Some(format!("messages[{index}]")),
        Refusal::TooManyAttributes { index, .. } => Some(format!("messages[{index}].attributes")),
        Refusal::RequestMalformed { .. } => Some("request".to_owned()),
        Refusal::BatchTooLarge { .. } => Some("messages".to_owned()),
        Refusal::AckIdMalformed => Some("ack_id".to_owned()),
        Refusal::PageTokenInvalid => Some("page_token".to_owned()),
        Refusal::SelectionRequired => Some("selection".to_owned()),
        Refusal::MaskInvalid { .. } => Some("update_mask".to_owned()),
        Refusal::RequestIdReused { .. } => Some("request_id".to_owned()),
        Refusal::TopologyInvalid { list, index, .. } => Some(format!("{list}[{index}]")),
        _ => None,
    }
}

/// The variable parts of the sentence.
fn metadata(refusal: &Refusal) -> HashMap<String, String> {
    let pairs: Vec<(&str, String)> = match refusal {
        Refusal::TopicNotFound { topic }
        | Refusal::TopicAlreadyExists { topic }
        | Refusal::DeadLetterTopicMissing { topic }
        | Refusal::NoSubscription { topic } => {
            vec![("topic", topic.to_string())]
        }
        Refusal::TopicGone { topic } => vec![("topicId", topic.to_string())],
        Refusal::SubscriptionNotFound { subscription } => {
            vec![("subscription", subscription.clone())]
        }
        Refusal::MessageNotFound { message } => vec![("messageId", message.clone())],
        Refusal::ClientNotFound { client } => vec![("clientId", client.to_string())],
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
        Refusal::FieldRequired { field } | Refusal::FieldImmutable { field } => {
            vec![("field", (*field).to_owned())]
        }
        Refusal::FilterInvalid { field, detail } => {
            vec![("field", (*field).to_owned()), ("detail", detail.clone())]
        }
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
        Refusal::RequestMalformed { detail } => vec![("detail", detail.clone())],
        Refusal::TooManyAttributes { index, limit } => vec![
            ("messageIndex", index.to_string()),
            ("limit", limit.to_string()),
        ],
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
        _ => holding(refusal),
    }
}

/// The variable parts of a sentence about what a topic or a subscription holds or remembers.
fn holding(refusal: &Refusal) -> Vec<(&'static str, String)> {
    match refusal {
        Refusal::TopicFull {
            topic,
            unit,
            held,
            limit,
        } => vec![
            ("topic", topic.to_string()),
            ("unit", (*unit).to_owned()),
            ("held", held.to_string()),
            ("limit", limit.to_string()),
        ],
        Refusal::SequenceStale { sequence, passed } => vec![
            ("sequence", sequence.to_string()),
            ("forgottenSequence", passed.to_string()),
        ],
        Refusal::ProducersFull { limit } => vec![("limit", limit.to_string())],
        Refusal::BacklogFull {
            subscription,
            backlog,
            limit,
            unit,
        } => vec![
            ("subscription", subscription.to_string()),
            ("backlog", backlog.to_string()),
            ("limit", limit.to_string()),
            ("unit", (*unit).to_owned()),
        ],
        _ => changes(refusal),
    }
}

/// The variable parts of a sentence about a change.
fn changes(refusal: &Refusal) -> Vec<(&'static str, String)> {
    match refusal {
        Refusal::RequestIdReused { request_id } => vec![("requestId", request_id.clone())],
        Refusal::TopologyInvalid {
            list,
            index,
            name,
            detail,
        } => vec![
            ("list", (*list).to_owned()),
            ("index", index.to_string()),
            ("name", name.clone()),
            ("detail", detail.clone()),
        ],
        Refusal::MaskInvalid { path, known } => {
            vec![("path", path.clone()), ("knownPaths", known.clone())]
        }
        Refusal::DedupFull { topic, limit, .. } => {
            vec![("topic", topic.to_string()), ("limit", limit.to_string())]
        }
        Refusal::OperationNotFound { operation } => vec![("operation", operation.to_string())],
        Refusal::OperationState { operation, detail } => vec![
            ("operation", operation.to_string()),
            ("detail", (*detail).to_owned()),
        ],
        Refusal::UndoTooLate { operation, detail } | Refusal::UndoBlocked { operation, detail } => {
            vec![
                ("operation", operation.to_string()),
                ("detail", detail.clone()),
            ]
        }
        Refusal::PlanExpired { plan } | Refusal::PlanOfAnotherBroker { plan } => {
            vec![("plan", plan.clone())]
        }
        Refusal::PlanMismatch { plan, detail } => {
            vec![("plan", plan.clone()), ("detail", detail.clone())]
        }
        Refusal::SelectionShrank {
            plan,
            planned,
            left,
        } => vec![
            ("plan", plan.clone()),
            ("planned", planned.to_string()),
            ("left", left.to_string()),
        ],
        Refusal::OffsetBelowLowWatermark {
            partition,
            offset,
            low,
        } => vec![
            ("partition", partition.to_string()),
            ("offset", offset.to_string()),
            ("lowWatermark", low.to_string()),
        ],
        Refusal::EtagMismatch {
            name,
            given,
            current,
        } => vec![
            ("name", name.to_string()),
            ("givenEtag", given.clone()),
            ("currentEtag", current.clone()),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
