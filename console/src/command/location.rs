//! Which broker a command goes to: what is said on the line, in the environment, or in the file of
//! contexts.

use std::io;
use std::path::Path;

use super::arguments::Globals;
use super::candidates::{DEFAULT_SERVER, SERVER_VARIABLE};
use super::failure::Failure;
use crate::files;
use crate::profile::{CONTEXT_VARIABLE, Chosen, Contexts, Location, choose, contexts_file};

/// Finds the broker that is meant.
pub(crate) fn locate(globals: &Globals) -> Result<Location, Failure> {
    let variable = |name| std::env::var(name).ok();
    let (server, context) = (variable(SERVER_VARIABLE), variable(CONTEXT_VARIABLE));
    let said = (globals.server.as_deref(), globals.context.as_deref());
    let chosen = choose(said, (server.as_deref(), context.as_deref()))
        .map_err(|why| Failure::Usage(why.to_owned()))?;
    of(chosen, read)
}

fn of(
    chosen: Chosen,
    read: impl FnOnce() -> Result<Contexts, Failure>,
) -> Result<Location, Failure> {
    let name = match chosen {
        Chosen::Server(server) => {
            return Ok(Location {
                server,
                context: None,
            });
        }
        Chosen::Context(name) => Some(name),
        Chosen::Usual => None,
    };
    let contexts = read()?;
    let Some(name) = name.or_else(|| contexts.current.clone()) else {
        return Ok(Location {
            server: DEFAULT_SERVER.to_owned(),
            context: None,
        });
    };
    match contexts.all.get(&name) {
        Some(context) => Ok(Location {
            server: context.server.clone(),
            context: Some((name, context.stage)),
        }),
        None => Err(unknown(&name, &contexts)),
    }
}

/// The contexts of this machine; none if there is no file.
pub(crate) fn read() -> Result<Contexts, Failure> {
    match contexts_file() {
        Some(path) => read_from(&path),
        None => Ok(Contexts::default()),
    }
}

/// The contexts of a file.
pub(crate) fn read_from(path: &Path) -> Result<Contexts, Failure> {
    let text = match files::read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contexts::default()),
        Err(error) => return Err(Failure::file(path, error)),
    };
    Contexts::read(&text).map_err(|problem| Failure::Declaration {
        file: path.to_owned(),
        line: problem.line,
        what: problem.what,
    })
}

/// A name that no context has.
pub(crate) fn unknown(name: &str, contexts: &Contexts) -> Failure {
    let known: Vec<&str> = contexts.all.keys().map(String::as_str).collect();
    Failure::Usage(if known.is_empty() {
        format!("there is no context {name:?}, nor any other; `weir ctx add` makes one")
    } else {
        format!(
            "there is no context {name:?}; there are {}",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Context, Stage};

    fn contexts(current: Option<&str>) -> Contexts {
        let prod = Context {
            server: "p:1".to_owned(),
            stage: Stage::Production,
        };
        Contexts {
            current: current.map(str::to_owned),
            all: [("prod".to_owned(), prod)].into(),
        }
    }

    #[test]
    fn a_context_is_its_server_and_its_name() {
        let prod = Location {
            server: "p:1".to_owned(),
            context: Some(("prod".to_owned(), Stage::Production)),
        };
        let named = of(Chosen::Context("prod".to_owned()), || Ok(contexts(None)));
        assert_eq!(named.unwrap(), prod);
        let current = of(Chosen::Usual, || Ok(contexts(Some("prod"))));
        assert_eq!(current.unwrap(), prod);
        let none = of(Chosen::Usual, || Ok(contexts(None))).unwrap();
        assert_eq!((none.server.as_str(), none.context), (DEFAULT_SERVER, None));
        let unknown = of(Chosen::Context("x".to_owned()), || Ok(contexts(None)));
        assert!(unknown.unwrap_err().to_string().contains("there are prod"));
    }

    #[test]
    fn an_address_needs_no_file_of_contexts() {
        let located = of(Chosen::Server("a:1".to_owned()), || {
            Err(Failure::Usage("the file is wrong".to_owned()))
        });
        assert_eq!(located.unwrap().server, "a:1");
    }
}
