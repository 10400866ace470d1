//! One Subscribe stream: deliveries out, answers in.
//!
//! Deliveries are batches of runs; a run is its head and a slice of the stored body, as it is. Answers are ranges and
//! cost the same whatever they span. A half-closed stream ends cleanly; a broken one counts an attempt for each lease.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use tokio::time::{Interval, MissedTickBehavior};
use tonic::{Status, Streaming};
use weir_proto::server;
use weir_proto::server::{SubscribeRequest, SubscribeResponse, SubscribeStarted};

use super::{convert, nacks, runs};
use crate::api::status::status;
use crate::core::SequenceRange;
use crate::model::Refusal;
use crate::shard::{DeliveredRun, Feedback, Session, SessionEvent};

/// How often an idle stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One consumer's stream.
pub(super) struct Conversation {
    /// Unset once it was closed.
    session: Option<Session>,
    feedback: Feedback,
    requests: Streaming<SubscribeRequest>,
    heartbeat: Interval,
    /// The first response, until it was sent.
    started: Option<SubscribeStarted>,
    /// Whether the consumer is told of acks that are durable.
    confirms: bool,
    /// The consumer has said all that it will; it is still to be told what of that is durable.
    is_closing: bool,
}

enum Event {
    Session(SessionEvent),
    Request(Result<Option<SubscribeRequest>, Status>),
    Heartbeat,
}

impl Conversation {
    pub(super) fn new(
        session: Session,
        (consumer, confirms): (String, bool),
        requests: Streaming<SubscribeRequest>,
    ) -> Self {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let started = SubscribeStarted {
            topic_id: session.topic.0,
            ack_deadline: Some(convert::duration(session.settings.ack_deadline)),
            consumer,
            topic: session.topic_name.to_string(),
        };
        Self {
            feedback: session.feedback(),
            session: Some(session),
            requests,
            heartbeat,
            started: Some(started),
            confirms,
            is_closing: false,
        }
    }

    pub(super) fn responses(self) -> impl Stream<Item = Result<SubscribeResponse, Status>> + Send {
        stream::unfold(Some(self), |conversation| async move {
            let mut conversation = conversation?;
            match conversation.next().await {
                Ok(Some(response)) => Some((Ok(response), Some(conversation))),
                Ok(None) => None,
                Err(ended) => Some((Err(ended), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<SubscribeResponse>, Status> {
        if let Some(started) = self.started.take() {
            return Ok(Some(SubscribeResponse {
                started: Some(started),
                ..Default::default()
            }));
        }
        loop {
            let Some(session) = &mut self.session else {
                return Ok(None);
            };
            let event = tokio::select! {
                biased;
                request = self.requests.message(), if !self.is_closing => Event::Request(request),
                event = session.next() => Event::Session(event),
                _ = self.heartbeat.tick() => Event::Heartbeat,
            };
            match event {
                Event::Request(Ok(Some(request))) => {
                    self.take(request)
                        .await
                        .map_err(|refusal| status(&refusal))?;
                }
                Event::Request(Ok(None)) if self.confirms => {
                    self.is_closing = true;
                    session.leave().await;
                }
                Event::Request(Ok(None)) => {
                    if let Some(session) = self.session.take() {
                        session.close().await;
                    }
                    return Ok(None);
                }
                // The connection broke: dropping the session counts the attempts.
                Event::Request(Err(broken)) => return Err(broken),
                Event::Session(SessionEvent::Closed) => return Ok(None),
                Event::Session(SessionEvent::Ended(refusal)) => return Err(status(&refusal)),
                Event::Session(event) => {
                    self.heartbeat.reset();
                    return Ok(Some(response(event)));
                }
                Event::Heartbeat => return Ok(Some(SubscribeResponse::default())),
            }
        }
    }

    /// Takes what the consumer says. The whole request is checked before any of it counts.
    async fn take(&mut self, request: SubscribeRequest) -> Result<(), Refusal> {
        let SubscribeRequest {
            start,
            acks,
            nacks,
            extends,
        } = request;
        if start.is_some() {
            let detail = "only the first request of a stream may hold `start`";
            return Err(Refusal::StreamProtocol { detail });
        }
        let acks = acks
            .into_iter()
            .map(|wire| range(Some(wire)))
            .collect::<Result<Vec<_>, _>>()?;
        let nacks = nacks
            .into_iter()
            .map(|wire| Ok((range(wire.range)?, nacks::nack(wire.options)?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        let extends = extends
            .into_iter()
            .map(|wire| {
                Ok((
                    range(wire.range)?,
                    convert::ack_deadline(wire.ack_deadline)?,
                ))
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        if !acks.is_empty() {
            self.feedback.ack(acks).await?;
        }
        if !nacks.is_empty() {
            self.feedback.nack(nacks).await?;
        }
        if !extends.is_empty() {
            self.feedback.extend(extends).await?;
        }
        Ok(())
    }
}

/// What a consumer is told of an event that does not end its stream.
fn response(event: SessionEvent) -> SubscribeResponse {
    let ranges = |ranges: Vec<SequenceRange>| ranges.into_iter().map(wire_range).collect();
    match event {
        SessionEvent::Deliver(runs) => SubscribeResponse {
            runs: runs.iter().map(encode_run).collect(),
            ..Default::default()
        },
        SessionEvent::Stale(stale) => SubscribeResponse {
            stale: ranges(stale),
            ..Default::default()
        },
        SessionEvent::Confirmed(confirmed) => SubscribeResponse {
            confirmed: ranges(confirmed),
            ..Default::default()
        },
        SessionEvent::Ended(_) | SessionEvent::Closed => SubscribeResponse::default(),
    }
}

fn range(wire: Option<server::SequenceRange>) -> Result<SequenceRange, Refusal> {
    let wire = wire.ok_or(Refusal::FieldRequired { field: "range" })?;
    if wire.first == 0 || wire.last < wire.first {
        return Err(Refusal::ValueOutOfRange {
            field: "range",
            value: format!("{} to {}", wire.first, wire.last),
            range: "from 1 on, with `last` not before `first`".to_owned(),
        });
    }
    Ok(SequenceRange {
        first: wire.first,
        last: wire.last,
    })
}

fn wire_range(range: SequenceRange) -> server::SequenceRange {
    server::SequenceRange {
        first: range.first,
        last: range.last,
    }
}

/// A `DeliveryRun` with its messages as they are stored.
fn encode_run(run: &DeliveredRun) -> Bytes {
    let head = server::DeliveryRun {
        first_sequence: run.first_sequence,
        messages: Vec::new(),
        partition: run.partition.0,
        first_offset: run.first_offset.0,
        publish_time: Some(convert::timestamp(run.time)),
        delivery_attempt: run.attempt,
    };
    runs::encode(&head, &run.messages)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use weir_proto::v1;

    use super::*;
    use crate::model::entry::BodyBuilder;
    use crate::model::{Offset, Partition, Time};

    #[test]
    fn a_run_of_stored_messages_is_what_a_client_decodes() {
        let message = |text: &str| v1::Message {
            payload: Bytes::copy_from_slice(text.as_bytes()),
            ..v1::Message::default()
        };
        let sent = [message("first"), message(""), message("third")];
        let mut builder = BodyBuilder::default();
        for message in &sent {
            builder.push(&message.encode_to_vec(), 0);
        }
        let body = builder.finish().unwrap();
        let run = DeliveredRun {
            first_sequence: 7,
            partition: Partition(2),
            first_offset: Offset(40),
            count: 2,
            time: Time(1_700_000_000_123_456),
            attempt: 3,
            messages: body.bytes.slice(body.columns.slice(1, 2)),
        };
        let decoded = v1::DeliveryRun::decode(encode_run(&run)).unwrap();
        assert_eq!(decoded.messages, &sent[1..]);
        assert_eq!((decoded.first_sequence, decoded.first_offset), (7, 40));
        assert_eq!((decoded.partition, decoded.delivery_attempt), (2, 3));
        assert_eq!(decoded.publish_time.unwrap().nanos, 123_456_000);
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for (first, last) in [(0, 0), (0, 5), (6, 5)] {
            assert!(range(Some(server::SequenceRange { first, last })).is_err());
        }
        assert!(range(None).is_err());
        assert!(
            range(Some(server::SequenceRange {
                first: 1,
                last: u64::MAX
            }))
            .is_ok()
        );
    }
}
