//! What every act on many messages goes through: planned by the broker, shown, agreed to, carried out, and followed
//! to its end.
//!
//! Exactly what was shown is done: what is applied is the plan, by its id. An act may need several plans, for several
//! subscriptions or for more ids than one call takes; they are shown as one and carried out one after another.

use weir_proto::v1::{self, OperationAct, OperationState};

use super::arguments::{CanaryArgs, ConsentArgs};
use super::consent::{self, Question};
use super::failure::Failure;
use super::output::filtered;
use super::parts;
use super::session::Session;
use super::signals::Signals;
use crate::present::operation::{Counted, OperationDocument, deletes, is_of_messages};
use crate::present::operations::{ListedOperation, bad_end};
use crate::present::plan::PlanDocument;
use crate::present::shell::word;
use crate::present::units;

/// An act that somebody wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What is to be planned; empty if there is nothing to act on.
    pub(crate) requests: Vec<v1::PlanRequest>,
    /// What it is done to.
    pub(crate) name: String,
    /// The command without flags, to carry a plan out: `dlq requeue`, and what of.
    pub(crate) command: (&'static str, String),
    /// For a sentence about a failure: `requeue dead messages of billing`.
    pub(crate) tried: String,
    /// For the sentence about its end: `requeued`, and what that counts.
    pub(crate) done: (&'static str, Counted),
    /// For the question: `Requeue`, and what of: `dead messages of billing`.
    pub(crate) asks: Asks,
    /// What is shown above the plan; may be empty.
    pub(crate) lead: String,
}

impl Wanted {
    /// The same request for a plan of this act on this thing and no other.
    fn of_this(&self, request: v1::ApplyRequest) -> v1::ApplyRequest {
        let (verb, name) = &self.command;
        let act = match *verb {
            "dlq requeue" => OperationAct::Requeue,
            "dlq discard" => OperationAct::Discard,
            "dlq move" => OperationAct::Move,
            "dlq edit" => OperationAct::Edit,
            "sub purge" | "topic purge" => OperationAct::Purge,
            "sub seek" => OperationAct::Seek,
            "sub rm" => OperationAct::DeleteSubscription,
            "sub edit" => OperationAct::UpdateSubscription,
            "topic rm" => OperationAct::DeleteTopic,
            "topic edit" => OperationAct::UpdateTopic,
            "op undo" => OperationAct::Undo,
            _ => OperationAct::Unspecified,
        };
        let name = || name.clone();
        let (topic, subscription) = match verb.split(' ').next() {
            Some("topic") => (name(), String::new()),
            Some("dlq" | "sub") => (String::new(), name()),
            _ => (String::new(), String::new()),
        };
        v1::ApplyRequest {
            act: act.into(),
            topic,
            subscription,
            ..request
        }
    }
}

/// How an act is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asks {
    /// `Requeue 2 dead messages of billing?`
    Counting(&'static str, [&'static str; 2]),
    /// `Delete the topic orders?`
    Naming(&'static str),
}

/// How it is carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct How {
    pub(crate) consent: ConsentArgs,
    pub(crate) rate: Option<u64>,
    pub(crate) canary: CanaryArgs,
}

/// How it came out.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was only planned.
    Planned(Box<PlanDocument>),
    /// There was nothing to do.
    Nothing,
    /// It was begun; unless nobody wanted to wait, it is over.
    Done(Vec<v1::Operation>),
}

/// Does what is wanted, and prints what came of it.
pub(crate) async fn run(session: &mut Session, wanted: Wanted, how: How) -> Result<(), Failure> {
    match perform(session, &wanted, &how).await? {
        Outcome::Planned(plan) => {
            let words = with_lead(&wanted.lead, &plan.words());
            let to_do = match plan.apply.as_str() {
                "" => String::new(),
                apply => format!("nothing was changed; to do exactly this: {apply}\n"),
            };
            let text = filtered(&format!("{words}\n{to_do}"));
            let id = plan.plans.join(" ");
            session.thing(&*plan, &id, |_is_colored| text).await
        }
        Outcome::Nothing => {
            let document = OperationDocument::new(&[]);
            let sentence = format!("nothing to do: no message of {} is selected", wanted.name);
            session.outcome(&document, "", &sentence).await
        }
        Outcome::Done(operations) => told(session, &wanted, &operations).await,
    }
}

/// Does what is wanted, and leaves it to others to say what came of it.
pub(crate) async fn perform(
    session: &Session,
    wanted: &Wanted,
    how: &How,
) -> Result<Outcome, Failure> {
    let consent = &how.consent;
    let plans = if consent.plan.is_empty() {
        let plans = planned(session, wanted, how).await?;
        let is_idle = |plan: &v1::ActionPlan| {
            let is_of_messages = is_of_messages(plan.act()) && !deletes(plan.undone_act());
            plan.affected == 0 && is_of_messages
        };
        let busy = plans.iter().filter(|plan| !is_idle(plan));
        let busy: Vec<String> = busy.map(|plan| plan.plan.clone()).collect();
        let mut document = PlanDocument::new(&plans, command(session, wanted, how, &plans));
        document.parts = parts::told(busy.len(), consent, &how.canary);
        if consent.dry_run {
            return Ok(Outcome::Planned(Box::new(document)));
        }
        if busy.is_empty() {
            return idle(&document);
        }
        let asked = Question {
            plan: &with_lead(&wanted.lead, &document.words()),
            whether: &wanted.asks.question(&document, &wanted.name),
            name: &wanted.name,
            command: &document.apply,
        };
        consent::on_plan(session, consent, &asked)?;
        // A part in which there is nothing to do would be an operation on nothing.
        busy
    } else {
        let asked = Question {
            plan: "",
            whether: "",
            name: &wanted.name,
            command: "",
        };
        consent::on_plan(session, consent, &asked)?;
        consent.plan.clone()
    };
    let parts = parts::told(plans.len(), consent, &how.canary);
    let is_shown = !consent.yes && consent.plan.is_empty();
    if !parts.is_empty() && !is_shown {
        session.output.note(&parts);
    }
    carried_out(session, wanted, how, &plans)
        .await
        .map(Outcome::Done)
}

async fn planned(
    session: &Session,
    wanted: &Wanted,
    how: &How,
) -> Result<Vec<v1::ActionPlan>, Failure> {
    let operator = session.operator();
    let mut plans = Vec::new();
    for request in &wanted.requests {
        let request = v1::PlanRequest {
            rate: how.rate.unwrap_or(0),
            ..request.clone()
        };
        let plan = operator.plan(request).await;
        plans.push(plan.map_err(|error| session.failure(wanted.tried.clone(), error))?);
    }
    Ok(plans)
}

/// A plan in which there is nothing to do; of an undo, that is a failure.
fn idle(plan: &PlanDocument) -> Result<Outcome, Failure> {
    let Some(id) = plan.undoes.clone() else {
        return Ok(Outcome::Nothing);
    };
    let why = match plan.skips.first() {
        Some(skip) if skip.cause == "delivered" => {
            format!(
                "all {} were handed out since",
                units::messages(plan.skipped)
            )
        }
        Some(_) => format!(
            "all {} are no longer as it left them",
            units::messages(plan.skipped)
        ),
        None => "it changed no message".to_owned(),
    };
    Err(Failure::NothingLeft { id, why })
}

/// Applies plans one after another, each once the one before is over unless nobody waits.
async fn carried_out(
    session: &Session,
    wanted: &Wanted,
    how: &How,
    plans: &[String],
) -> Result<Vec<v1::Operation>, Failure> {
    let mut signals = Signals::listen()?;
    let mut done: Vec<v1::Operation> = Vec::new();
    for plan in plans {
        let request = how.apply(plan, done.is_empty() || how.consent.no_wait);
        let request = wanted.of_this(request);
        let applied = session.operator().apply(request).await;
        let failed = |error| session.failure(wanted.tried.clone(), error);
        let begun = applied.map_err(failed);
        let operation = match begun {
            Ok(begun) if how.consent.no_wait => Ok(begun),
            Ok(begun) => followed(session, &begun.operation, &mut signals).await,
            Err(failure) => Err(failure),
        };
        match operation {
            Ok(operation) => done.push(operation),
            Err(failure) => {
                if !done.is_empty() {
                    parts::say_before(session, &done, wanted.done, &wanted.name);
                }
                return Err(failure);
            }
        }
        if done.last().is_some_and(|last| bad_end(last).is_some()) {
            parts::say_left(session, plans.get(done.len()..).unwrap_or_default());
            break;
        }
    }
    Ok(done)
}

/// Follows an operation to its end, with progress on a terminal. Ctrl-C leaves it to itself.
pub(crate) async fn followed(
    session: &Session,
    id: &str,
    signals: &mut Signals,
) -> Result<v1::Operation, Failure> {
    let (operator, output) = (session.operator(), &session.output);
    let ended = tokio::select! {
        ended = operator.follow_operation(id, |state| {
            output.progress(&ListedOperation::from(state).progress());
        }) => ended,
        () = signals.next() => {
            output.end_progress();
            return Err(session.goes_on(id));
        }
    };
    output.end_progress();
    ended.map_err(|error| {
        let failure = session.failure(format!("follow operation {id}"), error);
        if matches!(failure, Failure::Lost { .. }) {
            let get = session.command(&format!("op get {}", word(id)));
            let undo = session.undo(id);
            let note = format!("operation {id} goes on once the broker is back: {get}; {undo}");
            output.note(&note);
        }
        failure
    })
}

/// Prints how it ended.
async fn told(
    session: &mut Session,
    wanted: &Wanted,
    operations: &[v1::Operation],
) -> Result<(), Failure> {
    let document = OperationDocument::new(operations);
    let ids = document.ids().join(" ");
    let mut lines = Vec::new();
    let is_under_way = |one: &v1::Operation| {
        let state = one.state();
        !matches!(state, OperationState::Finished) && bad_end(one).is_none()
    };
    if operations.iter().any(is_under_way) {
        for one in operations {
            let id = word(&one.operation);
            let watch = session.command(&format!("op watch {id}"));
            let cancel = session.command(&format!("op cancel {id}"));
            lines.push(format!(
                "began operation {id}; {watch} follows it, {cancel} ends it"
            ));
        }
    } else {
        let (verb, counted) = wanted.done;
        lines.push(document.sentence(verb, counted, &wanted.name));
    }
    if let Some(undo) = document.undo(|words| session.command(words)) {
        lines.push(format!("undo {undo}"));
    }
    session.outcome(&document, &ids, &lines.join("\n")).await?;
    judged(operations)
}

/// Fails if one of them ended before it was done: in part, or with nothing done at all.
pub(crate) fn judged(operations: &[v1::Operation]) -> Result<(), Failure> {
    let Some(why) = operations.iter().find_map(bad_end) else {
        return Ok(());
    };
    if operations.iter().all(|one| one.affected == 0) {
        return Err(Failure::Unwell(why));
    }
    Err(Failure::Partly(why))
}

/// The command that carries out exactly these plans, as carefully as it was asked for.
fn command(session: &Session, wanted: &Wanted, how: &How, plans: &[v1::ActionPlan]) -> String {
    if plans.is_empty() {
        return String::new();
    }
    let (verb, subject) = &wanted.command;
    let mut words = vec![(*verb).to_owned(), word(subject)];
    words.extend(
        plans
            .iter()
            .map(|plan| format!("--plan {}", word(&plan.plan))),
    );
    let canary = &how.canary;
    let flag = |name: &str, value: Option<String>| value.map(|value| format!("--{name} {value}"));
    words.extend(flag("rate", how.rate.map(|rate| rate.to_string())));
    words.extend(flag("canary", canary.canary.map(|count| count.to_string())));
    let wait = canary
        .canary_wait
        .map(|wait| humantime::format_duration(wait).to_string());
    words.extend(flag("canary-wait", wait.map(|wait| wait.replace(' ', ""))));
    words.extend(flag("brake", canary.brake.map(|brake| brake.to_string())));
    if canary.keep_attempts {
        words.push("--keep-attempts".to_owned());
    }
    if how.consent.no_wait {
        words.push("--no-wait".to_owned());
    }
    if session.production().is_some() {
        words.push(format!("--confirm {}", word(&wanted.name)));
    }
    session.command(&words.join(" "))
}

fn with_lead(lead: &str, words: &str) -> String {
    match lead {
        "" => words.to_owned(),
        lead => format!("{lead}\n{words}"),
    }
}

impl How {
    fn apply(&self, plan: &str, has_canary: bool) -> v1::ApplyRequest {
        let canary = &self.canary;
        v1::ApplyRequest {
            plan: plan.to_owned(),
            rate: self.rate.unwrap_or(0),
            canary_count: canary.canary.filter(|_count| has_canary).unwrap_or(0),
            canary_wait: canary.canary_wait.map(units::proto_span),
            brake_percent: canary.brake.unwrap_or(0.0),
            keeps_attempts: canary.keep_attempts,
            ..v1::ApplyRequest::default()
        }
    }
}

impl Asks {
    fn question(self, plan: &PlanDocument, name: &str) -> String {
        match self {
            Self::Counting(verb, [one, many]) => {
                let what = units::counted(plan.affected, one, many);
                format!("{verb} {what} of {name}?")
            }
            Self::Naming(start) => format!("{start} {name}?"),
        }
    }
}
