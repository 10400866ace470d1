//! `weir topic edit` and `weir sub edit`: settings changed while messages flow.
//!
//! What is not named stays as it is. The change is planned by the broker, as that of a whole topology is, and
//! happens only if the settings are still those that were planned upon.

use weir_proto::client::Error;
use weir_proto::v1::{ApplyTopologyRequest, ErrorReason};

use super::apply;
use super::arguments::{EditArgs, EditSubscriptionArgs, EditTopicArgs};
use super::consent;
use super::failure::Failure;
use super::names;
use super::resources;
use super::session::Session;
use crate::topology::{self, Changes, Declared};

/// Changes settings of a topic.
pub(crate) async fn topic(session: &mut Session, args: EditTopicArgs) -> Result<(), Failure> {
    let tried = format!("change the topic {}", args.topic);
    let before = session.client.admin().get_topic(&args.topic).await;
    let before = before.map_err(|error| session.failure(tried.clone(), error))?;
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
    let given = resources::subscription(args.settings);
    let wanted = topology::edited_subscription(&before, &given, &args.edit.unset);
    let declared = Declared {
        subscriptions: vec![wanted.map_err(Failure::Usage)?],
        ..Declared::default()
    };
    change(session, &tried, declared, &args.edit).await
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
    if args.dry_run {
        return apply::show(session, &plan, "nothing was changed: this is a dry run").await;
    }
    if plan.may_lose() {
        let text = plan.text();
        consent::require(&session.output, args.yes, text.trim_end(), "Change it?")?;
    }
    let done = send(session, tried, &mut declared, false).await?;
    apply::show(session, &done, "changed").await
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
