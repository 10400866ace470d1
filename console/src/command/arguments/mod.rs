//! What can be typed: the tree of commands, a file for each noun.

mod apply;
mod check;
mod client;
mod config;
mod ctx;
mod dlq;
mod list;
mod load;
mod payload;
mod place;
mod program;
mod read;
mod settings;
mod shell;
mod span;
mod sub;
#[cfg(test)]
mod tests;
mod timeline;
mod top;
mod topic;

pub(crate) use apply::ApplyArgs;
pub(crate) use check::CheckCommand;
pub(crate) use client::{ClientCommand, DisconnectArgs};
pub(crate) use config::ConfigCommand;
pub(crate) use ctx::{AddContextArgs, CtxCommand};
pub(crate) use dlq::{
    ConsentArgs, DlqCommand, ExportArgs, PeekDeadArgs, ReleaseArgs, SelectionArgs,
};
pub(crate) use list::{Header, ListArgs};
pub(crate) use load::{LoadCommand, RunArgs};
pub(crate) use payload::PayloadArgs;
pub(crate) use place::Place;
pub(crate) use program::{Cli, Command, Globals};
pub(crate) use read::{ReadArgs, TailSubscriptionArgs, TailTopicArgs};
pub(crate) use settings::{
    Durability, EditArgs, KeyOrderArg, LimitPolicy, SubscriptionSettingArgs, TopicSettingArgs,
};
pub(crate) use shell::{CompletionArgs, ManArgs, Shell};
pub(crate) use sub::{
    AdviseArgs, CreateSubscriptionArgs, EditSubscriptionArgs, LagArgs, PeekSubscriptionArgs,
    PullArgs, SeekArgs, StateArg, SubCommand,
};
pub(crate) use timeline::{AboutArgs, EventsArgs, MarkCommand};
pub(crate) use top::TopCommandArgs;
pub(crate) use topic::{
    CreateTopicArgs, DeleteTopicArgs, EditTopicArgs, PeekArgs, PeekTopicArgs, PublishArgs,
    TopicCommand,
};
