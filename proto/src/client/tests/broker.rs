//! A broker in the test's hands: it hears every stream that a client opens and answers what the
//! test says. Its wire can be cut, and it can refuse connections.

use std::future::ready;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::Uri;
use tonic::transport::Server;
use tonic::{Status, Streaming};
use tower::service_fn;
use tower::util::BoxCloneService;

use super::services::Services;
use crate::client::{Client, Options};
use crate::server;

/// Longer than any wait in these tests; under the paused clock it takes no time.
const LIMIT: Duration = Duration::from_hours(2);
/// Something that does not happen within this time does not happen.
const NEVER: Duration = Duration::from_millis(20);
const PIPE_BYTES: usize = 1 << 20;

/// One stream that a client opened: what it asks, and the way to answer.
pub(super) struct Talk<Q, A> {
    requests: Streaming<Q>,
    answers: Option<mpsc::Sender<Result<A, Status>>>,
}

pub(super) type PublishTalk = Talk<server::PublishStreamRequest, server::PublishStreamResponse>;
pub(super) type SubscribeTalk = Talk<server::SubscribeRequest, server::SubscribeResponse>;
pub(super) type WatchTalk = mpsc::Sender<Result<server::WatchResponse, Status>>;
pub(super) type Answers<A> = ReceiverStream<Result<A, Status>>;

impl<Q, A> Talk<Q, A> {
    pub(super) fn new(requests: Streaming<Q>) -> (Self, Answers<A>) {
        let (answers, outgoing) = mpsc::channel(1024);
        (
            Self {
                requests,
                answers: Some(answers),
            },
            ReceiverStream::new(outgoing),
        )
    }

    /// The next request.
    pub(super) async fn request(&mut self) -> Q {
        let request = timeout(LIMIT, self.requests.message()).await;
        request
            .expect("a request is due")
            .expect("the stream is whole")
            .expect("it goes on")
    }

    /// Asserts that no request comes.
    pub(super) async fn no_request(&mut self) {
        let request = timeout(NEVER, self.requests.message()).await;
        assert!(request.is_err(), "a request came that should not");
    }

    /// Waits until the client has ended its side.
    pub(super) async fn client_end(&mut self) {
        let end = timeout(LIMIT, self.requests.message()).await;
        assert!(
            end.expect("an end is due")
                .expect("the stream is whole")
                .is_none()
        );
    }

    pub(super) async fn answer(&self, answer: A) {
        self.send(Ok(answer)).await;
    }

    /// Ends this side with a status.
    pub(super) async fn fail(&mut self, status: Status) {
        self.send(Err(status)).await;
        self.answers = None;
    }

    /// Ends this side well.
    pub(super) fn end(&mut self) {
        self.answers = None;
    }

    async fn send(&self, answer: Result<A, Status>) {
        let answers = self.answers.as_ref().expect("this side is open");
        assert!(answers.send(answer).await.is_ok(), "the client hears");
    }
}

type Connector = BoxCloneService<Uri, TokioIo<DuplexStream>, io::Error>;

/// Hands the test the streams that clients open.
pub(super) struct Broker {
    pub(super) publishing: mpsc::Receiver<PublishTalk>,
    pub(super) subscribing: mpsc::Receiver<SubscribeTalk>,
    pub(super) watching: mpsc::Receiver<WatchTalk>,
    wires: Arc<Mutex<Vec<Wire>>>,
    is_refusing: Arc<AtomicBool>,
    connector: Connector,
    /// The ids with which the topic `late` was to be created.
    pub(super) creations: Arc<Mutex<Vec<String>>>,
}

/// The wire of one connection.
struct Wire {
    cut: AbortHandle,
    freeze: oneshot::Sender<()>,
}

impl Broker {
    pub(super) fn start() -> Self {
        let (services, publishing, subscribing, watching) = Services::new();
        let creations = services.creations.clone();
        let (accept, incoming) = mpsc::channel::<io::Result<DuplexStream>>(16);
        let server = Server::builder()
            .add_service(server::publisher_server::PublisherServer::new(
                services.clone(),
            ))
            .add_service(server::subscriber_server::SubscriberServer::new(
                services.clone(),
            ))
            .add_service(server::stats_server::StatsServer::new(services.clone()))
            .add_service(server::admin_server::AdminServer::new(services));
        drop(tokio::spawn(
            server.serve_with_incoming(ReceiverStream::new(incoming)),
        ));
        let wires = Arc::new(Mutex::new(Vec::new()));
        let is_refusing = Arc::new(AtomicBool::new(false));
        let (all_wires, refusing) = (wires.clone(), is_refusing.clone());
        let connector = service_fn(move |_uri| {
            if refusing.load(Ordering::SeqCst) {
                return ready(Err(io::Error::from(io::ErrorKind::ConnectionRefused)));
            }
            let (client, near) = duplex(PIPE_BYTES);
            let (far, server) = duplex(PIPE_BYTES);
            let (freeze, frozen) = oneshot::channel();
            let cut = tokio::spawn(carry(near, far, frozen)).abort_handle();
            all_wires.lock().unwrap().push(Wire { cut, freeze });
            accept.try_send(Ok(server)).unwrap();
            ready(Ok(TokioIo::new(client)))
        });
        let connector = BoxCloneService::new(connector);
        Self {
            publishing,
            subscribing,
            watching,
            wires,
            is_refusing,
            connector,
            creations,
        }
    }

    /// A client that connects again for ever.
    pub(super) fn client(&self) -> Client {
        self.client_with(Options::default())
    }

    /// A client that fails fast.
    pub(super) fn fail_fast_client(&self) -> Client {
        self.client_with(Options::default().fail_fast())
    }

    fn client_with(&self, options: Options) -> Client {
        let endpoint = options.endpoint().unwrap();
        Client::over(
            endpoint.connect_with_connector_lazy(self.connector.clone()),
            options,
        )
    }

    /// Cuts every connection there is.
    pub(super) fn cut(&self) {
        self.wires
            .lock()
            .unwrap()
            .drain(..)
            .for_each(|wire| wire.cut.abort());
    }

    /// Every connection there is stays open and carries nothing any more.
    pub(super) fn freeze(&self) {
        for wire in self.wires.lock().unwrap().drain(..) {
            assert!(wire.freeze.send(()).is_ok(), "the wire is whole");
        }
    }

    /// Refuses new connections, or takes them again.
    pub(super) fn refuse(&self, is_refusing: bool) {
        self.is_refusing.store(is_refusing, Ordering::SeqCst);
    }

    pub(super) async fn publish_talk(&mut self) -> PublishTalk {
        due(self.publishing.recv()).await.unwrap()
    }

    /// The next subscribe stream, which is started with an ack deadline of 30 s.
    pub(super) async fn subscribe_talk(&mut self) -> SubscribeTalk {
        let mut talk = due(self.subscribing.recv()).await.unwrap();
        let start = talk
            .request()
            .await
            .start
            .expect("the first request starts the stream");
        let started = server::SubscribeStarted {
            topic_id: 7,
            ack_deadline: Duration::from_secs(30).try_into().ok(),
            consumer: start.consumer,
            topic: "orders".to_owned(),
        };
        talk.answer(server::SubscribeResponse {
            started: Some(started),
            ..Default::default()
        })
        .await;
        talk
    }

    pub(super) async fn watch_talk(&mut self) -> WatchTalk {
        due(self.watching.recv()).await.unwrap()
    }
}

/// Carries bytes both ways until it is told to freeze, and then holds both ends.
async fn carry(mut near: DuplexStream, mut far: DuplexStream, frozen: oneshot::Receiver<()>) {
    let is_frozen = tokio::select! {
        _closed = copy_bidirectional(&mut near, &mut far) => false,
        frozen = frozen => frozen.is_ok(),
    };
    if is_frozen {
        std::future::pending::<()>().await;
    }
}

/// Waits for what must happen.
pub(super) async fn due<T>(happening: impl Future<Output = T>) -> T {
    timeout(LIMIT, happening).await.expect("it happens")
}

/// Asserts that something does not happen now; it may happen later.
pub(super) async fn not_yet(happening: &mut (impl Future + Unpin)) {
    assert!(
        timeout(NEVER, happening).await.is_err(),
        "it happened too early"
    );
}
