//! A connection to a broker: where every other part of the client begins.

use std::sync::Arc;

use tonic::transport::Channel;

use super::admin::Admin;
use super::error::Error;
use super::lanes::{Lanes, Place};
use super::options::{Options, Reconnect};
use super::publisher::{Publisher, PublisherOptions};
use super::unary::{Operator, Puller, Stats};
use super::watcher::Watcher;
use crate::v1::WatchRequest;

/// A broker, reached over one HTTP/2 connection that all calls and streams share; beyond 100 streams
/// at once a further connection is opened for each 100. Cheap to clone. A lost connection is made
/// again by the next call.
#[derive(Debug, Clone)]
pub struct Client {
    lanes: Arc<Lanes>,
    options: Arc<Options>,
    /// The place of the stream that this clone is for; without it, it is for calls.
    place: Option<Place>,
}

impl Client {
    /// Connects, and fails if the broker is not reached at the first attempt, whatever
    /// [`Options::reconnect`] says of later ones.
    pub async fn connect(options: impl Into<Options>) -> Result<Self, Error> {
        let options = options.into();
        let channel = options
            .endpoint()?
            .connect()
            .await
            .map_err(Error::unreachable)?;
        Ok(Self::over(channel, options))
    }

    /// Returns at once and connects with the first call. Fails only if the address is none. Must be
    /// called within a tokio runtime.
    pub fn connect_lazy(options: impl Into<Options>) -> Result<Self, Error> {
        let options = options.into();
        let channel = options.endpoint()?.connect_lazy();
        Ok(Self::over(channel, options))
    }

    /// Uses a channel that was made elsewhere, for example over memory or a Unix socket. Further
    /// connections, for more than 100 streams, go to the address in the options.
    pub fn over(channel: Channel, options: impl Into<Options>) -> Self {
        Self {
            lanes: Arc::new(Lanes::new(channel)),
            options: Arc::new(options.into()),
            place: None,
        }
    }

    /// What the client was told.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Topics and subscriptions: create, show, list, delete.
    pub fn admin(&self) -> Admin {
        Admin::new(self)
    }

    /// Single messages looked at, many messages acted on.
    pub fn operator(&self) -> Operator {
        Operator::new(self)
    }

    /// Single pulls with unary, durable acks.
    pub fn puller(&self) -> Puller {
        Puller::new(self)
    }

    /// The numbers now.
    pub fn stats(&self) -> Stats {
        Stats::new(self)
    }

    /// Publishes to `topic` over a stream that starts now. Must be called within a tokio runtime.
    pub fn publisher(&self, topic: impl Into<String>) -> Publisher {
        Publisher::open(self, topic, PublisherOptions::default())
    }

    /// Watches the live numbers in a task of its own. Must be called within a tokio runtime.
    pub fn watcher(&self) -> Watcher {
        Watcher::start(self, WatchRequest::default())
    }

    /// Watches what the request's windows show. Must be called within a tokio runtime.
    pub fn watcher_of(&self, request: WatchRequest) -> Watcher {
        Watcher::start(self, request)
    }

    pub(super) fn channel(&self) -> Channel {
        let place = self.place.as_ref().map(|place| place.channel.clone());
        place.unwrap_or_else(|| self.lanes.own())
    }

    /// The same client with a place for one stream, which is kept until the clone is dropped.
    pub(super) fn for_stream(&self) -> Self {
        // An address that is none fails with the call, where somebody hears of it.
        let place = self.lanes.place(&self.options).ok();
        Self {
            place,
            ..self.clone()
        }
    }

    pub(super) fn reconnects(&self) -> bool {
        self.options.reconnect == Reconnect::Forever
    }
}
