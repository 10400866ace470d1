//! The service `Admin`: topics, subscriptions and clients.

use tonic::{Request, Response, Status};
use weir_proto::server;
use weir_proto::server::{
    ApplyTopologyRequest, ApplyTopologyResponse, CreateSubscriptionRequest,
    CreateSubscriptionResponse, CreateTopicRequest, CreateTopicResponse, DeleteSubscriptionRequest,
    DeleteSubscriptionResponse, DeleteTopicRequest, DeleteTopicResponse, DisconnectClientRequest,
    DisconnectClientResponse, ExportTopologyRequest, GetSubscriptionRequest,
    GetSubscriptionResponse, GetTopicRequest, GetTopicResponse, ListClientsRequest,
    ListClientsResponse, ListSubscriptionsRequest, ListSubscriptionsResponse, ListTopicsRequest,
    ListTopicsResponse, PauseSubscriptionRequest, PauseSubscriptionResponse,
    ResumeSubscriptionRequest, ResumeSubscriptionResponse, UpdateSubscriptionRequest,
    UpdateSubscriptionResponse, UpdateTopicRequest, UpdateTopicResponse,
};

use super::places::Place;
use super::resources::{wire_subscription, wire_topic};
use super::who::by;
use super::{clients, convert, masks, requests, topology};
use crate::api::clients::{Clients, Connected};
use crate::api::page;
use crate::api::status::status;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, Refusal};
use crate::shard::{Creation, Handle};

/// Manages topics and subscriptions, and knows who is connected.
#[derive(Debug)]
pub(crate) struct Admin(pub(crate) Handle, pub(crate) Clients);

impl Admin {
    /// The same, for the caller of a request.
    fn by<T>(&self, request: &Request<T>) -> Self {
        Self(by(&self.0, request), self.1.clone())
    }

    async fn create_topic(&self, request: CreateTopicRequest) -> Result<server::Topic, Refusal> {
        let key = requests::topic(&request)?;
        let topic = request
            .topic
            .ok_or(Refusal::FieldRequired { field: "topic" })?;
        let name = convert::name("topic.name", &topic.name)?;
        let settings = convert::topic_settings(&topic)?;
        let view = match key {
            Some(key) => self.0.create_topic_once(key, name, settings).await?,
            None => self.0.create_topic(name, settings).await?,
        };
        Ok(wire_topic(&view))
    }

    async fn list_topics(&self, request: ListTopicsRequest) -> Result<ListTopicsResponse, Refusal> {
        let size = page::size(request.page_size)?;
        let after = place(&["topics"], &request.page_token)?;
        let mut views = self.0.topics(after, size + 1).await?;
        let next_page_token = next_token(&["topics"], &mut views, size, |view| &view.name);
        Ok(ListTopicsResponse {
            topics: views.iter().map(wire_topic).collect(),
            next_page_token,
        })
    }

    async fn update_topic(&self, request: UpdateTopicRequest) -> Result<server::Topic, Refusal> {
        let topic = request
            .topic
            .ok_or(Refusal::FieldRequired { field: "topic" })?;
        let name = convert::name("topic.name", &topic.name)?;
        let paths = masks::topic(request.update_mask)?;
        let given = convert::topic_settings(&topic)?;
        let etag = Some(topic.etag).filter(|etag| !etag.is_empty());
        let change = move |now: &TopicSettings| Ok(masks::change(now, &given, &paths));
        let view = self.0.update_topic(name, etag, change).await?;
        Ok(wire_topic(&view))
    }

    async fn update_subscription(
        &self,
        request: UpdateSubscriptionRequest,
    ) -> Result<server::Subscription, Refusal> {
        let wire = request.subscription.ok_or(Refusal::FieldRequired {
            field: "subscription",
        })?;
        let name = convert::name("subscription.name", &wire.name)?;
        let paths = masks::subscription(request.update_mask)?;
        let given = convert::subscription_settings(&wire)?;
        let etag = Some(wire.etag).filter(|etag| !etag.is_empty());
        let change = move |now: &SubscriptionSettings| Ok(masks::change(now, &given, &paths));
        let view = self.0.update_subscription(name, etag, change).await?;
        Ok(wire_subscription(&view))
    }

    /// Pauses a subscription, or lets it go on.
    async fn hold(
        &self,
        subscription: &str,
        is_paused: bool,
    ) -> Result<server::Subscription, Refusal> {
        let name = convert::name("subscription", subscription)?;
        let change = move |now: &SubscriptionSettings| {
            Ok(SubscriptionSettings {
                is_paused,
                ..now.clone()
            })
        };
        let view = self.0.update_subscription(name, None, change).await?;
        Ok(wire_subscription(&view))
    }

    async fn create_subscription(
        &self,
        request: CreateSubscriptionRequest,
    ) -> Result<server::Subscription, Refusal> {
        let key = requests::subscription(&request)?;
        let wire = request.subscription.ok_or(Refusal::FieldRequired {
            field: "subscription",
        })?;
        let name = convert::name("subscription.name", &wire.name)?;
        let topic = convert::name("subscription.topic", &wire.topic)?;
        let settings = convert::subscription_settings(&wire)?;
        let place = Place {
            position: request.start,
            time: request.start_time,
            offsets: request.start_offsets,
        };
        let start = place.start("start")?.unwrap_or_default();
        let view = if let Some(key) = key {
            let creation = Creation {
                name,
                topic,
                settings,
                start,
            };
            self.0.create_subscription_once(key, creation).await?
        } else {
            let created = self.0.create_subscription(name, topic, settings, start);
            created.await?
        };
        Ok(wire_subscription(&view))
    }

    async fn list_subscriptions(
        &self,
        request: ListSubscriptionsRequest,
    ) -> Result<ListSubscriptionsResponse, Refusal> {
        let size = page::size(request.page_size)?;
        let fields = ["subscriptions", request.topic.as_str()];
        let after = place(&fields, &request.page_token)?;
        let topic = match request.topic.as_str() {
            "" => None,
            topic => Some(convert::name("topic", topic)?),
        };
        let mut views = self.0.subscriptions(topic, after, size + 1).await?;
        let next_page_token = next_token(&fields, &mut views, size, |view| &view.name);
        let subscriptions = views.iter().map(wire_subscription).collect();
        Ok(ListSubscriptionsResponse {
            subscriptions,
            next_page_token,
        })
    }
}

/// The name after which the page begins.
fn place(fields: &[&str], token: &str) -> Result<Option<Name>, Refusal> {
    let Some(place) = page::place(fields, token)? else {
        return Ok(None);
    };
    let name = String::from_utf8(place)
        .ok()
        .and_then(|text| Name::parse(&text).ok());
    name.map(Some).ok_or(Refusal::PageTokenInvalid)
}

/// Cuts a list that was asked for with one more than a page, and makes the token for the rest.
fn next_token<T>(
    fields: &[&str],
    views: &mut Vec<T>,
    size: usize,
    name: impl Fn(&T) -> &Name,
) -> String {
    if views.len() <= size {
        return String::new();
    }
    views.truncate(size);
    views.last().map_or_else(String::new, |last| {
        page::token(fields, name(last).as_str().as_bytes())
    })
}

/// An outcome as tonic takes it.
pub(super) fn reply<T>(outcome: Result<T, Refusal>) -> Result<Response<T>, Status> {
    outcome
        .map(Response::new)
        .map_err(|refusal| status(&refusal))
}

#[tonic::async_trait]
impl server::admin_server::Admin for Admin {
    type ExportTopologyStream = topology::Parts;

    async fn create_topic(
        &self,
        request: Request<CreateTopicRequest>,
    ) -> Result<Response<CreateTopicResponse>, Status> {
        let topic = Self::create_topic(&self.by(&request), request.into_inner()).await;
        reply(topic.map(|topic| CreateTopicResponse { topic: Some(topic) }))
    }

    async fn get_topic(
        &self,
        request: Request<GetTopicRequest>,
    ) -> Result<Response<GetTopicResponse>, Status> {
        let get = async {
            let name = convert::name("topic", &request.get_ref().topic)?;
            Ok(wire_topic(&self.0.topic(name).await?))
        };
        reply(
            get.await
                .map(|topic| GetTopicResponse { topic: Some(topic) }),
        )
    }

    async fn list_topics(
        &self,
        request: Request<ListTopicsRequest>,
    ) -> Result<Response<ListTopicsResponse>, Status> {
        reply(Self::list_topics(self, request.into_inner()).await)
    }

    async fn update_topic(
        &self,
        request: Request<UpdateTopicRequest>,
    ) -> Result<Response<UpdateTopicResponse>, Status> {
        let topic = Self::update_topic(&self.by(&request), request.into_inner()).await;
        reply(topic.map(|topic| UpdateTopicResponse { topic: Some(topic) }))
    }

    async fn delete_topic(
        &self,
        request: Request<DeleteTopicRequest>,
    ) -> Result<Response<DeleteTopicResponse>, Status> {
        let handle = by(&self.0, &request);
        let DeleteTopicRequest {
            topic,
            with_subscriptions,
        } = request.into_inner();
        let delete = async {
            let name = convert::name("topic", &topic)?;
            handle.delete_topic(name, with_subscriptions).await
        };
        reply(delete.await.map(|deleted| DeleteTopicResponse {
            deleted_subscription_count: deleted.subscriptions,
        }))
    }

    async fn create_subscription(
        &self,
        request: Request<CreateSubscriptionRequest>,
    ) -> Result<Response<CreateSubscriptionResponse>, Status> {
        let created = Self::create_subscription(&self.by(&request), request.into_inner()).await;
        reply(created.map(|subscription| CreateSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn get_subscription(
        &self,
        request: Request<GetSubscriptionRequest>,
    ) -> Result<Response<GetSubscriptionResponse>, Status> {
        let get = async {
            let name = convert::name("subscription", &request.get_ref().subscription)?;
            Ok(wire_subscription(&self.0.subscription(name).await?))
        };
        reply(get.await.map(|subscription| GetSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn list_subscriptions(
        &self,
        request: Request<ListSubscriptionsRequest>,
    ) -> Result<Response<ListSubscriptionsResponse>, Status> {
        reply(Self::list_subscriptions(self, request.into_inner()).await)
    }

    async fn update_subscription(
        &self,
        request: Request<UpdateSubscriptionRequest>,
    ) -> Result<Response<UpdateSubscriptionResponse>, Status> {
        let updated = Self::update_subscription(&self.by(&request), request.into_inner()).await;
        reply(updated.map(|subscription| UpdateSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn pause_subscription(
        &self,
        request: Request<PauseSubscriptionRequest>,
    ) -> Result<Response<PauseSubscriptionResponse>, Status> {
        let paused = self
            .by(&request)
            .hold(&request.get_ref().subscription, true)
            .await;
        reply(paused.map(|subscription| PauseSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn resume_subscription(
        &self,
        request: Request<ResumeSubscriptionRequest>,
    ) -> Result<Response<ResumeSubscriptionResponse>, Status> {
        let resumed = self
            .by(&request)
            .hold(&request.get_ref().subscription, false)
            .await;
        reply(resumed.map(|subscription| ResumeSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn delete_subscription(
        &self,
        request: Request<DeleteSubscriptionRequest>,
    ) -> Result<Response<DeleteSubscriptionResponse>, Status> {
        let delete = async {
            let name = convert::name("subscription", &request.get_ref().subscription)?;
            by(&self.0, &request).delete_subscription(name).await
        };
        reply(delete.await.map(|deleted| DeleteSubscriptionResponse {
            dropped_backlog: deleted.backlog,
            dropped_dead: deleted.dead,
        }))
    }

    async fn apply_topology(
        &self,
        request: Request<ApplyTopologyRequest>,
    ) -> Result<Response<ApplyTopologyResponse>, Status> {
        let handle = by(&self.0, &request);
        reply(topology::apply(&handle, request.into_inner()).await)
    }

    async fn export_topology(
        &self,
        _request: Request<ExportTopologyRequest>,
    ) -> Result<Response<Self::ExportTopologyStream>, Status> {
        reply(topology::export(&self.0).await)
    }

    async fn list_clients(
        &self,
        request: Request<ListClientsRequest>,
    ) -> Result<Response<ListClientsResponse>, Status> {
        reply(clients::list(&self.0, &self.1, request.into_inner()).await)
    }

    async fn disconnect_client(
        &self,
        request: Request<DisconnectClientRequest>,
    ) -> Result<Response<DisconnectClientResponse>, Status> {
        let handle = by(&self.0, &request);
        let caller = request.extensions().get::<Connected>().cloned();
        let id = request.get_ref().client_id;
        reply(clients::disconnect(&handle, &self.1, id, caller).await)
    }
}
