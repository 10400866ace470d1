//! What nothing can pass: gRPC that does nothing with what it gets, in a program of its own, and the disk.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hdrhistogram::Histogram;
use http::uri::PathAndQuery;
use tokio_stream::StreamExt as _;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::server::NamedService;
use tonic::transport::{Channel, Endpoint, Server as Transport};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::Service;
use weir_proto::v1::Message;
use weir_tests::{broker, files};

use crate::calls;
use crate::feed::{self, Feed, payload};
use crate::server::Server;
use crate::table::{Figures, Row};

pub(crate) const NAME: &str = "the limit";
/// The argument with which this program is the server, before its address.
pub(crate) const ECHO: &str = "--echo";
const CALL: PathAndQuery = PathAndQuery::from_static("/limits.Echo/Call");
const RELAY: PathAndQuery = PathAndQuery::from_static("/limits.Echo/Relay");
const PACED_RATE: u64 = 5_000;
const PACED: u64 = 5 * PACED_RATE;

/// Gives back what it gets: a call its message, a stream each message.
#[derive(Clone)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "limits.Echo";
}

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let is_call = request.uri().path() == CALL.path();
        Box::pin(async move {
            let codec = ProstCodec::<Message, Message>::default();
            let mut grpc = tonic::server::Grpc::new(codec);
            Ok(if is_call {
                let back = tower::service_fn(|request: Request<Message>| async {
                    Ok::<_, Status>(Response::new(request.into_inner()))
                });
                grpc.unary(back, request).await
            } else {
                let back = tower::service_fn(|request: Request<Streaming<Message>>| async {
                    Ok::<_, Status>(Response::new(request.into_inner()))
                });
                grpc.streaming(back, request).await
            })
        })
    }
}

/// Serves until the program is ended.
pub(crate) async fn serve(address: &str) -> anyhow::Result<()> {
    let server = Transport::builder().tcp_nodelay(true).add_service(Echo);
    Ok(server.serve(address.parse()?).await?)
}

/// All limits.
pub(crate) async fn all(figures: &mut Figures) -> anyhow::Result<()> {
    let directory = broker::directory(true);
    for (row, is_written_over) in [(Row::SyncOver, true), (Row::SyncAppend, false)] {
        let seconds = files::small_sync_seconds(directory.path(), is_written_over)?;
        figures.note(row, NAME, seconds * 1e3);
    }
    let large = files::synced_mib_per_second(directory.path())?;
    figures.note(Row::SyncLarge, NAME, large);

    let echo = Server::start(std::env::current_exe()?, |_directory, port| {
        vec![ECHO.to_owned(), format!("127.0.0.1:{port}")]
    })?;
    let endpoint = Endpoint::from_shared(format!("http://{}", echo.address()))?;
    let channel = endpoint.tcp_nodelay(true).connect().await?;
    unary(&channel, figures).await?;
    relay(channel, figures).await
}

async fn unary(channel: &Channel, figures: &mut Figures) -> anyhow::Result<()> {
    let channel = channel.clone();
    calls::count(NAME, figures, move |count| {
        let mut grpc = Grpc::new(channel.clone());
        async move {
            grpc.ready().await?;
            let codec = ProstCodec::<Message, Message>::default();
            let request = Request::new(message(count));
            grpc.unary(request, CALL, codec).await?;
            Ok(())
        }
    })
    .await
}

/// Single messages at a rate over a stream and back.
async fn relay(channel: Channel, figures: &mut Figures) -> anyhow::Result<()> {
    let (feed, _) = Feed::paced(PACED_RATE, PACED);
    let Feed::Due(times) = feed else {
        return Ok(());
    };
    let times = tokio_stream::wrappers::UnboundedReceiverStream::new(times);
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    let codec = ProstCodec::<Message, Message>::default();
    let there = Request::new(times.map(message));
    let mut back = grpc.streaming(there, RELAY, codec).await?.into_inner();
    let mut latency = Histogram::<u64>::new_with_bounds(1, feed::LONGEST, 3)?;
    while let Some(message) = back.message().await? {
        let stamp = feed::stamp_of(&message.payload);
        latency.saturating_record(feed::now().saturating_sub(stamp));
    }
    for (row, part) in [(Row::LatencyHalf, 0.5), (Row::LatencyMost, 0.99)] {
        let nanos = latency.value_at_quantile(part);
        figures.note(row, NAME, nanos as f64 / 1e6);
    }
    Ok(())
}

fn message(stamp: u64) -> Message {
    Message {
        payload: payload(stamp, 128).into(),
        ..Message::default()
    }
}
