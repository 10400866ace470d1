//! Why a command did not do what it was asked, and the exit code that says so to programs.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weir_proto::client::{Code, Error, Kind};
use weir_proto::v1::ErrorReason;

use crate::embedded::ConfigError;
use crate::present::shell::word;

/// How a command ended. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// Nothing was done, or not what was asked.
    Failed = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// Some of it was done.
    Partly = 3,
    /// It needs `--yes`, or is protected.
    Refused = 4,
    /// The broker was not reached or was lost.
    Unreachable = 5,
    /// The broker does not allow it to this caller.
    NotAllowed = 6,
    /// There is no such thing.
    NotFound = 7,
    /// An objective was missed.
    Threshold = 8,
    /// What was planned is not so any more.
    Changed = 9,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection was made.
    #[error("cannot reach a broker at {server}: {}", cause_of(.error))]
    Unreachable {
        /// The address tried.
        server: String,
        /// Why.
        error: Error,
    },
    /// The connection was made and is lost.
    #[error("lost the broker at {server} while trying to {tried}: {}", cause_of(.error))]
    Lost {
        /// The address.
        server: String,
        /// What was being done.
        tried: String,
        /// Why.
        error: Error,
    },
    /// The broker's answer is no.
    #[error("cannot {tried}: {}{}", .error.message(), reason_suffix(.error))]
    Broker {
        /// What was tried, on what.
        tried: String,
        /// The answer.
        error: Error,
    },
    /// `TOPIC/NAME` was written, and the subscription reads another topic.
    #[error(
        "cannot take {given} for a subscription: {name} reads the topic {actual} (TOPIC_MISMATCH)"
    )]
    TopicMismatch {
        /// What was written.
        given: String,
        /// The subscription.
        name: String,
        /// The topic that it reads.
        actual: String,
    },
    /// A subscription went away while it was watched.
    #[error("there is no subscription {name} any more (SUBSCRIPTION_NOT_FOUND)")]
    Gone {
        /// The subscription.
        name: String,
    },
    /// Nobody has this number.
    #[error("there is no client {id} (CLIENT_NOT_FOUND)")]
    NoClient {
        /// The number.
        id: u64,
    },
    /// The broker answers, and is not well.
    #[error("{0}")]
    Unwell(String),
    /// Nobody said yes.
    #[error("nothing was done: {0}")]
    Refused(&'static str),
    /// The context is one of production, and what is acted on was not named.
    #[error("nothing was done: the context {context} is production, and {name} was not named")]
    Protected {
        /// The context.
        context: String,
        /// What is acted on.
        name: String,
    },
    /// Another name was typed than that of what is acted on.
    #[error("nothing was done: this acts on {name}, and {typed:?} was named")]
    NameWrong {
        /// What was typed.
        typed: String,
        /// What is acted on.
        name: String,
    },
    /// Nothing may be changed.
    #[error("nothing was done: `weir {verb}` changes something, and this session is read-only")]
    ReadOnly {
        /// The command.
        verb: String,
    },
    /// Ctrl-C while an operation was waited for.
    #[error("interrupted; operation {id} goes on")]
    GoesOn {
        /// Its id.
        id: String,
        /// The commands that follow it and that end it.
        watch: String,
        cancel: String,
    },
    /// An undo that would change nothing.
    #[error("nothing of operation {id} can be taken back any more: {why}")]
    NothingLeft {
        /// The operation.
        id: String,
        /// What has become of its messages.
        why: String,
    },
    /// Flags that do not go together in a way that the parser cannot see.
    #[error("{0}")]
    Usage(String),
    /// Some messages were done and some were not.
    #[error("{0}")]
    Partly(String),
    /// Publishing ended early.
    #[error("{confirmed}; {cause}")]
    Publish {
        /// How many messages are on the broker's disk, in words.
        confirmed: String,
        /// Why it ended.
        cause: Box<Self>,
    },
    /// The input cannot be read.
    #[error("cannot read {what}: {error}")]
    Input {
        /// The file, or standard input.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// The daemon's settings are wrong.
    #[error("{}", sentence_of(.0))]
    Configuration(#[from] ConfigError),
    /// A declared topology is wrong.
    #[error("{}:{line}: {what}", file.display())]
    Declaration {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A page of the manual cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Page {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write to stdout: {0}")]
    Output(io::Error),
    /// Whoever read the output has left, which is no error.
    #[error("the reader of the output has left")]
    OutputClosed,
    /// The answer cannot be put into JSON.
    #[error("cannot write the answer as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The process cannot be set up.
    #[error("cannot {tried}: {error}")]
    Process {
        /// What was tried.
        tried: &'static str,
        /// Why.
        error: io::Error,
    },
    /// A signal.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// The file that could not be read.
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::Input {
            what: path.display().to_string(),
            error,
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { error, .. } | Self::Lost { error, .. } => match error.kind() {
                Kind::Usage => Exit::Usage,
                _ => Exit::Unreachable,
            },
            Self::Broker { error, .. } => exit_of(error),
            Self::Gone { .. } | Self::NoClient { .. } => Exit::NotFound,
            Self::Refused(_)
            | Self::Protected { .. }
            | Self::NameWrong { .. }
            | Self::ReadOnly { .. } => Exit::Refused,
            Self::Usage(_) => Exit::Usage,
            Self::Partly(_) => Exit::Partly,
            Self::Publish { cause, .. } => cause.exit(),
            Self::OutputClosed => Exit::Done,
            Self::Interrupted | Self::GoesOn { .. } => Exit::Interrupted,
            Self::NothingLeft { .. }
            | Self::TopicMismatch { .. }
            | Self::Unwell(_)
            | Self::Input { .. }
            | Self::Configuration(_)
            | Self::Declaration { .. }
            | Self::Page { .. }
            | Self::Output(_)
            | Self::Json(_)
            | Self::Process { .. } => Exit::Failed,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Protected { name, .. } => {
                format!("add --confirm {} beside --yes or --plan", word(name)).into()
            }
            Self::GoesOn { watch, cancel, .. } => {
                format!("{watch} follows it, {cancel} ends it").into()
            }
            Self::Publish { cause, .. } => return cause.advice(),
            other => other.fixed_advice()?.into(),
        })
    }

    fn fixed_advice(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { error, .. } if error.kind() == Kind::Usage => {
                Some("write the address as HOST:PORT, for example 127.0.0.1:7420")
            }
            Self::Unreachable { .. } => {
                Some("start one with: weir serve, or try: weir demo; --server names another")
            }
            Self::ReadOnly { .. } => {
                Some("leave --read-only out, or unset WEIR_READ_ONLY, to change something")
            }
            Self::NameWrong { .. } => Some("type the name as the plan writes it"),
            Self::TopicMismatch { .. } => Some("weir sub ls lists subscriptions with their topics"),
            Self::NoClient { .. } => Some("weir client ls lists those that are connected"),
            Self::Refused(_) => Some("add --yes to do it without being asked"),
            Self::Broker { error, .. } => advice_on(error.reason()),
            _ => None,
        }
    }
}

/// What the broker's refusals mean for programs.
fn exit_of(error: &Error) -> Exit {
    match error.reason() {
        ErrorReason::TopicHasSubscriptions => return Exit::Refused,
        ErrorReason::NameInvalid
        | ErrorReason::ValueOutOfRange
        | ErrorReason::FilterInvalid
        | ErrorReason::FieldRequired
        | ErrorReason::SelectionRequired => return Exit::Usage,
        ErrorReason::PlanExpired
        | ErrorReason::PlanOfAnotherBroker
        | ErrorReason::PlanMismatch
        | ErrorReason::SelectionShrank => return Exit::Changed,
        ErrorReason::SubscriptionDeleted => return Exit::NotFound,
        ErrorReason::LogPoisoned => return Exit::Failed,
        ErrorReason::Draining => return Exit::Unreachable,
        _ => {}
    }
    if error.is_unreachable() {
        return Exit::Unreachable;
    }
    match error.code() {
        Code::NotFound => Exit::NotFound,
        Code::PermissionDenied | Code::Unauthenticated => Exit::NotAllowed,
        _ => Exit::Failed,
    }
}

fn advice_on(reason: ErrorReason) -> Option<&'static str> {
    match reason {
        ErrorReason::TopicNotFound => Some("weir topic ls lists the topics"),
        ErrorReason::SubscriptionNotFound => Some("weir sub ls lists the subscriptions"),
        ErrorReason::TopicHasSubscriptions => Some("add --with-subscriptions to delete them, too"),
        ErrorReason::OperationNotFound => Some("weir op ls lists the operations"),
        ErrorReason::UndoTooLate => Some("weir op get shows what became of it"),
        ErrorReason::UndoBlocked => Some("do what it says, then run the same command again"),
        ErrorReason::PlanExpired => Some("run the command again without --plan to make one"),
        ErrorReason::PlanOfAnotherBroker => {
            Some("name the broker that made it with --server or --context, or make a new plan")
        }
        ErrorReason::PlanMismatch => Some("use the command that was printed with the plan"),
        ErrorReason::SelectionShrank => Some("run the command again without --plan"),
        ErrorReason::DiskFull => {
            Some("free disk space on the broker's machine; acks go on meanwhile")
        }
        _ => None,
    }
}

/// What is wrong with the settings, and why.
fn sentence_of(error: &ConfigError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The library's sentence without its beginning, where ours says the same.
fn cause_of(error: &Error) -> &str {
    let message = error.message();
    let known = [
        "the broker cannot be reached: ",
        "the connection to the broker was lost: ",
    ];
    known
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .unwrap_or(message)
}

fn reason_suffix(error: &Error) -> String {
    match error.reason_name() {
        "" => String::new(),
        // A sentence of the broker may name its reason already.
        name if error.message().contains(name) => String::new(),
        name => format!(" ({name})"),
    }
}
