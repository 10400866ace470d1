//! What the numbers of a subscription mean, in words: verdicts, how much they matter, and why.

use serde::Serialize;
use weir_proto::v1;

use super::units;

/// The words of [`verdict`].
pub(crate) const VERDICTS: &[&str] = &[
    "unknown",
    "ok",
    "idle",
    "draining",
    "growing",
    "paused",
    "stuck",
    "no_consumers",
    "under_capacity",
    "slowed",
    "consumers_idle",
    "failing",
    "skewed",
];

/// The words of [`severity`], what matters most first.
pub(crate) const SEVERITIES: &[&str] = &["act", "watch", "fine", "unknown"];

/// What is going on in a subscription.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DiagnosisDocument {
    pub(crate) verdict: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) start_time: Option<String>,
    pub(crate) reason: String,
    pub(crate) advice: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) partition: Option<u32>,
}

impl From<&v1::Diagnosis> for DiagnosisDocument {
    fn from(diagnosis: &v1::Diagnosis) -> Self {
        Self {
            verdict: verdict(diagnosis.verdict()),
            severity: severity(diagnosis.severity()),
            start_time: units::rfc3339(diagnosis.start_time.as_ref()),
            reason: diagnosis.reason.clone(),
            advice: said(&diagnosis.advice),
            message_id: said(&diagnosis.message_id),
            partition: diagnosis.partition,
        }
    }
}

/// A text that may be empty, which means none.
pub(crate) fn said(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// A verdict in one word, as JSON has it.
pub(crate) fn verdict(verdict: v1::Verdict) -> &'static str {
    match verdict {
        v1::Verdict::Unspecified => "unknown",
        v1::Verdict::Ok => "ok",
        v1::Verdict::Idle => "idle",
        v1::Verdict::Draining => "draining",
        v1::Verdict::Growing => "growing",
        v1::Verdict::Paused => "paused",
        v1::Verdict::Stuck => "stuck",
        v1::Verdict::NoConsumers => "no_consumers",
        v1::Verdict::UnderCapacity => "under_capacity",
        v1::Verdict::Slowed => "slowed",
        v1::Verdict::ConsumersIdle => "consumers_idle",
        v1::Verdict::Failing => "failing",
        v1::Verdict::Skewed => "skewed",
    }
}

/// How much something matters, in one word.
pub(crate) fn severity(severity: v1::Severity) -> &'static str {
    match severity {
        v1::Severity::Unspecified => "unknown",
        v1::Severity::Fine => "fine",
        v1::Severity::Watch => "watch",
        v1::Severity::Act => "act",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_can_be_filtered_by() {
        for value in 0..13 {
            let one = v1::Diagnosis {
                verdict: value,
                severity: value.min(3),
                ..v1::Diagnosis::default()
            };
            assert!(VERDICTS.contains(&verdict(one.verdict())));
            assert!(SEVERITIES.contains(&severity(one.severity())));
        }
    }
}
