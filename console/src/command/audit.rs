//! `weir audit ls|tail|export|verify`: who did what, and whether the record of it is as it was written.

use std::path::Path;

use tonic::Streaming;
use weir_proto::v1;

use super::arguments::{
    AboutArgs, AuditCommand, ExportAuditArgs, ListArgs, TailAuditArgs, VerifyAuditArgs,
};
use super::failure::Failure;
use super::names;
use super::session::Session;
use super::signals::Signals;
use crate::files::{self, Appended};
use crate::present::audit::{AuditDocument, Chain, ChainDocument, audit_table};
use crate::present::format::Format;
use crate::present::json;

/// Acts of one page.
const PAGE: i32 = 1_000;

/// Runs a verb of the record.
pub(crate) async fn run(session: &mut Session, command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Ls { about, list } => self::list(session, about, &list).await,
        AuditCommand::Tail(args) => tail(session, args).await,
        AuditCommand::Export(args) => export(session, args).await,
        AuditCommand::Verify(args) => verify(session, args).await,
    }
}

/// A list of all of it, or of what is about one thing.
async fn about(session: &Session, about: AboutArgs) -> Result<v1::ListAuditRequest, Failure> {
    let subscription = match &about.subscription {
        // What is deleted is still on record, by the name that it had.
        Some(given) => match names::subscription(session, given).await {
            Ok(found) => found.name,
            Err(Failure::Broker { error, .. }) if error.is_not_found() => given.clone(),
            Err(failure) => return Err(failure),
        },
        None => String::new(),
    };
    Ok(v1::ListAuditRequest {
        page_size: PAGE,
        topic: about.topic.unwrap_or_default(),
        subscription,
        ..v1::ListAuditRequest::default()
    })
}

async fn list(
    session: &mut Session,
    of: AboutArgs,
    args: &ListArgs<AuditDocument>,
) -> Result<(), Failure> {
    let mut request = about(session, of).await?;
    // Without a filter or an order, the newest are enough.
    let enough = args
        .limit
        .filter(|_| args.filter.is_none() && args.sort.is_none());
    let enough = enough.and_then(|limit| usize::try_from(limit).ok());
    let operator = session.operator();
    let (mut found, mut is_intact) = (Vec::new(), true);
    loop {
        let page = operator.list_audit(request.clone()).await;
        let page = page.map_err(|error| session.failure("list the acts on record", error))?;
        is_intact &= page.is_intact;
        found.extend(page.records.into_iter().map(AuditDocument::from));
        request.page_token = page.next_page_token;
        let has_enough = enough.is_some_and(|enough| found.len() >= enough);
        if request.page_token.is_empty() || has_enough {
            break;
        }
    }
    session
        .chosen(found, args, |act| &act.id, audit_table)
        .await?;
    if is_intact {
        return Ok(());
    }
    Err(Failure::Unwell(
        "the broker says that its record is not as it was written; weir audit verify says where"
            .to_owned(),
    ))
}

async fn open(
    session: &Session,
    after_sequence: u64,
    follow: bool,
) -> Result<Streaming<v1::WatchAuditResponse>, Failure> {
    let request = v1::WatchAuditRequest {
        after_sequence,
        follow,
    };
    let opened = session.operator().watch_audit(request).await;
    opened.map_err(|error| session.failure("read the acts on record", error))
}

/// The next acts of a stream; none at its end.
async fn next(
    session: &Session,
    acts: &mut Streaming<v1::WatchAuditResponse>,
) -> Result<Option<Vec<AuditDocument>>, Failure> {
    let next = acts.message().await;
    let next = next.map_err(|status| session.failure("read the acts on record", status.into()))?;
    let documents =
        |answer: v1::WatchAuditResponse| answer.records.into_iter().map(AuditDocument::from);
    Ok(next.map(|answer| documents(answer).collect()))
}

async fn tail(session: &mut Session, args: TailAuditArgs) -> Result<(), Failure> {
    let of = AboutArgs {
        topic: args.topic,
        subscription: args.subscription,
    };
    let mut request = about(session, of).await?;
    let (topic, subscription) = (request.topic.clone(), request.subscription.clone());
    request.page_size = i32::try_from(args.last.max(1)).unwrap_or(PAGE).min(PAGE);
    let newest = session.operator().list_audit(request).await;
    let newest = newest.map_err(|error| session.failure("list the acts on record", error))?;
    // The newest of all is where what follows begins; those that are shown may be others.
    let one = v1::ListAuditRequest {
        page_size: 1,
        ..v1::ListAuditRequest::default()
    };
    let last = session.operator().list_audit(one).await;
    let last = last.map_err(|error| session.failure("list the acts on record", error))?;
    let mut after = last.records.first().map_or(0, |act| act.sequence);
    let shown = usize::try_from(args.last).unwrap_or(usize::MAX);
    let mut told: Vec<AuditDocument> = newest
        .records
        .into_iter()
        .filter(|act| act.sequence <= after)
        .take(shown)
        .map(AuditDocument::from)
        .collect();
    told.reverse();
    let mut left = args.max.unwrap_or(u64::MAX);
    let mut acts = open(session, after, true).await?;
    let mut is_first = true;
    loop {
        told.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left = left.saturating_sub(told.len() as u64);
        if !told.is_empty() {
            let text = text(session, &told, is_first)?;
            is_first = false;
            session.output.data(text).await?;
        }
        if left == 0 {
            return Ok(());
        }
        let Some(more) = next(session, &mut acts).await? else {
            let what = format!("the broker has ended the stream of acts after act {after}");
            return Err(Failure::Unwell(what));
        };
        after = more.last().map_or(after, |act| act.sequence);
        told = more;
        told.retain(|act| {
            let is_of = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
            is_of(&topic, &act.topic) && is_of(&subscription, &act.subscription)
        });
    }
}

/// A part of what follows: a header once, JSON as lines.
fn text(session: &Session, acts: &[AuditDocument], is_first: bool) -> Result<String, Failure> {
    Ok(match session.format {
        Format::Json | Format::Jsonl => acts.iter().map(json::line).collect::<Result<_, _>>()?,
        Format::Name => {
            let ids: Vec<&str> = acts.iter().map(|act| act.id.as_str()).collect();
            ids.join("\n") + "\n"
        }
        Format::Table | Format::Wide => {
            let table = audit_table(acts, session.format == Format::Wide);
            if is_first {
                table.render(session.output.is_colored())
            } else {
                table.render_rows()
            }
        }
    })
}

async fn export(session: &mut Session, args: ExportAuditArgs) -> Result<(), Failure> {
    let page = |path: &Path, error| Failure::Page {
        path: path.to_owned(),
        error,
    };
    let file = args.file.as_ref();
    let file = file.map(|path| Appended::open(path, false).map_err(|error| page(path, error)));
    let mut file = file.transpose()?;
    let mut signals = Signals::listen()?;
    let mut acts = open(session, args.after, false).await?;
    let mut chain = Chain::default();
    loop {
        let more = tokio::select! {
            more = next(session, &mut acts) => more?,
            () = signals.next() => return Err(Failure::Interrupted),
        };
        let Some(more) = more else { break };
        for act in &more {
            chain.add(act);
        }
        let lines = more.iter().map(json::line).collect::<Result<String, _>>()?;
        match &mut file {
            Some(file) => {
                let written = file.append(lines.as_bytes());
                written.map_err(|error| page(file.path(), error))?;
            }
            None => session.output.data(lines).await?,
        }
    }
    let verdict = chain.verdict().map_err(Failure::Unwell)?;
    session.output.note(&format!("exported {verdict}"));
    Ok(())
}

async fn verify(session: &mut Session, args: VerifyAuditArgs) -> Result<(), Failure> {
    let chain = match &args.file {
        Some(path) => of_file(path)?,
        None => of_broker(session).await?,
    };
    let document = ChainDocument::from(&chain);
    let verdict = chain.verdict();
    if let Ok(verdict) = &verdict {
        let text = |_is_colored| format!("{verdict}\n");
        return session.thing(&document, "holds", text).await;
    }
    if matches!(session.format, Format::Json | Format::Jsonl) {
        session
            .thing(&document, "broken", |_is_colored| String::new())
            .await?;
    }
    verdict.map(|_holds| ()).map_err(Failure::Unwell)
}

async fn of_broker(session: &Session) -> Result<Chain, Failure> {
    let mut acts = open(session, 0, false).await?;
    let mut chain = Chain::default();
    while let Some(more) = next(session, &mut acts).await? {
        for act in &more {
            chain.add(act);
        }
    }
    Ok(chain)
}

/// The chain of an export: a line for each act.
fn of_file(path: &Path) -> Result<Chain, Failure> {
    let text = files::read_text(path).map_err(|error| Failure::file(path, error))?;
    let mut chain = Chain::default();
    let lines = text.lines().enumerate();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let act: AuditDocument =
            serde_json::from_str(line).map_err(|error| Failure::Declaration {
                file: path.to_owned(),
                line: at + 1,
                what: format!("this is no act of an export: {error}"),
            })?;
        chain.add(&act);
    }
    Ok(chain)
}
