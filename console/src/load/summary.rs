//! What came of a run: one object for programs, some lines for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::latency::{Bin, Latency};
use super::second::Second;
use crate::present::units;

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
    pub(crate) p99: Option<f64>,
    pub(crate) p999: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Quantiles {
    /// The quantiles of what was measured.
    pub(crate) fn of(latency: &Latency) -> Self {
        Self {
            p50: latency.quantile(0.5),
            p90: latency.quantile(0.9),
            p99: latency.quantile(0.99),
            p999: latency.quantile(0.999),
            max: latency.max(),
        }
    }

    /// Each with its name.
    pub(crate) fn named(&self) -> [(&'static str, Option<f64>); 5] {
        [
            ("p50", self.p50),
            ("p90", self.p90),
            ("p99", self.p99),
            ("p99.9", self.p999),
            ("max", self.max),
        ]
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
            for (name, value) in quantiles.named() {
                let value = value.map_or_else(|| "-".to_owned(), units::seconds);
                let _infallible = write!(text, "  {name} {value:<8}");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        self.say_fate(&mut text);
        if self.generator_limited {
            text.push_str(
                "  the generator was the limit: it could not keep its times while the broker had room\n",
            );
        }
        text
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

/// Two runs side by side: a line for each figure with the ratio of the second to the first.
pub(crate) fn comparison(before: &Summary, after: &Summary) -> Vec<Compared> {
    let quantiles = |of: &str, a: Quantiles, b: Quantiles| {
        let pairs = a.named().into_iter().zip(b.named());
        let rows = pairs.map(|((name, a), (_, b))| Compared::new(format!("{of} {name}"), a, b));
        rows.collect::<Vec<_>>()
    };
    let mut rows = vec![Compared::new(
        "rate".to_owned(),
        Some(before.rate),
        Some(after.rate),
    )];
    rows.extend(quantiles(
        "latency_seconds",
        before.latency_seconds,
        after.latency_seconds,
    ));
    rows.extend(quantiles(
        "confirm_seconds",
        before.confirm_seconds,
        after.confirm_seconds,
    ));
    rows.push(Compared::new(
        "cpu_cores".to_owned(),
        before.cpu_cores,
        after.cpu_cores,
    ));
    let whole = |summary: &Summary| Some(summary.lost as f64);
    rows.push(Compared::new(
        "lost".to_owned(),
        whole(before),
        whole(after),
    ));
    rows
}

/// One figure of two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    pub(crate) figure: String,
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    /// The second over the first; null if one of them is not known, or the first is zero.
    pub(crate) ratio: Option<f64>,
}

impl Compared {
    fn new(figure: String, before: Option<f64>, after: Option<f64>) -> Self {
        let ratio = before.zip(after);
        let ratio = ratio.filter(|(before, _)| *before != 0.0);
        Self {
            figure,
            before,
            after,
            ratio: ratio.map(|(before, after)| after / before),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run without fault.
    pub(crate) fn sample() -> Summary {
        let quantiles = Quantiles {
            p50: Some(0.001),
            p90: Some(0.002),
            p99: Some(0.005),
            p999: Some(0.02),
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

    #[test]
    fn a_comparison_gives_the_ratio_of_each_figure() {
        let faster = Summary {
            rate: 10_000.0,
            cpu_cores: None,
            ..sample()
        };
        let rows = comparison(&sample(), &faster);
        assert_eq!(
            (rows[0].figure.as_str(), rows[0].ratio),
            ("rate", Some(2.0))
        );
        let cpu = rows.iter().find(|row| row.figure == "cpu_cores").unwrap();
        assert_eq!(cpu.ratio, None);
        assert!(rows.iter().any(|row| row.figure == "latency_seconds p99"));
    }
}
