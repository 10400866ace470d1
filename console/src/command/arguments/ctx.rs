//! `weir ctx …`: brokers that have a name.

use clap::{Args, Subcommand};

use crate::profile::Stage;

/// What is done with contexts. None of it asks a broker.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum CtxCommand {
    /// List the contexts; a star is at the one that holds [read]
    #[command(visible_alias = "list")]
    Ls,

    /// Make a context the one that holds unless another is named [write]
    Use {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },

    /// Add a context, or change one [write]
    #[command(after_help = "Examples:
  weir ctx add prod --at 10.0.0.7:7420 --stage production
  weir ctx add local --at 127.0.0.1:7420 --use

The screen shows the stage of the context beside the program's name: PROD, STG or dev.")]
    Add(AddContextArgs),

    /// Remove a context; its broker is not touched [write]
    #[command(visible_alias = "delete")]
    Rm {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// A context that is added.
#[derive(Debug, Args)]
pub(crate) struct AddContextArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The broker's address
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) at: String,

    /// What sort of broker it is
    #[arg(long, value_enum, default_value_t = Stage::Development)]
    pub(crate) stage: Stage,

    /// Make it the one that holds
    #[arg(long = "use")]
    pub(crate) is_used: bool,
}
