//! The dashboard as sentences, a line each: for screen readers and for pipes. The broker first, then every
//! subscription, the worst first. Names stand at the beginning, so that a line says at once what it is about.

use serde::Serialize;
use weir_proto::safe_text::SafeText;
use weir_proto::v1;

use super::diagnosis::DiagnosisDocument;
use super::status::StatusDocument;
use super::subscription::SubscriptionNumbers;
use super::units::{self, per_second};

/// The broker and its subscriptions at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TopDocument {
    pub(crate) sample_time: Option<String>,
    pub(crate) broker: StatusDocument,
    /// The worst first.
    pub(crate) subscriptions: Vec<RowDocument>,
}

/// A subscription with what its numbers mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RowDocument {
    #[serde(flatten)]
    pub(crate) numbers: SubscriptionNumbers,
    /// Null until there is one.
    pub(crate) diagnosis: Option<DiagnosisDocument>,
    #[serde(skip)]
    severity: i32,
}

impl TopDocument {
    /// What a sample of the broker at `server` says.
    pub(crate) fn new(server: &str, sample: &v1::GetStatsResponse) -> Self {
        let time = sample.sample_time.as_ref();
        let row = |stats: &v1::SubscriptionStats| RowDocument {
            numbers: SubscriptionNumbers::new(stats, time),
            diagnosis: stats.diagnosis.as_ref().map(DiagnosisDocument::from),
            severity: stats.diagnosis.as_ref().map_or(0, |found| found.severity),
        };
        let mut subscriptions: Vec<RowDocument> = sample.subscriptions.iter().map(row).collect();
        subscriptions.sort_by(|one, other| {
            let age = |row: &RowDocument| row.numbers.lag_seconds.unwrap_or(-1.0);
            let worst = other.severity.cmp(&one.severity);
            worst
                .then_with(|| age(other).total_cmp(&age(one)))
                .then_with(|| other.numbers.dead.cmp(&one.numbers.dead))
                .then_with(|| one.numbers.name.cmp(&other.numbers.name))
        });
        Self {
            sample_time: units::rfc3339(time),
            broker: StatusDocument::new(server, sample),
            subscriptions,
        }
    }

    /// All of it in lines.
    pub(crate) fn text(&self) -> String {
        let rows = self.subscriptions.iter().map(RowDocument::sentence);
        let lines = std::iter::once(broker(&self.broker)).chain(rows);
        let lines: Vec<String> = lines.map(|line| SafeText::new(line).to_string()).collect();
        lines.join("\n") + "\n"
    }
}

fn broker(status: &StatusDocument) -> String {
    let detail = status.health_detail.as_deref();
    let books = match status.conservation_error {
        0 => "the books add up".to_owned(),
        error => format!("the books are off by {}", units::messages(error)),
    };
    format!(
        "Broker {}: {}{}. {}, {}, {}. In {}, out {}, acked {}. Backlog {}, dead {}; {books}.",
        status.server,
        status.health,
        detail.map_or(String::new(), |detail| format!(", {detail}")),
        units::counted(status.topics.into(), "topic", "topics"),
        units::counted(status.subscriptions.into(), "subscription", "subscriptions"),
        units::counted(status.consumers.into(), "consumer", "consumers"),
        per_second(status.publish_rate),
        per_second(status.deliver_rate),
        per_second(status.ack_rate),
        units::count(status.backlog),
        units::count(status.dead),
    )
}

impl RowDocument {
    fn sentence(&self) -> String {
        let numbers = &self.numbers;
        let mut parts = vec![format!("{}/{}:", numbers.topic, numbers.name)];
        if let Some(diagnosis) = &self.diagnosis {
            let verdict = diagnosis.verdict.replace('_', " ");
            parts.push(match diagnosis.severity {
                "act" => format!("act now, {verdict}."),
                "watch" => format!("watch, {verdict}."),
                _ => format!("{verdict}."),
            });
        }
        parts.push(match numbers.lag_seconds {
            Some(age) => format!(
                "Backlog {}, the oldest {}, {}.",
                units::count(numbers.backlog),
                units::seconds(age),
                drain(numbers),
            ),
            None => "No backlog.".to_owned(),
        });
        let rate = |rate: Option<f64>| rate.map_or("unknown".to_owned(), per_second);
        parts.push(format!(
            "In {}, acked {}. {}.",
            rate(numbers.publish_rate),
            rate(numbers.ack_rate),
            units::counted(numbers.consumers, "consumer", "consumers"),
        ));
        if numbers.dead > 0 {
            parts.push(format!("{} dead.", units::count(numbers.dead)));
        }
        if let Some(diagnosis) = &self.diagnosis
            && let Some(advice) = &diagnosis.advice
        {
            parts.extend([diagnosis.reason.clone(), advice.clone()]);
        }
        parts.join(" ")
    }
}

fn drain(numbers: &SubscriptionNumbers) -> String {
    match numbers.drain_seconds {
        Some(seconds) => format!("drained in about {}", units::seconds(seconds)),
        None => numbers.drain.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(name: &str, severity: v1::Severity, lag: Option<f64>) -> v1::SubscriptionStats {
        v1::SubscriptionStats {
            name: name.to_owned(),
            topic: "orders".to_owned(),
            lag_seconds: lag,
            backlog: if lag.is_some() { 1_240 } else { 0 },
            dead: 3,
            drain: v1::DrainState::Never.into(),
            diagnosis: Some(v1::Diagnosis {
                verdict: v1::Verdict::NoConsumers.into(),
                severity: severity.into(),
                reason: "1,240 messages wait and nobody is connected.".to_owned(),
                advice: "Start consumers.".to_owned(),
                ..v1::Diagnosis::default()
            }),
            ..v1::SubscriptionStats::default()
        }
    }

    fn top() -> TopDocument {
        let mut bare = stats("bare\u{1b}[2J", v1::Severity::Fine, None);
        bare.diagnosis = None;
        bare.dead = 0;
        let sample = v1::GetStatsResponse {
            broker: Some(v1::BrokerStats {
                health: v1::BrokerHealth::Serving.into(),
                topic_count: 1,
                publish_rate: 12.5,
                ..v1::BrokerStats::default()
            }),
            subscriptions: vec![
                bare,
                stats("young", v1::Severity::Act, Some(2.0)),
                stats("old", v1::Severity::Act, Some(300.0)),
                stats("watched", v1::Severity::Watch, Some(900.0)),
            ],
            ..v1::GetStatsResponse::default()
        };
        TopDocument::new("h:1", &sample)
    }

    #[test]
    fn the_worst_comes_first_and_each_has_a_line_of_its_own() {
        let text = top().text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "Broker h:1: serving. 1 topic, 0 subscriptions, 0 consumers. In 12.5/s, out 0/s, \
             acked 0/s. Backlog 0, dead 0; the books add up."
        );
        let names: Vec<&str> = lines[1..]
            .iter()
            .map(|line| &line[..line.find(':').unwrap()])
            .collect();
        assert_eq!(
            names,
            [
                "orders/old",
                "orders/young",
                "orders/watched",
                "orders/bare\\x1b[2J"
            ]
        );
        assert_eq!(
            lines[1],
            "orders/old: act now, no consumers. Backlog 1,240, the oldest 5m00s, never. In unknown, \
             acked unknown. 0 consumers. 3 dead. 1,240 messages wait and nobody is connected. \
             Start consumers."
        );
    }

    #[test]
    fn programs_get_the_same_order() {
        let json = serde_json::to_value(top()).expect("an object");
        assert_eq!(json["subscriptions"][0]["name"], "old");
        assert_eq!(
            json["subscriptions"][0]["diagnosis"]["verdict"],
            "no_consumers"
        );
        assert_eq!(
            json["subscriptions"][3]["diagnosis"],
            serde_json::Value::Null
        );
        assert_eq!(json["broker"]["health"], "serving");
    }
}
