//! The one owner of a subscriber's streams: opens one after the other until the subscriber is
//! closed or the broker says that there is no point.

use std::sync::{Arc, OnceLock};

use tokio::sync::{mpsc, oneshot};

use super::answers::Counts;
use super::options::SubscribeOptions;
use super::received::Arrived;
use super::session::Session;
use crate::client::backoff::{self, Delays};
use crate::client::connection::Client;
use crate::client::error::Error;

pub(super) struct Task {
    pub(super) client: Client,
    pub(super) options: SubscribeOptions,
    pub(super) arrived: mpsc::Sender<Arrived>,
    pub(super) counts: Arc<Counts>,
    pub(super) ended: Arc<OnceLock<Error>>,
    /// Ends when the subscriber is closed or dropped.
    pub(super) closing: oneshot::Receiver<()>,
    /// Answered when the first stream has started.
    pub(super) ready: Option<oneshot::Sender<()>>,
    pub(super) delays: Delays,
}

impl Task {
    /// Runs until the subscriber is closed, and says how the last stream ended.
    pub(super) async fn run(mut self) -> Result<(), Error> {
        loop {
            let start = Session::start(&self.client, &self.options, self.counts.clone());
            let started = tokio::select! {
                _closed = &mut self.closing => return Ok(()),
                started = start => started,
            };
            let error = match started {
                Ok(session) => match self.carry(session).await {
                    Ended::Lost(error) => error,
                    Ended::Closed(farewell) => return farewell,
                },
                Err(error) => error,
            };
            if !self.client.reconnects() || !error.is_retryable() {
                self.ended.get_or_init(|| error.clone());
                return Err(error);
            }
            let delay = error
                .retry_delay()
                .unwrap_or_default()
                .max(self.delays.after_failure());
            tokio::select! {
                _closed = &mut self.closing => return Ok(()),
                () = backoff::pause(delay) => {}
            }
        }
    }

    async fn carry(&mut self, mut session: Session) -> Ended {
        self.delays.reset();
        match self.ready.take() {
            // A program that no longer waits for the start has dropped the subscriber: seen below.
            Some(ready) => drop(ready.send(())),
            None => self.counts.add_reconnect(),
        }
        let lost = tokio::select! {
            _closed = &mut self.closing => None,
            error = session.carry(&self.arrived) => Some(error),
        };
        match lost {
            None => Ended::Closed(session.finish().await),
            Some(error) => {
                session.abandon();
                Ended::Lost(error)
            }
        }
    }
}

/// How a stream ended.
enum Ended {
    /// The program closed the subscriber, and this is how the broker took it.
    Closed(Result<(), Error>),
    Lost(Error),
}
