//! One publish stream from opening to loss, and the wait before the next one.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Streaming};

use super::batch::Batch;
use super::wire::{PATH, WireBatch, WireCodec};
use crate::client::backoff;
use crate::client::connection::Client;
use crate::client::error::Error;
use crate::v1::PublishStreamResponse;

/// How many batches wait for the transport. More would only hide how much is under way.
const BATCHES_BEFORE_TRANSPORT: usize = 2;
/// How long the broker may take to end a stream that has nothing under way.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);

type Answers = Streaming<PublishStreamResponse>;
type Opening = Pin<Box<dyn Future<Output = Result<Answers, Error>> + Send>>;

/// What happened on the link.
pub(super) enum Event {
    /// Answers came.
    Answered(PublishStreamResponse),
    /// There is room for a batch.
    Room,
    /// The stream could not be opened, or is lost. The link is idle until it is told to open again.
    Lost(Error),
    /// The stream is open.
    Opened,
}

/// The state of the stream.
enum State {
    Pausing(Pin<Box<dyn Future<Output = ()> + Send>>),
    Opening(mpsc::Sender<WireBatch>, Opening),
    Open(mpsc::Sender<WireBatch>, Box<Answers>),
    Lost,
}

pub(super) struct Link {
    client: Client,
    topic: String,
    require_subscription: bool,
    state: State,
    is_topic_sent: bool,
}

impl Link {
    /// Begins to open a stream.
    pub(super) fn open(client: Client, topic: String, require_subscription: bool) -> Self {
        let mut link = Self {
            client,
            topic,
            require_subscription,
            state: State::Lost,
            is_topic_sent: false,
        };
        link.begin();
        link
    }

    /// Opens a new stream after `delay`.
    pub(super) fn reopen_after(&mut self, delay: Duration) {
        self.state = State::Pausing(Box::pin(backoff::pause(delay)));
    }

    /// The next thing that happens; `wants_room` asks for room for a batch. May be dropped at any
    /// moment.
    pub(super) async fn next(&mut self, wants_room: bool) -> Event {
        loop {
            match &mut self.state {
                State::Pausing(pause) => {
                    pause.await;
                    self.begin();
                }
                State::Opening(requests, opening) => match opening.await {
                    Ok(answers) => {
                        self.state = State::Open(requests.clone(), Box::new(answers));
                        return Event::Opened;
                    }
                    Err(error) => return self.lose(error),
                },
                State::Open(requests, answers) => {
                    let event = tokio::select! {
                        answered = answers.message() => answered,
                        room = requests.reserve(), if wants_room => {
                            // A transport that takes no more says why on the stream of answers.
                            if room.is_ok() { return Event::Room }
                            answers.message().await
                        }
                    };
                    return match event {
                        Ok(Some(response)) => Event::Answered(response),
                        Ok(None) => self.lose(Error::lost("the broker ended the stream")),
                        Err(status) => self.lose(status.into()),
                    };
                }
                State::Lost => return std::future::pending().await,
            }
        }
    }

    /// Hands a batch to the transport, after [`Event::Room`].
    pub(super) fn send(&mut self, batch: &Batch) {
        let State::Open(requests, _) = &self.state else {
            return;
        };
        let topic = (!self.is_topic_sent).then(|| self.topic.clone());
        self.is_topic_sent = true;
        let wire = WireBatch {
            topic,
            chunks: batch.chunks.clone(),
            batch_id: batch.id,
            producer: batch.producer.clone(),
            require_subscription: self.require_subscription,
        };
        // A transport that is gone since there was room shows as a loss next.
        drop(requests.try_send(wire));
    }

    /// Says goodbye on a stream with nothing under way, and waits a little for the broker's end of
    /// it.
    pub(super) async fn finish(self) {
        if let State::Open(requests, mut answers) = self.state {
            drop(requests);
            // Every answer was received: how the stream ends changes nothing.
            drop(backoff::within(FAREWELL_LIMIT, answers.message()).await);
        }
    }

    fn lose(&mut self, error: Error) -> Event {
        self.state = State::Lost;
        Event::Lost(error)
    }

    fn begin(&mut self) {
        let (requests, outgoing) = mpsc::channel(BATCHES_BEFORE_TRANSPORT);
        let limit = self.client.options().max_message_bytes;
        let mut stub = tonic::client::Grpc::new(self.client.channel())
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        let opening = async move {
            stub.ready().await.map_err(Error::unreachable)?;
            let request = Request::new(ReceiverStream::new(outgoing));
            let path = PathAndQuery::from_static(PATH);
            Ok(stub.streaming(request, path, WireCodec).await?.into_inner())
        };
        self.is_topic_sent = false;
        self.state = State::Opening(requests, Box::pin(opening));
    }
}
