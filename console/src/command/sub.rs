//! `weir sub ls|create|get|pause|resume|rm`, and the way to the other verbs of subscriptions.

use weir_proto::v1;

use super::acting::{self, Asks, How, Wanted};
use super::arguments::{
    AdviseArgs, ConsentArgs, CreateSubscriptionArgs, ListArgs, Place, SubCommand,
};
use super::failure::Failure;
use super::session::Session;
use super::{bulk, edit, lag, names, peek, pull, read, resources, seek};
use crate::present::advice::AdviceDocument;
use crate::present::consumer::{consumer_table, departed_table};
use crate::present::operation::Counted;
use crate::present::subscription::{SubscriptionDocument, SubscriptionNumbers, subscription_table};
use crate::present::units;

/// Runs a verb of subscriptions.
pub(crate) async fn run(session: &mut Session, command: SubCommand) -> Result<(), Failure> {
    match command {
        SubCommand::Ls { topic, list } => self::list(session, topic, &list).await,
        SubCommand::Create(args) => create(session, args).await,
        SubCommand::Get { subscription } => get(session, &subscription).await,
        SubCommand::Edit(args) => edit::subscription(session, args).await,
        SubCommand::Pause { subscription } => hold(session, &subscription, Hold::Pause).await,
        SubCommand::Resume { subscription } => hold(session, &subscription, Hold::Resume).await,
        SubCommand::Seek(args) => seek::run(session, args).await,
        SubCommand::Purge(args) => bulk::purge(session, args).await,
        SubCommand::Rm {
            subscription,
            consent,
        } => delete(session, &subscription, consent).await,
        SubCommand::Pull(args) => pull::run(session, args).await,
        SubCommand::Peek(args) => peek::subscription(session, &args).await,
        SubCommand::Lag(args) => lag::run(session, &args).await,
        SubCommand::Advise(args) => advise(session, args).await,
        SubCommand::Tail(args) => read::subscription(session, args).await,
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
    request.subscription = Some(v1::Subscription {
        name: args.subscription,
        topic: args.topic,
        filter: args.filter.unwrap_or_default(),
        ..resources::subscription(args.settings)
    });
    request
}

async fn get(session: &mut Session, given: &str) -> Result<(), Failure> {
    let subscription = names::subscription(session, given).await?;
    let sample = sample_of(session, &subscription, "show").await?;
    let document = SubscriptionDocument::new(&subscription, Some(&sample));
    session
        .thing(&document, &subscription.name, |is_colored| {
            let mut text = document.fields().render(is_colored);
            let tables = [
                consumer_table(&document.connected),
                departed_table(&document.departed),
            ];
            for table in tables.into_iter().flatten() {
                text.push('\n');
                text.push_str(&table.render(is_colored));
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

async fn advise(session: &mut Session, args: AdviseArgs) -> Result<(), Failure> {
    let name = names::subscription(session, &args.subscription).await?.name;
    let request = v1::AdviseRequest {
        subscription: name.clone(),
        drain_within: Some(units::proto_span(args.drain_within)),
        max_consumers: args.max_consumers.unwrap_or_default(),
        ..v1::AdviseRequest::default()
    };
    let advice = session.client.stats().advise(request).await;
    let advice = advice.map_err(|error| session.failure(format!("advise on {name}"), error))?;
    let document = AdviceDocument::new(&name, advice);
    let text = |is_colored| document.text(is_colored);
    session.thing(&document, &name, text).await
}

async fn delete(session: &mut Session, given: &str, consent: ConsentArgs) -> Result<(), Failure> {
    let name = names::subscription(session, given).await?.name;
    let request = v1::PlanRequest {
        act: v1::OperationAct::DeleteSubscription.into(),
        subscription: name.clone(),
        ..v1::PlanRequest::default()
    };
    let wanted = Wanted {
        requests: vec![request],
        command: ("sub rm", name.clone()),
        tried: format!("delete the subscription {name}"),
        done: ("deleted the subscription", Counted::Nothing),
        asks: Asks::Naming("Delete the subscription"),
        lead: String::new(),
        name,
    };
    let how = How {
        consent,
        ..How::default()
    };
    acting::run(session, wanted, how).await
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
