//! `weir sub …`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use super::place::{Place, place};
use super::span::duration;
use super::{ListArgs, PayloadArgs, PeekArgs};
use crate::command::candidates::{subscriptions, topics};
use crate::present::subscription::SubscriptionNumbers;

/// The verbs of subscriptions. Each takes a name, or `TOPIC/NAME`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum SubCommand {
    /// List the subscriptions with their numbers [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir sub ls
  weir sub ls --topic orders -o wide
  weir sub ls --where 'age > 5m or drain = stuck' --sort age
  weir sub ls -o json"
    )]
    Ls {
        /// Only those of this topic
        #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
        topic: Option<String>,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: ListArgs<SubscriptionNumbers>,
    },

    /// Create a subscription; it starts with the next message published unless told otherwise [write]
    #[command(after_help = "Examples:
  weir sub create billing --topic orders
  weir sub create billing --topic orders --max-attempts 5 --ack-deadline 1m --key-order
  weir sub create ledger --topic orders --from earliest --rate 500
  weir sub create urgent --topic orders --filter 'attributes.priority = \"high\"'")]
    Create(CreateSubscriptionArgs),

    /// Show a subscription: its settings, numbers and consumers [read]
    #[command(
        visible_alias = "show",
        after_help = "Examples:\n  weir sub get billing\n  weir sub get orders/billing -o json"
    )]
    Get {
        /// The subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: String,
    },

    /// Hold a subscription: nothing is handed out until it is resumed [write]
    #[command(after_help = "Examples:
  weir sub pause billing                        messages go on coming in

Messages that consumers hold already may still be acknowledged.")]
    Pause {
        /// The subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: String,
    },

    /// Let a paused subscription go on [write]
    #[command(after_help = "Examples:\n  weir sub resume billing")]
    Resume {
        /// The subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: String,
    },

    /// Let a subscription go on from elsewhere: back to see messages again, or forward past some [write]
    #[command(after_help = "Examples:
  weir sub seek billing --to earliest           on a terminal: shows what it does and asks
  weir sub seek billing --to 2026-11-21T09:30:00Z --dry-run
  weir sub seek billing --to 0:1500,1:1480 --yes

Forward, unfinished messages before the place are dropped as skipped. Back, everything from the
place on that is not dead is ready again. Leases end; dead messages stay dead.")]
    Seek(SeekArgs),

    /// Delete a subscription with its backlog and its dead messages [write]
    #[command(
        visible_alias = "delete",
        after_help = "Examples:
  weir sub rm billing                           on a terminal: shows what goes and asks
  weir sub rm billing --yes"
    )]
    Rm {
        /// The subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: String,

        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },

    /// Take messages and print them; without --ack or --nack they are given back at the end [write]
    #[command(after_help = "Examples:
  weir sub pull billing                         one message, given back at the end
  weir sub pull billing --max 1000 --ack -o jsonl
  weir sub pull billing --follow --ack -o jsonl      until Ctrl-C
  weir sub pull billing --max 1 --nack --dead --reason 'not an order'

Ends after N messages, or when none came for the wait; never leases more than it prints.
Messages given back count no attempt, and Ctrl-C gives them back, too. With --ack or --nack it
ends when the broker has confirmed that durably.")]
    Pull(PullArgs),

    /// Show unfinished messages, the oldest first, without touching them [read]
    #[command(after_help = "Examples:
  weir sub peek billing
  weir sub peek billing --state waiting --max 100 -o jsonl
  weir sub peek billing --where 'attempt > 3 and attributes.kind = new'")]
    Peek(PeekSubscriptionArgs),

    /// Show how far behind subscriptions are [read]
    #[command(after_help = "Examples:
  weir sub lag
  weir sub lag orders/billing -w                each second, until Ctrl-C
  weir sub lag billing -w -o jsonl              one object a second")]
    Lag(LagArgs),
}

/// What `weir sub create` takes.
#[derive(Debug, Args)]
pub(crate) struct CreateSubscriptionArgs {
    /// Its name: `name` or `namespace/name`
    #[arg(value_name = "SUBSCRIPTION")]
    pub(crate) subscription: String,

    /// The topic that it reads
    #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

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

    /// Only messages whose attributes this is true of, in Pub/Sub's language, for example
    /// 'attributes.kind = "b" AND NOT attributes:test'; fixed for good [default: all]
    #[arg(long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    /// Where it starts; partitions that are not named start with the next message [default: latest]
    #[arg(long, value_name = "earliest|latest|TIME|OFFSET|P:OFFSET", value_parser = place)]
    pub(crate) from: Option<Place>,

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
}

/// What `weir sub seek` takes.
#[derive(Debug, Args)]
pub(crate) struct SeekArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Where it goes on; partitions that are not named stay where they are
    #[arg(long, value_name = "earliest|latest|TIME|P:OFFSET", value_parser = place)]
    pub(crate) to: Place,

    /// Only count
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
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

/// What `weir sub pull` takes.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct PullArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// How many messages at most; with --follow and without it, no end [default: 1]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,

    /// End when no message came for so long
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub(crate) wait: Duration,

    /// Go on until Ctrl-C, however long no message comes
    #[arg(long)]
    pub(crate) follow: bool,

    /// Acknowledge what was printed
    #[arg(long, conflicts_with = "nack")]
    pub(crate) ack: bool,

    /// Give back what was printed as failed, which counts an attempt
    #[arg(long)]
    pub(crate) nack: bool,

    /// With --nack, make the messages dead at once
    #[arg(long, requires = "nack", conflicts_with = "delay")]
    pub(crate) dead: bool,

    /// With --nack, why, in words
    #[arg(long, requires = "nack", value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    /// With --nack, the kind of failure, by which dead messages are selected
    #[arg(long, requires = "nack", value_name = "NAME")]
    pub(crate) error_class: Option<String>,

    /// With --nack, how long to wait instead of the backoff
    #[arg(long, requires = "nack", value_name = "DURATION", value_parser = duration)]
    pub(crate) delay: Option<Duration>,

    /// How to print payloads.
    #[command(flatten)]
    pub(crate) payload: PayloadArgs,
}

/// What `weir sub peek` takes.
#[derive(Debug, Args)]
pub(crate) struct PeekSubscriptionArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Only messages in this state; may be given again for further ones
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Vec<StateArg>,

    /// How many, and how.
    #[command(flatten)]
    pub(crate) peek: PeekArgs,
}

/// What `--state` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateArg {
    /// Due later
    Scheduled,
    /// Deliverable now
    Ready,
    /// Delivered and not yet acknowledged
    Leased,
    /// In backoff after a failure
    Waiting,
    /// Attempts exhausted, or refused for good
    Dead,
}

/// What `weir sub lag` takes.
#[derive(Debug, Args)]
pub(crate) struct LagArgs {
    /// The subscription; all without it
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: Option<String>,

    /// Go on each second: a table on a terminal, JSON lines in a pipe
    #[arg(short, long)]
    pub(crate) watch: bool,
}
