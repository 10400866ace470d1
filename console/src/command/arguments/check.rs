//! `weir check …`: thresholds, for monitoring tools.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use crate::command::candidates::subscriptions;

/// What is checked. Each takes a subscription's name, or `TOPIC/NAME`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum CheckCommand {
    /// How many messages are unfinished: ready, leased or waiting [read]
    Lag(CountArgs),

    /// How old the oldest unfinished message is that is due [read]
    #[command(after_help = "Examples:
  weir check age orders/billing --warn 30s --crit 2m
  weir check age billing --crit 5m -o json")]
    Age(AgeArgs),

    /// How many messages are dead [read]
    Dlq(CountArgs),

    /// How many messages are ready and nobody has taken [read]
    Depth(CountArgs),
}

/// What a check of a count takes.
#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// A warning above this, such as 200 or 3k
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) warn: Option<f64>,

    /// Critical above this
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) crit: Option<f64>,
}

/// What a check of an age takes.
#[derive(Debug, Args)]
pub(crate) struct AgeArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// A warning above this
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(crate) warn: Option<f64>,

    /// Critical above this
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(crate) crit: Option<f64>,
}

fn age(text: &str) -> Result<f64, String> {
    super::span::duration(text).map(|age| age.as_secs_f64())
}

/// A count such as `200` or `3k`.
fn count(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => (text, 1),
    };
    let number = digits.parse::<u64>().ok();
    let scaled = number.and_then(|number| number.checked_mul(factor));
    let scaled = scaled.map(|number| number as f64);
    scaled.ok_or_else(|| "write a whole number, such as 200 or 3k".to_owned())
}
