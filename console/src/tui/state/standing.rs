//! How a subscription stands: what the broker says of it, or, while it says nothing, what the console
//! sees by itself. Lists are coloured and ordered by it, and attention is drawn by it.

use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::advice::Diagnosis;
use super::subscription::Subscription;
use super::verdict::{Severity, Verdict};

/// How a subscription stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) severity: Severity,
    pub(crate) is_paused: bool,
    /// In a word or two.
    pub(crate) word: &'static str,
    /// Why, with the numbers it rests on.
    pub(crate) reason: SafeText,
    /// What to do; empty if nothing.
    pub(crate) advice: SafeText,
    /// Seconds since the epoch by the broker's clock.
    pub(crate) since: Option<f64>,
}

impl Standing {
    /// How a subscription stands.
    pub(crate) fn of(one: &Subscription) -> Self {
        let own = Verdict::of(one);
        match said(one) {
            // Books that do not add up are worse than anything that they could be about.
            Some(said) if own != Verdict::BooksWrong => Self {
                severity: severity(said.verdict, said.severity),
                is_paused: said.verdict == v1::Verdict::Paused,
                word: word(said.verdict),
                reason: said.reason.clone(),
                advice: said.advice.clone(),
                since: said.since,
            },
            _ => Self {
                severity: own.severity(),
                is_paused: own == Verdict::Paused,
                word: own.word(),
                reason: SafeText::literal(own.sentence()),
                advice: SafeText::default(),
                since: None,
            },
        }
    }

    /// Only how urgent it is: lists of thousands are ordered by it.
    pub(crate) fn severity_of(one: &Subscription) -> Severity {
        let own = Verdict::of(one);
        match said(one) {
            Some(said) if own != Verdict::BooksWrong => severity(said.verdict, said.severity),
            _ => own.severity(),
        }
    }
}

/// What the broker says, if it does.
fn said(one: &Subscription) -> Option<&Diagnosis> {
    let said = one.diagnosis.as_ref();
    said.filter(|said| said.verdict != v1::Verdict::Unspecified)
}

fn severity(verdict: v1::Verdict, severity: v1::Severity) -> Severity {
    match (severity, verdict) {
        (v1::Severity::Act, _) => Severity::Act,
        (v1::Severity::Watch, _) => Severity::Watch,
        (_, v1::Verdict::Draining) => Severity::Progress,
        (_, v1::Verdict::Idle) => Severity::Idle,
        (v1::Severity::Fine, _) => Severity::Fine,
        (v1::Severity::Unspecified, _) => Severity::Unknown,
    }
}

/// A verdict in a word or two.
pub(crate) fn word(verdict: v1::Verdict) -> &'static str {
    match verdict {
        v1::Verdict::Unspecified => "not known",
        v1::Verdict::Ok => "ok",
        v1::Verdict::Idle => "idle",
        v1::Verdict::Draining => "draining",
        v1::Verdict::Growing => "growing",
        v1::Verdict::Paused => "paused",
        v1::Verdict::Stuck => "stuck",
        v1::Verdict::NoConsumers => "nobody listens",
        v1::Verdict::UnderCapacity => "under capacity",
        v1::Verdict::Slowed => "consumers slowed",
        v1::Verdict::ConsumersIdle => "consumers idle",
        v1::Verdict::Failing => "failing",
        v1::Verdict::Skewed => "skewed",
    }
}
