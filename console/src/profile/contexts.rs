//! Brokers that have a name, and what sort each is, so that nobody takes production for a test.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::reading::{File, Problem, in_order};

/// The longest name of a context.
const NAME_BYTES: usize = 64;

/// What sort of broker it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// People depend on it
    Production,
    /// Like production, and nobody depends on it
    Staging,
    /// For trying things
    #[default]
    Development,
}

/// A broker that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) server: String,
    pub(crate) stage: Stage,
}

/// The file of contexts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contexts {
    /// The one that holds if nothing else is said.
    pub(crate) current: Option<String>,
    pub(crate) all: BTreeMap<String, Context>,
}

/// Whether a text can name a context.
pub(crate) fn is_a_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=NAME_BYTES).contains(&text.len()) && text.chars().all(is_of_name)
}

impl Stage {
    const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Development];

    /// As it is written.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }
}

impl Contexts {
    /// Reads the file.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let file = File { text };
        let parsed = file.parse()?;
        let mut contexts = Self::default();
        let mut current_at = 0;
        for (key, value) in in_order(parsed.get_ref()) {
            match key.get_ref().as_ref() {
                "current" => {
                    contexts.current = Some(file.text_of(("current", value))?.to_owned());
                    current_at = value.span().start;
                }
                "context" => contexts.take(file, value)?,
                other => {
                    let what = format!("there is no {other:?}; write current and [context.NAME]");
                    return Err(file.problem(key.span().start, what));
                }
            }
        }
        match &contexts.current {
            Some(current) if !contexts.all.contains_key(current) => {
                let what = format!("the current context {current:?} is not in the file");
                Err(file.problem(current_at, what))
            }
            _ => Ok(contexts),
        }
    }

    fn take(&mut self, file: File<'_>, value: &Spanned<DeValue<'_>>) -> Result<(), Problem> {
        for (name, value) in in_order(file.table_of(("context", value))?) {
            let at = name.span().start;
            let name = name.get_ref().as_ref();
            if !is_a_name(name) {
                let what = format!("{name:?} is no name: letters, digits and - _ . are");
                return Err(file.problem(at, what));
            }
            let (mut server, mut stage) = (None, Stage::default());
            for (key, value) in in_order(file.table_of((name, value))?) {
                match key.get_ref().as_ref() {
                    "server" => server = Some(file.text_of(("server", value))?.to_owned()),
                    "stage" => {
                        let word = file.text_of(("stage", value))?;
                        let found = Stage::ALL.into_iter().find(|stage| stage.word() == word);
                        stage = found.ok_or_else(|| {
                            let what = "stage is production, staging or development";
                            file.problem(value.span().start, what)
                        })?;
                    }
                    other => {
                        let what = format!("there is no {other:?}; a context has server and stage");
                        return Err(file.problem(key.span().start, what));
                    }
                }
            }
            let server = server.ok_or_else(|| file.problem(at, "its server is missing"))?;
            self.all.insert(name.to_owned(), Context { server, stage });
        }
        Ok(())
    }

    /// The file again.
    pub(crate) fn written(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let current = self.current.iter();
        let current = current.map(|name| format!("current = {}\n", quoted(name)));
        let contexts = self.all.iter().map(|(name, context)| {
            format!(
                "\n[context.{}]\nserver = {}\nstage = {}\n",
                quoted(name),
                quoted(&context.server),
                quoted(context.stage.word())
            )
        });
        current.chain(contexts).collect()
    }
}

/// A broker, and under which name it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) server: String,
    /// The context, if it is one.
    pub(crate) context: Option<(String, Stage)>,
}

/// Which broker is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// This address.
    Server(String),
    /// This context.
    Context(String),
    /// The usual one, or the current context.
    Usual,
}

/// What flags and environment say: a flag wins over the environment, an address over a context.
pub(crate) fn choose(
    (server, context): (Option<&str>, Option<&str>),
    (server_variable, context_variable): (Option<&str>, Option<&str>),
) -> Result<Chosen, &'static str> {
    let is_said = |text: &&str| !text.is_empty();
    match (server, context) {
        (Some(_), Some(_)) => return Err("--server and --context name two brokers; write one"),
        (Some(server), None) => return Ok(Chosen::Server(server.to_owned())),
        (None, Some(context)) => return Ok(Chosen::Context(context.to_owned())),
        (None, None) => {}
    }
    let server = server_variable.filter(is_said);
    let context = context_variable.filter(is_said);
    Ok(match (server, context) {
        (Some(server), _) => Chosen::Server(server.to_owned()),
        (None, Some(context)) => Chosen::Context(context.to_owned()),
        (None, None) => Chosen::Usual,
    })
}
