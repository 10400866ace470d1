//! What is going on, how many consumers it takes, and the most frequent keys, in the contract's words.

use weir_proto::server;

use super::batch::partition_of;
use super::{convert, events};
use crate::insight::advice::{Bound, Capacity, Choice, Confidence};
use crate::insight::top_keys::TopKey;
use crate::insight::verdict::{Diagnosis, Verdict};

/// A diagnosis.
pub(super) fn diagnosis(diagnosis: &Diagnosis) -> server::Diagnosis {
    server::Diagnosis {
        verdict: verdict(diagnosis.verdict).into(),
        severity: events::severity(diagnosis.severity).into(),
        start_time: Some(convert::timestamp(diagnosis.since)),
        reason: diagnosis.reason(),
        advice: diagnosis.advice().to_owned(),
        message_id: diagnosis
            .message()
            .map(|id| id.to_string())
            .unwrap_or_default(),
        partition: diagnosis.partition().map(|partition| partition.0),
    }
}

/// A verdict.
pub(super) fn verdict(verdict: Verdict) -> server::Verdict {
    match verdict {
        Verdict::Ok => server::Verdict::Ok,
        Verdict::Idle => server::Verdict::Idle,
        Verdict::Draining => server::Verdict::Draining,
        Verdict::Growing => server::Verdict::Growing,
        Verdict::Paused => server::Verdict::Paused,
        Verdict::Stuck => server::Verdict::Stuck,
        Verdict::NoConsumers => server::Verdict::NoConsumers,
        Verdict::UnderCapacity => server::Verdict::UnderCapacity,
        Verdict::Slowed => server::Verdict::Slowed,
        Verdict::ConsumersIdle => server::Verdict::ConsumersIdle,
        Verdict::Failing => server::Verdict::Failing,
        Verdict::Skewed => server::Verdict::Skewed,
    }
}

/// What one busy consumer does.
pub(super) fn capacity(capacity: &Capacity) -> server::Capacity {
    server::Capacity {
        p10: capacity.p10,
        median: capacity.median,
        p90: capacity.p90,
        consumer_count: number(capacity.consumers),
        window_seconds: capacity.window.as_seconds(),
    }
}

/// What a number of consumers would do.
pub(super) fn choice(choice: &Choice) -> server::AdviceOption {
    server::AdviceOption {
        consumer_count: number(choice.consumers),
        drain_seconds: choice.drain,
        is_recommended: choice.is_recommended,
    }
}

/// How sure a number is.
pub(super) fn confidence(confidence: Confidence) -> server::Confidence {
    match confidence {
        Confidence::None => server::Confidence::Unspecified,
        Confidence::Low => server::Confidence::Low,
        Confidence::Medium => server::Confidence::Medium,
        Confidence::High => server::Confidence::High,
    }
}

/// What bounds it.
pub(super) fn bound(bound: Bound) -> server::AdviceBound {
    match bound {
        Bound::None => server::AdviceBound::None,
        Bound::Keys => server::AdviceBound::Keys,
        Bound::DeliveryRate => server::AdviceBound::DeliveryRate,
        Bound::Outstanding => server::AdviceBound::Outstanding,
        Bound::Requested => server::AdviceBound::Requested,
    }
}

/// The most frequent keys of a topic with so many partitions, of so many messages with a key.
pub(super) fn top_keys(keys: &[TopKey], total: u64, partitions: u32) -> Vec<server::TopKey> {
    let keys = keys.iter().map(|key| server::TopKey {
        key: key.text.to_string(),
        share: (key.count as f64 / total.max(1) as f64).min(1.0),
        count: key.count,
        count_error: key.error,
        partition: partition_of(key.hash, partitions, 0).0,
    });
    keys.collect()
}

pub(super) fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
