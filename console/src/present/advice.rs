//! How many consumers a subscription needs: the document of `sub advise`, and what people read.

use serde::Serialize;
use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::consumer::{ConsumerDocument, consumer_table, consumers};
use super::diagnosis::DiagnosisDocument;
use super::table::{Fields, Table, cell, number, text};
use super::units::{self, known, per_second};

/// How many consumers a subscription needs, and what that rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AdviceDocument {
    pub(crate) subscription: String,
    pub(crate) sample_time: Option<String>,
    pub(crate) summary: String,
    pub(crate) diagnosis: Option<DiagnosisDocument>,
    pub(crate) consumers: u32,
    /// Null if it is not known, or more consumers would not help.
    pub(crate) recommended: Option<u32>,
    pub(crate) is_lower_bound: bool,
    pub(crate) confidence: &'static str,
    /// Null if no consumer was busy.
    pub(crate) capacity: Option<CapacityDocument>,
    pub(crate) options: Vec<OptionDocument>,
    pub(crate) max_useful: Option<u32>,
    pub(crate) bound: &'static str,
    pub(crate) publish_rate: f64,
    pub(crate) ack_rate: f64,
    pub(crate) backlog: u64,
    pub(crate) redelivery_ratio: f64,
    /// The slowest first.
    pub(crate) slow_consumers: Vec<ConsumerDocument>,
}

/// What one busy consumer acknowledges per second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct CapacityDocument {
    pub(crate) p10: f64,
    pub(crate) median: f64,
    pub(crate) p90: f64,
    pub(crate) consumers: u32,
    pub(crate) window_seconds: f64,
}

/// What a number of consumers would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct OptionDocument {
    pub(crate) consumers: u32,
    /// Null: never.
    pub(crate) drain_seconds: Option<f64>,
    pub(crate) is_recommended: bool,
}

impl AdviceDocument {
    /// What the broker says about `subscription`.
    pub(crate) fn new(subscription: &str, advice: v1::AdviseResponse) -> Self {
        Self {
            subscription: subscription.to_owned(),
            sample_time: units::rfc3339(advice.sample_time.as_ref()),
            diagnosis: advice.diagnosis.as_ref().map(DiagnosisDocument::from),
            consumers: advice.consumer_count,
            recommended: advice.recommended,
            is_lower_bound: advice.is_lower_bound,
            confidence: confidence(advice.confidence()),
            capacity: advice.capacity.as_ref().map(|capacity| CapacityDocument {
                p10: capacity.p10,
                median: capacity.median,
                p90: capacity.p90,
                consumers: capacity.consumer_count,
                window_seconds: capacity.window_seconds,
            }),
            max_useful: advice.max_useful,
            bound: bound(advice.bound()),
            publish_rate: advice.publish_rate,
            ack_rate: advice.ack_rate,
            backlog: advice.backlog,
            redelivery_ratio: advice.redelivery_ratio,
            slow_consumers: consumers(&advice.slow_consumers),
            summary: advice.summary,
            options: advice
                .options
                .iter()
                .map(|option| OptionDocument {
                    consumers: option.consumer_count,
                    drain_seconds: option.drain_seconds,
                    is_recommended: option.is_recommended,
                })
                .collect(),
        }
    }

    /// For people: the sentence, what it rests on, and what other numbers would do.
    pub(crate) fn text(&self, is_colored: bool) -> String {
        let mut said = format!("{}\n\n", SafeText::new(&self.summary));
        said.push_str(&self.fields().render(is_colored));
        if !self.options.is_empty() {
            let mut table = Table::new(vec![number("CONSUMERS"), number("DRAINED IN"), text("")]);
            for option in &self.options {
                let drained = option
                    .drain_seconds
                    .map_or("never".to_owned(), units::seconds);
                let mark = if option.is_recommended {
                    "recommended"
                } else {
                    ""
                };
                table.push(vec![
                    cell(units::count(option.consumers.into())),
                    cell(drained),
                    cell(mark),
                ]);
            }
            said.push('\n');
            said.push_str(&table.render(is_colored));
        }
        if let Some(table) = consumer_table(&self.slow_consumers) {
            said.push('\n');
            said.push_str(&table.render(is_colored));
        }
        said
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        if let Some(diagnosis) = &self.diagnosis {
            let verdict = format!("{} ({})", diagnosis.verdict, diagnosis.severity);
            fields.push("verdict", verdict);
            fields.push("why", &diagnosis.reason);
            if let Some(advice) = &diagnosis.advice {
                fields.push("what to do", advice);
            }
        }
        fields.push("consumers", units::count(self.consumers.into()));
        let least = if self.is_lower_bound { "at least " } else { "" };
        let wanted = known(self.recommended, |count| {
            format!(
                "{least}{} ({} confidence)",
                units::count(count.into()),
                self.confidence
            )
        });
        fields.push("recommended", wanted);
        if let Some(most) = self.max_useful {
            let most = units::count(most.into());
            fields.push("at most useful", format!("{most}, bound by {}", self.bound));
        }
        fields.push("backlog", units::count(self.backlog));
        fields.push("in", per_second(self.publish_rate));
        fields.push("acked", per_second(self.ack_rate));
        fields.push(
            "one busy consumer",
            known(self.capacity.as_ref(), |one| {
                format!(
                    "{} (p10 {}, p90 {}), of {} measured over {}",
                    per_second(one.median),
                    per_second(one.p10),
                    per_second(one.p90),
                    units::count(one.consumers.into()),
                    units::seconds(one.window_seconds)
                )
            }),
        );
        let redelivered = format!("{:.1}%", self.redelivery_ratio * 100.0);
        fields.push("redelivered", redelivered);
        fields
    }
}

fn confidence(confidence: v1::Confidence) -> &'static str {
    match confidence {
        v1::Confidence::Unspecified => "unknown",
        v1::Confidence::Low => "low",
        v1::Confidence::Medium => "medium",
        v1::Confidence::High => "high",
    }
}

fn bound(bound: v1::AdviceBound) -> &'static str {
    match bound {
        v1::AdviceBound::Unspecified => "unknown",
        v1::AdviceBound::None => "none",
        v1::AdviceBound::Partitions => "partitions",
        v1::AdviceBound::Keys => "keys",
        v1::AdviceBound::DeliveryRate => "delivery_rate",
        v1::AdviceBound::Outstanding => "outstanding",
        v1::AdviceBound::Requested => "requested",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advice_says_its_sentence_first_and_never_where_nothing_helps() {
        let advice = v1::AdviseResponse {
            summary: "Run 5 consumers.\u{1b}[2J".to_owned(),
            consumer_count: 2,
            recommended: Some(5),
            confidence: v1::Confidence::High.into(),
            options: vec![
                v1::AdviceOption {
                    consumer_count: 2,
                    ..v1::AdviceOption::default()
                },
                v1::AdviceOption {
                    consumer_count: 5,
                    drain_seconds: Some(90.0),
                    is_recommended: true,
                },
            ],
            ..v1::AdviseResponse::default()
        };
        let document = AdviceDocument::new("billing", advice);
        let text = document.text(false);
        assert!(text.starts_with("Run 5 consumers.\\x1b[2J\n"), "{text}");
        assert!(text.contains("never"), "{text}");
        assert!(text.contains("1m30s  recommended"), "{text}");
        assert!(text.contains("5 (high confidence)"), "{text}");
        let json = serde_json::to_value(&document).expect("an object");
        assert_eq!(json["options"][0]["drain_seconds"], serde_json::Value::Null);
        assert_eq!(json["capacity"], serde_json::Value::Null);
    }
}
