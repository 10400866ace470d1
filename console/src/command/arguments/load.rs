//! `weir load …`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::span::{duration, size};
use crate::load::profile::Profile;
use crate::load::shape::{Burst, Shape, burst, shape};
use crate::tui::TopArgs;

/// The verbs of the load test.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum LoadCommand {
    /// Publish and consume at a rate, and measure each message from when it was due [write]
    #[command(after_help = "Examples:
  weir load run --rate 20k --size 1KiB --duration 3m --producers 4 --consumers 4
  weir load run orders --rate 1k..50k --duration 5m       a ramp, on a topic that exists
  weir load run --rate 5k --burst 20k@10s --fail 1% --handle 5ms --consumers 50
  weir load run --profile w3 --embedded -o json           a known work, on a broker of its own
  weir load run --profile w5                              how long a start under a backlog takes
  weir load run --rate 20k --slo slo.toml                 ends with 8 if an objective is missed
  weir load run --rate 5k --until-saturated --slo slo.toml   the highest rate that meets them

Latency is counted from when a message was due, not from when it was sent, so that a stall counts \
for each message that it held up. Consumers read a subscription that is made for the run and deleted \
after it; so is the topic if none is named or it does not exist.

On a terminal the run is shown live: rates, latencies, the lag of its subscription, who is the limit. \
`+` and `-` change a constant rate, `b` and --baseline hold the run against another moment or result, \
`e` writes it into files, `q` ends it early, `?` lists the keys. With -o json, --text, or no terminal \
there is a line of progress. Ctrl-C ends the publishing, takes the rest and prints what was measured; \
once more, it leaves the rest.")]
    Run(Box<RunArgs>),

    /// Put two results of `weir load run -o json` side by side [read]
    #[command(after_help = "Examples:\n  weir load compare before.json after.json")]
    Compare {
        /// The first result
        #[arg(value_name = "BEFORE")]
        before: PathBuf,

        /// The second result
        #[arg(value_name = "AFTER")]
        after: PathBuf,
    },

    /// Make a page of a result of `weir load run -o json`: one HTML file with its plots in it [read]
    #[command(after_help = "Examples:
  weir load report result.json > result.html
  weir load run --rate 20k -o json | weir load report - --file result.html")]
    Report {
        /// The result; - reads standard input
        #[arg(value_name = "RESULT")]
        result: PathBuf,

        /// Where the page goes, instead of standard output
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// What `weir load run` takes.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct RunArgs {
    /// The topic; without one, a topic for the run
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: Option<String>,

    /// A known work, with messages of 128 B; other flags change it
    #[arg(
        long,
        value_enum,
        value_name = "w1|w2|w3|w4|w5|w6",
        hide_possible_values = true
    )]
    pub(crate) profile: Option<Profile>,

    /// Start a broker for the run in this process, durable, in a fresh directory
    #[arg(long)]
    pub(crate) embedded: bool,

    /// Messages per second of all producers together: 20k, a ramp 1k..20k, steps 1k,5k,20k, or max [default: 1k]
    #[arg(long, value_name = "RATE", value_parser = shape)]
    pub(crate) rate: Option<Shape>,

    /// So many messages at once besides, after each span, for example 5k@10s
    #[arg(long, value_name = "MESSAGES@SPAN", value_parser = burst)]
    pub(crate) burst: Option<Burst>,

    /// How long is measured [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: Option<Duration>,

    /// How long is published before that without being measured [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) warm_up: Option<Duration>,

    /// Bytes of a payload, at least 32 [default: 128]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) size: Option<u64>,

    /// Messages in one publish at most: what is due goes, without waiting for more [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: Option<u32>,

    /// Producers [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) producers: Option<u32>,

    /// Consumers; 0 only publishes [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub(crate) consumers: Option<u32>,

    /// What each consumer may hold, in messages [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) outstanding: Option<u32>,

    /// Ordering keys of each producer; the order of each is checked [default: none]
    #[arg(long, value_name = "N")]
    pub(crate) keys: Option<u64>,

    /// The part of messages that fail at their first attempt, for example 1%
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) fail: Option<f64>,

    /// How long a consumer takes for each message, one after the other
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) handle: Option<Duration>,

    /// Count a message as acknowledged when the broker says that its ack is durable
    #[arg(long)]
    pub(crate) confirm_acks: bool,

    /// Publish so many first, and measure how fast they are taken, or with w5 how fast a start is
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) backlog: Option<u64>,

    /// How many topics w6 makes [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) topics: Option<u64>,

    /// Begin at the rate, double it until an objective is missed, and find the highest that meets them within 5 %.
    /// Without --slo: a rate that is reached, with nothing lost
    #[arg(long, conflicts_with_all = ["profile", "backlog", "burst"])]
    pub(crate) until_saturated: bool,

    /// Make the topic of the run a relaxed one: confirmed when written, before it is on the disk
    #[arg(long)]
    pub(crate) relaxed: bool,

    /// A file of objectives; the exit code is 8 if one is missed
    #[arg(long, value_name = "FILE")]
    pub(crate) slo: Option<PathBuf>,

    /// A result of -o json that the live screen compares with, in a column of its own
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// On a terminal, too, show a line of progress in place of the live screen
    #[arg(long)]
    pub(crate) text: bool,

    /// How the live screen is drawn.
    #[command(flatten)]
    pub(crate) top: TopArgs,
}

/// Reads `1%` or `0.01`, as a part from 0 to 1.
fn percent(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no part: write 1%, or 0.01");
    let (digits, whole) = match text.strip_suffix('%') {
        Some(digits) => (digits, 100.0),
        None => (text, 1.0),
    };
    let part = digits.trim().parse::<f64>().map(|part| part / whole);
    let part = part.map_err(|_no_number| wrong())?;
    (0.0..=1.0)
        .contains(&part)
        .then_some(part)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn parts_are_read_as_percents_or_fractions() {
        assert_eq!(percent("1%"), Ok(0.01));
        assert_eq!(percent("0.25"), Ok(0.25));
        for wrong in ["", "101%", "-1%", "2", "some"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }
}
