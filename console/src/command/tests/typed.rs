//! A command as somebody types it: what it printed, and how it ended.

use clap::Parser as _;
use tokio::io::{AsyncReadExt as _, AsyncWrite, DuplexStream};

use super::broker::Broker;
use crate::command::arguments::{Cli, Command};
use crate::command::dispatch::{Verb, execute};
use crate::command::failure::{Exit, Failure};
use crate::command::output::Output;
use crate::command::session::Session;

/// More than any test prints.
const PIPE_BYTES: usize = 8 << 20;

/// What a command printed and how it ended.
pub(super) struct Ended {
    pub(super) printed: String,
    pub(super) outcome: Result<(), Failure>,
}

impl Ended {
    pub(super) fn exit(&self) -> Exit {
        self.outcome
            .as_ref()
            .map_or_else(Failure::exit, |()| Exit::Done)
    }

    pub(super) fn sentence(&self) -> String {
        self.outcome
            .as_ref()
            .map_or_else(ToString::to_string, |()| String::new())
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.printed).expect("one JSON document")
    }
}

/// Types a command, words parted by blanks, and waits for its end.
pub(super) async fn typed(broker: &Broker, line: &str) -> Ended {
    typed_words(broker, &line.split(' ').collect::<Vec<_>>()).await
}

/// The same with words that hold blanks.
pub(super) async fn typed_words(broker: &Broker, words: &[&str]) -> Ended {
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    let outcome = typed_into(broker, words, ours).await;
    Ended {
        printed: rest_of(theirs).await,
        outcome,
    }
}

/// Types a command that prints into `writer`.
pub(super) async fn typed_into(
    broker: &Broker,
    words: &[&str],
    writer: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), Failure> {
    let address = broker.address.to_string();
    let start = ["weir", "--server", &address];
    let cli = Cli::try_parse_from(start.iter().chain(words)).expect("a command");
    let verb = match cli.command {
        Some(Command::Status) => Verb::Status,
        Some(Command::Topic(command)) => Verb::Topic(command),
        Some(Command::Sub(command)) => Verb::Sub(command),
        Some(Command::Dlq(command)) => Verb::Dlq(command),
        Some(Command::Op(command)) => Verb::Op(command),
        Some(Command::Audit(command)) => Verb::Audit(command),
        Some(Command::Client(command)) => Verb::Client(command),
        Some(Command::Events(args)) => Verb::Events(args),
        Some(Command::Mark(command)) => Verb::Mark(command),
        Some(Command::Top(args)) => Verb::Top(args),
        Some(Command::Apply(args)) => Verb::Apply(args),
        Some(Command::Export) => Verb::Export,
        other => panic!("not a command of a broker: {other:?}"),
    };
    match Session::open(&cli.globals, Output::to(writer)).await {
        Ok(mut session) => execute(&mut session, verb).await,
        Err((failure, _output)) => Err(failure),
    }
}

async fn rest_of(mut reader: DuplexStream) -> String {
    let mut printed = String::new();
    reader
        .read_to_string(&mut printed)
        .await
        .expect("what is printed is UTF-8");
    printed
}
