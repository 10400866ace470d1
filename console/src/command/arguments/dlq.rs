//! `weir dlq …`: the dead messages of a subscription.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::list::message_filter;
use super::span::duration;
use super::{ListArgs, PeekArgs};
use crate::command::candidates::subscriptions;
use crate::present::dead_groups::DeadGroupDocument;
use crate::present::dead_set::DeadSetDocument;
use weir_proto::filter::Filter;

/// The verbs of dead messages. Each takes a subscription's name, or `TOPIC/NAME`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum DlqCommand {
    /// List the subscriptions that have dead messages [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir dlq ls
  weir dlq ls --all -o json
  weir dlq ls --where 'dead_rate > 0.5/s' --sort dead_rate"
    )]
    Ls {
        /// Only this subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: Option<String>,

        /// Those without dead messages, too
        #[arg(long)]
        all: bool,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: ListArgs<DeadSetDocument>,
    },

    /// Group all dead messages by the reason for which they died, exactly [read]
    #[command(after_help = "Examples:
  weir dlq groups billing
  weir dlq groups billing --where 'arriving = true' -o json
  weir dlq peek billing --where 'fingerprint = \"3f2a9c710b1d4e57\"'

What varies in a reason is folded: numbers <n>, ids <id>, quoted texts <str>, hosts <host>, addresses
<addr>. The fingerprint names the group in `--where` of peek, export, requeue and purge.")]
    Groups {
        /// The subscription
        #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: String,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: ListArgs<DeadGroupDocument>,
    },

    /// Write dead messages and why they died as JSON lines, without touching them [read]
    #[command(after_help = "Examples:
  weir dlq export billing > dead.jsonl
  weir dlq export billing --where 'class = Timeout' --limit 1000 --file dead.jsonl
  weir dlq export billing --file dead.jsonl --page-token 01a4…      goes on where another one ended

One object a line with attributes, payload in base64, and the last failure. An export that ends early
says on stderr with which page token the next one goes on.")]
    Export(ExportArgs),

    /// Show dead messages and why they died, without touching them [read]
    #[command(after_help = "Examples:
  weir dlq peek billing
  weir dlq peek billing --max 100 -o jsonl
  weir dlq peek billing --where 'reason ~ \"smtp 421\" and body.user.id = 77'")]
    Peek(PeekDeadArgs),

    /// Put dead messages back to ready, with their id, time and order [write]
    #[command(after_help = "Examples:
  weir dlq requeue billing --all --dry-run      counts, changes nothing
  weir dlq requeue billing --all --yes
  weir dlq requeue billing --error-class Timeout --older-than 10m
  weir dlq requeue billing --where 'reason ~ \"smtp 421\" and attempts < 20' --dry-run
  weir dlq requeue billing --id 3.0.17 --id 3.0.18 --yes -o json

The conditions must all hold. Without a terminal and without --yes: the plan on stderr, exit 4.")]
    Requeue(RequeueArgs),

    /// Let an ordering key go on past its dead messages, which stay dead [write]
    #[command(after_help = "Examples:
  weir dlq release billing --key customer-77 --dry-run
  weir dlq release billing --key customer-77

Where the key order is block, a dead message holds the later ones of its key. A message that is
requeued after its key went on comes out of its order.")]
    Release(ReleaseArgs),

    /// Drop dead messages for good [write]
    #[command(after_help = "Examples:
  weir dlq purge billing --older-than 7d --dry-run
  weir dlq purge billing --keep 1000 --yes      all but the newest 1,000 of each partition
  weir dlq purge billing --all --yes

The conditions must all hold. Without a terminal and without --yes: the plan on stderr, exit 4.")]
    Purge(PurgeArgs),
}

/// What `weir dlq peek` takes.
#[derive(Debug, Args)]
pub(crate) struct PeekDeadArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// How many, and how.
    #[command(flatten)]
    pub(crate) peek: PeekArgs,
}

/// What `weir dlq export` takes.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Only those that this is true of, as in dlq peek
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    pub(crate) filter: Option<Filter>,

    /// How many messages at most [default: all]
    #[arg(short = 'n', long, value_name = "N", visible_alias = "max")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,

    /// Into this file, which must not be there yet, instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Go on where another export with the same subscription and filter ended; with --file, at its end
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page_token: Option<String>,
}

/// Which dead messages. At least one condition must be written: no act has a default of everything.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which messages")]
#[command(group(ArgGroup::new("selection").required(true).multiple(true)))]
pub(crate) struct SelectionArgs {
    /// Every dead message
    #[arg(long, conflicts_with_all = ["older_than", "ids", "error_class", "filter"])]
    #[arg(group = "selection")]
    pub(crate) all: bool,

    /// Those that died longer ago than this
    #[arg(long, value_name = "DURATION", value_parser = duration, group = "selection")]
    pub(crate) older_than: Option<Duration>,

    /// This message; may be given again for further ones
    #[arg(long = "id", value_name = "ID", num_args = 1.., group = "selection")]
    pub(crate) ids: Vec<String>,

    /// Those of this kind of failure
    #[arg(long, value_name = "NAME", group = "selection")]
    pub(crate) error_class: Option<String>,

    /// Those that this is true of, as in dlq peek; looked for here, page by page, and then done by
    /// their ids
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    #[arg(group = "selection")]
    pub(crate) filter: Option<Filter>,
}

/// Whether to ask, and whether to act at all.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Whether to act")]
pub(crate) struct ConsentArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Only count; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What `weir dlq requeue` takes.
#[derive(Debug, Args)]
pub(crate) struct RequeueArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// What `weir dlq purge` takes.
#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// All but the newest this many of each partition
    #[arg(long, value_name = "N", group = "selection", conflicts_with = "all")]
    #[arg(help_heading = "Which messages")]
    pub(crate) keep: Option<u64>,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// What `weir dlq release` takes.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// The ordering key
    #[arg(long, value_name = "KEY")]
    pub(crate) key: String,

    /// Only count; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
