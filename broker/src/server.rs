//! The broker as a server: opens the shard, listens, and stops in order.
//!
//! Connections are accepted here and not by tonic, so that they are counted, have Nagle's delay
//! off, and must say that they speak HTTP/2 within a time. Every limit that tonic would leave out
//! is set.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;

use crate::api::{self, Clients, Connection, PREFACE};
use crate::config::Config;
use crate::journal::{Disk, OsDisk};
use crate::model::Span;
use crate::shard::{self, Handle, Shard, ShardError};

/// Streams of one connection at one time.
const MAX_STREAMS: u32 = 200;
/// Resets of a peer's faults before its connection is closed.
const MAX_ERROR_RESETS: usize = 1_024;
/// Bytes that one stream may have under way.
const STREAM_WINDOW: u32 = 2 << 20;
/// Bytes that one connection may have under way; h2 takes from it how many small frames are fair.
const CONNECTION_WINDOW: u32 = 8 << 20;
/// Bytes of one frame: more would let one stream hold up the others.
const MAX_FRAME: u32 = 64 << 10;
/// Bytes of a request's headers.
const MAX_HEADERS: u32 = 16 << 10;
/// How long a connection may be silent before it is asked whether it lives.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// How long it has to answer.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a new connection has to say that it speaks HTTP/2.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connections have to close once the shard has stopped.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long to wait after the system had no descriptor for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Beyond loopback there would be neither TLS nor authentication.
    #[error(
        "ADDRESS_NOT_LOOPBACK: {address} can be reached from other machines, and there is neither \
         TLS nor authentication yet; listen on 127.0.0.1, or say --insecure-i-know"
    )]
    NotLoopback {
        /// As asked for.
        address: SocketAddr,
    },
    /// The journal could never take a publish.
    #[error("--max-disk-bytes {bytes} is too little; the journal needs at least {least}")]
    TooFewBytes {
        /// As asked for.
        bytes: u64,
        /// Eight segments.
        least: u64,
    },
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// As asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The data directory did not open.
    #[error("cannot open {directory}")]
    Shard {
        /// The data directory.
        directory: String,
        /// Why.
        source: shard::StartError,
    },
    /// The services could not be put together: a fault of the broker.
    #[error("cannot put the services together: {0}")]
    Services(String),
}

/// Why a broker ended by itself, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The shard failed: nothing more was acknowledged.
    #[error("the broker has failed")]
    Shard(#[from] ShardError),
    /// The server ended.
    #[error("the server has ended: {0}")]
    Server(String),
}

/// A running broker. Dropped, it stops in the background, as by `stop` without grace.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    shard: Shard,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    /// Dropped, it lets the server close; the listener goes with the server.
    close: oneshot::Sender<()>,
}

/// Opens the data directory and listens.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let disk = Arc::new(OsDisk::new(&config.data_dir));
    start_on(disk, config).await
}

/// As [`start`], on any disk; `config.data_dir` then only says what to measure.
pub async fn start_on(disk: Arc<dyn Disk>, config: Config) -> Result<Running, StartError> {
    let address = config.listen;
    if !address.ip().is_loopback() && !config.insecure_i_know {
        return Err(StartError::NotLoopback { address });
    }
    let least = config.journal.least_bytes();
    if let Some(bytes) = config.journal.max_bytes.filter(|bytes| *bytes < least) {
        return Err(StartError::TooFewBytes { bytes, least });
    }
    let refused = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let directory = disk.directory();
    let (data_dir, options, undo) = (config.data_dir, config.journal, config.undo);
    let started =
        tokio::task::spawn_blocking(move || Shard::start_with(disk, data_dir, options, undo));
    let shard = started
        .await
        .map_err(|died| StartError::Services(died.to_string()))?
        .map_err(|source| StartError::Shard { directory, source })?;
    report(&shard);
    let handle = shard.handle();
    tokio::spawn(shard.historian().follow());
    tokio::spawn(shard.chronicler().follow());
    let door = Door {
        clients: Clients::default(),
        handle: handle.clone(),
    };
    let clients = door.clients.clone();
    let incoming = accept(listener, config.max_connections, door);
    let (close, closing) = oneshot::channel();
    let server = serve(&handle, &clients, incoming, closing)?;
    Ok(Running {
        address,
        shard,
        server,
        close,
    })
}

/// What recovery found, for operators.
fn report(shard: &Shard) {
    let (journal, state) = (&shard.recovered, &shard.state);
    tracing::info!(
        incarnation = journal.incarnation,
        was_clean = journal.was_clean,
        replayed = journal.replayed,
        topics = state.topics,
        subscriptions = state.subscriptions,
        messages = state.messages,
        "recovered"
    );
    if let Some(cut) = &journal.cut {
        tracing::warn!(%cut, "a torn tail was cut");
    }
    for note in journal.notes.iter().chain(&state.notes) {
        tracing::warn!(%note, "recovery");
    }
    for topic in &state.orphans {
        tracing::error!(%topic, "messages of a topic that is not known are kept");
    }
}

type Incoming = ReceiverStream<io::Result<Connection>>;

fn serve(
    handle: &Handle,
    clients: &Clients,
    incoming: Incoming,
    closing: oneshot::Receiver<()>,
) -> Result<JoinHandle<Result<(), tonic::transport::Error>>, StartError> {
    let (routes, reporter) =
        api::routes(handle, clients).map_err(|error| StartError::Services(error.to_string()))?;
    tokio::spawn(api::report_health(handle.clone(), reporter));
    tokio::spawn(api::forward_dead(handle.clone()));
    tokio::spawn(api::move_dead(handle.clone()));
    // Without a value, tonic takes the limits on streams and resets away.
    let server = Server::builder()
        .layer(api::Attend)
        .layer(api::Explain)
        .max_concurrent_streams(Some(MAX_STREAMS))
        .http2_max_local_error_reset_streams(Some(MAX_ERROR_RESETS))
        .http2_max_header_list_size(MAX_HEADERS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(routes);
    Ok(tokio::spawn(server.serve_with_incoming_shutdown(
        incoming,
        async {
            // A sender that was dropped says the same.
            drop(closing.await);
        },
    )))
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to its shard, for who embeds it.
    pub fn handle(&self) -> Handle {
        self.shard.handle()
    }

    /// Resolves when it has failed by itself. Safe to cancel.
    pub async fn failed(&mut self) -> StopError {
        tokio::select! {
            error = self.shard.failed() => error.into(),
            ended = &mut self.server => StopError::Server(match ended {
                Ok(Ok(())) => "its listener was closed".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            }),
        }
    }

    /// Stops cleanly: publishes are refused, acks of connected consumers are awaited for `grace`,
    /// leases are released, the journal is closed with its mark, connections are closed.
    pub async fn stop(self, grace: Duration) -> Result<(), StopError> {
        // While the directory is still ours. It is no part of what was promised to be kept.
        let (historian, chronicler) = (self.shard.historian(), self.shard.chronicler());
        let saved = tokio::task::spawn_blocking(move || [historian.save(), chronicler.finish()]);
        match saved.await {
            Ok(saved) => {
                for error in saved.into_iter().filter_map(Result::err) {
                    tracing::warn!(%error, "what the last minute brought is not kept");
                }
            }
            Err(died) => tracing::warn!(%died, "what the last minute brought is not kept"),
        }
        let stopped = self.shard.stop(Span::from(grace)).await;
        drop(self.close);
        let abort = self.server.abort_handle();
        if timeout(CLOSE_TIMEOUT, self.server).await.is_err() {
            abort.abort();
        }
        Ok(stopped?)
    }
}

/// What a connection is made known with.
#[derive(Clone)]
struct Door {
    clients: Clients,
    handle: Handle,
}

/// Accepts connections, at most `limit` at one time, while the stream of them is wanted.
fn accept(listener: TcpListener, limit: usize, door: Door) -> Incoming {
    let (ready, incoming) = mpsc::channel(16);
    let permits = Arc::new(Semaphore::new(limit));
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    pause(&ready).await;
                    continue;
                }
            };
            let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
                tracing::warn!(%peer, limit, "a connection was closed: there are too many");
                continue;
            };
            tokio::spawn(shake_hands(
                (stream, peer),
                permit,
                door.clone(),
                ready.clone(),
            ));
        }
    });
    ReceiverStream::new(incoming)
}

/// Lets a moment pass, or the server end.
async fn pause(ready: &mpsc::Sender<io::Result<Connection>>) {
    drop(timeout(ACCEPT_PAUSE, ready.closed()).await);
}

/// Hands a connection on once it has said that it speaks HTTP/2.
async fn shake_hands(
    (mut stream, peer): (TcpStream, SocketAddr),
    permit: OwnedSemaphorePermit,
    Door { clients, handle }: Door,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let mut said = [0; PREFACE.len()];
    let heard = timeout(HANDSHAKE_TIMEOUT, stream.read_exact(&mut said)).await;
    if !matches!(heard, Ok(Ok(_))) || said != *PREFACE || stream.set_nodelay(true).is_err() {
        return;
    }
    let member = clients.join(peer.to_string(), handle.time(), handle.mono());
    let connection = Connection::new(stream, permit, member);
    // The server may have ended meanwhile.
    drop(ready.send(Ok(connection)).await);
}
