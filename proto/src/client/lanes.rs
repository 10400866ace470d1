//! Connections for streams: a broker takes a bounded number of streams on one connection and lets
//! the next one wait for ever, so that a client with many opens further connections.
//!
//! The first connection is the client's own and carries its calls too; half of what a broker takes
//! is left to them. A further one is opened when all are full and closed with its last stream.

use std::sync::{Arc, Mutex, PoisonError};

use tonic::transport::Channel;

use super::error::Error;
use super::options::Options;

/// Streams on one connection, half of the 200 that a broker takes.
pub(super) const STREAMS_OF_A_CONNECTION: usize = 100;

/// The connections of a client.
#[derive(Debug)]
pub(super) struct Lanes {
    own: Lane,
    further: Mutex<Vec<Lane>>,
}

#[derive(Debug, Clone)]
struct Lane {
    channel: Channel,
    /// One count for the lane itself, one for each stream.
    count: Arc<()>,
}

/// The place of one stream on a connection, for as long as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) channel: Channel,
    _count: Arc<()>,
}

impl Lane {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            count: Arc::new(()),
        }
    }

    fn streams(&self) -> usize {
        Arc::strong_count(&self.count) - 1
    }

    fn place(&self) -> Place {
        Place {
            channel: self.channel.clone(),
            _count: self.count.clone(),
        }
    }
}

impl Lanes {
    pub(super) fn new(own: Channel) -> Self {
        Self {
            own: Lane::new(own),
            further: Mutex::default(),
        }
    }

    /// The client's own connection, for calls.
    pub(super) fn own(&self) -> Channel {
        self.own.channel.clone()
    }

    /// A place for a stream on a connection that has room; opened, if need be, as `options` say.
    pub(super) fn place(&self, options: &Options) -> Result<Place, Error> {
        if self.own.streams() < STREAMS_OF_A_CONNECTION {
            return Ok(self.own.place());
        }
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        further.retain(|lane| lane.streams() > 0);
        let with_room = |lane: &&Lane| lane.streams() < STREAMS_OF_A_CONNECTION;
        if let Some(lane) = further.iter().find(with_room) {
            return Ok(lane.place());
        }
        let lane = Lane::new(options.endpoint()?.connect_lazy());
        let place = lane.place();
        further.push(lane);
        Ok(place)
    }

    /// How many connections are open beside the own one.
    #[cfg(test)]
    fn further(&self) -> usize {
        let further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        further.iter().filter(|lane| lane.streams() > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_opened_when_all_are_full_and_closed_with_its_last_stream() {
        let options = Options::from("127.0.0.1:1");
        let lanes = Lanes::new(options.endpoint().unwrap().connect_lazy());
        let mut places: Vec<Place> = (0..=2 * STREAMS_OF_A_CONNECTION)
            .map(|_| lanes.place(&options).unwrap())
            .collect();
        assert_eq!(lanes.further(), 2);
        places.pop();
        assert_eq!(lanes.further(), 1);
        // A place that is free again is taken before a connection is opened.
        places.truncate(STREAMS_OF_A_CONNECTION - 1);
        assert_eq!(lanes.further(), 0);
        places.push(lanes.place(&options).unwrap());
        assert_eq!(lanes.further(), 0);
        places.push(lanes.place(&options).unwrap());
        assert_eq!(lanes.further(), 1);
    }
}
