//! `weir ctx ls|use|add|rm`: the file of contexts. No broker is asked.

use std::path::Path;

use serde::Serialize;

use super::arguments::{AddContextArgs, CtxCommand, Globals};
use super::failure::{Exit, Failure};
use super::location::{read_from, unknown};
use super::output::{self, Output};
use crate::files;
use crate::present::format::Format;
use crate::present::json;
use crate::present::table::{Table, cell, text};
use crate::profile::{Context, Contexts, Stage, contexts_file, is_a_name};

/// A context, as it is printed.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct ContextDocument {
    name: String,
    server: String,
    stage: Stage,
    is_current: bool,
}

/// Runs a verb of contexts.
pub(crate) fn run(globals: &Globals, command: CtxCommand) -> Exit {
    let output = Output::new(globals.color, globals.quiet);
    let done = contexts_file()
        .ok_or_else(|| Failure::Usage("there is no home for contexts: set WEIR_CONFIG_DIR".into()))
        .and_then(|path| done(globals, command, &path, &output));
    match done {
        Ok(text) => output::print(&text),
        Err(failure) => {
            output.failure(&failure);
            failure.exit()
        }
    }
}

fn done(
    globals: &Globals,
    command: CtxCommand,
    path: &Path,
    output: &Output,
) -> Result<String, Failure> {
    let mut contexts = read_from(path)?;
    let said = match command {
        CtxCommand::Ls => return listed(globals, &contexts, output),
        CtxCommand::Use { name } => take_into_use(&mut contexts, name)?,
        CtxCommand::Add(args) => add(&mut contexts, args)?,
        CtxCommand::Rm { name } => remove(&mut contexts, &name)?,
    };
    if let Some(directory) = path.parent() {
        files::make_directory(directory).map_err(|error| page(directory, error))?;
    }
    files::replace(path, contexts.written().as_bytes()).map_err(|error| page(path, error))?;
    output.note(&said);
    Ok(String::new())
}

fn page(path: &Path, error: std::io::Error) -> Failure {
    Failure::Page {
        path: path.to_owned(),
        error,
    }
}

fn take_into_use(contexts: &mut Contexts, name: String) -> Result<String, Failure> {
    let Some(context) = contexts.all.get(&name) else {
        return Err(unknown(&name, contexts));
    };
    let said = format!("{name} holds: {}", context.server);
    contexts.current = Some(name);
    Ok(said)
}

fn add(contexts: &mut Contexts, args: AddContextArgs) -> Result<String, Failure> {
    if !is_a_name(&args.name) {
        let what = format!(
            "{:?} is no name for a context: letters, digits and - _ . are",
            args.name
        );
        return Err(Failure::Usage(what));
    }
    let said = format!("{} is {} ({})", args.name, args.at, args.stage.word());
    let context = Context {
        server: args.at,
        stage: args.stage,
    };
    if args.is_used {
        contexts.current = Some(args.name.clone());
    }
    contexts.all.insert(args.name, context);
    Ok(said)
}

fn remove(contexts: &mut Contexts, name: &str) -> Result<String, Failure> {
    if contexts.all.remove(name).is_none() {
        return Err(unknown(name, contexts));
    }
    if contexts.current.as_deref() == Some(name) {
        contexts.current = None;
    }
    Ok(format!("{name} is removed; its broker goes on"))
}

fn listed(globals: &Globals, contexts: &Contexts, output: &Output) -> Result<String, Failure> {
    let documents: Vec<ContextDocument> = contexts
        .all
        .iter()
        .map(|(name, context)| ContextDocument {
            name: name.clone(),
            server: context.server.clone(),
            stage: context.stage,
            is_current: contexts.current.as_deref() == Some(name),
        })
        .collect();
    Ok(match globals.output {
        Format::Json => json::pretty(&documents)?,
        Format::Jsonl => documents.iter().map(json::line).collect::<Result<_, _>>()?,
        Format::Name => {
            let names = documents.iter();
            names.flat_map(|one| [one.name.as_str(), "\n"]).collect()
        }
        Format::Table | Format::Wide => {
            let mut table = Table::new(vec![text(""), text("NAME"), text("SERVER"), text("STAGE")]);
            for one in &documents {
                let star = if one.is_current { "*" } else { " " };
                table.push(vec![
                    cell(star),
                    cell(&one.name),
                    cell(&one.server),
                    cell(one.stage.word()),
                ]);
            }
            table.render(output.is_colored())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, is_used: bool) -> AddContextArgs {
        AddContextArgs {
            name: name.to_owned(),
            at: "10.0.0.7:7420".to_owned(),
            stage: Stage::Production,
            is_used,
        }
    }

    #[test]
    fn contexts_are_added_used_and_removed() {
        let mut contexts = Contexts::default();
        add(&mut contexts, named("prod", false)).unwrap();
        assert_eq!(contexts.current, None);
        take_into_use(&mut contexts, "prod".to_owned()).unwrap();
        assert_eq!(contexts.current.as_deref(), Some("prod"));
        assert!(take_into_use(&mut contexts, "zebra".to_owned()).is_err());
        remove(&mut contexts, "prod").unwrap();
        assert_eq!(contexts, Contexts::default());
        assert!(remove(&mut contexts, "prod").is_err());
        assert!(add(&mut contexts, named("a b", true)).is_err());
    }
}
