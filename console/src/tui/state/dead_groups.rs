//! The dead messages of a subscription by why they died.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{DeadGroup as WireGroup, GroupDeadLettersResponse};

use super::reading::{broker_seconds, measured};

const NAME_CAP_BYTES: usize = 511;
const PATTERN_CAP_BYTES: usize = 2_048;

/// The groups of all dead messages of a subscription, the largest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeadGroups {
    /// Seconds since the epoch by the broker's clock.
    pub(crate) computed: Option<f64>,
    pub(crate) total: u64,
    pub(crate) bytes: u64,
    /// How many groups there are, sent or not.
    pub(crate) group_count: u32,
    pub(crate) groups: Vec<DeadGroup>,
}

/// Messages that died for the same reason, but for what varies in it.
#[derive(Clone, Debug)]
pub(crate) struct DeadGroup {
    pub(crate) fingerprint: SafeText,
    pub(crate) pattern: SafeText,
    pub(crate) class: SafeText,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) first_death: Option<f64>,
    pub(crate) last_death: Option<f64>,
    /// Deaths in equal spans from the first one until now, the oldest first.
    pub(crate) trend: Vec<u64>,
    pub(crate) trend_span: Option<f64>,
    pub(crate) is_arriving: bool,
    pub(crate) samples: Vec<SafeText>,
    pub(crate) requeued_before: u64,
}

impl DeadGroups {
    /// Takes groups over from the wire.
    pub(crate) fn new(response: &GroupDeadLettersResponse) -> Self {
        Self {
            computed: response.sample_time.map(broker_seconds),
            total: response.total_count,
            bytes: response.total_bytes,
            group_count: response.group_count,
            groups: response.groups.iter().map(DeadGroup::new).collect(),
        }
    }

    /// The one with a fingerprint.
    pub(crate) fn get(&self, fingerprint: &str) -> Option<&DeadGroup> {
        self.groups
            .iter()
            .find(|group| group.fingerprint.as_str() == fingerprint)
    }
}

impl DeadGroup {
    fn new(group: &WireGroup) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        Self {
            fingerprint: name(&group.fingerprint),
            pattern: SafeText::capped(group.pattern.as_bytes(), PATTERN_CAP_BYTES),
            class: name(&group.reason_class),
            count: group.count,
            bytes: group.bytes,
            first_death: group.first_death_time.map(broker_seconds),
            last_death: group.last_death_time.map(broker_seconds),
            trend: group.trend.clone(),
            trend_span: measured(group.trend_span_seconds),
            is_arriving: group.is_arriving,
            samples: group.sample_message_ids.iter().map(|id| name(id)).collect(),
            requeued_before: group.requeued_before_count,
        }
    }

    /// Its share of all dead messages, 0 to 1.
    pub(crate) fn share(&self, total: u64) -> f64 {
        self.count as f64 / total.max(1) as f64
    }
}
