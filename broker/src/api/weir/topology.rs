//! A declared topology: taken from the contract's words, and written in them.

use tokio_stream::Iter;
use tonic::Status;
use weir_proto::server::{
    ApplyTopologyRequest, ApplyTopologyResponse, ExportTopologyResponse, Subscription,
    SubscriptionChange, Topic, TopicChange,
};

use super::resources::{wire_subscription, wire_topic};
use super::{convert, masks};
use crate::core::{
    Declaration, DeclaredSubscription, DeclaredTopic, DryRun, SubscriptionDifference,
    SubscriptionView, TopicDifference, TopicView,
};
use crate::model::{Refusal, SubscriptionId, Time, TopicId};
use crate::shard::Handle;

/// Topics or subscriptions in one message of an export.
const PART: usize = 1_000;

/// An export in its parts.
pub(super) type Parts = Iter<std::vec::IntoIter<Result<ExportTopologyResponse, Status>>>;

/// Makes topics and subscriptions be as declared.
pub(super) async fn apply(
    handle: &Handle,
    request: ApplyTopologyRequest,
) -> Result<ApplyTopologyResponse, Refusal> {
    let dry_run = if request.dry_run {
        DryRun::Yes
    } else {
        DryRun::No
    };
    let differences = handle.apply_topology(declared(&request)?, dry_run).await?;
    Ok(ApplyTopologyResponse {
        topics: differences.topics.iter().map(topic_change).collect(),
        subscriptions: differences
            .subscriptions
            .iter()
            .map(subscription_change)
            .collect(),
    })
}

/// Every topic and subscription.
pub(super) async fn export(handle: &Handle) -> Result<Parts, Refusal> {
    let (topics, subscriptions) = handle.topology().await?;
    let topics = topics.chunks(PART).map(|part| ExportTopologyResponse {
        topics: part
            .iter()
            .map(|view| plain_topic(wire_topic(view)))
            .collect(),
        ..ExportTopologyResponse::default()
    });
    let subscriptions = subscriptions.chunks(PART).map(|part| {
        let part = part.iter().map(wire_subscription);
        ExportTopologyResponse {
            subscriptions: part.map(plain_subscription).collect(),
            ..ExportTopologyResponse::default()
        }
    });
    let parts: Vec<_> = topics.chain(subscriptions).map(Ok).collect();
    Ok(tokio_stream::iter(parts))
}

fn declared(request: &ApplyTopologyRequest) -> Result<Declaration, Refusal> {
    let topics = request.topics.iter().enumerate().map(|(index, topic)| {
        declared_topic(topic).map_err(|refusal| invalid("topics", index, &topic.name, &refusal))
    });
    let subscriptions = request.subscriptions.iter().enumerate();
    let subscriptions = subscriptions.map(|(index, one)| {
        declared_subscription(one)
            .map_err(|refusal| invalid("subscriptions", index, &one.name, &refusal))
    });
    Ok(Declaration {
        topics: topics.collect::<Result<_, _>>()?,
        subscriptions: subscriptions.collect::<Result<_, _>>()?,
    })
}

fn declared_topic(topic: &Topic) -> Result<DeclaredTopic, Refusal> {
    Ok(DeclaredTopic {
        name: convert::name("topic.name", &topic.name)?,
        settings: convert::topic_settings(topic)?,
        partitions: Some(topic.partition_count).filter(|&count| count != 0),
        etag: Some(topic.etag.clone()).filter(|etag| !etag.is_empty()),
    })
}

fn declared_subscription(subscription: &Subscription) -> Result<DeclaredSubscription, Refusal> {
    Ok(DeclaredSubscription {
        name: convert::name("subscription.name", &subscription.name)?,
        topic: convert::name("subscription.topic", &subscription.topic)?,
        settings: convert::subscription_settings(subscription)?,
        etag: Some(subscription.etag.clone()).filter(|etag| !etag.is_empty()),
    })
}

fn invalid(list: &'static str, index: usize, name: &str, refusal: &Refusal) -> Refusal {
    Refusal::TopologyInvalid {
        list,
        index,
        name: name.chars().take(convert::MAX_ECHO_CHARS).collect(),
        detail: refusal.to_string(),
    }
}

fn topic_change(difference: &TopicDifference) -> TopicChange {
    let before = difference.before.as_ref();
    let changed = before.map(|view| masks::topic_difference(&view.settings, &difference.settings));
    let after = TopicView {
        id: TopicId(0),
        name: difference.name.clone(),
        settings: difference.settings,
        created: Time::default(),
        updated: Time::default(),
        etag: String::new(),
        subscriptions: 0,
    };
    TopicChange {
        before: before.map(wire_topic),
        after: Some(plain_topic(wire_topic(&after))),
        changed: Some(changed.unwrap_or_default()),
    }
}

fn subscription_change(difference: &SubscriptionDifference) -> SubscriptionChange {
    let before = difference.before.as_ref();
    let changed =
        before.map(|view| masks::subscription_difference(&view.settings, &difference.settings));
    let after = SubscriptionView {
        id: SubscriptionId(0),
        name: difference.name.clone(),
        topic: TopicId(0),
        topic_name: difference.topic.clone(),
        settings: difference.settings.clone().into(),
        created: Time::default(),
        updated: Time::default(),
        etag: String::new(),
    };
    SubscriptionChange {
        before: before.map(wire_subscription),
        after: Some(plain_subscription(wire_subscription(&after))),
        changed: Some(changed.unwrap_or_default()),
    }
}

/// Without what is output only.
fn plain_topic(topic: Topic) -> Topic {
    Topic {
        topic_id: 0,
        create_time: None,
        subscription_count: 0,
        etag: String::new(),
        update_time: None,
        ..topic
    }
}

/// Without what is output only.
fn plain_subscription(subscription: Subscription) -> Subscription {
    Subscription {
        subscription_id: 0,
        create_time: None,
        etag: String::new(),
        update_time: None,
        ..subscription
    }
}
