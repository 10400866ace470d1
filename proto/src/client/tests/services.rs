//! The services of the broker in the test's hands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming, async_trait};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::broker::{Answers, PublishTalk, SubscribeTalk, Talk, WatchTalk};
use crate::server::{self, admin_server, publisher_server, stats_server, subscriber_server};

type Answer<T> = Result<Response<T>, Status>;

#[derive(Clone)]
pub(super) struct Services {
    publishing: mpsc::Sender<PublishTalk>,
    subscribing: mpsc::Sender<SubscribeTalk>,
    watching: mpsc::Sender<WatchTalk>,
    /// The ids with which the topic `late` was to be created.
    pub(super) creations: Arc<Mutex<Vec<String>>>,
}

impl Services {
    pub(super) fn new() -> (
        Self,
        mpsc::Receiver<PublishTalk>,
        mpsc::Receiver<SubscribeTalk>,
        mpsc::Receiver<WatchTalk>,
    ) {
        let (publishing, publish_talks) = mpsc::channel(16);
        let (subscribing, subscribe_talks) = mpsc::channel(16);
        let (watching, watch_talks) = mpsc::channel(16);
        let services = Self {
            publishing,
            subscribing,
            watching,
            creations: Arc::default(),
        };
        (services, publish_talks, subscribe_talks, watch_talks)
    }
}

/// A refusal as the broker writes it.
pub(super) fn refusal(code: Code, reason: &str, message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, crate::ERROR_DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
}

#[async_trait]
impl publisher_server::Publisher for Services {
    type PublishStreamStream = Answers<server::PublishStreamResponse>;

    async fn publish(
        &self,
        request: Request<server::PublishRequest>,
    ) -> Answer<server::PublishResponse> {
        let count = u32::try_from(request.into_inner().messages.len()).unwrap();
        let runs = vec![server::PublishedRun {
            partition: 0,
            first_offset: 0,
            message_count: count,
        }];
        Ok(Response::new(server::PublishResponse {
            topic_id: 7,
            runs,
            ..Default::default()
        }))
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<server::PublishStreamRequest>>,
    ) -> Answer<Self::PublishStreamStream> {
        let (talk, answers) = Talk::new(request.into_inner());
        self.publishing
            .try_send(talk)
            .map_err(|_talk| Status::unavailable("nobody listens"))?;
        Ok(Response::new(answers))
    }
}

#[async_trait]
impl subscriber_server::Subscriber for Services {
    type SubscribeStream = Answers<server::SubscribeResponse>;

    async fn subscribe(
        &self,
        request: Request<Streaming<server::SubscribeRequest>>,
    ) -> Answer<Self::SubscribeStream> {
        let (talk, answers) = Talk::new(request.into_inner());
        self.subscribing
            .try_send(talk)
            .map_err(|_talk| Status::unavailable("nobody listens"))?;
        Ok(Response::new(answers))
    }

    async fn pull(&self, request: Request<server::PullRequest>) -> Answer<server::PullResponse> {
        let name = request.into_inner().subscription;
        let message = format!("there is no subscription {name:?}");
        Err(refusal(Code::NotFound, "SUBSCRIPTION_NOT_FOUND", &message))
    }

    async fn acknowledge(
        &self,
        _: Request<server::AcknowledgeRequest>,
    ) -> Answer<server::AcknowledgeResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn nack(&self, _: Request<server::NackRequest>) -> Answer<server::NackResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn extend(&self, _: Request<server::ExtendRequest>) -> Answer<server::ExtendResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    type ReadStream = Answers<server::ReadResponse>;

    async fn read(&self, _: Request<server::ReadRequest>) -> Answer<Self::ReadStream> {
        Err(Status::unimplemented("not in this test"))
    }
}

#[async_trait]
impl stats_server::Stats for Services {
    type WatchEventsStream = Answers<server::WatchEventsResponse>;

    async fn advise(&self, _: Request<server::AdviseRequest>) -> Answer<server::AdviseResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn watch_events(
        &self,
        _: Request<server::WatchEventsRequest>,
    ) -> Answer<Self::WatchEventsStream> {
        Err(Status::unimplemented("not in this test"))
    }

    type WatchStream = Answers<server::WatchResponse>;

    async fn get_stats(
        &self,
        _: Request<server::GetStatsRequest>,
    ) -> Answer<server::GetStatsResponse> {
        Ok(Response::new(server::GetStatsResponse::default()))
    }

    async fn history(&self, _: Request<server::HistoryRequest>) -> Answer<server::HistoryResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn watch(&self, _: Request<server::WatchRequest>) -> Answer<Self::WatchStream> {
        let (samples, outgoing) = mpsc::channel(64);
        self.watching
            .try_send(samples)
            .map_err(|_talk| Status::unavailable("nobody listens"))?;
        Ok(Response::new(ReceiverStream::new(outgoing)))
    }
}

/// The names of the topics that this broker lists, two a page.
pub(super) const TOPICS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[async_trait]
impl admin_server::Admin for Services {
    type ExportTopologyStream = ReceiverStream<Result<server::ExportTopologyResponse, Status>>;

    async fn list_clients(
        &self,
        _: Request<server::ListClientsRequest>,
    ) -> Answer<server::ListClientsResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn disconnect_client(
        &self,
        _: Request<server::DisconnectClientRequest>,
    ) -> Answer<server::DisconnectClientResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn apply_topology(
        &self,
        _: Request<server::ApplyTopologyRequest>,
    ) -> Answer<server::ApplyTopologyResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn export_topology(
        &self,
        _: Request<server::ExportTopologyRequest>,
    ) -> Answer<Self::ExportTopologyStream> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn create_topic(
        &self,
        request: Request<server::CreateTopicRequest>,
    ) -> Answer<server::CreateTopicResponse> {
        let request = request.into_inner();
        let topic = request.topic.filter(|topic| topic.name == "late");
        if topic.is_some() {
            let mut creations = self.creations.lock().unwrap();
            creations.push(request.request_id);
            if creations.len() < 3 {
                return Err(Status::unavailable("the connection was closed"));
            }
            return Ok(Response::new(server::CreateTopicResponse { topic }));
        }
        Ok(Response::new(server::CreateTopicResponse { topic: None }))
    }

    async fn get_topic(
        &self,
        _: Request<server::GetTopicRequest>,
    ) -> Answer<server::GetTopicResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn list_topics(
        &self,
        request: Request<server::ListTopicsRequest>,
    ) -> Answer<server::ListTopicsResponse> {
        let token = request.into_inner().page_token;
        let start: usize = if token.is_empty() {
            0
        } else {
            token.parse().unwrap()
        };
        let end = TOPICS.len().min(start + 2);
        let topic = |name: &&str| server::Topic {
            name: (*name).to_owned(),
            ..Default::default()
        };
        let next_page_token = if end < TOPICS.len() {
            end.to_string()
        } else {
            String::new()
        };
        let topics = TOPICS[start..end].iter().map(topic).collect();
        Ok(Response::new(server::ListTopicsResponse {
            topics,
            next_page_token,
        }))
    }

    async fn update_topic(
        &self,
        _: Request<server::UpdateTopicRequest>,
    ) -> Answer<server::UpdateTopicResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn update_subscription(
        &self,
        _: Request<server::UpdateSubscriptionRequest>,
    ) -> Answer<server::UpdateSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn delete_topic(
        &self,
        _: Request<server::DeleteTopicRequest>,
    ) -> Answer<server::DeleteTopicResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn create_subscription(
        &self,
        _: Request<server::CreateSubscriptionRequest>,
    ) -> Answer<server::CreateSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn get_subscription(
        &self,
        _: Request<server::GetSubscriptionRequest>,
    ) -> Answer<server::GetSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn list_subscriptions(
        &self,
        _: Request<server::ListSubscriptionsRequest>,
    ) -> Answer<server::ListSubscriptionsResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn pause_subscription(
        &self,
        _: Request<server::PauseSubscriptionRequest>,
    ) -> Answer<server::PauseSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn resume_subscription(
        &self,
        _: Request<server::ResumeSubscriptionRequest>,
    ) -> Answer<server::ResumeSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn delete_subscription(
        &self,
        _: Request<server::DeleteSubscriptionRequest>,
    ) -> Answer<server::DeleteSubscriptionResponse> {
        Err(Status::unimplemented("not in this test"))
    }
}
