//! `weir client …`.

use clap::{Args, Subcommand};

use super::ListArgs;
use crate::present::client::ClientDocument;

/// The verbs of clients, which are connections. Each takes a client's number from `client ls`.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum ClientCommand {
    /// List who is connected, what they read and what they publish to [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:
  weir client ls
  weir client ls --where 'sub ~ billing' --sort leased -o wide
  weir client ls -o json"
    )]
    Ls(Box<ListArgs<ClientDocument>>),

    /// Show a client and its consumers [read]
    #[command(
        visible_alias = "show",
        after_help = "Examples:\n  weir client get 17\n  weir client get 17 -o json"
    )]
    Get {
        /// Its number
        #[arg(value_name = "ID")]
        id: u64,
    },

    /// End a client's streams and its connection; it may connect again [write]
    #[command(after_help = "Examples:
  weir client disconnect 17                     on a terminal: shows what ends and asks
  weir client disconnect 17 --yes

What its consumers hold goes back as if the client was lost, which counts an attempt.")]
    Disconnect(DisconnectArgs),
}

/// What `weir client disconnect` takes.
#[derive(Debug, Args)]
pub(crate) struct DisconnectArgs {
    /// Its number
    #[arg(value_name = "ID")]
    pub(crate) id: u64,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}
