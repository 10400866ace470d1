//! `weir topic …`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use prost_types::Timestamp;

use super::list::message_filter;
use super::span::{attribute, duration, time};
use super::{
    ConsentArgs, EditArgs, ListArgs, PayloadArgs, PurgeHow, ReadArgs, TailTopicArgs,
    TopicSettingArgs,
};
use crate::command::candidates::topics;
use crate::present::topic::TopicDocument;
use weir_proto::filter::Filter;

/// The verbs of topics.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum TopicCommand {
    /// List the topics with their numbers [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir topic ls
  weir topic ls --where 'size > 1GiB' --sort size --columns name,stored_bytes
  weir topic ls -o json"
    )]
    Ls(ListArgs<TopicDocument>),

    /// Create a topic [write]
    #[command(after_help = "Examples:
  weir topic create orders
  weir topic create payments/events --partitions 4 --retention 7d --retention-bytes 10GiB
  weir topic create clicks --max-messages 1000000 --limit-policy drop-oldest")]
    Create(CreateTopicArgs),

    /// Show a topic: its settings and numbers [read]
    #[command(
        visible_alias = "show",
        after_help = "Examples:\n  weir topic get orders -o json"
    )]
    Get {
        /// The topic
        #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
        topic: String,
    },

    /// Change settings while messages flow; what is not named stays as it is [write]
    #[command(after_help = "Examples:
  weir topic edit orders --retention 7d --retention-bytes 10GiB
  weir topic edit orders --max-messages 1000000 --limit-policy reject --dry-run
  weir topic edit orders --unset max_messages --yes

A change that may drop messages is shown first, and asks. Settings are unset by their names in
'weir topic get -o json' and in the file of 'weir apply'.")]
    Edit(EditTopicArgs),

    /// Show a topic's numbers with those of its subscriptions [read]
    #[command(after_help = "Examples:
  weir topic stats orders
  weir topic stats orders -o json")]
    Stats {
        /// The topic
        #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
        topic: String,
    },

    /// Delete a topic and its messages [write]
    #[command(
        visible_alias = "delete",
        after_help = "Examples:
  weir topic rm orders                          on a terminal: shows what goes and asks
  weir topic rm orders --with-subscriptions --yes"
    )]
    Rm(DeleteTopicArgs),

    /// Drop messages of the backlogs of all its subscriptions; for 24h they can be brought back [write]
    #[command(after_help = "Examples:
  weir topic purge clicks --older-than 2d --dry-run
  weir topic purge clicks --keep 1000 --yes     all but the newest 1,000 of each partition
  weir topic purge clicks --all

The same as `weir sub purge` for each of its subscriptions: a plan and an operation for each. What the \
topic stores for replay stays readable.")]
    Purge(PurgeTopicArgs),

    /// Publish messages, and end with 0 only when each one is on the broker's disk [write]
    #[command(after_help = "Examples:
  weir topic publish orders --message '{\"id\":1}' --key customer-7 --attribute kind=new
  weir topic publish orders --file picture.jpg
  weir topic publish orders --message later --delay 5s
  seq 1000000 | weir topic publish orders       one message a line, batched and pipelined

If the broker is lost, the command ends with 5 within 2 s and says how many were confirmed.")]
    Publish(PublishArgs),

    /// Show the newest messages, without touching them [read]
    #[command(after_help = "Examples:
  weir topic peek orders
  weir topic peek orders --max 100 -o jsonl
  weir topic peek orders --where 'body.user.id = 77 or key ~ \"^vip\"'
  weir topic peek orders --max 1 --raw > payload.bin")]
    Peek(PeekTopicArgs),

    /// Read what the topic stores, from the oldest message on, without a subscription [read]
    #[command(after_help = "Examples:
  weir topic read orders -o jsonl
  weir topic read orders --from 2026-11-21T12:00:00Z --follow
  weir topic read orders --from 0:1200,1:1187 -o jsonl
  weir topic read orders --partition 3 --from latest --follow

Nothing is leased or finished by it. Which messages the topic's retention let go before they were
read is said on stderr.")]
    Read(ReadArgs),

    /// Show what is published from now on, until Ctrl-C, without a subscription [read]
    #[command(after_help = "Examples:
  weir topic tail orders
  weir topic tail orders --where 'attributes.kind = refund' -o jsonl

The same as `weir topic read` from the latest on with --follow: nothing is leased or finished by it.")]
    Tail(TailTopicArgs),
}

/// What `weir topic create` takes.
#[derive(Debug, Args)]
pub(crate) struct CreateTopicArgs {
    /// Its name: `name` or `namespace/name`
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: String,

    /// How many partitions, 1 to 256; more consumers do not need more of them [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) partitions: Option<u32>,

    /// Its settings.
    #[command(flatten)]
    pub(crate) settings: TopicSettingArgs,
}

/// What `weir topic edit` takes.
#[derive(Debug, Args)]
pub(crate) struct EditTopicArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// What it is to be.
    #[command(flatten)]
    pub(crate) settings: TopicSettingArgs,

    /// What it is no longer to be, and how.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// What `weir topic rm` takes.
#[derive(Debug, Args)]
pub(crate) struct DeleteTopicArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// Delete its subscriptions, too; without it a topic that has any is refused
    #[arg(long)]
    pub(crate) with_subscriptions: bool,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// What `weir topic purge` takes.
#[derive(Debug, Args)]
pub(crate) struct PurgeTopicArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// Which messages, and how.
    #[command(flatten)]
    pub(crate) purge: PurgeHow,
}

/// What `weir topic publish` takes.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// The payload of one message; may be given again for further ones
    #[arg(
        short,
        long,
        value_name = "TEXT",
        conflicts_with = "file",
        allow_hyphen_values = true,
        group = "payload"
    )]
    pub(crate) message: Vec<String>,

    /// A file that is the payload of one message, its bytes as they are
    #[arg(short, long, value_name = "FILE", group = "payload")]
    pub(crate) file: Option<PathBuf>,

    /// The ordering key of every message
    #[arg(
        short,
        long,
        value_name = "KEY",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) key: String,

    /// An attribute of every message; may be given again for further ones
    #[arg(short, long = "attribute", value_name = "KEY=VALUE", value_parser = attribute)]
    pub(crate) attributes: Vec<(String, String)>,

    /// Hand the messages out only after so long, for example 5s
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "at")]
    pub(crate) delay: Option<Duration>,

    /// Hand the messages out only from this time on, for example 2030-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<Timestamp>,

    /// How long the messages are worth handing out, for example 10s; then they are dropped as expired
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) ttl: Option<Duration>,

    /// Fail while the topic has no subscription, instead of publishing to nobody
    #[arg(long)]
    pub(crate) require_subscription: bool,

    /// An id: if a message with it was published within the last 10 minutes, this one is not stored again
    #[arg(long, value_name = "ID", requires = "payload")]
    pub(crate) dedup_id: Option<String>,
}

/// How messages that are only looked at are printed.
#[derive(Debug, Args)]
pub(crate) struct PeekArgs {
    /// How many messages at most
    #[arg(
        short = 'n',
        long,
        value_name = "N",
        default_value_t = 10,
        visible_alias = "limit"
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: u64,

    /// Only those that this is true of, for example 'size > 10k and body.user.id = 77'; filtered
    /// here, page by page, not by the broker
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    pub(crate) filter: Option<Filter>,

    /// How to print payloads.
    #[command(flatten)]
    pub(crate) payload: PayloadArgs,
}

/// What `weir topic peek` takes.
#[derive(Debug, Args)]
pub(crate) struct PeekTopicArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// How many, and how.
    #[command(flatten)]
    pub(crate) peek: PeekArgs,
}
