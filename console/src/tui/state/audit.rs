//! The record of administrative acts: who did what, when, with which result.

use std::collections::VecDeque;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::AuditRecord;

use super::reading::broker_seconds;
use crate::present::audit::hex;

/// The most acts that are kept here; the broker keeps more.
const ACTS: usize = 2_000;
const NAME_CAP_BYTES: usize = 511;
const TEXT_CAP_BYTES: usize = 2_048;
/// The length of a hash.
const HASH_BYTES: usize = 32;

/// Acts in order, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    acts: VecDeque<Act>,
    /// Whether some before the first one are not here.
    pub(crate) is_truncated: bool,
    /// Whether the broker found every act as it was written; `None` before it said so.
    pub(crate) is_intact: Option<bool>,
}

/// An administrative act.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) sequence: u64,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) time: f64,
    pub(crate) actor: SafeText,
    pub(crate) peer: SafeText,
    pub(crate) verb: SafeText,
    pub(crate) topic: SafeText,
    pub(crate) subscription: SafeText,
    pub(crate) plan: SafeText,
    pub(crate) operation: SafeText,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    pub(crate) detail: SafeText,
    /// In hexadecimal, as the next one.
    pub(crate) previous_hash: SafeText,
    pub(crate) hash: SafeText,
}

impl Record {
    /// Takes acts over from the wire.
    pub(crate) fn new(acts: &[AuditRecord], is_intact: Option<bool>) -> Self {
        let skipped = acts.len().saturating_sub(ACTS);
        Self {
            acts: acts[skipped..].iter().map(Act::new).collect(),
            is_truncated: skipped > 0,
            is_intact,
        }
    }

    /// The same with later acts behind; a broker that began anew counts from 1 again.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        if let (Some(last), Some(first)) = (self.last(), later.acts.front())
            && first.sequence <= last
        {
            return later;
        }
        self.is_intact = later.is_intact.or(self.is_intact);
        self.is_truncated |= later.is_truncated;
        self.acts.extend(later.acts);
        while self.acts.len() > ACTS {
            self.acts.pop_front();
            self.is_truncated = true;
        }
        self
    }

    /// The acts, the oldest first.
    pub(crate) fn acts(&self) -> impl DoubleEndedIterator<Item = &Act> + ExactSizeIterator {
        self.acts.iter()
    }

    /// The number of the newest one.
    pub(crate) fn last(&self) -> Option<u64> {
        self.acts.back().map(|act| act.sequence)
    }

    /// The one with a number.
    pub(crate) fn get(&self, sequence: u64) -> Option<&Act> {
        let first = self.acts.front()?.sequence;
        let at = usize::try_from(sequence.checked_sub(first)?).ok()?;
        let found = self.acts.get(at);
        found.filter(|act| act.sequence == sequence).or_else(|| {
            let mut acts = self.acts.iter();
            acts.find(|act| act.sequence == sequence)
        })
    }
}

impl Act {
    fn new(record: &AuditRecord) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        let hash = |bytes: &[u8]| SafeText::new(hex(&bytes[..bytes.len().min(HASH_BYTES)]));
        Self {
            sequence: record.sequence,
            time: record.event_time.map_or(0.0, broker_seconds),
            actor: name(&record.actor),
            peer: name(&record.peer),
            verb: name(&record.verb),
            topic: name(&record.topic),
            subscription: name(&record.subscription),
            plan: name(&record.plan),
            operation: name(&record.operation),
            selected: record.selected,
            affected: record.affected,
            skipped: record.skipped,
            detail: SafeText::capped(record.detail.as_bytes(), TEXT_CAP_BYTES),
            previous_hash: hash(&record.previous_hash),
            hash: hash(&record.hash),
        }
    }

    /// The subscription, else the topic.
    pub(crate) fn about(&self) -> &SafeText {
        if self.subscription.is_empty() {
            &self.topic
        } else {
            &self.subscription
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(from: u64, count: u64) -> Record {
        let acts: Vec<AuditRecord> = (from..from + count)
            .map(|sequence| AuditRecord {
                sequence,
                ..AuditRecord::default()
            })
            .collect();
        Record::new(&acts, None)
    }

    #[test]
    fn acts_go_on_are_bounded_and_begin_anew_with_another_broker() {
        let mut all = record(1, 3).followed_by(record(4, 2));
        assert_eq!((all.acts().len(), all.last()), (5, Some(5)));
        assert_eq!(all.get(4).map(|act| act.sequence), Some(4));
        assert!(all.get(9).is_none() && !all.is_truncated);
        all = all.followed_by(record(6, 3_000));
        assert_eq!((all.acts().len(), all.is_truncated), (ACTS, true));
        assert_eq!(all.get(3_005).map(|act| act.sequence), Some(3_005));
        all = all.followed_by(record(1, 1));
        assert_eq!(all.acts().len(), 1);
    }
}
