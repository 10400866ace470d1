//! One Read stream: what a topic stores, with no subscription.
//!
//! A response is made when the transport has room for it, so a slow reader holds the few runs that were read for it
//! and nothing else. A run is its head and a slice of the stored body, as it is.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use tokio::time::{Interval, MissedTickBehavior};
use tonic::Status;
use weir_proto::server;
use weir_proto::server::{PartitionOffset, ReadResponse, ReadStarted, StartPosition, TrimmedRange};

use super::{convert, runs};
use crate::api::status::status;
use crate::core::{BelowLow, ReadStart};
use crate::model::{Offset, OffsetRange, Partition, Refusal, Time};
use crate::shard::{DeliveredRun, ReadEvent, ReadRequest, Reading};

/// How often an idle stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The most partitions whose offsets a request names.
const MAX_START_OFFSETS: usize = 256;

/// What a request asks for.
pub(super) fn request(wire: &server::ReadRequest) -> Result<ReadRequest, Refusal> {
    let named = wire.start_offsets.len();
    if named > MAX_START_OFFSETS {
        return Err(Refusal::BatchTooLarge {
            size: named as u64,
            limit: MAX_START_OFFSETS as u64,
            unit: "start offsets",
        });
    }
    let offsets = wire.start_offsets.iter();
    let offsets: Vec<_> = offsets
        .map(|place| (Partition(place.partition), Offset(place.offset)))
        .collect();
    let mut partitions: Vec<Partition> = offsets.iter().map(|(partition, _)| *partition).collect();
    partitions.sort_unstable();
    partitions.dedup();
    if partitions.len() < named {
        return Err(Refusal::ValueOutOfRange {
            field: "start_offsets.partition",
            value: "named twice".to_owned(),
            range: "named at most once".to_owned(),
        });
    }
    Ok(ReadRequest {
        topic: convert::name("topic", &wire.topic)?,
        partition: wire.partition.map(Partition),
        start: start(wire.start, wire.start_time)?,
        offsets,
        below: if wire.clamp {
            BelowLow::Tell
        } else {
            BelowLow::Refuse
        },
        follows: wire.follow,
    })
}

fn start(position: i32, time: Option<prost_types::Timestamp>) -> Result<ReadStart, Refusal> {
    let position = StartPosition::try_from(position)
        .map_err(|_unknown| convert::unknown("start", position))?;
    match (time, position) {
        (None, StartPosition::Unspecified | StartPosition::Earliest) => Ok(ReadStart::Earliest),
        (None, StartPosition::Latest) => Ok(ReadStart::Latest),
        (Some(time), StartPosition::Unspecified) => Ok(ReadStart::Time(micros(time))),
        (Some(_), _) => Err(Refusal::ValueOutOfRange {
            field: "start",
            value: "set beside start_time".to_owned(),
            range: "unspecified where start_time is set".to_owned(),
        }),
    }
}

/// A time by the broker's clock. Before 1970 there were no messages.
fn micros(time: prost_types::Timestamp) -> Time {
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    let nanos = u64::try_from(time.nanos).unwrap_or(0);
    // What is between two microseconds begins with the later one.
    Time(
        seconds
            .saturating_mul(1_000_000)
            .saturating_add(nanos.div_ceil(1_000)),
    )
}

/// The responses of a read.
pub(super) fn responses(
    reading: Reading,
) -> impl Stream<Item = Result<ReadResponse, Status>> + Send {
    let started = started(&reading);
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    let state = State {
        reading,
        heartbeat,
        started: Some(started),
    };
    stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        match state.next().await {
            Ok(Some(response)) => Some((Ok(response), Some(state))),
            Ok(None) => None,
            Err(refusal) => Some((Err(status(&refusal)), None)),
        }
    })
}

struct State {
    reading: Reading,
    heartbeat: Interval,
    /// The first response, until it was sent.
    started: Option<ReadStarted>,
}

impl State {
    async fn next(&mut self) -> Result<Option<ReadResponse>, Refusal> {
        if let Some(started) = self.started.take() {
            return Ok(Some(ReadResponse {
                started: Some(started),
                ..ReadResponse::default()
            }));
        }
        let event = tokio::select! {
            biased;
            event = self.reading.next() => event?,
            _ = self.heartbeat.tick() => return Ok(Some(ReadResponse::default())),
        };
        self.heartbeat.reset();
        Ok(match event {
            ReadEvent::Runs(runs) => Some(ReadResponse {
                runs: runs.iter().map(encode_run).collect(),
                ..ReadResponse::default()
            }),
            ReadEvent::Trimmed(partition, range) => Some(ReadResponse {
                trimmed: vec![trimmed(partition, range)],
                ..ReadResponse::default()
            }),
            ReadEvent::End => None,
        })
    }
}

fn started(reading: &Reading) -> ReadStarted {
    let place = |partition: Partition, offset: Offset| PartitionOffset {
        partition: partition.0,
        offset: offset.0,
    };
    let parts = reading.parts.iter();
    let ends = parts
        .clone()
        .filter_map(|part| Some(place(part.partition, part.end?)));
    ReadStarted {
        topic_id: reading.topic.0,
        topic: reading.topic_name.to_string(),
        starts: parts.map(|part| place(part.partition, part.next)).collect(),
        ends: ends.collect(),
    }
}

fn trimmed(partition: Partition, range: OffsetRange) -> TrimmedRange {
    TrimmedRange {
        partition: partition.0,
        from: range.start.0,
        to: range.end.0,
    }
}

/// A `ReadRun` with its messages as they are stored.
fn encode_run(run: &DeliveredRun) -> Bytes {
    let head = server::ReadRun {
        partition: run.partition.0,
        messages: Vec::new(),
        first_offset: run.first_offset.0,
        publish_time: Some(convert::timestamp(run.time)),
    };
    runs::encode(&head, &run.messages)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use weir_proto::v1;

    use super::*;
    use crate::model::entry::BodyBuilder;

    #[test]
    fn a_run_of_stored_messages_is_what_a_client_decodes() {
        let message = |text: &str| v1::Message {
            payload: Bytes::copy_from_slice(text.as_bytes()),
            ..v1::Message::default()
        };
        let sent = [message("first"), message(""), message("third")];
        let mut builder = BodyBuilder::default();
        for message in &sent {
            builder.push(&message.encode_to_vec(), 0);
        }
        let body = builder.finish().unwrap();
        let run = DeliveredRun {
            first_sequence: 0,
            partition: Partition(2),
            first_offset: Offset(40),
            count: 2,
            time: Time(1_700_000_000_123_456),
            attempt: 0,
            messages: body.bytes.slice(body.columns.slice(1, 2)),
        };
        let decoded = v1::ReadRun::decode(encode_run(&run)).unwrap();
        assert_eq!(decoded.messages, &sent[1..]);
        assert_eq!((decoded.partition, decoded.first_offset), (2, 40));
        assert_eq!(decoded.publish_time.unwrap().nanos, 123_456_000);
    }

    #[test]
    fn a_request_that_names_two_starts_is_refused() {
        let place = |partition| PartitionOffset {
            partition,
            offset: 1,
        };
        let base = server::ReadRequest {
            topic: "t".to_owned(),
            ..server::ReadRequest::default()
        };
        assert_eq!(request(&base).unwrap().start, ReadStart::Earliest);
        let time = Some(prost_types::Timestamp {
            seconds: 2,
            nanos: 1,
        });
        let timed = server::ReadRequest {
            start_time: time,
            ..base.clone()
        };
        let start = request(&timed).unwrap().start;
        assert_eq!(start, ReadStart::Time(Time(2_000_001)));
        let wrong = [
            server::ReadRequest {
                start: StartPosition::Latest.into(),
                ..timed
            },
            server::ReadRequest {
                start_offsets: vec![place(0), place(0)],
                ..base.clone()
            },
            server::ReadRequest {
                start: 77,
                ..base.clone()
            },
            server::ReadRequest {
                start_offsets: (0..257).map(place).collect(),
                ..base
            },
        ];
        for wrong in wrong {
            assert!(request(&wrong).is_err(), "{wrong:?}");
        }
    }
}
