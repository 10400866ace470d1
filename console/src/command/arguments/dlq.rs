//! `weir dlq …`: the dead messages of a subscription.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::list::message_filter;
use super::span::attribute;
use super::{CanaryArgs, ConsentArgs, FinalArgs, ListArgs, PeekArgs, RateArgs, SelectionArgs};
use crate::command::candidates::{subscriptions, topics};
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

What varies in a reason is folded: numbers <n>, ids <id>, quoted texts <str>, hosts <host>,
addresses <addr>. The fingerprint names the group in `--where` of peek, export, requeue,
discard and move; several joined by `or` are one plan.")]
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

One object a line with attributes, payload in base64, and the last failure. An export that ends early \
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
  weir dlq requeue billing --all --dry-run      plans and counts, changes nothing
  weir dlq requeue billing --all --rate 200 --canary 20 --brake 5
  weir dlq requeue billing --error-class Timeout --older-than 10m --yes
  weir dlq requeue billing --where 'reason ~ \"smtp 421\" and attempts < 20' --dry-run
  weir dlq requeue billing --plan plan-00c0ffee00c0ffee-3-1 --rate 200
  weir dlq requeue billing --id 3.0.17 --id 3.0.18 --yes -o json
  weir dlq requeue billing --all --all-subscriptions    new messages for each that reads the topic

The conditions must all hold; what dies later is not in the plan. Without a terminal and without
--yes: the plan on stderr with the command that carries it out, exit 4. `weir op undo` takes back
what was not handed out.")]
    Requeue(Box<RequeueArgs>),

    /// Let an ordering key go on past its dead messages, which stay dead [write]
    #[command(after_help = "Examples:
  weir dlq release billing --key customer-77 --dry-run
  weir dlq release billing --key customer-77

Where the key order is block, a dead message holds the later ones of its key. A message that is
requeued after its key went on comes out of its order.")]
    Release(ReleaseArgs),

    /// Drop dead messages; for 24h they can be brought back [write]
    #[command(
        visible_alias = "purge",
        after_help = "Examples:
  weir dlq discard billing --older-than 7d --dry-run
  weir dlq discard billing --keep 1000 --yes    all but the newest 1,000 of each partition
  weir dlq discard billing --all --final        gives the undo up, and the bytes go at once

The conditions must all hold; what dies later is not in the plan. Without a terminal and without
--yes: the plan on stderr with the command that carries it out, exit 4."
    )]
    Discard(DiscardArgs),

    /// Publish dead messages to a topic; there they are new, here they are gone [write]
    #[command(after_help = "Examples:
  weir dlq move billing --to billing.parked --older-than 7d --dry-run
  weir dlq move billing --to billing.repair --where 'class = Schema' --rate 500

The conditions must all hold. Each message is published and finished in one step: none is lost and
none is there twice, whenever the broker stops.")]
    Move(MoveArgs),

    /// Publish a dead message anew with another content, for its subscription alone [write]
    #[command(after_help = "Examples:
  weir dlq edit billing --id 3.0.17 --message '{\"id\":17}'
  weir dlq edit billing --id 3.0.17 --payload-file fixed.json --attribute fixed-by=dana
  weir dlq edit billing --id 3.0.17 --unset-attribute trace --dry-run

What changes from what to what is shown first. What is not named stays as it is; the dead one is gone \
once the other is there, in one step.")]
    Edit(EditMessageArgs),
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

/// What `weir dlq requeue` takes.
#[derive(Debug, Args)]
pub(crate) struct RequeueArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Publish them anew to their topic, for all of its subscriptions whose filters let them pass,
    /// instead of putting them back into this one
    #[arg(long, conflicts_with_all = ["plan", "canary", "canary_wait", "brake", "keep_attempts"])]
    pub(crate) all_subscriptions: bool,

    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,

    /// How fast.
    #[command(flatten)]
    pub(crate) rate: RateArgs,

    /// How carefully.
    #[command(flatten)]
    pub(crate) canary: CanaryArgs,
}

/// What `weir dlq discard` takes.
#[derive(Debug, Args)]
pub(crate) struct DiscardArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// All but the newest this many of each partition
    #[arg(long, value_name = "N", group = "selection", conflicts_with_all = ["all", "plan"])]
    #[arg(help_heading = "Which messages")]
    pub(crate) keep: Option<u64>,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,

    /// Whether it may come back.
    #[command(flatten)]
    pub(crate) is_final: FinalArgs,

    /// How fast.
    #[command(flatten)]
    pub(crate) rate: RateArgs,
}

/// What `weir dlq move` takes.
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// The topic to which they go; to their own, as new messages for all who read it
    #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    #[arg(required_unless_present = "plan", conflicts_with = "plan")]
    pub(crate) to: Option<String>,

    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// All but the newest this many of each partition
    #[arg(long, value_name = "N", group = "selection", conflicts_with_all = ["all", "plan"])]
    #[arg(help_heading = "Which messages")]
    pub(crate) keep: Option<u64>,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,

    /// Leave those dead that were requeued before and have died again
    #[arg(long, conflicts_with = "plan", help_heading = "Which messages")]
    pub(crate) skip_requeued: bool,

    /// How fast.
    #[command(flatten)]
    pub(crate) rate: RateArgs,
}

/// What `weir dlq edit` takes.
#[derive(Debug, Args)]
pub(crate) struct EditMessageArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// The dead message
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "plan",
        conflicts_with = "plan"
    )]
    pub(crate) id: Option<String>,

    /// Its payload is to be this text
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["payload_file", "plan"])]
    pub(crate) message: Option<String>,

    /// Its payload is to be the bytes of this file, as they are
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub(crate) payload_file: Option<PathBuf>,

    /// An attribute that it is to have; may be given again for further ones
    #[arg(short, long = "attribute", value_name = "KEY=VALUE", value_parser = attribute)]
    #[arg(conflicts_with = "plan")]
    pub(crate) attributes: Vec<(String, String)>,

    /// An attribute that it is to have no more; may be given again for further ones
    #[arg(long = "unset-attribute", value_name = "KEY", conflicts_with = "plan")]
    pub(crate) unset_attributes: Vec<String>,

    /// Its ordering key is to be this one; empty for none
    #[arg(short, long, value_name = "KEY", conflicts_with = "plan")]
    pub(crate) key: Option<String>,

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
