//! `weir apply`.

use std::path::PathBuf;

use clap::Args;

/// What `weir apply` takes.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The file; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Do not ask when a change may drop messages
    #[arg(short, long)]
    pub(crate) yes: bool,
}
