//! One command's connection and output.

use std::time::Duration;

use serde::Serialize;
use weir_proto::client::{Client, Error, Operator, Options};

use super::arguments::{Globals, Header, ListArgs};
use super::failure::Failure;
use super::location::locate;
use super::output::Output;
use crate::present::format::Format;
use crate::present::operation::undo_words;
use crate::present::shell::word;
use crate::present::table::Table;
use crate::present::{json, list};
use crate::profile::{Location, Stage};
use weir_proto::filter::Filtered;

/// What a command says it is.
const AGENT: &str = concat!("weir/", env!("CARGO_PKG_VERSION"));

/// The variable with the name under which acts go on record.
const ACTOR_VARIABLE: &str = "WEIR_ACTOR";

/// How long connecting may take, so that a command ends within 2 s if there is no broker.
const CONNECT_LIMIT: Duration = Duration::from_millis(1_700);

/// How often a silent connection is probed. With [`PROBE_LIMIT`] it makes less than 2 s, within
/// which a command ends whose broker has vanished without a word.
const PROBE_INTERVAL: Duration = Duration::from_millis(700);

/// How long the answer to a probe may take.
const PROBE_LIMIT: Duration = Duration::from_millis(1_200);

/// What every command has.
pub(crate) struct Session {
    /// The broker.
    pub(crate) client: Client,
    /// Its address, as it was given.
    pub(crate) server: String,
    /// Where to write.
    pub(crate) output: Output,
    /// How to write.
    pub(crate) format: Format,
    /// The flags that say which broker, as they were typed, for commands that are told.
    flags: String,
    /// The context of production, if it is one.
    production: Option<String>,
}

impl Session {
    /// Connects; fails within 2 s.
    pub(crate) async fn open(globals: &Globals, output: Output) -> Result<Self, (Failure, Output)> {
        let Location { server, context } = match locate(globals) {
            Ok(location) => location,
            Err(failure) => return Err((failure, output)),
        };
        let options = Options {
            connect_timeout: CONNECT_LIMIT,
            keepalive_interval: PROBE_INTERVAL,
            keepalive_timeout: PROBE_LIMIT,
            ..Options::to(&server).fail_fast().with_user_agent(AGENT)
        };
        match Client::connect(options).await {
            Ok(client) => Ok(Self {
                client,
                server,
                output,
                format: globals.output,
                flags: flags(globals),
                production: context.and_then(|(name, stage)| {
                    Some(name).filter(|_name| stage == Stage::Production)
                }),
            }),
            Err(error) => Err((Failure::Unreachable { server, error }, output)),
        }
    }

    /// Looking into subscriptions and acting on them, in the name of who runs this program.
    pub(crate) fn operator(&self) -> Operator {
        let said = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
        let operator = self.client.operator();
        match said(ACTOR_VARIABLE).or_else(|| said("USER")) {
            Some(actor) => operator.acting_as(&actor),
            None => operator,
        }
    }

    /// A command on the same broker, such as somebody types it.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("weir {words}{}", self.flags)
    }

    /// The command that takes an operation back.
    pub(crate) fn undo(&self, id: &str) -> String {
        self.command(&undo_words(id))
    }

    /// Somebody leaves while an operation goes on.
    pub(crate) fn goes_on(&self, id: &str) -> Failure {
        let typed = word(id);
        Failure::GoesOn {
            id: id.to_owned(),
            watch: self.command(&format!("op watch {typed}")),
            cancel: self.command(&format!("op cancel {typed}")),
        }
    }

    /// The name of the context, if people depend on its broker.
    pub(crate) fn production(&self) -> Option<&str> {
        self.production.as_deref()
    }

    /// Why `tried` failed: the broker refused it, or is lost.
    pub(crate) fn failure(&self, tried: impl Into<String>, error: Error) -> Failure {
        let tried = tried.into();
        if error.is_unreachable() {
            Failure::Lost {
                server: self.server.clone(),
                tried,
                error,
            }
        } else {
            Failure::Broker { tried, error }
        }
    }

    /// Prints a list: one array, an object a line, or the table.
    pub(crate) async fn list<T: Serialize>(
        &mut self,
        documents: &[T],
        name: impl Fn(&T) -> &str,
        table: impl Fn(bool) -> Table,
    ) -> Result<(), Failure> {
        self.list_with(documents, name, table, Header::Shown).await
    }

    async fn list_with<T: Serialize>(
        &mut self,
        documents: &[T],
        name: impl Fn(&T) -> &str,
        table: impl Fn(bool) -> Table,
        header: Header,
    ) -> Result<(), Failure> {
        let is_colored = self.output.is_colored();
        let text = match self.format {
            Format::Json => json::pretty(&documents)?,
            Format::Jsonl => documents
                .iter()
                .map(json::line)
                .collect::<Result<String, _>>()?,
            Format::Name => documents
                .iter()
                .map(|document| name_line(name(document)))
                .collect(),
            Format::Table | Format::Wide => {
                let table = table(self.format == Format::Wide);
                match header {
                    Header::Shown => table.render(is_colored),
                    Header::LeftOut => table.render_rows(),
                }
            }
        };
        self.output.data(text).await
    }

    /// Prints those documents of a list that were asked for, as they were asked for.
    pub(crate) async fn chosen<T: Serialize + Filtered>(
        &mut self,
        documents: Vec<T>,
        args: &ListArgs<T>,
        name: impl Fn(&T) -> &str,
        table: impl Fn(&[T], bool) -> Table,
    ) -> Result<(), Failure> {
        let documents = args.choice().of(documents)?;
        if args.columns.is_empty() || self.format == Format::Name {
            let header = args.header();
            return self
                .list_with(
                    &documents,
                    name,
                    |is_wide| table(&documents, is_wide),
                    header,
                )
                .await;
        }
        let columns = &args.columns;
        let objects = documents.iter().map(list::object);
        let objects = objects.collect::<Result<Vec<_>, _>>()?;
        let narrowed = objects.iter().map(|object| list::narrowed(object, columns));
        let narrowed: Vec<list::Object> = narrowed.collect();
        let table = |_is_wide| list::table_of(&objects, columns);
        self.list_with(&narrowed, |_object| "", table, args.header())
            .await
    }

    /// Prints one thing: an object, its name, or what `text` says for people.
    pub(crate) async fn thing<T: Serialize>(
        &mut self,
        document: &T,
        name: &str,
        text: impl FnOnce(bool) -> String,
    ) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => json::pretty(document)?,
            Format::Jsonl => json::line(document)?,
            Format::Name => name_line(name),
            Format::Table | Format::Wide => text(self.output.is_colored()),
        };
        self.output.data(text).await
    }

    /// Prints what an act did: an object for programs, a sentence on stderr for people.
    pub(crate) async fn outcome<T: Serialize>(
        &mut self,
        document: &T,
        name: &str,
        sentence: &str,
    ) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => json::pretty(document)?,
            Format::Jsonl => json::line(document)?,
            Format::Name => name_line(name),
            Format::Table | Format::Wide => {
                self.output.note(sentence);
                return Ok(());
            }
        };
        self.output.data(text).await
    }
}

/// Which broker was named on the line; what the environment says holds for the next command, too.
fn flags(globals: &Globals) -> String {
    let flag = |name: &str, value: &Option<String>| match value {
        Some(value) => format!(" --{name} {}", word(value)),
        None => String::new(),
    };
    flag("server", &globals.server) + &flag("context", &globals.context)
}

fn name_line(name: &str) -> String {
    format!("{}\n", weir_proto::safe_text::SafeText::new(name))
}
