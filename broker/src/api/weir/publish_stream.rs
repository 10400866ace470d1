//! A pipeline of batches: stored in the order of the stream, answered in that order, many under way at once.
//!
//! A batch that is refused does not end the stream; its refusal waits for its turn among the answers. The stream is
//! read no further while too many batches are under way, while the shard has no room, or while the client does not take
//! its answers.

use std::collections::VecDeque;
use std::pin::Pin;

use futures_util::Stream;
use futures_util::stream;
use tonic::{Status, Streaming};
use weir_proto::server::{PublishResult, PublishStreamRequest, PublishStreamResponse};

use super::batch::Batch;
use super::convert;
use super::storing::{answer, prepare};
use crate::api::status::item_error;
use crate::core::Receipt;
use crate::model::{Name, Refusal};
use crate::shard::{Handle, PublishTicket};

/// Batches of one stream that may be under way.
const MAX_UNDER_WAY: usize = 256;
/// Answers that go into one response.
const MAX_RESULTS: usize = 256;

/// A batch whose turn to be answered has not come.
struct Pending {
    batch_id: u64,
    /// Unset for a batch that was refused before it was handed over.
    batch: Option<Batch>,
    outcome: Outcome,
}

enum Outcome {
    UnderWay(PublishTicket),
    Known(Result<Receipt, Refusal>),
}

/// A batch that waits for room in the shard.
struct Waiting {
    batch_id: u64,
    batch: Batch,
    handing_over: Pin<Box<dyn Future<Output = Result<PublishTicket, Refusal>> + Send>>,
}

/// One stream.
pub(super) struct Pipeline {
    handle: Handle,
    requests: Streaming<PublishStreamRequest>,
    /// Unset before the first request and after a request with an invalid name.
    topic: Option<Result<Name, Refusal>>,
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
    ) -> Self {
        Self {
            handle,
            requests,
            topic: None,
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
                        results.push(first.result(outcome));
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
            results.push(pending.result(outcome));
            self.pending.pop_front();
        }
    }

    /// Takes a request: what it names and holds is checked, then it waits for room.
    fn take(&mut self, request: PublishStreamRequest) {
        let PublishStreamRequest {
            topic,
            messages,
            batch_id,
        } = request;
        if !topic.is_empty() {
            self.topic = Some(convert::name("topic", &topic));
        }
        let topic = match &self.topic {
            Some(topic) => topic.clone(),
            None => Err(Refusal::FieldRequired { field: "topic" }),
        };
        let rotation = self.rotation;
        self.rotation = rotation.wrapping_add(1);
        let prepared = topic.and_then(|topic| prepare(&self.handle, &topic, &messages, rotation));
        match prepared {
            Err(refusal) => {
                let outcome = Outcome::Known(Err(refusal));
                self.pending.push_back(Pending {
                    batch_id,
                    batch: None,
                    outcome,
                });
            }
            Ok((topic, mut batch)) => {
                let bodies = std::mem::take(&mut batch.bodies);
                let handle = self.handle.clone();
                let handing_over =
                    Box::pin(async move { handle.publish_submit(topic, bodies).await });
                self.waiting = Some(Waiting {
                    batch_id,
                    batch,
                    handing_over,
                });
            }
        }
    }

    fn handed_over(&mut self, ticket: Result<PublishTicket, Refusal>) {
        let Some(Waiting {
            batch_id, batch, ..
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
            batch: Some(batch),
            outcome,
        });
    }
}

impl Pending {
    fn result(&self, outcome: Result<Receipt, Refusal>) -> PublishResult {
        let batch_id = self.batch_id;
        match (outcome, &self.batch) {
            (Ok(receipt), Some(batch)) => {
                let stored = answer(batch, &receipt);
                PublishResult {
                    batch_id,
                    topic_id: stored.topic_id,
                    runs: stored.runs,
                    error: None,
                }
            }
            (Ok(_), None) => {
                let detail = "a batch was stored that was not checked".to_owned();
                refused(batch_id, &Refusal::Internal { detail })
            }
            (Err(refusal), _) => refused(batch_id, &refusal),
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
