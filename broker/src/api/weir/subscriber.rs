//! The service `Subscriber`: consumers' streams, and single calls with ack ids.

use std::time::Duration;

use tonic::{Request, Response, Status, Streaming};
use weir_proto::server;
use weir_proto::server::{
    AckIdError, AcknowledgeRequest, AcknowledgeResponse, ExtendRequest, ExtendResponse,
    NackRequest, NackResponse, PullResponse, ReadResponse, SubscribeRequest, SubscribeResponse,
    SubscribeStart,
};

use super::admin::reply;
use super::storing::Responses;
use super::subscribe::Conversation;
use super::{convert, nacks, read};
use crate::api::clients::Connected;
use crate::api::status::{item_error, status};
use crate::core::{AckId, Allowance};
use crate::model::settings::{in_range, span_in_range};
use crate::model::{Client, MessageId, Refusal, Span};
use crate::shard::{Handle, PullRequest, PulledBatch, Subscribe};

/// How long a stream may take to say what it is for.
const START_LIMIT: Duration = Duration::from_secs(10);
/// Messages a consumer may hold unless it says otherwise.
const DEFAULT_OUTSTANDING_MESSAGES: u64 = 1_000;
/// The most messages a consumer may hold.
const MAX_OUTSTANDING_MESSAGES: u64 = 100_000;
/// Bytes a consumer may hold unless it says otherwise.
const DEFAULT_OUTSTANDING_BYTES: u64 = 64 << 20;
/// The most bytes a consumer may hold.
const MAX_OUTSTANDING_BYTES: u64 = 1 << 30;
/// Messages of a Pull unless it says otherwise.
const DEFAULT_PULL: u64 = 100;
/// The most messages of a Pull, and the most items of an Acknowledge, Nack or Extend.
const MAX_ITEMS: u64 = 10_000;
/// Bytes of messages in one answer to a Pull, or one larger message.
const PULL_BYTES: u64 = 4 << 20;
/// The longest a Pull waits.
const MAX_PULL_WAIT: Span = Span::from_secs(60);

/// Hands messages out and takes answers back.
#[derive(Debug)]
pub(crate) struct Subscriber(pub(crate) Handle);

impl Subscriber {
    async fn open(
        &self,
        mut requests: Streaming<SubscribeRequest>,
        origin: Origin,
    ) -> Result<Conversation, Status> {
        let first = tokio::time::timeout(START_LIMIT, requests.message()).await;
        let no_start = Refusal::StreamProtocol {
            detail: "the first request of a stream must hold `start`, within 10 s",
        };
        let Ok(first) = first else {
            return Err(status(&no_start));
        };
        let Some(SubscribeRequest {
            start: Some(start),
            acks,
            nacks,
            extends,
        }) = first?
        else {
            return Err(status(&no_start));
        };
        if !(acks.is_empty() && nacks.is_empty() && extends.is_empty()) {
            let detail = "the first request of a stream holds `start` and nothing else";
            return Err(status(&Refusal::StreamProtocol { detail }));
        }
        let subscribe = subscribe(start, origin).map_err(|refusal| status(&refusal))?;
        let (consumer, confirms) = (subscribe.name.clone(), subscribe.confirm_acks);
        let session = self
            .0
            .subscribe(subscribe)
            .await
            .map_err(|refusal| status(&refusal))?;
        Ok(Conversation::new(session, (consumer, confirms), requests))
    }

    async fn acknowledge(
        &self,
        request: AcknowledgeRequest,
    ) -> Result<AcknowledgeResponse, Refusal> {
        let items: Vec<_> = request.ack_ids.into_iter().map(|id| (id, ())).collect();
        let (parsed, errors) = parse(items)?;
        let ids = parsed.iter().map(|(_, id, ())| *id).collect();
        let outcomes = self.0.acknowledge(ids).await?;
        let (acknowledged_count, errors) = tally(parsed, outcomes, errors);
        Ok(AcknowledgeResponse {
            acknowledged_count,
            errors,
        })
    }

    async fn nack(&self, request: NackRequest) -> Result<NackResponse, Refusal> {
        let items = request.changes.into_iter();
        let items = items.map(|change| Ok((change.ack_id, nacks::nack(change.options)?)));
        let (parsed, errors) = parse(items.collect::<Result<_, Refusal>>()?)?;
        let changes = parsed
            .iter()
            .map(|(_, id, nack)| (*id, nack.clone()))
            .collect();
        let outcomes = self.0.nack(changes).await?;
        let (changed_count, errors) = tally(parsed, outcomes, errors);
        Ok(NackResponse {
            changed_count,
            errors,
        })
    }

    async fn extend(&self, request: ExtendRequest) -> Result<ExtendResponse, Refusal> {
        let items = request.changes.into_iter();
        let items =
            items.map(|change| Ok((change.ack_id, convert::ack_deadline(change.ack_deadline)?)));
        let (parsed, errors) = parse(items.collect::<Result<_, Refusal>>()?)?;
        let changes = parsed.iter().map(|(_, id, span)| (*id, *span)).collect();
        let outcomes = self.0.extend(changes).await?;
        let (changed_count, errors) = tally(parsed, outcomes, errors);
        Ok(ExtendResponse {
            changed_count,
            errors,
        })
    }
}

fn subscribe(start: SubscribeStart, origin: Origin) -> Result<Subscribe, Refusal> {
    let Origin { peer, client } = origin;
    let messages = or_default(
        start.max_outstanding_messages.into(),
        DEFAULT_OUTSTANDING_MESSAGES,
    );
    let bytes = or_default(start.max_outstanding_bytes, DEFAULT_OUTSTANDING_BYTES);
    in_range(
        "start.max_outstanding_messages",
        messages,
        1,
        MAX_OUTSTANDING_MESSAGES,
    )?;
    in_range(
        "start.max_outstanding_bytes",
        bytes,
        1,
        MAX_OUTSTANDING_BYTES,
    )?;
    Ok(Subscribe {
        subscription: convert::name("start.subscription", &start.subscription)?,
        name: consumer("start.consumer", start.consumer, &peer)?,
        peer,
        client,
        allowance: Allowance { messages, bytes },
        confirm_acks: start.confirm_acks,
    })
}

fn pull(request: server::PullRequest, peer: String) -> Result<PullRequest, Refusal> {
    let max_messages = or_default(request.max_messages.into(), DEFAULT_PULL);
    in_range("max_messages", max_messages, 1, MAX_ITEMS)?;
    let wait = convert::span("wait", request.wait)?.unwrap_or(Span::ZERO);
    span_in_range("wait", wait, Span::ZERO, MAX_PULL_WAIT)?;
    Ok(PullRequest {
        subscription: convert::name("subscription", &request.subscription)?,
        name: consumer("consumer", request.consumer, &peer)?,
        peer,
        max_messages,
        max_bytes: PULL_BYTES,
        wait,
    })
}

fn or_default(value: u64, default: u64) -> u64 {
    if value == 0 { default } else { value }
}

/// The name of a consumer, or one made from its address.
fn consumer(field: &'static str, name: String, peer: &str) -> Result<String, Refusal> {
    convert::label(field, &name, convert::MAX_LABEL_BYTES)?;
    Ok(if name.is_empty() {
        peer.to_owned()
    } else {
        name
    })
}

/// Where a request comes from.
struct Origin {
    peer: String,
    client: Client,
}

impl Origin {
    fn of<T>(request: &Request<T>) -> Self {
        match request.extensions().get::<Connected>() {
            Some(connected) => Self {
                peer: connected.peer().to_owned(),
                client: connected.client(),
            },
            None => Self {
                peer: "unknown".to_owned(),
                client: Client::default(),
            },
        }
    }
}

/// Items with their ack ids parsed, and the errors of those whose id is none.
type Parsed<T> = (Vec<(String, AckId, T)>, Vec<AckIdError>);

fn parse<T>(items: Vec<(String, T)>) -> Result<Parsed<T>, Refusal> {
    if items.is_empty() {
        return Err(Refusal::FieldRequired { field: "ack_ids" });
    }
    let size = items.len() as u64;
    if size > MAX_ITEMS {
        return Err(Refusal::BatchTooLarge {
            size,
            limit: MAX_ITEMS,
            unit: "changes",
        });
    }
    let (mut parsed, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
    for (text, item) in items {
        match text.parse::<AckId>() {
            Ok(id) => parsed.push((text, id, item)),
            Err(refusal) => errors.push(error(text, &refusal)),
        }
    }
    Ok((parsed, errors))
}

/// How many succeeded, and the errors of the others.
fn tally<T>(
    parsed: Vec<(String, AckId, T)>,
    outcomes: Vec<Result<(), Refusal>>,
    mut errors: Vec<AckIdError>,
) -> (u64, Vec<AckIdError>) {
    let mut count = 0;
    for ((text, _, _), outcome) in parsed.into_iter().zip(outcomes) {
        match outcome {
            Ok(()) => count += 1,
            Err(refusal) => errors.push(error(text, &refusal)),
        }
    }
    (count, errors)
}

fn error(ack_id: String, refusal: &Refusal) -> AckIdError {
    AckIdError {
        ack_id,
        error: Some(item_error(refusal)),
    }
}

fn wire_pulled(batch: PulledBatch) -> PullResponse {
    let topic = batch.topic;
    let deliveries = batch.messages.into_iter().map(|pulled| {
        let AckId {
            partition,
            offset,
            attempt,
            ..
        } = pulled.ack;
        server::Delivery {
            ack_id: pulled.ack.to_string(),
            message: Some(pulled.message),
            message_id: MessageId {
                topic,
                partition,
                offset,
            }
            .to_string(),
            partition: partition.0,
            offset: offset.0,
            publish_time: Some(convert::timestamp(pulled.time)),
            delivery_attempt: attempt,
        }
    });
    PullResponse {
        deliveries: deliveries.collect(),
    }
}

#[tonic::async_trait]
impl server::subscriber_server::Subscriber for Subscriber {
    type SubscribeStream = Responses<SubscribeResponse>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let origin = Origin::of(&request);
        let conversation = self.open(request.into_inner(), origin).await?;
        Ok(Response::new(Box::pin(conversation.responses())))
    }

    async fn pull(
        &self,
        request: Request<server::PullRequest>,
    ) -> Result<Response<PullResponse>, Status> {
        let Origin { peer, .. } = Origin::of(&request);
        let pulled = async { self.0.pull(pull(request.into_inner(), peer)?).await };
        reply(pulled.await.map(wire_pulled))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Result<Response<AcknowledgeResponse>, Status> {
        reply(Self::acknowledge(self, request.into_inner()).await)
    }

    async fn nack(&self, request: Request<NackRequest>) -> Result<Response<NackResponse>, Status> {
        reply(Self::nack(self, request.into_inner()).await)
    }

    async fn extend(
        &self,
        request: Request<ExtendRequest>,
    ) -> Result<Response<ExtendResponse>, Status> {
        reply(Self::extend(self, request.into_inner()).await)
    }

    type ReadStream = Responses<ReadResponse>;

    async fn read(
        &self,
        request: Request<server::ReadRequest>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let begun = async { self.0.read(read::request(&request.into_inner())?).await };
        let reading = begun.await.map_err(|refusal| status(&refusal))?;
        Ok(Response::new(Box::pin(read::responses(reading))))
    }
}
