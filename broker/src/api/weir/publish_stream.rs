//! A pipeline of batches: stored in the order of the stream, answered in that order, many under way at once.
//!
//! A batch that is refused does not end the stream; its refusal waits for its turn among the answers. The stream is
//! read no further while too many batches are under way, while the shard has no room, or while the client does not take
//! its answers.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use tonic::{Status, Streaming};
use weir_proto::server::{PublishResult, PublishStreamRequest, PublishStreamResponse};

use super::batch::Batch;
use super::storing::{Prepared, Terms, places, prepare, producer};
use crate::api::clients::Connected;
use crate::api::status::item_error;
use crate::core::Receipt;
use crate::model::{Refusal, TopicId};
use crate::shard::{Handle, PublishTicket};

/// Batches of one stream that may be under way.
const MAX_UNDER_WAY: usize = 256;
/// Answers that go into one response.
const MAX_RESULTS: usize = 256;

/// A batch whose turn to be answered has not come.
struct Pending {
    batch_id: u64,
    /// Its topic; absent for a batch that was refused before it was handed over.
    topic: Option<Arc<str>>,
    /// Empty for a batch that was refused before it was handed over.
    batches: Vec<(TopicId, Batch)>,
    outcome: Outcome,
}

enum Outcome {
    UnderWay(PublishTicket),
    Known(Result<Receipt, Refusal>),
}

/// A batch that waits for room in the shard.
struct Waiting {
    batch_id: u64,
    batches: Vec<(TopicId, Batch)>,
    handing_over: Pin<Box<dyn Future<Output = Result<PublishTicket, Refusal>> + Send>>,
}

/// One stream.
pub(super) struct Pipeline {
    handle: Handle,
    requests: Streaming<PublishStreamRequest>,
    /// Unset before the first request.
    topic: Option<Arc<str>>,
    /// The connection that it came over.
    client: Option<Connected>,
    rotation: u32,
    waiting: Option<Waiting>,
    pending: VecDeque<Pending>,
    has_ended: bool,
}

/// What happened next.
enum Event {
    Answered(Result<Receipt, Refusal>),
    HandedOver(Result<PublishTicket, Refusal>),
    Request(Result<Option<PublishStreamRequest>, Status>),
    Finished,
}

impl Pipeline {
    pub(super) fn new(
        handle: Handle,
        requests: Streaming<PublishStreamRequest>,
        rotation: u32,
        client: Option<Connected>,
    ) -> Self {
        Self {
            handle,
            requests,
            topic: None,
            client,
            rotation,
            waiting: None,
            pending: VecDeque::new(),
            has_ended: false,
        }
    }

    /// The answers, coalesced: all that are ready go in one response.
    pub(super) fn responses(
        self,
    ) -> impl Stream<Item = Result<PublishStreamResponse, Status>> + Send {
        stream::unfold(Some(self), |pipeline| async move {
            let mut pipeline = pipeline?;
            match pipeline.next().await {
                Ok(Some(response)) => Some((Ok(response), Some(pipeline))),
                Ok(None) => None,
                Err(broken) => Some((Err(broken), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<PublishStreamResponse>, Status> {
        loop {
            match self.event().await {
                Event::Answered(outcome) => {
                    let mut results = Vec::new();
                    if let Some(first) = self.pending.pop_front() {
                        results.push(self.result(&first, outcome));
                    }
                    self.take_ready(&mut results);
                    return Ok(Some(PublishStreamResponse { results }));
                }
                Event::HandedOver(ticket) => self.handed_over(ticket),
                Event::Request(Ok(Some(request))) => self.take(request),
                Event::Request(Ok(None)) => self.has_ended = true,
                // The client is gone; nobody is left to answer.
                Event::Request(Err(broken)) => return Err(broken),
                Event::Finished => return Ok(None),
            }
        }
    }

    async fn event(&mut self) -> Event {
        let reads = !self.has_ended && self.waiting.is_none() && self.pending.len() < MAX_UNDER_WAY;
        if !reads && self.waiting.is_none() && self.pending.is_empty() {
            return Event::Finished;
        }
        let answered = async {
            match self.pending.front_mut().map(|first| &mut first.outcome) {
                Some(Outcome::UnderWay(ticket)) => ticket.await,
                Some(Outcome::Known(outcome)) => outcome.clone(),
                None => std::future::pending().await,
            }
        };
        let handed_over = async {
            match &mut self.waiting {
                Some(waiting) => waiting.handing_over.as_mut().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            ticket = handed_over => Event::HandedOver(ticket),
            outcome = answered => Event::Answered(outcome),
            request = self.requests.message(), if reads => Event::Request(request),
        }
    }

    /// Further answers that are there already.
    fn take_ready(&mut self, results: &mut Vec<PublishResult>) {
        use futures_util::FutureExt as _;
        while results.len() < MAX_RESULTS {
            let outcome = match self.pending.front_mut().map(|first| &mut first.outcome) {
                Some(Outcome::UnderWay(ticket)) => ticket.now_or_never(),
                Some(Outcome::Known(outcome)) => Some(outcome.clone()),
                None => None,
            };
            let (Some(outcome), Some(pending)) = (outcome, self.pending.front()) else {
                return;
            };
            results.push(self.result(pending, outcome));
            self.pending.pop_front();
        }
    }

    /// The answer to a batch, counted if it was stored.
    fn result(&self, pending: &Pending, outcome: Result<Receipt, Refusal>) -> PublishResult {
        let result = pending.result(outcome);
        if let (Some(client), Some(topic), None) = (&self.client, &pending.topic, &result.error) {
            let counts = pending.batches.iter().map(|(_, batch)| batch.count());
            client.published(topic, counts.sum(), self.handle.mono());
        }
        result
    }

    /// Takes a request: what it names and holds is checked, then it waits for room.
    fn take(&mut self, request: PublishStreamRequest) {
        let batch_id = request.batch_id;
        match self.prepare(request) {
            Err(refusal) => self.pending.push_back(Pending {
                batch_id,
                topic: None,
                batches: Vec::new(),
                outcome: Outcome::Known(Err(refusal)),
            }),
            Ok(Prepared {
                publication,
                batches,
            }) => {
                let handle = self.handle.clone();
                let handing_over =
                    Box::pin(async move { handle.publish_submit(publication).await });
                self.waiting = Some(Waiting {
                    batch_id,
                    batches,
                    handing_over,
                });
            }
        }
    }

    fn prepare(&mut self, request: PublishStreamRequest) -> Result<Prepared, Refusal> {
        let is_other = self.topic.as_deref() != Some(request.topic.as_str());
        if !request.topic.is_empty() && is_other {
            self.topic = Some(request.topic.into());
        }
        let rotation = self.rotation;
        self.rotation = rotation.wrapping_add(1);
        let topic = self.topic.as_deref();
        let topic = topic.ok_or(Refusal::FieldRequired { field: "topic" })?;
        let terms = Terms {
            producer: producer(request.producer)?,
            requires_subscription: request.require_subscription,
            rotation,
        };
        prepare(&self.handle, &[(topic, &request.messages)], terms)
    }

    fn handed_over(&mut self, ticket: Result<PublishTicket, Refusal>) {
        let Some(Waiting {
            batch_id, batches, ..
        }) = self.waiting.take()
        else {
            return;
        };
        let outcome = match ticket {
            Ok(ticket) => Outcome::UnderWay(ticket),
            Err(refusal) => Outcome::Known(Err(refusal)),
        };
        self.pending.push_back(Pending {
            batch_id,
            topic: self.topic.clone(),
            batches,
            outcome,
        });
    }
}

impl Pending {
    fn result(&self, outcome: Result<Receipt, Refusal>) -> PublishResult {
        let batch_id = self.batch_id;
        let stored = outcome.and_then(|receipt| {
            let places = places(&self.batches, &receipt)?;
            Ok((places.into_iter().next(), receipt.is_duplicate))
        });
        match stored {
            Ok((place, duplicate)) => {
                let (topic, runs) = place.unwrap_or_default();
                PublishResult {
                    batch_id,
                    topic_id: topic.0,
                    runs,
                    error: None,
                    duplicate,
                }
            }
            Err(refusal) => refused(batch_id, &refusal),
        }
    }
}

fn refused(batch_id: u64, refusal: &Refusal) -> PublishResult {
    PublishResult {
        batch_id,
        error: Some(item_error(refusal)),
        ..PublishResult::default()
    }
}
