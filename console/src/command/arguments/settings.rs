//! The settings of topics and subscriptions as flags: those of a creation and of a change are the same.

use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use super::ConsentArgs;
use super::span::{duration, size};
use crate::command::candidates::topics;

/// The settings of a subscription.
#[derive(Debug, Args)]
pub(crate) struct SubscriptionSettingArgs {
    /// The attempt whose failure makes a message dead, 1 to 10,000 [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_attempts: Option<u32>,

    /// How long a consumer holds a message before it counts as failed, 1s to 12h [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) ack_deadline: Option<Duration>,

    /// The wait after the first failure, doubled with each further one [default: 100ms]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) backoff_min: Option<Duration>,

    /// The longest wait [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) backoff_max: Option<Duration>,

    /// Hand out messages of one ordering key in order; a dead one blocks its key (as without a
    /// value), or its key skips it
    #[arg(
        long,
        value_enum,
        value_name = "block|skip",
        num_args = 0..=1,
        default_missing_value = "block",
        hide_possible_values = true
    )]
    pub(crate) key_order: Option<KeyOrderArg>,

    /// How many messages are handed out per second at most [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: Option<u64>,

    /// Forward dead messages to this topic, with attributes that tell where and why they died
    #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) dead_letter_topic: Option<String>,

    /// How many messages that have failed may come back per minute [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) retry_budget: Option<u64>,

    /// How many messages all its consumers together may hold [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_outstanding: Option<u64>,

    /// How long messages of its backlog are kept, 1s to 10y; then they are dropped [default: 7d]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) backlog_retention: Option<Duration>,

    /// How many messages its backlog may have [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_backlog: Option<u64>,

    /// How many bytes its backlog may have [default: no limit]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_backlog_bytes: Option<u64>,

    /// Beyond these limits, refuse publishing to the topic instead of dropping the oldest messages
    #[arg(long)]
    pub(crate) hold_publishers: bool,

    /// Delete it once nobody has used it for so long, 1s to 10y [default: never]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) expiration: Option<Duration>,

    /// Delete it 10 s after its last consumer has left: as --expiration 10s
    #[arg(long, conflicts_with = "expiration")]
    pub(crate) ephemeral: bool,

    /// The age of the oldest message that is still fine; `weir check age` measures against it
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) slo_age: Option<Duration>,

    /// The backlog that is still fine; `weir check lag` measures against it
    #[arg(long, value_name = "N")]
    pub(crate) slo_backlog: Option<u64>,

    /// How long dead messages are kept, 1s to 10y; then they are dropped [default: 14d]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) dead_retention: Option<Duration>,
}

/// What `--key-order` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyOrderArg {
    /// A dead message holds the later ones of its key
    Block,
    /// After a dead message its key goes on
    Skip,
    /// No order
    Off,
}

/// The settings of a topic.
#[derive(Debug, Args)]
pub(crate) struct TopicSettingArgs {
    /// How long finished messages stay readable, 0 for not at all [default: 24h]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) retention: Option<Duration>,

    /// How many bytes of finished messages stay at most [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) retention_bytes: Option<u64>,

    /// How long a message lives that does not say so itself; then it is dropped as expired [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) message_ttl: Option<Duration>,

    /// How many messages may wait to be finished [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_messages: Option<u64>,

    /// How many bytes of messages may wait to be finished [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_bytes: Option<u64>,

    /// What happens beyond these limits [default: reject]
    #[arg(long, value_name = "reject|drop-oldest", hide_possible_values = true)]
    pub(crate) limit_policy: Option<LimitPolicy>,

    /// When a publish is confirmed [default: durable]
    #[arg(long, value_name = "durable|relaxed", hide_possible_values = true)]
    pub(crate) durability: Option<Durability>,
}

/// When a publish is confirmed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Durability {
    /// When it is on the disk
    Durable,
    /// When it is written: a power cut may lose the last moments
    Relaxed,
}

/// What happens to a publish beyond a limit of its topic.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LimitPolicy {
    /// Publishing is refused; a stream is held back
    Reject,
    /// The oldest messages are dropped
    DropOldest,
}

/// How settings are changed.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Give a setting its default again, named as in the file of 'weir apply'; may be given again
    #[arg(long, value_name = "SETTING")]
    pub(crate) unset: Vec<String>,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}
