//! What can be typed: the tree of commands, a file for each noun.

mod acting;
mod apply;
mod audit;
mod check;
mod client;
mod config;
mod ctx;
mod dlq;
mod list;
mod load;
mod op;
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

pub(crate) use acting::{
    BacklogSelectionArgs, CanaryArgs, ConsentArgs, FinalArgs, PurgeHow, RateArgs, SelectionArgs,
};
pub(crate) use apply::ApplyArgs;
pub(crate) use audit::{AuditCommand, ExportAuditArgs, TailAuditArgs, VerifyAuditArgs};
pub(crate) use check::CheckCommand;
pub(crate) use client::{ClientCommand, DisconnectArgs};
pub(crate) use config::ConfigCommand;
pub(crate) use ctx::{AddContextArgs, CtxCommand};
pub(crate) use dlq::{
    DiscardArgs, DlqCommand, EditMessageArgs, ExportArgs, MoveArgs, PeekDeadArgs, ReleaseArgs,
    RequeueArgs,
};
#[cfg(test)]
pub(crate) use list::message_filter;
pub(crate) use list::{Header, ListArgs};
pub(crate) use load::{LoadCommand, RunArgs};
pub(crate) use op::{CancelArgs, OpCommand, OperationArgs, UndoArgs};
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
    PullArgs, PurgeArgs, SeekArgs, StateArg, SubCommand,
};
pub(crate) use timeline::{AboutArgs, EventsArgs, MarkCommand};
pub(crate) use top::TopCommandArgs;
pub(crate) use topic::{
    CreateTopicArgs, DeleteTopicArgs, EditTopicArgs, PeekArgs, PeekTopicArgs, PublishArgs,
    PurgeTopicArgs, TopicCommand,
};
