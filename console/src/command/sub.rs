//! `weir sub ls|create|get|pause|resume|rm`, and the way to the other verbs of subscriptions.

use weir_proto::v1;

use super::arguments::{CreateSubscriptionArgs, KeyOrderArg, ListArgs, Place, SubCommand};
use super::failure::Failure;
use super::session::Session;
use super::{consent, lag, names, peek, pull, seek};
use crate::present::operation::DeletedSubscriptionDocument;
use crate::present::subscription::{SubscriptionDocument, SubscriptionNumbers, subscription_table};
use crate::present::units;

/// Runs a verb of subscriptions.
pub(crate) async fn run(session: &mut Session, command: SubCommand) -> Result<(), Failure> {
    match command {
        SubCommand::Ls { topic, list } => self::list(session, topic, &list).await,
        SubCommand::Create(args) => create(session, args).await,
        SubCommand::Get { subscription } => get(session, &subscription).await,
        SubCommand::Pause { subscription } => hold(session, &subscription, Hold::Pause).await,
        SubCommand::Resume { subscription } => hold(session, &subscription, Hold::Resume).await,
        SubCommand::Seek(args) => seek::run(session, args).await,
        SubCommand::Rm { subscription, yes } => delete(session, &subscription, yes).await,
        SubCommand::Pull(args) => pull::run(session, args).await,
        SubCommand::Peek(args) => peek::subscription(session, &args).await,
        SubCommand::Lag(args) => lag::run(session, &args).await,
    }
}

async fn list(
    session: &mut Session,
    topic: Option<String>,
    args: &ListArgs<SubscriptionNumbers>,
) -> Result<(), Failure> {
    let failed = |error| session.failure("list the subscriptions", error);
    let mut request = v1::GetStatsRequest::default();
    if let Some(name) = topic {
        // Without this, a topic that does not exist would look like one without subscriptions.
        request.topic = session
            .client
            .admin()
            .get_topic(name)
            .await
            .map_err(failed)?
            .name;
    }
    let sample = session.client.stats().get(request).await.map_err(failed)?;
    let numbers = SubscriptionNumbers::all(&sample);
    session
        .chosen(numbers, args, |one| &one.name, subscription_table)
        .await
}

async fn create(session: &mut Session, args: CreateSubscriptionArgs) -> Result<(), Failure> {
    let tried = format!(
        "create the subscription {} of {}",
        args.subscription, args.topic
    );
    let created = session
        .client
        .admin()
        .create_subscription_with(request(args))
        .await
        .map_err(|error| session.failure(tried, error))?;
    let document = SubscriptionDocument::new(&created, None);
    let sentence = format!(
        "created the subscription {} of {}",
        created.name, created.topic
    );
    session.outcome(&document, &created.name, &sentence).await
}

fn request(mut args: CreateSubscriptionArgs) -> v1::CreateSubscriptionRequest {
    let mut request = v1::CreateSubscriptionRequest::default();
    match args.from.take() {
        None => {}
        Some(Place::Earliest) => request.set_start(v1::StartPosition::Earliest),
        Some(Place::Latest) => request.set_start(v1::StartPosition::Latest),
        Some(Place::Time(time)) => request.start_time = Some(time),
        Some(Place::Offsets(offsets)) => request.start_offsets = offsets,
    }
    request.subscription = Some(resource(args));
    request
}

fn resource(args: CreateSubscriptionArgs) -> v1::Subscription {
    let key_order = match args.key_order {
        None => v1::KeyOrder::Unspecified,
        Some(KeyOrderArg::Off) => v1::KeyOrder::Off,
        Some(KeyOrderArg::Block) => v1::KeyOrder::Block,
        Some(KeyOrderArg::Skip) => v1::KeyOrder::Skip,
    };
    let backlog_policy = if args.hold_publishers {
        v1::BacklogPolicy::HoldPublishers
    } else {
        v1::BacklogPolicy::Unspecified
    };
    v1::Subscription {
        name: args.subscription,
        topic: args.topic,
        ack_deadline: args.ack_deadline.map(units::proto_span),
        max_attempts: args.max_attempts.unwrap_or(0),
        minimum_backoff: args.backoff_min.map(units::proto_span),
        maximum_backoff: args.backoff_max.map(units::proto_span),
        key_order: key_order.into(),
        filter: args.filter.unwrap_or_default(),
        delivery_rate: args.rate,
        max_outstanding_messages: args.max_outstanding,
        backlog_retention: args.backlog_retention.map(units::proto_span),
        max_backlog_messages: args.max_backlog,
        max_backlog_bytes: args.max_backlog_bytes,
        backlog_policy: backlog_policy.into(),
        dead_letter_topic: args.dead_letter_topic.unwrap_or_default(),
        retry_budget: args.retry_budget,
        expiration: args.expiration.map(units::proto_span),
        ephemeral: args.ephemeral,
        slo_age: args.slo_age.map(units::proto_span),
        slo_backlog: args.slo_backlog,
        ..v1::Subscription::default()
    }
}

async fn get(session: &mut Session, given: &str) -> Result<(), Failure> {
    let subscription = names::subscription(session, given).await?;
    let sample = sample_of(session, &subscription, "show").await?;
    let document = SubscriptionDocument::new(&subscription, Some(&sample));
    session
        .thing(&document, &subscription.name, |is_colored| {
            let mut text = document.fields().render(is_colored);
            if let Some(consumers) = document.consumer_table() {
                text.push('\n');
                text.push_str(&consumers.render(is_colored));
            }
            text
        })
        .await
}

/// Whether a subscription is held or goes on.
#[derive(Clone, Copy, Debug)]
enum Hold {
    Pause,
    Resume,
}

async fn hold(session: &mut Session, given: &str, how: Hold) -> Result<(), Failure> {
    let name = names::subscription(session, given).await?.name;
    let admin = session.client.admin();
    let (verb, done, outcome) = match how {
        Hold::Pause => ("pause", "paused", admin.pause_subscription(&name).await),
        Hold::Resume => ("resume", "resumed", admin.resume_subscription(&name).await),
    };
    let now = outcome
        .map_err(|error| session.failure(format!("{verb} the subscription {name}"), error))?;
    let document = SubscriptionDocument::new(&now, None);
    let sentence = format!("{done} the subscription {}", now.name);
    session.outcome(&document, &now.name, &sentence).await
}

async fn delete(session: &mut Session, given: &str, is_given: bool) -> Result<(), Failure> {
    let subscription = names::subscription(session, given).await?;
    let name = subscription.name;
    if !is_given {
        let found = v1::Subscription {
            name: name.clone(),
            ..v1::Subscription::default()
        };
        let sample = sample_of(session, &found, "delete").await?;
        let stats = sample
            .subscriptions
            .into_iter()
            .find(|stats| stats.name == name);
        let plan = deletion_plan(&name, &stats.unwrap_or_default());
        let question = format!("Delete the subscription {name}?");
        consent::require(&session.output, is_given, &plan, &question)?;
    }
    let deleted = session.client.admin().delete_subscription(&name).await;
    let deleted = deleted
        .map_err(|error| session.failure(format!("delete the subscription {name}"), error))?;
    let sentence = format!(
        "deleted the subscription {name} with {} in its backlog and {} dead",
        units::messages(deleted.dropped_backlog),
        units::count(deleted.dropped_dead)
    );
    let document = DeletedSubscriptionDocument {
        subscription: name,
        topic: subscription.topic,
        dropped_backlog: deleted.dropped_backlog,
        dropped_dead: deleted.dropped_dead,
    };
    session
        .outcome(&document, &document.subscription, &sentence)
        .await
}

async fn sample_of(
    session: &Session,
    subscription: &v1::Subscription,
    verb: &str,
) -> Result<v1::GetStatsResponse, Failure> {
    let name = &subscription.name;
    let request = v1::GetStatsRequest {
        subscription: name.clone(),
        ..Default::default()
    };
    let sample = session.client.stats().get(request).await;
    sample.map_err(|error| session.failure(format!("{verb} the subscription {name}"), error))
}

fn deletion_plan(name: &str, stats: &v1::SubscriptionStats) -> String {
    format!(
        "deletes the subscription {name}, drops {} of its backlog and {} dead, and ends the \
         streams of {}\nthis cannot be taken back",
        units::messages(stats.backlog),
        units::count(stats.dead),
        units::counted(stats.consumers.len() as u64, "consumer", "consumers")
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::command::arguments::{Cli, Command};

    fn created_by(flags: &[&str]) -> v1::Subscription {
        let start = ["weir", "sub", "create", "billing", "--topic", "orders"];
        let cli = Cli::try_parse_from(start.iter().chain(flags)).unwrap();
        match cli.command {
            Some(Command::Sub(SubCommand::Create(args))) => resource(args),
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_is_left_to_the_broker() {
        let subscription = created_by(&[]);
        assert_eq!(subscription.ack_deadline, None);
        assert_eq!(subscription.max_attempts, 0);
        assert_eq!(subscription.key_order(), v1::KeyOrder::Unspecified);
    }

    #[test]
    fn settings_reach_the_broker_as_they_were_written() {
        let subscription = created_by(&[
            "--max-attempts",
            "3",
            "--ack-deadline",
            "1m",
            "--backoff-min",
            "0s",
            "--backoff-max",
            "250ms",
            "--slo-age",
            "5m",
            "--slo-backlog",
            "1000",
        ]);
        assert_eq!(
            units::span_seconds(subscription.slo_age.as_ref()),
            Some(300.0)
        );
        assert_eq!(subscription.slo_backlog, Some(1_000));
        assert_eq!(subscription.max_attempts, 3);
        assert_eq!(
            units::span_seconds(subscription.ack_deadline.as_ref()),
            Some(60.0)
        );
        assert_eq!(
            units::span_seconds(subscription.minimum_backoff.as_ref()),
            Some(0.0)
        );
        assert_eq!(
            units::span_seconds(subscription.maximum_backoff.as_ref()),
            Some(0.25)
        );
    }

    #[test]
    fn key_order_without_a_value_blocks() {
        assert_eq!(
            created_by(&["--key-order"]).key_order(),
            v1::KeyOrder::Block
        );
        assert_eq!(
            created_by(&["--key-order", "skip"]).key_order(),
            v1::KeyOrder::Skip
        );
        assert_eq!(
            created_by(&["--key-order=off"]).key_order(),
            v1::KeyOrder::Off
        );
    }
}
