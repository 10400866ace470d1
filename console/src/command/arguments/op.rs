//! `weir op …`: operations, which are acts on many messages that were begun.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::{ConsentArgs, ListArgs, RateArgs};
use crate::command::candidates::{operations, subscriptions};
use crate::present::operations::ListedOperation;

/// The verbs of operations. Each takes an operation's id from `op ls`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum OpCommand {
    /// List operations, the newest first, and until when each can be undone [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir op ls
  weir op ls --sub billing --limit 20 -o wide
  weir op ls --where 'state = running and who = dana' -o json"
    )]
    Ls {
        /// Only those on this subscription
        #[arg(long = "sub", value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
        subscription: Option<String>,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: Box<ListArgs<ListedOperation>>,
    },

    /// Show an operation: who, what, how far, and until when it can be undone [read]
    #[command(
        visible_alias = "show",
        after_help = "Examples:\n  weir op get 12\n  weir op get 12 -o json"
    )]
    Get(OperationArgs),

    /// Follow an operation until it is over; the exit code tells how it ended [read]
    #[command(after_help = "Examples:
  weir op watch 12
  weir op watch 12 -o jsonl                     one object whenever it has gone on

Ends with 0 if it finished, with 3 if it ended before with some of it done, with 1 if with none.
Ctrl-C ends the watching and not the operation.")]
    Watch(OperationArgs),

    /// Hold an operation between two messages [write]
    #[command(after_help = "Examples:\n  weir op pause 12")]
    Pause(OperationArgs),

    /// Let a held operation go on [write]
    #[command(after_help = "Examples:\n  weir op resume 12")]
    Resume(OperationArgs),

    /// End an operation between two messages; what it has done stays, and can be undone [write]
    #[command(after_help = "Examples:
  weir op cancel 12                             on a terminal: shows how far it is and asks
  weir op cancel 12 --yes")]
    Cancel(CancelArgs),

    /// Take an operation back: planned, counted and asked about as any other act [write]
    #[command(after_help = "Examples:
  weir op undo 12 --dry-run                     says what can be taken back and what cannot
  weir op undo 12 --yes

What a requeue put back is dead again unless it was handed out since; what a discard, a purge or a
seek dropped is there again, as long as its time for undoing lasts (24h unless the disk is full).")]
    Undo(UndoArgs),
}

/// An operation that is named.
#[derive(Debug, Args)]
pub(crate) struct OperationArgs {
    /// Its id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(operations))]
    pub(crate) id: String,
}

/// What `weir op cancel` takes.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// Its id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(operations))]
    pub(crate) id: String,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Only show what would be ended
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What `weir op undo` takes.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The id of the operation to take back
    #[arg(value_name = "ID", add = ArgValueCandidates::new(operations))]
    pub(crate) id: String,

    /// Whether to act.
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,

    /// How fast.
    #[command(flatten)]
    pub(crate) rate: RateArgs,
}
