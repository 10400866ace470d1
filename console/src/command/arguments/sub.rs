//! `weir sub …`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use super::place::{Place, place};
use super::span::duration;
use super::{
    ConsentArgs, EditArgs, ListArgs, PayloadArgs, PeekArgs, PurgeHow, SubscriptionSettingArgs,
    TailSubscriptionArgs,
};
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

    /// Change settings while messages flow; what is not named stays as it is [write]
    #[command(after_help = "Examples:
  weir sub edit billing --max-attempts 5 --ack-deadline 1m
  weir sub edit billing --rate 500 --dry-run    shows what would change
  weir sub edit billing --unset delivery_rate --unset slo_age
  weir sub edit billing --max-backlog 1000 --yes

A change that may drop messages is shown first, and asks. Settings are unset by their names in
'weir sub get -o json' and in the file of 'weir apply'.")]
    Edit(EditSubscriptionArgs),

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
place on that is not dead is ready again. Leases end; dead messages stay dead. `weir op undo` brings
back what was skipped.")]
    Seek(SeekArgs),

    /// Drop messages of the backlog; for 24h they can be brought back [write]
    #[command(after_help = "Examples:
  weir sub purge billing --older-than 2d --dry-run
  weir sub purge billing --keep 1000 --yes      all but the newest 1,000 of each partition
  weir sub purge billing --where 'attributes.kind = test'
  weir sub purge billing --all

The conditions must all hold; what comes later is not in the plan. Leased messages stay, and so do
dead ones, for which there is `weir dlq discard`. Without a terminal and without --yes: the plan on
stderr with the command that carries it out, exit 4.")]
    Purge(PurgeArgs),

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

        /// Whether to act.
        #[command(flatten)]
        consent: ConsentArgs,
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

    /// Say how many consumers a subscription needs, and what that rests on [read]
    #[command(after_help = "Examples:
  weir sub advise billing
  weir sub advise orders/billing --drain-within 2m -o json

Where no consumer is busy, or more of them would not help, it names no number and says why.")]
    Advise(AdviseArgs),

    /// Show what is published to a subscription's topic from now on, until Ctrl-C [read]
    #[command(after_help = "Examples:
  weir sub tail billing
  weir sub tail orders/billing --max 10 -o jsonl

Shows each message as it comes in, before and beside its delivery: nothing is leased, and consumers \
get all of it. If the subscription has a filter, stderr says so, and what it leaves out is shown, too. \
What is delivered when is told by `weir sub peek` and `weir sub lag -w`.")]
    Tail(TailSubscriptionArgs),
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

    /// Only messages whose attributes this is true of, in Pub/Sub's language, for example
    /// 'attributes.kind = "b" AND NOT attributes:test'; fixed for good [default: all]
    #[arg(long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    /// Where it starts; partitions that are not named start with the next message [default: latest]
    #[arg(long, value_name = "earliest|latest|TIME|OFFSET|P:OFFSET", value_parser = place)]
    pub(crate) from: Option<Place>,

    /// Its settings.
    #[command(flatten)]
    pub(crate) settings: SubscriptionSettingArgs,
}

/// What `weir sub edit` takes.
#[derive(Debug, Args)]
pub(crate) struct EditSubscriptionArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// What it is to be.
    #[command(flatten)]
    pub(crate) settings: SubscriptionSettingArgs,

    /// What it is no longer to be, and how.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// What `weir sub seek` takes.
#[derive(Debug, Args)]
pub(crate) struct SeekArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Where it goes on; partitions that are not named stay where they are
    #[arg(long, value_name = "earliest|latest|TIME|P:OFFSET", value_parser = place)]
    #[arg(required_unless_present = "plan", conflicts_with = "plan")]
    pub(crate) to: Option<Place>,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// What `weir sub purge` takes.
#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Which messages, and how.
    #[command(flatten)]
    pub(crate) purge: PurgeHow,
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

/// What `weir sub advise` takes.
#[derive(Debug, Args)]
pub(crate) struct AdviseArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Within which time the backlog is to end, 1s to 24h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) drain_within: Duration,

    /// Not more consumers than these [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_consumers: Option<u32>,
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
