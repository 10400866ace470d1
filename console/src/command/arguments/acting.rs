//! What every act on many messages takes: which messages, whether to act at all, and how fast.

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::list::message_filter;
use super::span::{duration, percent};
use weir_proto::filter::Filter;

/// The fastest rate, in messages per second: beyond it nothing is held back.
const MAX_RATE: u64 = 10_000_000;

/// Whether to ask, whether to act at all, and whether to wait.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Whether to act")]
pub(crate) struct ConsentArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Only plan: count exactly what would be done, and change nothing
    #[arg(long, conflicts_with = "plan")]
    pub(crate) dry_run: bool,

    /// Carry out exactly this plan, which a run without --yes or with --dry-run has shown; may be
    /// given again where it showed several
    #[arg(long, value_name = "ID", group = "selection")]
    pub(crate) plan: Vec<String>,

    /// The name of what is acted on, which a context of stage production wants beside --yes
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,

    /// Return once it has begun; it goes on by itself
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Which dead messages. At least one condition must be written: no act has a default of everything.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which messages")]
#[command(group(ArgGroup::new("selection").required(true).multiple(true)))]
pub(crate) struct SelectionArgs {
    /// Every dead message
    #[arg(long, conflicts_with_all = ["older_than", "ids", "error_class", "filter"])]
    #[arg(group = "selection", conflicts_with = "plan")]
    pub(crate) all: bool,

    /// Those that died longer ago than this
    #[arg(long, value_name = "DURATION", value_parser = duration, group = "selection")]
    #[arg(conflicts_with = "plan")]
    pub(crate) older_than: Option<Duration>,

    /// This message; may be given again for further ones
    #[arg(long = "id", value_name = "ID", num_args = 1.., group = "selection")]
    #[arg(conflicts_with = "plan")]
    pub(crate) ids: Vec<String>,

    /// Those of this kind of failure
    #[arg(
        long,
        value_name = "NAME",
        group = "selection",
        conflicts_with = "plan"
    )]
    pub(crate) error_class: Option<String>,

    /// Those that this is true of, as in dlq peek; looked for here, page by page, and then done by
    /// their ids
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    #[arg(group = "selection", conflicts_with = "plan")]
    pub(crate) filter: Option<Filter>,

    /// Those with this ordering key
    #[arg(long, value_name = "KEY", group = "selection", conflicts_with_all = ["all", "plan"])]
    pub(crate) key: Option<String>,

    /// Those whose attributes this is true of, in the language of sub create --filter; looked for by
    /// the broker
    #[arg(long = "filter", value_name = "EXPR", group = "selection")]
    #[arg(conflicts_with_all = ["all", "plan"])]
    pub(crate) attributes: Option<String>,
}

/// Which messages of a backlog; leased ones stay.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which messages")]
#[command(group(ArgGroup::new("selection").required(true).multiple(true)))]
pub(crate) struct BacklogSelectionArgs {
    /// The whole backlog
    #[arg(long, conflicts_with_all = ["older_than", "ids", "keep", "filter"])]
    #[arg(group = "selection", conflicts_with = "plan")]
    pub(crate) all: bool,

    /// Those that were published longer ago than this
    #[arg(long, value_name = "DURATION", value_parser = duration, group = "selection")]
    #[arg(conflicts_with = "plan")]
    pub(crate) older_than: Option<Duration>,

    /// All but the newest this many of each partition
    #[arg(long, value_name = "N", group = "selection", conflicts_with = "plan")]
    pub(crate) keep: Option<u64>,

    /// This message; may be given again for further ones
    #[arg(long = "id", value_name = "ID", num_args = 1.., group = "selection")]
    #[arg(conflicts_with = "plan")]
    pub(crate) ids: Vec<String>,

    /// Those that this is true of, as in sub peek; looked for here, page by page, and then done by
    /// their ids
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    #[arg(group = "selection", conflicts_with = "plan")]
    pub(crate) filter: Option<Filter>,

    /// Those with this ordering key
    #[arg(long, value_name = "KEY", group = "selection", conflicts_with_all = ["all", "plan"])]
    pub(crate) key: Option<String>,

    /// Those whose attributes this is true of, in the language of sub create --filter; looked for by
    /// the broker
    #[arg(long = "filter", value_name = "EXPR", group = "selection")]
    #[arg(conflicts_with_all = ["all", "plan"])]
    pub(crate) attributes: Option<String>,
}

/// How fast.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "How fast")]
pub(crate) struct RateArgs {
    /// Messages per second at most [default: as fast as it goes]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=MAX_RATE))]
    pub(crate) rate: Option<u64>,
}

/// How carefully dead messages go back.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "How carefully")]
pub(crate) struct CanaryArgs {
    /// Put so many back first, and go on only if none of them dies again
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) canary: Option<u64>,

    /// How long to wait for the canary, at most 1h [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "canary")]
    pub(crate) canary_wait: Option<Duration>,

    /// Stop when more than this share of what went back dies again, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) brake: Option<f64>,

    /// Leave those dead that were requeued before and have died again
    #[arg(long, conflicts_with = "plan")]
    pub(crate) skip_requeued: bool,

    /// Leave the attempts as they are, so that the next failure is the last [default: from 0]
    #[arg(long)]
    pub(crate) keep_attempts: bool,
}

/// Whether what is dropped may come back.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct FinalArgs {
    /// Give the undo up, so that the bytes go at once
    #[arg(long = "final", conflicts_with = "plan")]
    #[arg(help_heading = "Whether to act")]
    pub(crate) is_final: bool,
}

/// Which messages a purge drops, and how.
#[derive(Debug, Args)]
pub(crate) struct PurgeHow {
    /// Which messages.
    #[command(flatten)]
    pub(crate) selection: BacklogSelectionArgs,

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
