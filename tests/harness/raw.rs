//! Calls with any bytes as request: what no honest client says.

use bytes::{Buf as _, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Bytes as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Calls `method` (`Publisher/Publish`) with one request of these bytes; the bytes of the answer.
pub async fn call(channel: &Channel, method: &str, request: Bytes) -> Result<Bytes, Status> {
    call_path(channel, &format!("/weir.v1.{method}"), request).await
}

/// Calls the method at `path` with one request of these bytes.
pub async fn call_path(channel: &Channel, path: &str, request: Bytes) -> Result<Bytes, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone())
        .max_encoding_message_size(usize::MAX)
        .max_decoding_message_size(usize::MAX);
    grpc.ready().await.map_err(unreachable)?;
    let request = Request::new(request);
    let answer = grpc.unary(request, parse(path), Plain).await?;
    Ok(answer.into_inner())
}

/// Calls `method` with a stream of these requests; its last answer, or how it ended.
pub async fn stream(
    channel: &Channel,
    method: &str,
    requests: Vec<Bytes>,
) -> Result<Bytes, Status> {
    stream_path(channel, &format!("/weir.v1.{method}"), requests).await
}

/// Calls the method at `path` with a stream of these requests; its last answer, or how it ended.
pub async fn stream_path(
    channel: &Channel,
    path: &str,
    requests: Vec<Bytes>,
) -> Result<Bytes, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone())
        .max_encoding_message_size(usize::MAX)
        .max_decoding_message_size(usize::MAX);
    grpc.ready().await.map_err(unreachable)?;
    let requests = Request::new(tokio_stream::iter(requests));
    let answers = grpc.streaming(requests, parse(path), Plain).await?;
    let mut answers = answers.into_inner();
    let mut last = Bytes::new();
    while let Some(answer) = answers.message().await? {
        last = answer;
    }
    Ok(last)
}

fn unreachable(error: impl std::fmt::Display) -> Status {
    Status::unavailable(format!("no connection: {error}"))
}

fn parse(path: &str) -> PathAndQuery {
    PathAndQuery::try_from(path).expect("the path of a method")
}
