//! What the broker in memory says to names that it does not have, and to what no test asks.

use tonic::{Code, Response, Status};
use weir_proto::server::*;

use super::broker::refusal;

pub(super) type Answer<T> = Result<Response<T>, Status>;

pub(super) const SUBSCRIPTIONS: [&str; 2] = ["billing", "shop/audit"];

pub(super) fn absent<T>() -> Answer<T> {
    Err(Status::unimplemented("no test asks this"))
}

pub(super) fn checked_topic(name: &str) -> Result<(), Status> {
    if name == "orders" {
        return Ok(());
    }
    let message = format!("there is no topic {name}");
    Err(refusal(Code::NotFound, "TOPIC_NOT_FOUND", &message))
}

pub(super) fn checked_subscription(name: &str) -> Result<(), Status> {
    if SUBSCRIPTIONS.contains(&name) {
        return Ok(());
    }
    if name.matches('/').count() > 1 {
        return Err(refusal(
            Code::InvalidArgument,
            "NAME_INVALID",
            "this is no name",
        ));
    }
    let message = format!("there is no subscription {name}");
    Err(refusal(Code::NotFound, "SUBSCRIPTION_NOT_FOUND", &message))
}

pub(super) fn stale(ack_id: String) -> AckIdError {
    let reason = ErrorReason::LeaseStale.into();
    let error = ItemError {
        code: Code::FailedPrecondition.into(),
        reason,
        ..ItemError::default()
    };
    AckIdError {
        ack_id,
        error: Some(error),
    }
}

/// Two groups of what is dead.
pub(super) fn groups(subscription: &str) -> Answer<GroupDeadLettersResponse> {
    checked_subscription(subscription)?;
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let group = |fingerprint: &str, pattern: &str, count| DeadGroup {
        fingerprint: fingerprint.to_owned(),
        pattern: pattern.to_owned(),
        reason_class: "Smtp".to_owned(),
        count,
        bytes: count * 1_000,
        first_death_time: time(1_800_000_000),
        last_death_time: time(1_800_000_700),
        trend: vec![0, 1, 4, 8, 6, 2, 0, 1],
        trend_span_seconds: 100.0,
        is_arriving: count > 100,
        sample_message_ids: vec!["7.0.9".to_owned()],
        requeued_before_count: 2,
    };
    Ok(Response::new(GroupDeadLettersResponse {
        sample_time: time(1_800_000_800),
        total_count: 3_000,
        total_bytes: 3_000_000,
        group_count: 3,
        groups: vec![
            group("00c0ffee00c0ffee", "smtp 421 from <host>", 2_700),
            group("0123456789abcdef", "", 30),
        ],
    }))
}

/// Two connections: one with a consumer, one that publishes.
pub(super) fn clients() -> ListClientsResponse {
    let worker = ClientInfo {
        client_id: 17,
        name: "worker".to_owned(),
        peer: "10.0.0.7:5000".to_owned(),
        client_version: "weir-rust/0.1.0".to_owned(),
        consumers: vec![ClientConsumer {
            subscription: "billing".to_owned(),
            topic: "orders".to_owned(),
            stats: Some(ConsumerStats {
                consumer_id: 3,
                name: "worker".to_owned(),
                leased: 12,
                ..ConsumerStats::default()
            }),
        }],
        ..ClientInfo::default()
    };
    let publisher = ClientInfo {
        client_id: 18,
        peer: "10.0.0.8:5000".to_owned(),
        publish_stream_count: 1,
        publish_rate: 250.0,
        topics: vec!["orders".to_owned()],
        ..ClientInfo::default()
    };
    ListClientsResponse {
        clients: vec![worker, publisher],
        ..ListClientsResponse::default()
    }
}

/// Three events, the second of which is a mark.
pub(super) fn events(request: &WatchEventsRequest) -> WatchEventsResponse {
    let event = |sequence, kind: EventKind, text: &str| Event {
        sequence,
        event_time: Some(prost_types::Timestamp {
            seconds: 1_800_000_000,
            nanos: 0,
        }),
        kind: kind.into(),
        severity: Severity::Fine.into(),
        subscription: request.subscription.clone(),
        text: text.to_owned(),
        merged_count: 1,
        ..Event::default()
    };
    WatchEventsResponse {
        events: vec![
            event(1, EventKind::ConsumerJoined, "worker connected"),
            event(2, EventKind::Mark, "deployed 4.2"),
            event(3, EventKind::ConsumerLeft, "worker left"),
        ],
        truncated: false,
    }
}

/// Acts on record, the second of which does not go on from the first.
pub(super) fn audit() -> Vec<AuditRecord> {
    let act = |sequence, verb: &str| AuditRecord {
        sequence,
        event_time: Some(prost_types::Timestamp {
            seconds: 1_800_000_000,
            nanos: 0,
        }),
        verb: verb.to_owned(),
        previous_hash: vec![0; 32].into(),
        hash: vec![1; 32].into(),
        ..AuditRecord::default()
    };
    vec![act(1, "topic.create"), act(2, "requeue.begin")]
}
