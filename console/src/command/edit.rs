//! `weir topic edit` and `weir sub edit`: settings changed while messages flow.
//!
//! What is not named stays as it is. The change is planned by the broker, as that of a whole topology is, and
//! happens only if the settings are still those that were planned upon. One that may drop messages goes through a plan
//! that counts them, as every act that does.

use prost_types::FieldMask;
use weir_proto::client::Error;
use weir_proto::v1::{self, ApplyTopologyRequest, ErrorReason};

use super::acting::{self, Asks, How, Outcome, Wanted};
use super::apply;
use super::arguments::{EditArgs, EditSubscriptionArgs, EditTopicArgs};
use super::failure::Failure;
use super::names;
use super::resources;
use super::session::Session;
use crate::present::operation::{Counted, OperationDocument};
use crate::topology::{self, Changes, Declared};

/// Changes settings of a topic.
pub(crate) async fn topic(session: &mut Session, args: EditTopicArgs) -> Result<(), Failure> {
    let tried = format!("change the topic {}", args.topic);
    let before = session.client.admin().get_topic(&args.topic).await;
    let before = before.map_err(|error| session.failure(tried.clone(), error))?;
    if !args.edit.consent.plan.is_empty() {
        return apply_plan(session, &tried, ("topic edit", before.name), args.edit).await;
    }
    let given = resources::topic(&args.settings);
    let wanted = topology::edited_topic(&before, &given, &args.edit.unset);
    let declared = Declared {
        topics: vec![wanted.map_err(Failure::Usage)?],
        ..Declared::default()
    };
    change(session, &tried, declared, &args.edit).await
}

/// Changes settings of a subscription.
pub(crate) async fn subscription(
    session: &mut Session,
    args: EditSubscriptionArgs,
) -> Result<(), Failure> {
    let before = names::subscription(session, &args.subscription).await?;
    let tried = format!("change the subscription {}", before.name);
    if !args.edit.consent.plan.is_empty() {
        return apply_plan(session, &tried, ("sub edit", before.name), args.edit).await;
    }
    let given = resources::subscription(args.settings);
    let wanted = topology::edited_subscription(&before, &given, &args.edit.unset);
    let declared = Declared {
        subscriptions: vec![wanted.map_err(Failure::Usage)?],
        ..Declared::default()
    };
    change(session, &tried, declared, &args.edit).await
}

/// Carries out a change that was planned before.
async fn apply_plan(
    session: &mut Session,
    tried: &str,
    name: (&'static str, String),
    args: EditArgs,
) -> Result<(), Failure> {
    let how = How {
        consent: args.consent,
        ..How::default()
    };
    acting::run(session, of_plan(tried, name), how).await
}

async fn change(
    session: &mut Session,
    tried: &str,
    mut declared: Declared,
    args: &EditArgs,
) -> Result<(), Failure> {
    let plan = send(session, tried, &mut declared, true).await?;
    if plan.changes.is_empty() {
        return apply::show(session, &plan, "it is so already: nothing to change").await;
    }
    if plan.may_lose() {
        return change_by_plan(session, tried, (&plan, declared), args).await;
    }
    if args.consent.dry_run {
        return apply::show(session, &plan, "nothing was changed: this is a dry run").await;
    }
    let done = send(session, tried, &mut declared, false).await?;
    apply::show(session, &done, "changed").await
}

/// A change that may drop messages: the broker counts them, and does it as an operation.
async fn change_by_plan(
    session: &mut Session,
    tried: &str,
    (changes, declared): (&Changes, Declared),
    args: &EditArgs,
) -> Result<(), Failure> {
    let name = named(&declared);
    let wanted = Wanted {
        requests: vec![request(changes, declared)],
        lead: changes.text().trim_end().to_owned(),
        ..of_plan(tried, name)
    };
    let how = How {
        consent: args.consent.clone(),
        ..How::default()
    };
    match acting::perform(session, &wanted, &how).await? {
        Outcome::Planned(plan) => {
            session.output.note(&plan.words());
            let planned = changes.planned(*plan);
            apply::show(session, &planned, "nothing was changed: this is a dry run").await
        }
        Outcome::Nothing => apply::show(session, changes, "nothing to change").await,
        Outcome::Done(operations) => {
            let done = changes.done(OperationDocument::new(&operations).operation);
            apply::show(session, &done, "changed").await
        }
    }
}

fn of_plan(tried: &str, (verb, name): (&'static str, String)) -> Wanted {
    Wanted {
        requests: Vec::new(),
        command: (verb, name.clone()),
        tried: tried.to_owned(),
        done: ("changed", Counted::Nothing),
        asks: Asks::Naming("Change"),
        lead: String::new(),
        name,
    }
}

/// The one thing that is declared.
fn named(declared: &Declared) -> (&'static str, String) {
    let topic = declared
        .topics
        .first()
        .map(|topic| ("topic edit", &topic.name));
    let found = declared.subscriptions.first();
    let subscription = found.map(|found| ("sub edit", &found.name));
    let (verb, name) = subscription.or(topic).unwrap_or(("topic edit", &EMPTY));
    (verb, name.clone())
}

static EMPTY: String = String::new();

/// The same change as a plan: what is declared, and which of it differs.
fn request(changes: &Changes, declared: Declared) -> v1::PlanRequest {
    let settings = changes.changes.iter().flat_map(|change| &change.settings);
    let paths = settings.map(|setting| setting.name.clone()).collect();
    let request = v1::PlanRequest {
        update_mask: Some(FieldMask { paths }),
        ..v1::PlanRequest::default()
    };
    let topic = declared.topics.into_iter().next();
    let subscription = declared.subscriptions.into_iter().next();
    match subscription {
        Some(subscription) => v1::PlanRequest {
            act: v1::OperationAct::UpdateSubscription.into(),
            subscription: subscription.name.clone(),
            subscription_settings: Some(subscription),
            ..request
        },
        None => v1::PlanRequest {
            act: v1::OperationAct::UpdateTopic.into(),
            topic: topic
                .as_ref()
                .map_or_else(String::new, |topic| topic.name.clone()),
            topic_settings: topic,
            ..request
        },
    }
}

async fn send(
    session: &Session,
    tried: &str,
    declared: &mut Declared,
    dry_run: bool,
) -> Result<Changes, Failure> {
    let mut changes = Changes {
        dry_run,
        ..Changes::default()
    };
    let request = ApplyTopologyRequest {
        topics: declared.topics.clone(),
        subscriptions: declared.subscriptions.clone(),
        dry_run,
    };
    let answer = session.client.admin().apply_topology(request).await;
    let answer = answer.map_err(|error| refusal(session, tried, error))?;
    changes.add(&answer, 1);
    if dry_run {
        declared.note(&answer);
    }
    Ok(changes)
}

/// A setting that is wrong is told without its place in a list of one.
fn refusal(session: &Session, tried: &str, error: Error) -> Failure {
    let detail = error.metadata().get("detail");
    match detail.filter(|_| error.reason() == ErrorReason::TopologyInvalid) {
        Some(detail) => Failure::Usage(format!("cannot {tried}: {detail}")),
        None => session.failure(tried, error),
    }
}
