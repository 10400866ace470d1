//! `weir topic ls|create|get|stats|rm`, and the way to the other verbs of topics.

use std::collections::HashMap;

use weir_proto::v1;

use super::acting::{self, Asks, How, Wanted};
use super::arguments::{CreateTopicArgs, DeleteTopicArgs, ListArgs, TopicCommand};
use super::failure::Failure;
use super::session::Session;
use super::{bulk, edit, peek, publish, read, resources};
use crate::present::operation::Counted;
use crate::present::topic::{TopicDocument, topic_table};
use crate::present::topic_stats::TopicStatsDocument;
use crate::present::units;

/// Runs a verb of topics.
pub(crate) async fn run(session: &mut Session, command: TopicCommand) -> Result<(), Failure> {
    match command {
        TopicCommand::Ls(args) => list(session, &args).await,
        TopicCommand::Create(args) => create(session, args).await,
        TopicCommand::Get { topic } => get(session, &topic).await,
        TopicCommand::Edit(args) => edit::topic(session, args).await,
        TopicCommand::Stats { topic } => stats(session, &topic).await,
        TopicCommand::Rm(args) => delete(session, args).await,
        TopicCommand::Purge(args) => bulk::purge_topic(session, args).await,
        TopicCommand::Publish(args) => publish::run(session, args).await,
        TopicCommand::Peek(args) => peek::topic(session, &args).await,
        TopicCommand::Read(args) => read::run(session, args).await,
        TopicCommand::Tail(args) => read::run(session, args.tail.read_of(args.topic)).await,
    }
}

async fn list(session: &mut Session, args: &ListArgs<TopicDocument>) -> Result<(), Failure> {
    let failed = |error| session.failure("list the topics", error);
    let sample = session
        .client
        .stats()
        .get(v1::GetStatsRequest::default())
        .await;
    let sample = sample.map_err(failed)?;
    let settings = session.client.admin().all_topics().await.map_err(failed)?;
    let stats = sample.topics.iter().map(|stats| (stats.topic_id, stats));
    let stats: HashMap<u64, &v1::TopicStats> = stats.collect();
    let topics = settings.iter();
    let topics = topics
        .map(|topic| TopicDocument::new(Some(topic), stats.get(&topic.topic_id).copied()))
        .collect();
    session
        .chosen(topics, args, |topic| &topic.name, topic_table)
        .await
}

async fn create(session: &mut Session, args: CreateTopicArgs) -> Result<(), Failure> {
    let topic = v1::Topic {
        name: args.topic.clone(),
        partition_count: args.partitions.unwrap_or(0),
        ..resources::topic(&args.settings)
    };
    let created = session.client.admin().create_topic(topic).await;
    let created = created
        .map_err(|error| session.failure(format!("create the topic {}", args.topic), error))?;
    let document = TopicDocument::new(Some(&created), None);
    let sentence = format!("created the topic {}", document.name);
    session.outcome(&document, &document.name, &sentence).await
}

async fn get(session: &mut Session, name: &str) -> Result<(), Failure> {
    let (topic, sample) = topic_and_sample(session, name, "show").await?;
    let document = document_of(&topic, &sample);
    session
        .thing(&document, &document.name, |is_colored| {
            document.fields().render(is_colored)
        })
        .await
}

async fn stats(session: &mut Session, name: &str) -> Result<(), Failure> {
    let (topic, sample) = topic_and_sample(session, name, "show the numbers of").await?;
    let document = TopicStatsDocument::new(document_of(&topic, &sample), &sample);
    session
        .thing(&document, &topic.name, |is_colored| {
            document.text(is_colored)
        })
        .await
}

async fn delete(session: &mut Session, args: DeleteTopicArgs) -> Result<(), Failure> {
    let (topic, sample) = topic_and_sample(session, &args.topic, "delete").await?;
    let name = topic.name;
    let request = v1::PlanRequest {
        act: v1::OperationAct::DeleteTopic.into(),
        topic: name.clone(),
        with_subscriptions: args.with_subscriptions,
        ..v1::PlanRequest::default()
    };
    let wanted = Wanted {
        requests: vec![request],
        command: ("topic rm", name.clone()),
        tried: format!("delete the topic {name}"),
        done: ("deleted the topic", Counted::Nothing),
        asks: Asks::Naming("Delete the topic"),
        lead: backlogs(&name, &sample),
        name,
    };
    let how = How {
        consent: args.consent,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// A topic's settings, and the numbers of it and its subscriptions.
async fn topic_and_sample(
    session: &Session,
    name: &str,
    verb: &str,
) -> Result<(v1::Topic, v1::GetStatsResponse), Failure> {
    let failed = |error| session.failure(format!("{verb} the topic {name}"), error);
    let topic = session
        .client
        .admin()
        .get_topic(name)
        .await
        .map_err(failed)?;
    let request = v1::GetStatsRequest {
        topic: topic.name.clone(),
        ..Default::default()
    };
    let sample = session.client.stats().get(request).await.map_err(failed)?;
    Ok((topic, sample))
}

fn document_of(topic: &v1::Topic, sample: &v1::GetStatsResponse) -> TopicDocument {
    let stats = sample
        .topics
        .iter()
        .find(|stats| stats.topic_id == topic.topic_id);
    TopicDocument::new(Some(topic), stats)
}

/// What the subscriptions of a topic have left, a line each.
fn backlogs(topic: &str, sample: &v1::GetStatsResponse) -> String {
    let of_it = sample.subscriptions.iter().filter(|sub| sub.topic == topic);
    let line = |sub: &v1::SubscriptionStats| {
        format!(
            "subscription {}: {} in the backlog, {} dead",
            sub.name,
            units::count(sub.backlog),
            units::count(sub.dead)
        )
    };
    of_it.map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_names_the_subscriptions_that_go_with_it() {
        let stats = |name: &str, topic: &str| v1::SubscriptionStats {
            name: name.to_owned(),
            topic: topic.to_owned(),
            backlog: 1_200,
            dead: 3,
            ..v1::SubscriptionStats::default()
        };
        let sample = v1::GetStatsResponse {
            subscriptions: vec![stats("billing", "orders"), stats("other", "clicks")],
            ..v1::GetStatsResponse::default()
        };
        assert_eq!(
            backlogs("orders", &sample),
            "subscription billing: 1,200 in the backlog, 3 dead"
        );
    }
}
