//! Every refusal has its status.

use super::*;
use crate::model::{Name, Offset, OperationId, Partition, Span};

fn every_refusal() -> Vec<Refusal> {
    let name = Name::parse("orders").unwrap();
    let text = || "x".to_owned();
    let mut refusals = unnamed_refusals();
    refusals.extend(refusals_of_operations());
    refusals.extend([
        Refusal::SubscriptionNotFound {
            subscription: text(),
        },
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
        Refusal::NoSubscription {
            topic: name.clone(),
        },
        Refusal::TopicFull {
            topic: name.clone(),
            unit: "messages",
            held: 2,
            limit: 1,
        },
        Refusal::DedupFull {
            topic: name.clone(),
            limit: 1,
            retry: Span::from_secs(1),
        },
    ]);
    let topic = name.clone();
    refusals.push(Refusal::TopicNotFound { topic });
    refusals.push(Refusal::TopicMismatch {
        subscription: name.clone(),
        topic: name,
        asked: text(),
    });
    refusals
}

/// Those that tell of no topic or subscription.
fn unnamed_refusals() -> Vec<Refusal> {
    let text = || "x".to_owned();
    vec![
        Refusal::EtagMismatch {
            name: Name::parse("orders").unwrap(),
            given: text(),
            current: text(),
        },
        Refusal::MaskInvalid {
            path: text(),
            known: text(),
        },
        Refusal::FieldImmutable {
            field: "topic.partition_count",
        },
        Refusal::DeadLetterTopicMissing {
            topic: Name::parse("graveyard").unwrap(),
        },
        Refusal::BacklogFull {
            subscription: Name::parse("billing").unwrap(),
            backlog: 7,
            limit: 5,
            unit: "messages",
        },
        Refusal::OffsetBelowLowWatermark {
            partition: Partition(0),
            offset: Offset(1),
            low: Offset(2),
        },
        Refusal::RequestIdReused { request_id: text() },
        Refusal::TopologyInvalid {
            list: "topics",
            index: 3,
            name: text(),
            detail: text(),
        },
        Refusal::FilterInvalid {
            field: "subscriptions.filter",
            detail: text(),
        },
        Refusal::SequenceStale {
            sequence: 1,
            passed: 2,
        },
        Refusal::ProducersFull { limit: 1 },
        Refusal::AckIdMalformed,
        Refusal::FieldRequired { field: "topic" },
        Refusal::MessageNotFound { message: text() },
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
        Refusal::ClientNotFound { client: 7 },
        Refusal::ClientDisconnected,
        Refusal::LogPoisoned { detail: text() },
        Refusal::DataDamaged { detail: text() },
        Refusal::NotSupported { what: "x" },
        Refusal::Internal { detail: text() },
    ]
}

fn refusals_of_operations() -> Vec<Refusal> {
    let text = || "x".to_owned();
    vec![
        Refusal::OperationNotFound {
            operation: OperationId(1),
        },
        Refusal::OperationState {
            operation: OperationId(1),
            detail: "x",
        },
        Refusal::PlanExpired { plan: text() },
        Refusal::PlanOfAnotherBroker { plan: text() },
        Refusal::PlanMismatch {
            plan: text(),
            detail: text(),
        },
        Refusal::SelectionShrank {
            plan: text(),
            planned: 2,
            left: 1,
        },
        Refusal::UndoTooLate {
            operation: OperationId(1),
            detail: text(),
        },
        Refusal::UndoBlocked {
            operation: OperationId(1),
            detail: text(),
        },
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
        let heals = [Code::ResourceExhausted, Code::Unavailable].contains(&status(&refusal).code())
            && !matches!(
                refusal,
                Refusal::LimitReached { .. }
                    | Refusal::LogPoisoned { .. }
                    | Refusal::ProducersFull { .. }
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
fn too_many_attributes_make_a_message_too_large_and_name_their_field() {
    let status = status(&Refusal::TooManyAttributes {
        index: 2,
        limit: 100,
    });
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "MESSAGE_TOO_LARGE");
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "messages[2].attributes");
    assert!(violations[0].description.contains("100"), "{status:?}");
}

#[test]
fn a_topic_that_goes_under_way_is_not_found() {
    let topic = crate::model::TopicId(7);
    let status = status(&Refusal::TopicGone { topic });
    let info = status.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.reason, "TOPIC_NOT_FOUND");
    assert_eq!(info.metadata["topicId"], "7");
}
