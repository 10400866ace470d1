//! `weir apply` and `weir export`: the topology of a broker as a file.

use std::path::Path;

use weir_proto::client::Error;
use weir_proto::v1::{self, ErrorReason};

use super::arguments::ApplyArgs;
use super::consent;
use super::failure::Failure;
use super::session::Session;
use crate::files;
use crate::present::format::Format;
use crate::present::json;
use crate::topology::{self, Changes, Declared, Part, TopologyDocument};

/// Topics and subscriptions in one request, which is done as a whole or not at all.
const AT_ONCE: usize = 5_000;

/// Makes the broker have what a file declares.
pub(crate) async fn run(session: &mut Session, args: &ApplyArgs) -> Result<(), Failure> {
    let text = files::read_text(&args.file);
    let text = text.map_err(|error| Failure::file(&args.file, error))?;
    let read = topology::read(&text);
    let mut declared = read.map_err(|problem| wrong(&args.file, problem.line, problem.what))?;
    let plan = send(session, &args.file, &mut declared, Pass::Plan).await?;
    if args.dry_run || plan.changes.is_empty() {
        return show(session, &plan, &plan.sentence()).await;
    }
    if plan.may_lose() {
        let text = format!("{}{}", plan.text(), plan.sentence());
        let question = format!("Apply {}?", args.file.display());
        consent::require(&session.output, args.yes, &text, &question)?;
    }
    let done = send(session, &args.file, &mut declared, Pass::Act).await?;
    show(session, &done, &done.sentence()).await
}

/// Prints the topology of the broker as a file that `weir apply` takes.
pub(crate) async fn export(session: &mut Session) -> Result<(), Failure> {
    let exported = session.client.admin().export_topology().await;
    let (topics, subscriptions) =
        exported.map_err(|error| session.failure("export the topology", error))?;
    let document = || TopologyDocument::new(&topics, &subscriptions);
    let text = match session.format {
        Format::Json => json::pretty(&document())?,
        Format::Jsonl => json::line(&document())?,
        Format::Table | Format::Wide | Format::Name => topology::written(&topics, &subscriptions),
    };
    session.output.data(text).await
}

/// Whether a declaration is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Plan,
    Act,
}

/// Sends the declaration. What a dry run saw is noted in it, so that what follows is done only if it is still so.
async fn send(
    session: &Session,
    file: &Path,
    declared: &mut Declared,
    pass: Pass,
) -> Result<Changes, Failure> {
    let dry_run = pass == Pass::Plan;
    let mut changes = Changes {
        dry_run,
        ..Changes::default()
    };
    for part in declared.parts(AT_ONCE) {
        let request = v1::ApplyTopologyRequest {
            topics: part
                .topics
                .iter()
                .map(|&at| declared.topics[at].clone())
                .collect(),
            subscriptions: part
                .subscriptions
                .iter()
                .map(|&at| declared.subscriptions[at].clone())
                .collect(),
            dry_run,
        };
        let count = request.topics.len() + request.subscriptions.len();
        let answer = session.client.admin().apply_topology(request).await;
        let answer = answer.map_err(|error| match line_of(&error, declared, &part) {
            Some(line) => wrong(file, line, detail_of(&error)),
            None => session.failure(format!("apply {}", file.display()), error),
        })?;
        changes.add(&answer, count);
        if dry_run {
            declared.note(&answer);
        }
    }
    Ok(changes)
}

/// The line that declares what the broker found wrong.
fn line_of(error: &Error, declared: &Declared, part: &Part) -> Option<usize> {
    if error.reason() != ErrorReason::TopologyInvalid {
        return None;
    }
    let at: usize = error.metadata().get("index")?.parse().ok()?;
    match error.metadata().get("list")?.as_str() {
        "topics" => declared.topic_lines.get(*part.topics.get(at)?),
        _ => declared
            .subscription_lines
            .get(*part.subscriptions.get(at)?),
    }
    .copied()
}

fn detail_of(error: &Error) -> String {
    let part = |key: &str| error.metadata().get(key).cloned().unwrap_or_default();
    format!(
        "{}: {} ({})",
        part("name"),
        part("detail"),
        error.reason_name()
    )
}

fn wrong(file: &Path, line: usize, what: String) -> Failure {
    Failure::Declaration {
        file: file.to_owned(),
        line,
        what,
    }
}

/// Prints what differs, or did, and a sentence for people.
pub(super) async fn show(
    session: &mut Session,
    changes: &Changes,
    sentence: &str,
) -> Result<(), Failure> {
    let text = match session.format {
        Format::Json => json::pretty(changes)?,
        Format::Jsonl => json::line(changes)?,
        Format::Name => changes.names(),
        Format::Table | Format::Wide => changes.text(),
    };
    session.output.data(text).await?;
    session.output.note(sentence);
    Ok(())
}
