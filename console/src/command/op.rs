//! `weir op ls|get|watch|pause|resume|cancel|undo`: operations, which are acts on many messages that were begun.

use weir_proto::client::Error;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{self, OperationAct};

use super::acting::{self, Asks, How, Wanted};
use super::arguments::{CancelArgs, ConsentArgs, ListArgs, OpCommand, OperationArgs, UndoArgs};
use super::consent::{self, Question};
use super::failure::Failure;
use super::names;
use super::output::filtered;
use super::session::Session;
use super::signals::Signals;
use crate::present::format::Format;
use crate::present::json;
use crate::present::operation::{Counted, acted_on, is_over};
use crate::present::operations::{ListedOperation, operation_table};
use crate::present::shell::word;

/// Operations of one page.
const PAGE: i32 = 1_000;

/// Runs a verb of operations.
pub(crate) async fn run(session: &mut Session, command: OpCommand) -> Result<(), Failure> {
    match command {
        OpCommand::Ls { subscription, list } => self::list(session, subscription, &list).await,
        OpCommand::Get(args) => get(session, &args).await,
        OpCommand::Watch(args) => watch(session, &args).await,
        OpCommand::Pause(args) => {
            let paused = session.operator().pause_operation(&args.id).await;
            changed(session, ("pause", "paused"), &args.id, paused).await
        }
        OpCommand::Resume(args) => {
            let resumed = session.operator().resume_operation(&args.id).await;
            changed(session, ("resume", "resumed"), &args.id, resumed).await
        }
        OpCommand::Cancel(args) => cancel(session, args).await,
        OpCommand::Undo(args) => undo(session, args).await,
    }
}

async fn list(
    session: &mut Session,
    given: Option<String>,
    args: &ListArgs<ListedOperation>,
) -> Result<(), Failure> {
    let subscription = match &given {
        Some(given) => names::subscription(session, given).await?.name,
        None => String::new(),
    };
    let mut request = v1::ListOperationsRequest {
        page_size: PAGE,
        subscription,
        ..v1::ListOperationsRequest::default()
    };
    let operator = session.operator();
    let mut found = Vec::new();
    loop {
        let page = operator.list_operations(request.clone()).await;
        let page = page.map_err(|error| session.failure("list the operations", error))?;
        found.extend(page.operations.iter().map(ListedOperation::from));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    session
        .chosen(found, args, |one| &one.operation, operation_table)
        .await
}

async fn get(session: &mut Session, args: &OperationArgs) -> Result<(), Failure> {
    let operation = find(session, &args.id, "show").await?;
    let document = ListedOperation::from(&operation);
    let undo = session.undo(&document.operation);
    let text = |is_colored| document.fields(&undo).render(is_colored);
    session.thing(&document, &document.operation, text).await
}

async fn find(session: &Session, id: &str, verb: &str) -> Result<v1::Operation, Failure> {
    let found = session.operator().get_operation(id).await;
    found.map_err(|error| session.failure(format!("{verb} operation {id}"), error))
}

/// Prints each state on the way: over one line on a terminal, else a line each.
async fn watch(session: &mut Session, args: &OperationArgs) -> Result<(), Failure> {
    let id = &args.id;
    let mut signals = Signals::listen()?;
    let operator = session.operator();
    let (sender, mut states) = tokio::sync::mpsc::unbounded_channel();
    let following = operator.follow_operation(id, move |state| {
        // Whoever would receive it waits below.
        drop(sender.send(state.clone()));
    });
    tokio::pin!(following);
    let (mut ended, mut is_told) = (None, false);
    // All states are told before the end is.
    while ended.is_none() || !is_told {
        tokio::select! {
            biased;
            state = states.recv(), if !is_told => match state {
                Some(state) => say(session, &state).await?,
                None => is_told = true,
            },
            end = &mut following, if ended.is_none() => ended = Some(end),
            () = signals.next() => {
                session.output.end_progress();
                return Err(session.goes_on(id));
            }
        }
    }
    session.output.end_progress();
    match ended {
        Some(Ok(last)) if is_over(last.state()) => acting::judged(&[last]),
        Some(Err(error)) => Err(session.failure(format!("follow operation {id}"), error)),
        _ => Err(Failure::Unwell(format!(
            "the broker has ended the stream of operation {id}, which goes on"
        ))),
    }
}

async fn say(session: &mut Session, operation: &v1::Operation) -> Result<(), Failure> {
    let document = ListedOperation::from(operation);
    let text = match session.format {
        Format::Json | Format::Jsonl => json::line(&document)?,
        Format::Name => {
            let name = SafeText::new(&document.operation);
            format!("{name}\n")
        }
        Format::Table | Format::Wide => {
            let line = SafeText::new(document.progress());
            if session.output.is_terminal() && session.output.shows_progress() {
                if !is_over(operation.state()) {
                    session.output.progress(line.as_str());
                    return Ok(());
                }
                session.output.end_progress();
            }
            format!("{line}\n")
        }
    };
    session.output.data(text).await
}

/// Tells what an operation is after it was asked to do otherwise.
async fn changed(
    session: &mut Session,
    (verb, done): (&str, &str),
    id: &str,
    now: Result<v1::Operation, Error>,
) -> Result<(), Failure> {
    let now = now.map_err(|error| session.failure(format!("{verb} operation {id}"), error))?;
    let document = ListedOperation::from(&now);
    let sentence = format!("{done}: {}", document.progress());
    session
        .outcome(&document, &document.operation, &sentence)
        .await
}

async fn cancel(session: &mut Session, args: CancelArgs) -> Result<(), Failure> {
    let id = &args.id;
    if args.dry_run || !args.yes {
        let operation = find(session, id, "cancel").await?;
        let document = ListedOperation::from(&operation);
        let plan = format!(
            "ends it where it is: {}\nwhat it has done stays, and can be undone",
            document.progress()
        );
        if args.dry_run {
            let text = |_is_colored| filtered(&plan);
            return session.thing(&document, id, text).await;
        }
        // What is over already is refused by the broker, which needs no question.
        if !is_over(operation.state()) {
            let given = ConsentArgs::default();
            let asked = Question {
                plan: &plan,
                whether: &format!("Cancel operation {id}?"),
                name: acted_on(&operation.topic, &operation.subscription),
                command: &session.command(&format!("op cancel {} --yes", word(id))),
            };
            consent::on_plan(session, &given, &asked)?;
        }
    }
    let cancelled = session.operator().cancel_operation(id).await;
    changed(session, ("cancel", "cancelled"), id, cancelled).await
}

async fn undo(session: &mut Session, args: UndoArgs) -> Result<(), Failure> {
    let request = v1::PlanRequest {
        act: OperationAct::Undo.into(),
        operation: args.id.clone(),
        ..v1::PlanRequest::default()
    };
    // People call the operation by what it was about.
    let about = find(session, &args.id, "undo").await?;
    let (done, asks) = match about.act() {
        OperationAct::DeleteTopic => (
            ("brought back the topic", Counted::Nothing),
            Asks::Naming("Bring back the topic"),
        ),
        OperationAct::DeleteSubscription => (
            ("brought back the subscription", Counted::Nothing),
            Asks::Naming("Bring back the subscription"),
        ),
        _ => (
            ("took back", Counted::Messages),
            Asks::Counting("Take back", ["message", "messages"]),
        ),
    };
    let name = acted_on(&about.topic, &about.subscription).clone();
    let wanted = Wanted {
        requests: vec![request],
        command: ("op undo", args.id.clone()),
        tried: format!("undo operation {}", args.id),
        done,
        asks,
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        rate: args.rate.rate,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}
