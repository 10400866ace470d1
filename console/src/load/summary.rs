//! What came of a run: one object for programs, some lines for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::latency::{Bin, Latency};
use super::offered::RateChange;
use super::second::Second;
use crate::present::units;

/// Changes of the rate that people are told of one by one.
const SAID_CHANGES: usize = 8;

/// What is known of the broker at the end of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broker {
    pub(crate) version: String,
    pub(crate) cpu_cores: Option<f64>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) sync_seconds: Option<f64>,
}

/// How long something took, in seconds; null where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
    #[serde(default)]
    pub(crate) p95: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) p999: Option<f64>,
    #[serde(default)]
    pub(crate) p9999: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Quantiles {
    /// The quantiles of what was measured.
    pub(crate) fn of(latency: &Latency) -> Self {
        Self {
            p50: latency.quantile(0.5),
            p90: latency.quantile(0.9),
            p95: latency.quantile(0.95),
            p99: latency.quantile(0.99),
            p999: latency.quantile(0.999),
            p9999: latency.quantile(0.9999),
            max: latency.max(),
        }
    }

    /// Each with its name.
    pub(crate) fn named(&self) -> [(&'static str, Option<f64>); 7] {
        [
            ("p50", self.p50),
            ("p90", self.p90),
            ("p95", self.p95),
            ("p99", self.p99),
            ("p99.9", self.p999),
            ("p99.99", self.p9999),
            ("max", self.max),
        ]
    }

    /// Those that fit into a line.
    fn few(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        let is_among = |name: &str| !matches!(name, "p95" | "p99.99");
        self.named().into_iter().filter(move |one| is_among(one.0))
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the result"
)]
pub(crate) struct Summary {
    /// Null if it was not a profile.
    pub(crate) profile: Option<String>,
    pub(crate) topic: String,
    pub(crate) durable: bool,
    pub(crate) broker_version: String,
    pub(crate) producers: u32,
    pub(crate) consumers: u32,
    pub(crate) message_bytes: u64,
    pub(crate) batch: u64,
    /// Confirmed, the warm-up included.
    pub(crate) messages: u64,
    /// What was measured, without the warm-up.
    pub(crate) elapsed_seconds: f64,
    /// Messages per second: acknowledged if there were consumers, else confirmed.
    pub(crate) rate: f64,
    /// From when a message was due until a consumer had it, or until it was confirmed if there were none.
    pub(crate) latency_seconds: Quantiles,
    /// From when a message was due until it was confirmed.
    pub(crate) confirm_seconds: Quantiles,
    /// From when a consumer had a message until it was done with it.
    pub(crate) ack_seconds: Quantiles,
    /// The same as `latency_seconds` and `confirm_seconds`, but from when a message was sent, so that what a stall
    /// held up before it was sent is not counted: not how long anybody waited. Null where messages are due when they
    /// can be sent.
    #[serde(default)]
    pub(crate) uncorrected_latency_seconds: Quantiles,
    #[serde(default)]
    pub(crate) uncorrected_confirm_seconds: Quantiles,
    pub(crate) published: u64,
    pub(crate) acked: u64,
    pub(crate) failed_on_purpose: u64,
    /// Confirmed and never acknowledged.
    pub(crate) lost: u64,
    /// Confirmed and not acknowledged when the run was ended at once: nobody waited for them, so nothing says
    /// that they are lost.
    #[serde(default)]
    pub(crate) left_behind: u64,
    /// Came again after they had been acknowledged.
    pub(crate) duplicates: u64,
    pub(crate) out_of_order: u64,
    /// How many messages met which error.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) cpu_cores: Option<f64>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) sync_seconds: Option<f64>,
    /// Whether somebody ended the run before its time.
    #[serde(default)]
    pub(crate) ended_early: bool,
    /// Whether the run still went on when this was taken: what was on its way then is neither lost nor left behind.
    #[serde(default)]
    pub(crate) in_progress: bool,
    /// How somebody changed the rate that was asked for, the oldest change first.
    #[serde(default)]
    pub(crate) rate_changes: Vec<RateChange>,
    /// Whether the generator could not keep its times, while the broker had room.
    pub(crate) generator_limited: bool,
    /// How many of what `latency_seconds` is about took how long.
    #[serde(default)]
    pub(crate) latency_bins: Vec<Bin>,
    /// How the run went, the warm-up and the taking of the rest included.
    #[serde(default)]
    pub(crate) seconds: Vec<Second>,
    /// What only some works measure; names end in their unit, or hold it.
    #[serde(default)]
    pub(crate) measured: BTreeMap<String, f64>,
}

impl Summary {
    /// Whether nothing went wrong that must not.
    pub(crate) fn is_whole(&self) -> bool {
        self.lost == 0 && self.duplicates == 0 && self.out_of_order == 0 && self.errors.is_empty()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let name = self.profile.as_deref().unwrap_or("run");
        let kind = if self.durable { "durable" } else { "relaxed" };
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            text,
            "{name} on {} ({kind}), {} of {}, {} and {}",
            self.topic,
            units::messages(self.messages),
            units::bytes(self.message_bytes),
            units::counted(self.producers.into(), "producer", "producers"),
            units::counted(self.consumers.into(), "consumer", "consumers"),
        );
        let _infallible = writeln!(
            text,
            "{:>12}/s over {:.1} s{}",
            units::count(rounded(self.rate)),
            self.elapsed_seconds,
            if self.ended_early {
                ", ended early"
            } else {
                ""
            }
        );
        let rows = [
            ("due to confirmed", self.confirm_seconds),
            ("due to consumed", self.latency_seconds),
            ("consumed to ack", self.ack_seconds),
        ];
        for (what, quantiles) in rows {
            let is_twice = what == "due to consumed" && self.consumers == 0;
            if quantiles.p50.is_none() || is_twice {
                continue;
            }
            let _infallible = write!(text, "  {what:<17}");
            for (name, value) in quantiles.few() {
                let value = value.map_or_else(|| "-".to_owned(), units::seconds);
                let _infallible = write!(text, "  {name} {value:<8}");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        self.say_changes(&mut text);
        self.say_fate(&mut text);
        if self.generator_limited {
            text.push_str(
                "  the generator was the limit: it could not keep its times while the broker had room\n",
            );
        }
        text
    }

    /// How the rate was changed; of many changes the last ones.
    fn say_changes(&self, text: &mut String) {
        let skipped = self.rate_changes.len().saturating_sub(SAID_CHANGES);
        if skipped > 0 {
            let times = units::counted(skipped as u64, "time", "times");
            let _infallible = writeln!(text, "  the rate was changed {times}, and then");
        }
        for change in self.rate_changes.iter().skip(skipped) {
            let [from, to] = [change.from, change.to].map(|rate| units::count(rounded(rate)));
            let _infallible = writeln!(
                text,
                "  the rate was changed from {from}/s to {to}/s at {:.1} s",
                change.at
            );
        }
    }

    /// What became of the messages, what only this work measures, and what went wrong.
    fn say_fate(&self, text: &mut String) {
        let _infallible = writeln!(
            text,
            "  lost {}, duplicates {}, out of order {}{}",
            units::count(self.lost),
            units::count(self.duplicates),
            units::count(self.out_of_order),
            if self.failed_on_purpose == 0 {
                String::new()
            } else {
                format!(
                    ", failed on purpose {}",
                    units::count(self.failed_on_purpose)
                )
            }
        );
        if self.left_behind > 0 {
            let _infallible = writeln!(
                text,
                "  left behind {}: confirmed, and nobody waited for their consumers",
                units::messages(self.left_behind)
            );
        }
        for (what, value) in &self.measured {
            let _infallible = writeln!(text, "  {}", in_words(what, *value));
        }
        for (error, count) in &self.errors {
            let _infallible = writeln!(text, "  {} met: {error}", units::messages(*count));
        }
    }
}

/// A figure that has its unit in its name: `rss_idle_bytes` is `rss idle 9.8 MiB`.
fn in_words(name: &str, value: f64) -> String {
    let is_of = |unit: &str| name.split('_').any(|part| part == unit);
    let value = if is_of("seconds") {
        units::seconds(value)
    } else if is_of("bytes") {
        units::bytes(rounded(value))
    } else {
        units::count(rounded(value))
    };
    let words: Vec<&str> = name
        .split('_')
        .filter(|part| !matches!(*part, "seconds" | "bytes"))
        .collect();
    format!("{} {value}", words.join(" "))
}

/// A rate as a whole number.
pub(super) fn rounded(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is neither negative nor beyond what a u64 holds"
    )]
    let whole = value.max(0.0).round() as u64;
    whole
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run without fault.
    pub(crate) fn sample() -> Summary {
        let quantiles = Quantiles {
            p50: Some(0.001),
            p90: Some(0.002),
            p95: Some(0.003),
            p99: Some(0.005),
            p999: Some(0.02),
            p9999: Some(0.05),
            max: Some(0.1),
        };
        Summary {
            profile: Some("w3".to_owned()),
            topic: "orders".to_owned(),
            durable: true,
            broker_version: "0.1.0".to_owned(),
            producers: 1,
            consumers: 1,
            message_bytes: 128,
            batch: 1,
            messages: 80_000,
            elapsed_seconds: 15.0,
            rate: 5_000.0,
            latency_seconds: quantiles,
            confirm_seconds: quantiles,
            ack_seconds: quantiles,
            uncorrected_latency_seconds: quantiles,
            uncorrected_confirm_seconds: quantiles,
            published: 80_000,
            acked: 80_000,
            failed_on_purpose: 0,
            lost: 0,
            left_behind: 0,
            duplicates: 0,
            out_of_order: 0,
            errors: BTreeMap::new(),
            cpu_cores: Some(0.4),
            rss_bytes: Some(1 << 24),
            sync_seconds: Some(0.000_2),
            ended_early: false,
            in_progress: false,
            rate_changes: Vec::new(),
            generator_limited: false,
            latency_bins: Vec::new(),
            seconds: Vec::new(),
            measured: BTreeMap::new(),
        }
    }

    #[test]
    fn a_summary_is_read_back_as_it_was_written() {
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), sample());
        // One of an earlier release lacks what was added since.
        let mut earlier: serde_json::Value = serde_json::from_str(&text).unwrap();
        for added in ["rate_changes", "in_progress", "uncorrected_latency_seconds"] {
            earlier.as_object_mut().unwrap().remove(added).unwrap();
        }
        let quantiles = earlier["latency_seconds"].as_object_mut().unwrap();
        quantiles.remove("p9999").unwrap();
        let read: Summary = serde_json::from_value(earlier).unwrap();
        assert_eq!((read.latency_seconds.p9999, read.rate), (None, 5_000.0));
    }

    #[test]
    fn people_are_told_what_was_measured_and_what_went_wrong() {
        insta::assert_snapshot!("fine", sample().text());
        let wrong = Summary {
            lost: 2,
            failed_on_purpose: 1_000,
            errors: [("the topic is full (TOPIC_FULL)".to_owned(), 1_200)].into(),
            generator_limited: true,
            left_behind: 3_000,
            ended_early: true,
            rate_changes: (0..10)
                .map(|at| RateChange {
                    at: 0.25 + f64::from(at),
                    from: 1_000.0,
                    to: 1_200.0,
                })
                .collect(),
            measured: [
                ("rss_idle_bytes", 10_276_045.0),
                ("stop_seconds", 0.104),
                ("topics", 250.0),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
            ..sample()
        };
        insta::assert_snapshot!("wrong", wrong.text());
        assert!(sample().is_whole() && !wrong.is_whole());
    }
}
