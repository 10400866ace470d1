//! `--raw`, which commands that print messages share.

use clap::Args;

/// Whether payloads leave as they are.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PayloadArgs {
    /// Print nothing but the bytes of the payloads as they are; refuses a terminal
    #[arg(long, conflicts_with = "output")]
    pub(crate) raw: bool,

    /// With --raw, print to a terminal all the same
    #[arg(long, requires = "raw")]
    pub(crate) force: bool,
}
