//! Subscriptions: the documents of `sub ls|get|create|lag` and their tables.

use serde::Serialize;
use weir_proto::v1;
use weir_proto::words::{DRAINS, SEVERITIES, VERDICTS, word};

use super::consumer::{ConsumerDocument, DepartedDocument, LatencyDocument, consumers};
use super::subscription_settings::SubscriptionSettings;
use super::table::{Fields, Table, cell, number, text};
use super::units::{self, known, per_second};

/// The numbers of a subscription, as `sub ls` and `sub lag` print them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct SubscriptionNumbers {
    pub(crate) name: String,
    pub(crate) topic: String,
    /// `durable` or `relaxed`.
    pub(crate) topic_durability: Option<&'static str>,
    pub(crate) ready: u64,
    pub(crate) leased: u64,
    pub(crate) waiting: u64,
    pub(crate) scheduled: u64,
    pub(crate) dead: u64,
    pub(crate) backlog: u64,
    /// Null without a backlog.
    pub(crate) lag_seconds: Option<f64>,
    /// Messages per second over 10 s; null until it was measured.
    pub(crate) publish_rate: Option<f64>,
    pub(crate) ack_rate: Option<f64>,
    pub(crate) consumers: u64,
    pub(crate) conservation_error: u64,
    pub(crate) subscription_id: u64,
    pub(crate) lag_messages: u64,
    pub(crate) oldest_ready_seconds: Option<f64>,
    pub(crate) deliver_rate: Option<f64>,
    pub(crate) redeliver_rate: Option<f64>,
    pub(crate) fail_rate: Option<f64>,
    pub(crate) dead_rate: Option<f64>,
    pub(crate) drain: &'static str,
    pub(crate) drain_seconds: Option<f64>,
    /// What is going on, in one word; `unknown` until enough was seen.
    pub(crate) verdict: &'static str,
    /// `fine`, `watch` or `act`; `unknown` until enough was seen.
    pub(crate) severity: &'static str,
    /// Why, in one sentence.
    pub(crate) reason: Option<String>,
    pub(crate) entered: u64,
    pub(crate) acked: u64,
    pub(crate) dropped: u64,
    /// Null while nothing was measured.
    pub(crate) handling_p50_seconds: Option<f64>,
    pub(crate) handling_p99_seconds: Option<f64>,
    pub(crate) queueing_p99_seconds: Option<f64>,
    /// Not put through the filter yet: until this is 0, the backlog is a lower bound.
    pub(crate) unjudged: u64,
    /// Null without a filter.
    pub(crate) filter: Option<String>,
    /// When the numbers were taken.
    pub(crate) sample_time: Option<String>,
}

impl SubscriptionNumbers {
    /// What is going on and how much it matters, if it does.
    fn verdict_text(&self) -> String {
        let verdict = self.verdict.replace('_', " ");
        match self.severity {
            "watch" | "act" => format!("{verdict} ({})", self.severity),
            _ => verdict,
        }
    }

    /// The numbers of all subscriptions of a sample.
    pub(crate) fn all(sample: &v1::GetStatsResponse) -> Vec<Self> {
        let time = sample.sample_time.as_ref();
        let stats = sample.subscriptions.iter();
        stats.map(|stats| Self::new(stats, time)).collect()
    }

    /// The numbers of one subscription in a sample taken at `sample_time`.
    pub(crate) fn new(
        stats: &v1::SubscriptionStats,
        sample_time: Option<&prost_types::Timestamp>,
    ) -> Self {
        let rates = stats
            .rates
            .iter()
            .min_by(|a, b| a.window_seconds.total_cmp(&b.window_seconds));
        let (handling, queueing) = (stats.handling.as_ref(), stats.queueing.as_ref());
        let rate = |pick: fn(&v1::SubscriptionRates) -> f64| rates.map(pick);
        Self {
            name: stats.name.clone(),
            topic: stats.topic.clone(),
            topic_durability: units::durability(stats.topic_durability()),
            ready: stats.ready,
            leased: stats.leased,
            waiting: stats.waiting,
            scheduled: stats.scheduled,
            dead: stats.dead,
            backlog: stats.backlog,
            lag_seconds: stats.lag_seconds,
            publish_rate: rate(|rates| rates.publish),
            ack_rate: rate(|rates| rates.ack),
            consumers: stats.consumers.len() as u64,
            conservation_error: stats.conservation_error,
            subscription_id: stats.subscription_id,
            lag_messages: stats.backlog,
            oldest_ready_seconds: stats.oldest_ready_seconds,
            deliver_rate: rate(|rates| rates.deliver),
            redeliver_rate: rate(|rates| rates.redeliver),
            fail_rate: rate(|rates| rates.fail),
            dead_rate: rate(|rates| rates.dead),
            drain: word(DRAINS, stats.drain),
            drain_seconds: stats.drain_seconds,
            verdict: stats
                .diagnosis
                .as_ref()
                .map_or("unknown", |one| word(VERDICTS, one.verdict)),
            severity: stats
                .diagnosis
                .as_ref()
                .map_or("unknown", |one| word(SEVERITIES, one.severity)),
            reason: stats.diagnosis.as_ref().map(|one| one.reason.clone()),
            entered: stats.entered,
            acked: stats.acked,
            dropped: stats
                .dropped
                .iter()
                .fold(0, |sum, dropped| dropped.count.saturating_add(sum)),
            handling_p50_seconds: handling.map(|one| one.p50_seconds),
            handling_p99_seconds: handling.map(|one| one.p99_seconds),
            queueing_p99_seconds: queueing.map(|one| one.p99_seconds),
            unjudged: stats.unjudged,
            filter: Some(stats.filter.clone()).filter(|filter| !filter.is_empty()),
            sample_time: units::rfc3339(sample_time),
        }
    }
}

/// Everything about one subscription, as `sub get` and `sub create` print it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct SubscriptionDocument {
    #[serde(flatten)]
    pub(crate) numbers: SubscriptionNumbers,
    #[serde(flatten)]
    pub(crate) settings: SubscriptionSettings,
    /// Failed messages whose backoff is over wait for the retry budget.
    pub(crate) retry_budget_spent: bool,
    /// Dead messages wait for a dead-letter topic that somebody reads.
    pub(crate) dead_letters_held: bool,
    pub(crate) dropped_by_cause: serde_json::Map<String, serde_json::Value>,
    /// From hand-out to ack; null while nothing was measured.
    pub(crate) handling: Option<LatencyDocument>,
    /// From when messages are due to their first hand-out; null while nothing was measured.
    pub(crate) queueing: Option<LatencyDocument>,
    /// The slowest first.
    pub(crate) connected: Vec<ConsumerDocument>,
    /// The newest first.
    pub(crate) departed: Vec<DepartedDocument>,
}

impl SubscriptionDocument {
    /// A subscription's settings with its numbers; without a sample, it is as new and all zero.
    pub(crate) fn new(settings: &v1::Subscription, sample: Option<&v1::GetStatsResponse>) -> Self {
        let blank = v1::SubscriptionStats {
            subscription_id: settings.subscription_id,
            name: settings.name.clone(),
            topic: settings.topic.clone(),
            drain: v1::DrainState::Empty.into(),
            filter: settings.filter.clone(),
            ..v1::SubscriptionStats::default()
        };
        let stats = sample
            .and_then(|sample| {
                sample
                    .subscriptions
                    .iter()
                    .find(|sub| sub.name == settings.name)
            })
            .unwrap_or(&blank);
        let time = sample.and_then(|sample| sample.sample_time.as_ref());
        Self {
            numbers: SubscriptionNumbers::new(stats, time),
            settings: SubscriptionSettings::new(settings),
            retry_budget_spent: stats.retry_budget_spent,
            dead_letters_held: stats.dead_letters_held,
            dropped_by_cause: stats
                .dropped
                .iter()
                .map(|dropped| (drop_cause(dropped.cause()).to_owned(), dropped.count.into()))
                .collect(),
            handling: stats.handling.as_ref().map(LatencyDocument::new),
            queueing: stats.queueing.as_ref().map(LatencyDocument::new),
            connected: consumers(&stats.consumers),
            departed: stats.departed.iter().map(DepartedDocument::new).collect(),
        }
    }

    /// The fields, for people.
    pub(crate) fn fields(&self) -> Fields {
        let numbers = &self.numbers;
        let mut fields = Fields::default();
        fields.push("name", &numbers.name);
        fields.push("topic", numbers.topic_text());
        fields.push("backlog", numbers.backlog_text());
        fields.push("  ready", units::count(numbers.ready));
        fields.push("  leased", units::count(numbers.leased));
        fields.push("  waiting", units::count(numbers.waiting));
        if numbers.unjudged > 0 {
            fields.push("not yet filtered", units::count(numbers.unjudged));
        }
        fields.push("scheduled", units::count(numbers.scheduled));
        fields.push("dead", units::count(numbers.dead));
        if self.retry_budget_spent {
            fields.push("retries", "wait for the retry budget");
        }
        if self.dead_letters_held {
            fields.push("dead letters", "wait for a reader of their topic");
        }
        fields.push("lag", known(numbers.lag_seconds, units::seconds));
        fields.push("drain", numbers.drain_text());
        fields.push("verdict", numbers.verdict_text());
        if let Some(reason) = &numbers.reason {
            fields.push("  why", reason);
        }
        fields.push("publish rate", known(numbers.publish_rate, per_second));
        fields.push("ack rate", known(numbers.ack_rate, per_second));
        fields.push("fail rate", known(numbers.fail_rate, per_second));
        fields.push(
            "handling",
            known(self.handling.as_ref(), LatencyDocument::text),
        );
        fields.push(
            "time in queue",
            known(self.queueing.as_ref(), LatencyDocument::text),
        );
        fields.push("acked", units::count(numbers.acked));
        fields.push("dropped", units::count(numbers.dropped));
        fields.push(
            "conservation error",
            units::count(numbers.conservation_error),
        );
        if let Some(filter) = &numbers.filter {
            fields.push("filter", filter);
        }
        self.settings.push_fields(&mut fields);
        fields.push("consumers", units::count(numbers.consumers));
        fields
    }
}

/// Subscriptions in columns.
pub(crate) fn subscription_table(subscriptions: &[SubscriptionNumbers], is_wide: bool) -> Table {
    let mut columns = vec![
        text("NAME"),
        text("TOPIC"),
        number("BACKLOG"),
        number("OLDEST"),
        number("DEAD"),
        number("CONS"),
        number("IN/S"),
        number("ACKED/S"),
        text("VERDICT"),
    ];
    if is_wide {
        let more = [
            "READY",
            "LEASED",
            "WAITING",
            "SCHEDULED",
            "FAILED/S",
            "DRAIN",
            "ERROR",
        ];
        columns.extend(more.map(number));
    }
    let mut table = Table::new(columns);
    for numbers in subscriptions {
        let mut row = vec![
            cell(&numbers.name),
            cell(numbers.topic_text()),
            cell(numbers.backlog_text()),
            cell(known(numbers.lag_seconds, units::seconds)),
            cell(units::count(numbers.dead)),
            cell(units::count(numbers.consumers)),
            cell(known(numbers.publish_rate, units::rate)),
            cell(known(numbers.ack_rate, units::rate)),
            cell(numbers.verdict_text()),
        ];
        if is_wide {
            row.extend([
                cell(units::count(numbers.ready)),
                cell(units::count(numbers.leased)),
                cell(units::count(numbers.waiting)),
                cell(units::count(numbers.scheduled)),
                cell(known(numbers.fail_rate, units::rate)),
                cell(numbers.drain_text()),
                cell(units::count(numbers.conservation_error)),
            ]);
        }
        table.push(row);
    }
    table
}

/// How far behind subscriptions are, in columns.
pub(crate) fn lag_table(subscriptions: &[SubscriptionNumbers]) -> Table {
    let mut table = Table::new(vec![
        text("NAME"),
        text("TOPIC"),
        number("LAG"),
        number("OLDEST"),
        number("READY"),
        number("LEASED"),
        number("WAITING"),
        number("IN/S"),
        number("ACKED/S"),
        number("DRAIN"),
    ]);
    for numbers in subscriptions {
        table.push(vec![
            cell(&numbers.name),
            cell(numbers.topic_text()),
            cell(units::count(numbers.lag_messages)),
            cell(known(numbers.lag_seconds, units::seconds)),
            cell(units::count(numbers.ready)),
            cell(units::count(numbers.leased)),
            cell(units::count(numbers.waiting)),
            cell(known(numbers.publish_rate, units::rate)),
            cell(known(numbers.ack_rate, units::rate)),
            cell(numbers.drain_text()),
        ]);
    }
    table
}

fn drop_cause(cause: v1::DropCause) -> &'static str {
    match cause {
        v1::DropCause::Unspecified => "unknown",
        v1::DropCause::Expired => "expired",
        v1::DropCause::Purged => "purged",
        v1::DropCause::Discarded => "discarded",
        v1::DropCause::Overflow => "overflow",
        v1::DropCause::Filtered => "filtered",
        v1::DropCause::Skipped => "skipped",
        v1::DropCause::Moved => "moved",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_budget_or_a_reader_is_told_only_then() {
        let settings = v1::Subscription {
            name: "billing".to_owned(),
            ..v1::Subscription::default()
        };
        let shown = |is_held| {
            let stats = v1::SubscriptionStats {
                name: settings.name.clone(),
                retry_budget_spent: is_held,
                dead_letters_held: is_held,
                ..v1::SubscriptionStats::default()
            };
            let sample = v1::GetStatsResponse {
                subscriptions: vec![stats],
                ..v1::GetStatsResponse::default()
            };
            let document = SubscriptionDocument::new(&settings, Some(&sample));
            document.fields().render(false)
        };
        for line in ["wait for the retry budget", "wait for a reader"] {
            assert!(shown(true).contains(line), "{}", shown(true));
            assert!(!shown(false).contains(line));
        }
    }
}
