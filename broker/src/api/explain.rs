//! Errors that tonic makes by itself, before a service is asked or beside it: each leaves with a reason, its
//! variable parts and a sentence, as all others do.
//!
//! A request beyond its size, a method that is not offered, bytes that are no gRPC message: tonic answers with a
//! code and words of its own. Looks at statuses only, in the headers of a response and in its trailers; one that
//! has details is left as it is, and so are those of the other protocols, health and reflection.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::routes::request_limit;
use super::status::status;
use crate::model::Refusal;

/// What the paths of other protocols begin with.
const FOREIGN: &str = "/grpc.";
/// The header or trailer of a status.
const STATUS: &str = "grpc-status";
/// How tonic begins to say that a request is too large; what follows is its size.
const TOO_LARGE: &str = "Error, decoded message length too large: found ";

/// Puts [`Explaining`] around the services.
#[derive(Debug, Clone, Copy)]
pub struct Explain;

impl<S> Layer<S> for Explain {
    type Service = Explaining<S>;

    fn layer(&self, inner: S) -> Explaining<S> {
        Explaining(inner)
    }
}

/// Services whose every error says why.
#[derive(Debug, Clone)]
pub struct Explaining<S>(S);

impl<S> Service<Request<Body>> for Explaining<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Explained>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let limit = (!path.starts_with(FOREIGN)).then(|| request_limit(path));
        let answering = self.0.call(request);
        Box::pin(async move {
            let mut response = answering.await?;
            explain(response.headers_mut(), limit);
            Ok(response.map(|inner| Explained { inner, limit }))
        })
    }
}

/// A response whose trailers say why, if they tell of an error.
#[derive(Debug)]
pub struct Explained {
    inner: Body,
    limit: Option<u64>,
}

impl HttpBody for Explained {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(trailers) = frame.trailers_mut()
        {
            explain(trailers, self.limit);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Puts a status with a reason in the place of one without; `limit` is that of the request's bytes.
fn explain(headers: &mut HeaderMap, limit: Option<u64>) {
    let is_fine = headers.get(STATUS).is_none_or(|code| code == "0");
    let (false, Some(limit)) = (is_fine, limit) else {
        return;
    };
    let bare = Status::from_header_map(headers).filter(|status| status.details().is_empty());
    let Some(refusal) = bare.and_then(|bare| refusal(&bare, limit)) else {
        return;
    };
    if let Err(error) = status(&refusal).add_header(headers) {
        tracing::error!(%error, "an error could not be explained");
    }
}

/// What a status of tonic's means. None for what a client has done to its own call.
fn refusal(bare: &Status, limit: u64) -> Option<Refusal> {
    let said = bare.message();
    match bare.code() {
        Code::Ok | Code::Cancelled | Code::DeadlineExceeded => None,
        Code::OutOfRange if said.starts_with(TOO_LARGE) => Some(Refusal::BatchTooLarge {
            size: size_told(said).unwrap_or(limit.saturating_add(1)),
            limit,
            unit: "bytes",
        }),
        Code::Unimplemented => Some(Refusal::NotSupported {
            what: if said.contains("compressed") {
                "the compression of the request"
            } else {
                "this method"
            },
        }),
        // Nothing of the broker's ends without a reason, so tonic could not read what came.
        Code::Internal => Some(Refusal::RequestMalformed {
            detail: said.to_owned(),
        }),
        _ => Some(Refusal::Internal {
            detail: said.to_owned(),
        }),
    }
}

fn size_told(said: &str) -> Option<u64> {
    let size = said.strip_prefix(TOO_LARGE)?.split(' ').next()?;
    size.parse().ok()
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    fn explained(status: &Status) -> Status {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        explain(&mut headers, Some(100));
        Status::from_header_map(&headers).unwrap()
    }

    #[test]
    fn a_status_without_details_gets_a_reason() {
        for (bare, code, reason) in [
            (
                Status::out_of_range(format!("{TOO_LARGE}321 bytes, the limit is: 100 bytes")),
                Code::InvalidArgument,
                "BATCH_TOO_LARGE",
            ),
            (
                Status::unimplemented(""),
                Code::Unimplemented,
                "NOT_SUPPORTED",
            ),
            (
                Status::internal("Unexpected EOF decoding stream."),
                Code::InvalidArgument,
                "MESSAGE_MALFORMED",
            ),
            (Status::unknown("x"), Code::Internal, "INTERNAL"),
        ] {
            let status = explained(&bare);
            let info = status.get_error_details().error_info().cloned().unwrap();
            assert_eq!((status.code(), info.reason.as_str()), (code, reason));
            assert!(!status.message().is_empty());
            if reason == "BATCH_TOO_LARGE" {
                assert_eq!(info.metadata["size"], "321");
                assert_eq!(info.metadata["limit"], "100");
            }
        }
    }

    #[test]
    fn what_is_fine_explained_or_foreign_is_left_alone() {
        let told = status(&Refusal::Draining);
        for fine in [Status::ok(""), Status::cancelled("x"), told] {
            let after = explained(&fine);
            assert_eq!(after.code(), fine.code());
            assert_eq!(after.details(), fine.details());
        }
        let mut headers = HeaderMap::new();
        Status::unimplemented("").add_header(&mut headers).unwrap();
        let before = headers.clone();
        explain(&mut headers, None);
        assert_eq!(headers, before);
    }
}
