//! Dead messages by the reason for which they died.

use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::reading::{broker_seconds, measured};

/// How many bytes of a reason are kept.
const TEXT_CAP_BYTES: usize = 512;

/// The groups of one subscription.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeadGroups {
    /// When they were counted: seconds since the epoch by the broker's clock.
    pub(crate) computed: Option<f64>,
    pub(crate) total: u64,
    pub(crate) total_bytes: u64,
    /// How many groups there are; more than are listed if there are many.
    pub(crate) group_count: u32,
    /// The largest first.
    pub(crate) groups: Vec<DeadGroup>,
}

/// Dead messages that died for the same reason.
#[derive(Clone, Debug)]
pub(crate) struct DeadGroup {
    /// What tells it from others, and what a filter names it by.
    pub(crate) fingerprint: SafeText,
    /// Empty if no reason was given.
    pub(crate) pattern: SafeText,
    pub(crate) class: SafeText,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) first: Option<f64>,
    pub(crate) last: Option<f64>,
    /// Deaths in equal spans from the first until now, the oldest first.
    pub(crate) trend: Vec<u64>,
    pub(crate) trend_span: Option<f64>,
    pub(crate) is_arriving: bool,
    pub(crate) samples: Vec<String>,
    pub(crate) came_back: u64,
}

impl DeadGroups {
    /// Takes the groups over from the wire.
    pub(crate) fn new(answer: &v1::GroupDeadLettersResponse) -> Self {
        Self {
            computed: answer.computed_time.map(broker_seconds),
            total: answer.total_count,
            total_bytes: answer.total_bytes,
            group_count: answer.group_count,
            groups: answer.groups.iter().map(DeadGroup::new).collect(),
        }
    }
}

impl DeadGroup {
    fn new(group: &v1::DeadGroup) -> Self {
        let text = |text: &str| SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES);
        Self {
            fingerprint: text(&group.fingerprint),
            pattern: text(&group.pattern),
            class: text(&group.reason_class),
            count: group.count,
            bytes: group.bytes,
            first: group.first_death_time.map(broker_seconds),
            last: group.last_death_time.map(broker_seconds),
            trend: group.trend.clone(),
            trend_span: measured(group.trend_span_seconds),
            is_arriving: group.is_arriving,
            samples: group.sample_message_ids.clone(),
            came_back: group.requeued_before_count,
        }
    }

    /// Its part of all dead messages, from 0 to 1.
    pub(crate) fn share(&self, total: u64) -> Option<f64> {
        (total > 0).then(|| self.count as f64 / total as f64)
    }
}
