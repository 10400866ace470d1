//! What happens at a broker, as it comes. To go on after a lost stream, ask for what is after the last event.

use tonic::Streaming;

use super::error::Error;
use crate::v1::WatchEventsResponse;

/// A stream of events.
#[derive(Debug)]
pub struct Events(pub(super) Streaming<WatchEventsResponse>);

impl Events {
    /// The next events; `None` when the broker has ended the stream: all that was asked for is told, or it stops. Safe
    /// to cancel.
    pub async fn next(&mut self) -> Result<Option<WatchEventsResponse>, Error> {
        Ok(self.0.message().await?)
    }
}
