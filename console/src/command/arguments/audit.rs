//! `weir audit …`: the record of administrative acts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::{AboutArgs, ListArgs};
use crate::command::candidates::{subscriptions, topics};
use crate::present::audit::AuditDocument;

/// The verbs of the record.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum AuditCommand {
    /// List administrative acts, the newest first [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir audit ls --limit 20
  weir audit ls --sub billing --where 'who = dana and what ~ \"^purge\"' -o json

Names are as callers gave them, here by WEIR_ACTOR or else USER; the address stands beside."
    )]
    Ls {
        /// About what.
        #[command(flatten)]
        about: AboutArgs,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: Box<ListArgs<AuditDocument>>,
    },

    /// Show administrative acts as they are done, until Ctrl-C [read]
    #[command(after_help = "Examples:
  weir audit tail
  weir audit tail -n 100 -o jsonl")]
    Tail(TailAuditArgs),

    /// Write the whole record as JSON lines with its hashes, and check that the chain holds [read]
    #[command(after_help = "Examples:
  weir audit export > audit.jsonl
  weir audit export --file audit.jsonl
  weir audit verify --file audit.jsonl          later, anywhere, without a broker's word for it

Ends with 1 if an act was changed or is missing; what is wrong stands on stderr.")]
    Export(ExportAuditArgs),

    /// Check that no act of the record was changed and none is missing [read]
    #[command(after_help = "Examples:
  weir audit verify                             the record of the broker
  weir audit verify --file audit.jsonl          an export of it, alone
  weir audit verify -o json

Hashes each act anew. Ends with 1 if an act was changed or one in between is missing. That the newest \
were cut off an export is seen only by comparing its last hash with what the broker tells.")]
    Verify(VerifyAuditArgs),
}

/// What `weir audit tail` takes.
#[derive(Debug, Args)]
pub(crate) struct TailAuditArgs {
    /// Begin with the newest so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub(crate) last: u64,

    /// End after so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,

    /// Only those about this topic
    #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: Option<String>,

    /// Only those about this subscription
    #[arg(long = "sub", value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: Option<String>,
}

/// What `weir audit export` takes.
#[derive(Debug, Args)]
pub(crate) struct ExportAuditArgs {
    /// Into this file, which must not be there yet, instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Only acts after this one, by its number
    #[arg(
        long,
        value_name = "SEQUENCE",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(crate) after: u64,
}

/// What `weir audit verify` takes.
#[derive(Debug, Args)]
pub(crate) struct VerifyAuditArgs {
    /// An export, instead of the broker's record; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
