//! What the numbers of a subscription mean, in words: verdicts, how much they matter, and why.

use serde::Serialize;
use weir_proto::v1;
use weir_proto::words::{SEVERITIES, VERDICTS, word};

use super::units;

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
            verdict: word(VERDICTS, diagnosis.verdict),
            severity: word(SEVERITIES, diagnosis.severity),
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
