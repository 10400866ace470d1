//! Every request belongs to a connection: counted while it is under way, and ended by name when an operator ends the
//! connection, whether it waits for its answer or streams it.
//!
//! Wraps all services, so that none of them can be forgotten. The one request that ends connections is left alone: it
//! is answered also if it came over the connection that it ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::clients::{Attendance, Connected};
use super::status::status;
use crate::model::Refusal;

/// The request that ends connections.
const ENDING: &str = "/weir.v1.Admin/DisconnectClient";
/// The stream of publishes.
const PUBLISHING: &str = "/weir.v1.Publisher/PublishStream";

/// Puts [`Attending`] around the services.
#[derive(Debug, Clone, Copy)]
pub struct Attend;

impl<S> Layer<S> for Attend {
    type Service = Attending<S>;

    fn layer(&self, inner: S) -> Attending<S> {
        Attending(inner)
    }
}

/// Services whose requests are known by their connection.
#[derive(Debug, Clone)]
pub struct Attending<S>(S);

impl<S, B> Service<Request<Body>> for Attending<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<Attended<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let attendance = attendance(&request);
        let answering = self.0.call(request);
        Box::pin(async move {
            let Some(mut attendance) = attendance else {
                let response = answering.await?;
                return Ok(response.map(Attended::alone));
            };
            let response = tokio::select! {
                biased;
                response = answering => response?,
                () = attendance.ended() => {
                    let told = status(&Refusal::ClientDisconnected).into_http::<Body>();
                    return Ok(told.map(|_empty| Attended::over()));
                }
            };
            attendance.answer();
            Ok(response.map(|inner| Attended {
                inner: Some(inner),
                attendance: Some(attendance),
            }))
        })
    }
}

/// What is known of a request that is not the one that ends connections.
fn attendance(request: &Request<Body>) -> Option<Attendance> {
    let client = request.extensions().get::<Connected>()?;
    if let Some(version) = request.headers().get(header::USER_AGENT) {
        client.says(version.as_bytes());
    }
    let path = request.uri().path();
    (path != ENDING).then(|| client.attend(path == PUBLISHING))
}

/// A response that an operator can end.
#[derive(Debug)]
pub struct Attended<B> {
    /// Absent once it was ended.
    inner: Option<B>,
    attendance: Option<Attendance>,
}

impl<B> Attended<B> {
    fn alone(inner: B) -> Self {
        Self {
            inner: Some(inner),
            attendance: None,
        }
    }

    fn over() -> Self {
        Self {
            inner: None,
            attendance: None,
        }
    }
}

impl<B> HttpBody for Attended<B>
where
    B: HttpBody<Data = Bytes, Error = Status> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let attendance = self.attendance.as_mut();
        if attendance.is_some_and(|attendance| attendance.ended().poll(context).is_ready()) {
            *self = Self::over();
            let mut trailers = HeaderMap::new();
            let told = status(&Refusal::ClientDisconnected).add_header(&mut trailers);
            return Poll::Ready(Some(told.map(|()| Frame::trailers(trailers))));
        }
        match &mut self.inner {
            Some(inner) => Pin::new(inner).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}
