//! `weir events`, `weir mark add|ls`: what has happened, and marks that somebody sets.

use weir_proto::filter::Filter;
use weir_proto::v1;

use super::arguments::{AboutArgs, EventsArgs, ListArgs, MarkCommand};
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::present::event::{EventDocument, event_table};
use crate::present::format::Format;
use crate::present::{json, list};

/// All events that a broker keeps.
const MOST: u32 = 10_000;

/// Shows what has happened, and what happens.
pub(crate) async fn events(session: &mut Session, args: EventsArgs) -> Result<(), Failure> {
    let request = request(session, args.about).await?;
    if args.follow {
        follow(session, request, &args.list).await
    } else {
        list(session, request, &args.list, |_kind| true).await
    }
}

/// Runs a verb of marks.
pub(crate) async fn mark(session: &mut Session, command: MarkCommand) -> Result<(), Failure> {
    match command {
        MarkCommand::Add { text, about, by } => add(session, text, about, by).await,
        MarkCommand::Ls { about, list } => {
            let request = request(session, about).await?;
            self::list(session, request, &list, |kind| kind == v1::EventKind::Mark).await
        }
    }
}

async fn add(
    session: &mut Session,
    text: String,
    about: AboutArgs,
    by: Option<String>,
) -> Result<(), Failure> {
    let about = request(session, about).await?;
    let request = v1::AddMarkRequest {
        text,
        topic: about.topic,
        subscription: about.subscription,
        actor: by.unwrap_or_default(),
    };
    let event = session.client.operator().add_mark(request).await;
    let event = event.map_err(|error| session.failure("set a mark", error))?;
    let document = EventDocument::from(&event);
    let sentence = format!("set the mark: {}", document.text);
    session.outcome(&document, &document.id, &sentence).await
}

async fn request(session: &Session, about: AboutArgs) -> Result<v1::WatchEventsRequest, Failure> {
    let subscription = match &about.subscription {
        Some(given) => names::subscription(session, given).await?.name,
        None => String::new(),
    };
    Ok(v1::WatchEventsRequest {
        topic: about.topic.unwrap_or_default(),
        subscription,
        limit: MOST,
        ..v1::WatchEventsRequest::default()
    })
}

async fn list(
    session: &mut Session,
    request: v1::WatchEventsRequest,
    args: &ListArgs<EventDocument>,
    is_wanted: fn(v1::EventKind) -> bool,
) -> Result<(), Failure> {
    let mut events = open(session, request).await?;
    let mut found = Vec::new();
    loop {
        let next = events.next().await;
        let next = next.map_err(|error| session.failure("show the events", error))?;
        let Some(answer) = next else { break };
        let wanted = answer.events.iter().filter(|event| is_wanted(event.kind()));
        for event in wanted.map(EventDocument::from) {
            if is_selected(args.filter.as_ref(), &event)? {
                found.push(event);
            }
        }
    }
    // A limit means the newest ones.
    let most = args.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    found.drain(..found.len().saturating_sub(most));
    session
        .chosen(found, args, |event| &event.id, event_table)
        .await
}

async fn follow(
    session: &mut Session,
    request: v1::WatchEventsRequest,
    args: &ListArgs<EventDocument>,
) -> Result<(), Failure> {
    let request = v1::WatchEventsRequest {
        follow: true,
        ..request
    };
    let mut events = open(session, request).await?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut is_first = true;
    while left > 0 {
        let next = events.next().await;
        let next = next.map_err(|error| session.failure("follow the events", error))?;
        let Some(answer) = next else {
            return Err(Failure::Unwell(
                "the broker has ended the stream of events".to_owned(),
            ));
        };
        if answer.truncated {
            session
                .output
                .note("older events are not kept, or were missed");
        }
        let mut told = Vec::new();
        for event in answer.events.iter().map(EventDocument::from) {
            if left > 0 && is_selected(args.filter.as_ref(), &event)? {
                left -= 1;
                told.push(event);
            }
        }
        if !told.is_empty() {
            let text = text(session, &told, is_first)?;
            is_first = false;
            session.output.data(text).await?;
        }
    }
    Ok(())
}

async fn open(
    session: &Session,
    request: v1::WatchEventsRequest,
) -> Result<weir_proto::client::Events, Failure> {
    let opened = session.client.stats().events(request).await;
    opened.map_err(|error| session.failure("show the events", error))
}

fn is_selected(filter: Option<&Filter>, event: &EventDocument) -> Result<bool, Failure> {
    match filter {
        Some(filter) => Ok(filter.selects(&list::object(event)?)),
        None => Ok(true),
    }
}

/// A part of what follows: a header once, JSON as lines.
fn text(session: &Session, events: &[EventDocument], is_first: bool) -> Result<String, Failure> {
    Ok(match session.format {
        Format::Json | Format::Jsonl => events
            .iter()
            .map(json::line)
            .collect::<Result<String, _>>()?,
        Format::Name => {
            let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
            ids.join("\n") + "\n"
        }
        Format::Table | Format::Wide => {
            let table = event_table(events, session.format == Format::Wide);
            if is_first {
                table.render(session.output.is_colored())
            } else {
                table.render_rows()
            }
        }
    })
}
