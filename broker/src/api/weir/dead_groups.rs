//! Groups of dead messages, as the contract tells them.

use weir_proto::server::{DeadGroup, GroupDeadLettersRequest, GroupDeadLettersResponse};

use super::convert;
use crate::insight::dead_groups::Group;
use crate::model::fingerprint::{FingerprintError, pattern};
use crate::model::{Fingerprint, MessageId, Refusal, TopicId};
use crate::shard::{DeadText, GroupOrder, Handle};

/// The most groups of one answer, and how many it has unless the request says.
const GROUPS: (u32, u32) = (1_000, 100);
/// The most messages that are named of a group, and how many are unless the request says.
const SAMPLES: (u32, u32) = (20, 3);

/// The answer to a request.
pub(super) async fn groups(
    handle: &Handle,
    request: GroupDeadLettersRequest,
) -> Result<GroupDeadLettersResponse, Refusal> {
    let topic = Some(request.topic.as_str()).filter(|topic| !topic.is_empty());
    let order = GroupOrder {
        subscription: convert::name("subscription", &request.subscription)?,
        topic: topic
            .map(|topic| convert::name("topic", topic))
            .transpose()?,
        limit: count("limit", request.limit, GROUPS)?,
        samples: count("sample_count", request.sample_count, SAMPLES)?,
    };
    let found = handle.dead_groups(order).await?;
    let groups = found.gathered.largest.iter().zip(found.words);
    Ok(GroupDeadLettersResponse {
        sample_time: Some(convert::timestamp(found.now)),
        total_count: found.gathered.count,
        total_bytes: found.gathered.bytes,
        group_count: u32::try_from(found.gathered.groups).unwrap_or(u32::MAX),
        groups: groups
            .map(|(group, words)| told(group, words, found.topic))
            .collect(),
    })
}

/// The fingerprint that a request names, if any.
pub(super) fn fingerprint(field: &'static str, text: &str) -> Result<Option<Fingerprint>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |error: FingerprintError| Refusal::ValueOutOfRange {
        field,
        value: text.chars().take(convert::MAX_ECHO_CHARS).collect(),
        range: error.to_string(),
    };
    text.parse().map(Some).map_err(wrong)
}

fn count(field: &'static str, asked: u32, (most, usual): (u32, u32)) -> Result<usize, Refusal> {
    let count = match asked {
        0 => usual,
        count if count <= most => count,
        count => {
            return Err(Refusal::ValueOutOfRange {
                field,
                value: count.to_string(),
                range: format!("1 to {most}, or 0 for {usual}"),
            });
        }
    };
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn told(group: &Group, words: DeadText, topic: TopicId) -> DeadGroup {
    let samples = group.samples.iter().map(|sample| MessageId {
        topic,
        partition: sample.partition,
        offset: sample.offset,
    });
    DeadGroup {
        fingerprint: group.fingerprint.to_string(),
        pattern: pattern(&words.reason),
        reason_class: words.class,
        count: group.count,
        bytes: group.bytes,
        first_death_time: Some(convert::timestamp(group.first)),
        last_death_time: Some(convert::timestamp(group.last)),
        trend: group.trend.to_vec(),
        trend_span_seconds: group.trend_span.as_seconds(),
        is_arriving: group.is_arriving,
        sample_message_ids: samples.map(|id| id.to_string()).collect(),
        requeued_before_count: group.requeued_before,
    }
}
