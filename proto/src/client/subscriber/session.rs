//! One subscribe stream from its start to its end: deliveries out to the program, answers and
//! extensions in to the broker.
//!
//! Nothing is timed but extensions: answers leave when the transport has room, and what has
//! gathered until then goes together. While the program does not take deliveries the stream is not
//! read, but answers go on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::answers::{Answers, Counts, Said};
use super::leases::Leases;
use super::options::SubscribeOptions;
use super::ranges;
use super::received::Arrived;
use crate::client::backoff;
use crate::client::connection::Client;
use crate::client::error::Error;
use crate::v1::subscriber_client::SubscriberClient;
use crate::v1::{
    SequenceRange, StreamExtend, SubscribeRequest, SubscribeResponse, SubscribeStart,
    SubscribeStarted,
};

/// How many requests wait for the transport. More would only make ranges shorter.
const REQUESTS_BEFORE_TRANSPORT: usize = 2;
/// The most ranges in one request: well below what the broker takes for an attack.
const RANGES_IN_REQUEST: usize = 4096;
/// How long the broker may take to end a stream that was closed.
const FAREWELL_LIMIT: Duration = Duration::from_secs(5);
/// The longest ack deadline of the contract.
const MAX_ACK_DEADLINE: Duration = Duration::from_hours(12);

/// One stream.
pub(super) struct Session {
    requests: mpsc::Sender<SubscribeRequest>,
    responses: Streaming<SubscribeResponse>,
    answers: Arc<Answers>,
    leases: Leases,
    topic_id: u64,
    unsent: VecDeque<SubscribeRequest>,
    /// Whether handles have said something since it was taken over.
    has_unread_answers: bool,
    counts: Arc<Counts>,
    /// The response that started the stream, until its deliveries are carried.
    first: Option<SubscribeResponse>,
}

/// What happens on a stream.
enum Event {
    /// Handles have said something.
    Said,
    /// There is room for a request.
    Room,
    /// Leases are to be lengthened.
    Due,
    /// The broker sent something, and the program has room for it.
    Came(SubscribeResponse),
    /// The stream is lost.
    Lost(Error),
}

impl Session {
    /// Opens a stream and waits until the broker has taken the subscriber on.
    pub(super) async fn start(
        client: &Client,
        options: &SubscribeOptions,
        counts: Arc<Counts>,
    ) -> Result<Self, Error> {
        let (requests, outgoing) = mpsc::channel(REQUESTS_BEFORE_TRANSPORT);
        let start = SubscribeRequest {
            start: Some(start_of(options)),
            ..Default::default()
        };
        requests
            .try_send(start)
            .map_err(|_full| Error::closed("subscriber"))?;
        let limit = client.options().max_message_bytes;
        let stub = SubscriberClient::new(client.channel());
        let mut stub = stub
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        let mut responses = stub
            .subscribe(ReceiverStream::new(outgoing))
            .await?
            .into_inner();
        let first = responses.message().await?;
        let first = first.ok_or_else(|| Error::lost("the broker ended the stream"))?;
        let started = first.started.clone().unwrap_or_default();
        Ok(Self {
            requests,
            responses,
            answers: Arc::new(Answers::new(counts.clone(), options.confirm_acks)),
            leases: Leases::new(ack_deadline_of(&started)?, options.auto_extend),
            topic_id: started.topic_id,
            unsent: VecDeque::new(),
            has_unread_answers: false,
            counts,
            first: Some(first),
        })
    }

    /// Carries deliveries and answers until the stream is lost, and says why. May be dropped at any
    /// moment; call [`Self::finish`] or [`Self::abandon`] then.
    pub(super) async fn carry(&mut self, arrived: &mpsc::Sender<Arrived>) -> Error {
        let first = self.first.take().and_then(|first| self.take(first));
        if let Some(batch) = first
            && arrived.send(batch).await.is_err()
        {
            return Error::closed("subscriber");
        }
        let mut slot = None;
        loop {
            match self.next(arrived, &mut slot).await {
                Event::Said => self.has_unread_answers = true,
                Event::Room => self.send(),
                Event::Due => self.extend_due(),
                Event::Came(response) => {
                    if let Some(batch) = self.take(response)
                        && let Some(slot) = slot.take()
                    {
                        slot.send(batch);
                    }
                }
                Event::Lost(error) => return error,
            }
        }
    }

    /// The next thing that happens. `slot` is the program's room for what comes next.
    async fn next<'a>(
        &mut self,
        arrived: &'a mpsc::Sender<Arrived>,
        slot: &mut Option<mpsc::Permit<'a, Arrived>>,
    ) -> Event {
        let due = self.leases.next_due();
        let has_requests = self.has_unread_answers || !self.unsent.is_empty();
        loop {
            tokio::select! {
                () = self.answers.changed(), if !self.has_unread_answers => return Event::Said,
                // A transport that is gone says why on the stream of responses.
                room = self.requests.reserve(), if has_requests && !self.requests.is_closed() => {
                    if room.is_ok() {
                        return Event::Room;
                    }
                }
                () = backoff::at(due) => return Event::Due,
                room = arrived.reserve(), if slot.is_none() => match room {
                    Ok(room) => *slot = Some(room),
                    Err(_gone) => return Event::Lost(Error::closed("subscriber")),
                },
                response = self.responses.message(), if slot.is_some() => return match response {
                    Ok(Some(response)) => Event::Came(response),
                    Ok(None) => Event::Lost(Error::lost("the broker ended the stream")),
                    Err(status) => Event::Lost(status.into()),
                },
            }
        }
    }

    /// Sends what was said, ends this side of the stream and waits for the broker's end: it has
    /// then taken every answer and released every lease.
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        let answers = Arc::clone(&self.answers);
        let farewell = async {
            let said = self.answers.close();
            self.prepare(said);
            while let Some(request) = self.unsent.pop_front() {
                if self.requests.send(request).await.is_err() {
                    break;
                }
            }
            drop(self.requests);
            while let Some(last) = self.responses.message().await? {
                self.answers.note(&last.confirmed, &last.stale);
            }
            Ok(())
        };
        let ended = backoff::within(FAREWELL_LIMIT, farewell).await;
        answers.end();
        ended.unwrap_or_else(|_| Err(Error::lost("the broker did not end the closed stream")))
    }

    /// The stream is lost: handles learn that their leases are.
    pub(super) fn abandon(self) {
        drop(self.answers.close());
        self.answers.end();
    }

    fn take(&mut self, response: SubscribeResponse) -> Option<Arrived> {
        self.answers.note(&response.confirmed, &response.stale);
        for range in &response.stale {
            self.leases.let_go(*range);
        }
        if response.runs.is_empty() {
            return None;
        }
        let now = backoff::now();
        let mut came = Vec::new();
        let mut count = 0;
        for run in &response.runs {
            let messages = run.messages.len() as u64;
            if messages > 0 {
                let first = run.first_sequence;
                let last = first.saturating_add(messages - 1);
                ranges::push(&mut came, SequenceRange { first, last });
                count += messages;
            }
        }
        for range in came {
            self.leases.hold(range, now);
        }
        self.counts.add_received(count);
        let answers = self.answers.clone();
        Some(Arrived {
            topic_id: self.topic_id,
            runs: response.runs,
            answers,
        })
    }

    /// Hands one request to the transport, after [`Event::Room`]. What handles have said is taken
    /// over only now, so that as much of it as possible goes together.
    fn send(&mut self) {
        if self.unsent.is_empty() {
            self.has_unread_answers = false;
            let said = self.answers.take();
            self.prepare(said);
        }
        if let Some(request) = self.unsent.pop_front() {
            // A transport that is gone since there was room shows as a loss next.
            drop(self.requests.try_send(request));
        }
    }

    fn extend_due(&mut self) {
        let ack_deadline = prost_types::Duration::try_from(self.leases.ack_deadline()).ok();
        let due = self.leases.take_due(backoff::now());
        let extends = due.into_iter().map(|range| StreamExtend {
            range: Some(range),
            ack_deadline,
        });
        let extends = extends.collect();
        self.prepare(Said {
            extends,
            ..Said::default()
        });
    }

    /// Makes requests of what was said: ranges merged, and no extension of what is answered.
    fn prepare(&mut self, mut said: Said) {
        ranges::coalesce(&mut said.acks);
        for range in said
            .acks
            .iter()
            .chain(said.nacks.iter().filter_map(|n| n.range.as_ref()))
        {
            self.leases.let_go(*range);
        }
        let extends = std::mem::take(&mut said.extends)
            .into_iter()
            .flat_map(|extend| {
                let held = extend.range.map(|range| self.leases.held_within(range));
                let ack_deadline = extend.ack_deadline;
                held.into_iter().flatten().map(move |range| StreamExtend {
                    range: Some(range),
                    ack_deadline,
                })
            });
        said.extends = extends.collect();
        while !said.is_empty() {
            let request = next_request(&mut said);
            self.unsent.push_back(request);
        }
    }
}

/// Takes as much of what was said as one request holds.
fn next_request(said: &mut Said) -> SubscribeRequest {
    let mut room = RANGES_IN_REQUEST;
    SubscribeRequest {
        start: None,
        acks: take_front(&mut said.acks, &mut room),
        nacks: take_front(&mut said.nacks, &mut room),
        extends: take_front(&mut said.extends, &mut room),
    }
}

fn take_front<T>(items: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let rest = items.split_off(items.len().min(*room));
    let taken = std::mem::replace(items, rest);
    *room -= taken.len();
    taken
}

fn start_of(options: &SubscribeOptions) -> SubscribeStart {
    SubscribeStart {
        subscription: options.subscription.clone(),
        consumer: options.consumer.clone(),
        max_outstanding_messages: options.max_outstanding_messages,
        max_outstanding_bytes: options.max_outstanding_bytes,
        confirm_acks: options.confirm_acks,
    }
}

fn ack_deadline_of(started: &SubscribeStarted) -> Result<Duration, Error> {
    let ack_deadline = started
        .ack_deadline
        .and_then(|span| Duration::try_from(span).ok());
    let ack_deadline = ack_deadline.filter(|span| !span.is_zero());
    // Extending more often than is asked for does no harm; a time too far ahead has no name.
    let ack_deadline = ack_deadline.map(|span| span.min(MAX_ACK_DEADLINE));
    ack_deadline.ok_or_else(|| Error::bad_answer("a stream must start with its ack deadline"))
}
