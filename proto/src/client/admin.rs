//! Managing topics, subscriptions and clients: thin, typed wrappers that speak `v1` and return [`Error`].
//!
//! Creations carry an id, so that a repeat of one that was done is harmless: they are tried again a few times while
//! the broker cannot be reached. Nothing else is tried again on its own, since a call that was under way may have
//! been done.

use prost_types::FieldMask;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use super::backoff::{Backoff, pause};
use super::connection::Client;
use super::error::Error;
use super::request_id;
use crate::v1::admin_client::AdminClient;
use crate::v1::{
    ApplyTopologyRequest, ApplyTopologyResponse, ClientInfo, CreateSubscriptionRequest,
    CreateTopicRequest, DeleteSubscriptionRequest, DeleteSubscriptionResponse, DeleteTopicRequest,
    DisconnectClientRequest, ExportTopologyRequest, GetSubscriptionRequest, GetTopicRequest,
    ListClientsRequest, ListClientsResponse, ListSubscriptionsRequest, ListSubscriptionsResponse,
    ListTopicsRequest, ListTopicsResponse, PauseSubscriptionRequest, ResumeSubscriptionRequest,
    StartPosition, Subscription, Topic, UpdateSubscriptionRequest, UpdateTopicRequest,
};

/// How many topics or subscriptions one call of a walk over all pages asks for.
const PAGE_SIZE: i32 = 1000;

/// Topics, subscriptions and who is connected. A change is durable when its call returns.
#[derive(Debug, Clone)]
pub struct Admin {
    stub: Stub,
    reconnects: bool,
    backoff: Backoff,
}

type Stub = AdminClient<Channel>;

/// How often a creation is tried again: a few seconds with the default waits, for a broker that starts again.
const REPEATS: u32 = 6;

impl Admin {
    pub(super) fn new(client: &Client) -> Self {
        let limit = client.options().max_message_bytes;
        let stub = AdminClient::new(client.channel());
        Self {
            stub: stub
                .max_decoding_message_size(limit)
                .max_encoding_message_size(limit),
            reconnects: client.reconnects(),
            backoff: client.options().backoff,
        }
    }

    /// Makes a call that may be repeated, again while the broker cannot be reached, unless the client fails fast.
    async fn repeated<T, C>(&self, call: impl Fn(Stub) -> C) -> Result<T, Error>
    where
        C: Future<Output = Result<Response<T>, Status>>,
    {
        let mut delays = self.backoff.delays();
        loop {
            let error = match call(self.stub.clone()).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => Error::from(status),
            };
            let is_passing = error.code() == Code::Unavailable;
            if !self.reconnects || !is_passing || delays.failures() >= REPEATS {
                return Err(error);
            }
            pause(delays.after_failure()).await;
        }
    }

    /// Creates a topic and returns it with every setting filled in.
    pub async fn create_topic(&self, topic: Topic) -> Result<Topic, Error> {
        let request = CreateTopicRequest {
            topic: Some(topic),
            request_id: request_id::fresh(),
        };
        let create = |mut stub: Stub| {
            let request = request.clone();
            async move { stub.create_topic(request).await }
        };
        let response = self.repeated(create).await?;
        response
            .topic
            .ok_or_else(|| Error::bad_answer("the created topic is missing"))
    }

    /// Shows a topic.
    pub async fn get_topic(&self, topic: impl Into<String>) -> Result<Topic, Error> {
        let request = GetTopicRequest {
            topic: topic.into(),
        };
        let response = self.stub.clone().get_topic(request).await?.into_inner();
        response
            .topic
            .ok_or_else(|| Error::bad_answer("the topic is missing"))
    }

    /// Lists one page of topics in order of name.
    pub async fn list_topics(
        &self,
        request: ListTopicsRequest,
    ) -> Result<ListTopicsResponse, Error> {
        Ok(self.stub.clone().list_topics(request).await?.into_inner())
    }

    /// Lists all topics in order of name, page by page.
    pub async fn all_topics(&self) -> Result<Vec<Topic>, Error> {
        let mut topics = Vec::new();
        let mut page_token = String::new();
        loop {
            let page = self
                .list_topics(ListTopicsRequest {
                    page_size: PAGE_SIZE,
                    page_token,
                })
                .await?;
            topics.extend(page.topics);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(topics);
            }
        }
    }

    /// Changes the settings of a topic that `fields` names, for example `retention_duration`, to what `topic` says.
    /// If its etag is set, only if it still names the settings.
    pub async fn update_topic(&self, topic: Topic, fields: &[&str]) -> Result<Topic, Error> {
        let request = UpdateTopicRequest {
            topic: Some(topic),
            update_mask: Some(mask(fields)),
        };
        let response = self.stub.clone().update_topic(request).await?.into_inner();
        response
            .topic
            .ok_or_else(|| Error::bad_answer("the updated topic is missing"))
    }

    /// Deletes a topic and its messages. Refused with `TOPIC_HAS_SUBSCRIPTIONS` if it has any.
    pub async fn delete_topic(&self, topic: impl Into<String>) -> Result<(), Error> {
        let request = DeleteTopicRequest {
            topic: topic.into(),
            with_subscriptions: false,
        };
        self.stub.clone().delete_topic(request).await?;
        Ok(())
    }

    /// Deletes a topic with its messages and its subscriptions; returns how many subscriptions
    /// went.
    pub async fn delete_topic_with_subscriptions(
        &self,
        topic: impl Into<String>,
    ) -> Result<u32, Error> {
        let request = DeleteTopicRequest {
            topic: topic.into(),
            with_subscriptions: true,
        };
        Ok(self
            .stub
            .clone()
            .delete_topic(request)
            .await?
            .into_inner()
            .deleted_subscription_count)
    }

    /// Creates a subscription and returns it with every setting filled in.
    pub async fn create_subscription(
        &self,
        subscription: Subscription,
        start: StartPosition,
    ) -> Result<Subscription, Error> {
        let request = CreateSubscriptionRequest {
            subscription: Some(subscription),
            start: start.into(),
            ..CreateSubscriptionRequest::default()
        };
        self.create_subscription_with(request).await
    }

    /// Creates a subscription with all that can be said of it, such as a time or offsets at which it
    /// starts, and returns it with every setting filled in.
    pub async fn create_subscription_with(
        &self,
        mut request: CreateSubscriptionRequest,
    ) -> Result<Subscription, Error> {
        if request.request_id.is_empty() {
            request.request_id = request_id::fresh();
        }
        let create = |mut stub: Stub| {
            let request = request.clone();
            async move { stub.create_subscription(request).await }
        };
        let response = self.repeated(create).await?;
        response
            .subscription
            .ok_or_else(|| Error::bad_answer("the subscription is missing"))
    }

    /// Shows a subscription.
    pub async fn get_subscription(
        &self,
        subscription: impl Into<String>,
    ) -> Result<Subscription, Error> {
        let request = GetSubscriptionRequest {
            subscription: subscription.into(),
        };
        let response = self
            .stub
            .clone()
            .get_subscription(request)
            .await?
            .into_inner();
        response
            .subscription
            .ok_or_else(|| Error::bad_answer("the subscription is missing"))
    }

    /// Lists one page of subscriptions in order of name.
    pub async fn list_subscriptions(
        &self,
        request: ListSubscriptionsRequest,
    ) -> Result<ListSubscriptionsResponse, Error> {
        Ok(self
            .stub
            .clone()
            .list_subscriptions(request)
            .await?
            .into_inner())
    }

    /// Lists all subscriptions in order of name, page by page; of one topic if it is named.
    pub async fn all_subscriptions(&self, topic: Option<&str>) -> Result<Vec<Subscription>, Error> {
        let topic = topic.unwrap_or_default();
        let mut subscriptions = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListSubscriptionsRequest {
                page_size: PAGE_SIZE,
                page_token,
                topic: topic.to_owned(),
            };
            let page = self.list_subscriptions(request).await?;
            subscriptions.extend(page.subscriptions);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(subscriptions);
            }
        }
    }

    /// Changes the settings of a subscription that `fields` names, for example `ack_deadline`, to what
    /// `subscription` says. If its etag is set, only if it still names the settings.
    pub async fn update_subscription(
        &self,
        subscription: Subscription,
        fields: &[&str],
    ) -> Result<Subscription, Error> {
        let request = UpdateSubscriptionRequest {
            subscription: Some(subscription),
            update_mask: Some(mask(fields)),
        };
        let response = self
            .stub
            .clone()
            .update_subscription(request)
            .await?
            .into_inner();
        response
            .subscription
            .ok_or_else(|| Error::bad_answer("the updated subscription is missing"))
    }

    /// Holds a subscription: nothing is handed out until it is resumed.
    pub async fn pause_subscription(
        &self,
        subscription: impl Into<String>,
    ) -> Result<Subscription, Error> {
        let request = PauseSubscriptionRequest {
            subscription: subscription.into(),
        };
        let paused = self.stub.clone().pause_subscription(request).await?;
        let subscription = paused.into_inner().subscription;
        subscription.ok_or_else(|| Error::bad_answer("the paused subscription is missing"))
    }

    /// Lets a paused subscription go on.
    pub async fn resume_subscription(
        &self,
        subscription: impl Into<String>,
    ) -> Result<Subscription, Error> {
        let request = ResumeSubscriptionRequest {
            subscription: subscription.into(),
        };
        let resumed = self.stub.clone().resume_subscription(request).await?;
        let subscription = resumed.into_inner().subscription;
        subscription.ok_or_else(|| Error::bad_answer("the resumed subscription is missing"))
    }

    /// Makes topics and subscriptions be as declared, all or nothing; the same again changes nothing.
    pub async fn apply_topology(
        &self,
        request: ApplyTopologyRequest,
    ) -> Result<ApplyTopologyResponse, Error> {
        Ok(self
            .stub
            .clone()
            .apply_topology(request)
            .await?
            .into_inner())
    }

    /// Every topic and subscription, each in order of name, as [`Admin::apply_topology`] takes them.
    pub async fn export_topology(&self) -> Result<(Vec<Topic>, Vec<Subscription>), Error> {
        let request = ExportTopologyRequest {};
        let mut parts = self
            .stub
            .clone()
            .export_topology(request)
            .await?
            .into_inner();
        let (mut topics, mut subscriptions) = (Vec::new(), Vec::new());
        while let Some(part) = parts.message().await? {
            topics.extend(part.topics);
            subscriptions.extend(part.subscriptions);
        }
        Ok((topics, subscriptions))
    }

    /// Lists one page of those who are connected, in order of id.
    pub async fn list_clients(
        &self,
        request: ListClientsRequest,
    ) -> Result<ListClientsResponse, Error> {
        Ok(self.stub.clone().list_clients(request).await?.into_inner())
    }

    /// Lists all who are connected, in order of id, page by page.
    pub async fn all_clients(&self) -> Result<Vec<ClientInfo>, Error> {
        let mut clients = Vec::new();
        let mut page_token = String::new();
        loop {
            let page = self
                .list_clients(ListClientsRequest {
                    page_size: PAGE_SIZE,
                    page_token,
                })
                .await?;
            clients.extend(page.clients);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(clients);
            }
        }
    }

    /// Ends what a client has under way and closes its connection; returns how many streams have ended. What its
    /// consumers hold goes back as if the connection was lost. It may connect again.
    pub async fn disconnect_client(&self, client_id: u64) -> Result<u32, Error> {
        let request = DisconnectClientRequest { client_id };
        let ended = self.stub.clone().disconnect_client(request).await?;
        Ok(ended.into_inner().ended_stream_count)
    }

    /// Deletes a subscription with its backlog and its dead messages.
    pub async fn delete_subscription(
        &self,
        subscription: impl Into<String>,
    ) -> Result<DeleteSubscriptionResponse, Error> {
        let request = DeleteSubscriptionRequest {
            subscription: subscription.into(),
        };
        Ok(self
            .stub
            .clone()
            .delete_subscription(request)
            .await?
            .into_inner())
    }
}

fn mask(fields: &[&str]) -> FieldMask {
    FieldMask {
        paths: fields.iter().map(|&field| field.to_owned()).collect(),
    }
}
