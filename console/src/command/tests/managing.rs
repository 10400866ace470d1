//! What the broker in memory answers to who manages it. What no test asks is not offered.

use tonic::{Request, Response, async_trait};
use weir_proto::server::*;

use super::answers::{Answer, absent, checked_subscription, checked_topic};
use super::services::{Answers, Services};

#[async_trait]
impl admin_server::Admin for Services {
    type ExportTopologyStream = Answers<ExportTopologyResponse>;

    async fn list_clients(&self, _: Request<ListClientsRequest>) -> Answer<ListClientsResponse> {
        Ok(Response::new(super::answers::clients()))
    }

    async fn disconnect_client(
        &self,
        request: Request<DisconnectClientRequest>,
    ) -> Answer<DisconnectClientResponse> {
        self.memory()
            .disconnected
            .push(request.into_inner().client_id);
        Ok(Response::new(DisconnectClientResponse {
            ended_stream_count: 2,
        }))
    }

    async fn apply_topology(
        &self,
        _: Request<ApplyTopologyRequest>,
    ) -> Answer<ApplyTopologyResponse> {
        absent()
    }

    async fn export_topology(
        &self,
        _: Request<ExportTopologyRequest>,
    ) -> Answer<Self::ExportTopologyStream> {
        absent()
    }

    async fn create_topic(&self, _: Request<CreateTopicRequest>) -> Answer<CreateTopicResponse> {
        absent()
    }

    async fn get_topic(&self, request: Request<GetTopicRequest>) -> Answer<GetTopicResponse> {
        let name = request.into_inner().topic;
        checked_topic(&name)?;
        let topic = Topic {
            name,
            topic_id: 7,
            subscription_count: 2,
            ..Topic::default()
        };
        Ok(Response::new(GetTopicResponse { topic: Some(topic) }))
    }

    async fn list_topics(&self, _: Request<ListTopicsRequest>) -> Answer<ListTopicsResponse> {
        absent()
    }

    async fn update_topic(&self, _: Request<UpdateTopicRequest>) -> Answer<UpdateTopicResponse> {
        absent()
    }

    async fn update_subscription(
        &self,
        _: Request<UpdateSubscriptionRequest>,
    ) -> Answer<UpdateSubscriptionResponse> {
        absent()
    }

    async fn delete_topic(&self, _: Request<DeleteTopicRequest>) -> Answer<DeleteTopicResponse> {
        absent()
    }

    async fn create_subscription(
        &self,
        _: Request<CreateSubscriptionRequest>,
    ) -> Answer<CreateSubscriptionResponse> {
        absent()
    }

    async fn get_subscription(
        &self,
        request: Request<GetSubscriptionRequest>,
    ) -> Answer<GetSubscriptionResponse> {
        let name = request.into_inner().subscription;
        checked_subscription(&name)?;
        let topic = "orders".to_owned();
        let subscription = Subscription {
            name,
            topic,
            ..Subscription::default()
        };
        Ok(Response::new(GetSubscriptionResponse {
            subscription: Some(subscription),
        }))
    }

    async fn list_subscriptions(
        &self,
        _: Request<ListSubscriptionsRequest>,
    ) -> Answer<ListSubscriptionsResponse> {
        absent()
    }

    async fn pause_subscription(
        &self,
        _: Request<PauseSubscriptionRequest>,
    ) -> Answer<PauseSubscriptionResponse> {
        absent()
    }

    async fn resume_subscription(
        &self,
        _: Request<ResumeSubscriptionRequest>,
    ) -> Answer<ResumeSubscriptionResponse> {
        absent()
    }

    async fn delete_subscription(
        &self,
        _: Request<DeleteSubscriptionRequest>,
    ) -> Answer<DeleteSubscriptionResponse> {
        absent()
    }
}
