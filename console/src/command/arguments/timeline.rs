//! `weir events`, `weir mark …`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::ListArgs;
use crate::command::candidates::{subscriptions, topics};
use crate::present::event::EventDocument;

/// What they are about.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AboutArgs {
    /// The topic
    #[arg(long, value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: Option<String>,

    /// The subscription
    #[arg(long = "sub", value_name = "SUBSCRIPTION", conflicts_with = "topic")]
    #[arg(add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: Option<String>,
}

/// What `weir events` takes.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Of what.
    #[command(flatten)]
    pub(crate) about: AboutArgs,

    /// Go on with what happens, until Ctrl-C; JSON is one object a line then
    #[arg(short, long, conflicts_with_all = ["sort", "columns"])]
    pub(crate) follow: bool,

    /// Which rows, in which order, with which fields.
    #[command(flatten)]
    pub(crate) list: ListArgs<EventDocument>,
}

/// The verbs of marks on the timeline.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum MarkCommand {
    /// Set a mark on the timeline, for example for a deployment [write]
    #[command(after_help = "Examples:
  weir mark add 'deployed billing 4.2'
  weir mark add 'new retry rules' --sub billing --by ci-bot")]
    Add {
        /// What to say, at most 200 characters
        #[arg(value_name = "TEXT")]
        text: String,

        /// Of what.
        #[command(flatten)]
        about: AboutArgs,

        /// Who says it, at most 100 characters
        #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
        by: Option<String>,
    },

    /// List the marks [read]
    #[command(
        visible_alias = "list",
        after_help = "Examples:\n  weir mark ls\n  weir mark ls --sub billing -o json"
    )]
    Ls {
        /// Of what.
        #[command(flatten)]
        about: AboutArgs,

        /// Which rows, in which order, with which fields.
        #[command(flatten)]
        list: Box<ListArgs<EventDocument>>,
    },
}
