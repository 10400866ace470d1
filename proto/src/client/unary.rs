//! The calls with one request and one answer: thin, typed wrappers that speak `v1` and return
//! [`Error`].
//!
//! Nothing here is tried again on its own, since a call that was under way may have been done.

use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;

use super::connection::Client;
use super::error::Error;
use super::events::Events;
use super::message_id::MessageId;
use crate::v1::operator_client::OperatorClient;
use crate::v1::publisher_client::PublisherClient;
use crate::v1::stats_client::StatsClient;
use crate::v1::subscriber_client::SubscriberClient;
use crate::v1::{
    AckIdError, AcknowledgeRequest, AcknowledgeResponse, AddMarkRequest, AdviseRequest,
    AdviseResponse, Delivery, Event, ExtendChange, ExtendRequest, ExtendResponse,
    GetMessageRequest, GetMessageResponse, GetStatsRequest, GetStatsResponse,
    GroupDeadLettersRequest, GroupDeadLettersResponse, HistoryRequest, HistoryResponse, Message,
    NackChange, NackRequest, NackResponse, OperationSummary, PeekRequest, PeekResponse,
    PublishRequest, PublishResponse, PullRequest, PurgeBacklogRequest, ReleaseKeyRequest,
    RequeueDeadLettersRequest, SeekRequest, SeekResponse, WatchEventsRequest,
};

/// Looking into subscriptions, and acts on many messages.
#[derive(Debug, Clone)]
pub struct Operator {
    pub(super) stub: OperatorClient<Channel>,
    /// Whose name goes on record.
    pub(super) actor: Option<AsciiMetadataValue>,
}

impl Operator {
    pub(super) fn new(client: &Client) -> Self {
        let limit = client.options().max_message_bytes;
        let stub = OperatorClient::new(client.channel());
        Self {
            stub: stub
                .max_decoding_message_size(limit)
                .max_encoding_message_size(limit),
            actor: None,
        }
    }

    /// Shows one page of messages without touching them.
    pub async fn peek(&self, request: PeekRequest) -> Result<PeekResponse, Error> {
        Ok(self.stub.clone().peek(request).await?.into_inner())
    }

    /// Shows one message and its state in each subscription of its topic.
    pub async fn get_message(&self, id: MessageId) -> Result<GetMessageResponse, Error> {
        let request = GetMessageRequest {
            message_id: id.to_string(),
        };
        Ok(self.stub.clone().get_message(request).await?.into_inner())
    }

    /// Puts dead messages back to ready, or only counts them.
    pub async fn requeue(
        &self,
        request: RequeueDeadLettersRequest,
    ) -> Result<OperationSummary, Error> {
        let response = self
            .stub
            .clone()
            .requeue_dead_letters(self.signed(request))
            .await?
            .into_inner();
        response
            .operation
            .ok_or_else(|| Error::bad_answer("the operation is missing"))
    }

    /// Groups all dead messages of a subscription by the reason for which they died.
    pub async fn group_dead_letters(
        &self,
        request: GroupDeadLettersRequest,
    ) -> Result<GroupDeadLettersResponse, Error> {
        let response = self.stub.clone().group_dead_letters(request).await?;
        Ok(response.into_inner())
    }

    /// Lets an ordering key go on past its dead messages, or only counts them; gives how many.
    pub async fn release_key(&self, request: ReleaseKeyRequest) -> Result<u64, Error> {
        let response = self.stub.clone().release_key(self.signed(request)).await?;
        Ok(response.into_inner().passed)
    }

    /// Lets a subscription go on from elsewhere, or only counts what that would do.
    pub async fn seek(&self, request: SeekRequest) -> Result<SeekResponse, Error> {
        Ok(self
            .stub
            .clone()
            .seek(self.signed(request))
            .await?
            .into_inner())
    }

    /// Drops messages of a subscription, or only counts them.
    pub async fn purge(&self, request: PurgeBacklogRequest) -> Result<OperationSummary, Error> {
        let response = self
            .stub
            .clone()
            .purge_backlog(self.signed(request))
            .await?
            .into_inner();
        response
            .operation
            .ok_or_else(|| Error::bad_answer("the operation is missing"))
    }
}

impl Operator {
    /// Sets a mark on the timeline.
    pub async fn add_mark(&self, request: AddMarkRequest) -> Result<Event, Error> {
        let response = self.stub.clone().add_mark(request).await?.into_inner();
        response
            .event
            .ok_or_else(|| Error::bad_answer("the event is missing"))
    }
}

/// Single pulls, and acks that are durable when their call returns.
#[derive(Debug, Clone)]
pub struct Puller {
    stub: SubscriberClient<Channel>,
}

impl Puller {
    pub(super) fn new(client: &Client) -> Self {
        let limit = client.options().max_message_bytes;
        let stub = SubscriberClient::new(client.channel());
        Self {
            stub: stub
                .max_decoding_message_size(limit)
                .max_encoding_message_size(limit),
        }
    }

    /// Leases up to a number of messages and returns them; none if there are none within the wait.
    pub async fn pull(&self, request: PullRequest) -> Result<Vec<Delivery>, Error> {
        Ok(self
            .stub
            .clone()
            .pull(request)
            .await?
            .into_inner()
            .deliveries)
    }

    /// Finishes messages, 10,000 at most. What changed nothing is in the answer's `errors`.
    pub async fn acknowledge(&self, ack_ids: Vec<String>) -> Result<AcknowledgeResponse, Error> {
        let request = AcknowledgeRequest { ack_ids };
        Ok(self.stub.clone().acknowledge(request).await?.into_inner())
    }

    /// Gives messages back, 10,000 at most. What changed nothing is in the answer's `errors`.
    pub async fn nack(&self, changes: Vec<NackChange>) -> Result<NackResponse, Error> {
        Ok(self
            .stub
            .clone()
            .nack(NackRequest { changes })
            .await?
            .into_inner())
    }

    /// Moves ack deadlines, 10,000 at most. What changed nothing is in the answer's `errors`.
    pub async fn extend(&self, changes: Vec<ExtendChange>) -> Result<ExtendResponse, Error> {
        Ok(self
            .stub
            .clone()
            .extend(ExtendRequest { changes })
            .await?
            .into_inner())
    }
}

/// The numbers at one moment. For numbers that follow, see [`Watcher`](super::Watcher).
#[derive(Debug, Clone)]
pub struct Stats {
    stub: StatsClient<Channel>,
}

impl Stats {
    pub(super) fn new(client: &Client) -> Self {
        let limit = client.options().max_message_bytes;
        let stub = StatsClient::new(client.channel());
        Self {
            stub: stub
                .max_decoding_message_size(limit)
                .max_encoding_message_size(limit),
        }
    }

    /// Shows the numbers now.
    pub async fn get(&self, request: GetStatsRequest) -> Result<GetStatsResponse, Error> {
        Ok(self.stub.clone().get_stats(request).await?.into_inner())
    }

    /// Shows what the numbers were.
    pub async fn history(&self, request: HistoryRequest) -> Result<HistoryResponse, Error> {
        Ok(self.stub.clone().history(request).await?.into_inner())
    }

    /// Says how many consumers a subscription needs.
    pub async fn advise(&self, request: AdviseRequest) -> Result<AdviseResponse, Error> {
        Ok(self.stub.clone().advise(request).await?.into_inner())
    }

    /// Follows what happens: one stream, which is not opened again when it is lost.
    pub async fn events(&self, request: WatchEventsRequest) -> Result<Events, Error> {
        let opened = self.stub.clone().watch_events(request).await?;
        Ok(Events(opened.into_inner()))
    }

    pub(super) fn stub(&self) -> StatsClient<Channel> {
        self.stub.clone()
    }
}

/// The refusal of one ack id as an [`Error`].
impl From<AckIdError> for Error {
    fn from(refused: AckIdError) -> Self {
        match refused.error {
            Some(item) => Self::from_item(item),
            None => Self::bad_answer("an ack id was refused without a reason"),
        }
    }
}

impl Client {
    /// Publishes one batch with one call, all or nothing; durable when it returns. For more than a
    /// few messages open a [`Publisher`](super::Publisher).
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        messages: Vec<Message>,
    ) -> Result<PublishResponse, Error> {
        let request = PublishRequest {
            topic: topic.into(),
            messages,
            ..PublishRequest::default()
        };
        self.publish_together(request).await
    }

    /// Publishes what a request holds with one call, batches for several topics too: all of it or
    /// nothing; durable when it returns.
    pub async fn publish_together(
        &self,
        request: PublishRequest,
    ) -> Result<PublishResponse, Error> {
        let limit = self.options().max_message_bytes;
        let stub = PublisherClient::new(self.channel());
        let mut stub = stub
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        Ok(stub.publish(request).await?.into_inner())
    }
}
