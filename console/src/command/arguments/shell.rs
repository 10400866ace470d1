//! `weir completion` and `weir man`: what a shell and a reader want of the program.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What `weir completion` takes.
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "bash|zsh|fish|elvish|powershell")]
    #[arg(hide_possible_values = true)]
    pub(crate) shell: Shell,
}

/// The shells that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

/// What `weir man` takes.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command whose page is printed, for example `topic publish`; without one, the program's
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub(crate) command: Vec<String>,

    /// Write the pages of every command into this directory, which must be there
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
