//! A batch on its way in: checked, split by partition, made into bodies with their checksums; and the answer put
//! back into the order of the request.

use std::collections::VecDeque;

use bytes::Bytes;

use super::scan;
use crate::model::entry::{Body, BodyBuilder};
use crate::model::filter::Filters;
use crate::model::{Offset, Partition, Refusal, Time};
use weir_proto::server::PublishedRun;

/// The most topics of one request.
pub(crate) const MAX_BATCH_TOPICS: u64 = 101;
/// The most messages of one request.
pub(crate) const MAX_BATCH_MESSAGES: usize = 10_000;
/// The most bytes of one request: the encoded messages without their framing.
pub(crate) const MAX_BATCH_BYTES: u64 = 16 << 20;

/// Consecutive messages of a partition.
type Place = (Partition, Offset, u32);

/// A batch ready to be published.
#[derive(Debug)]
pub(crate) struct Batch {
    /// One body for each partition that gets messages.
    pub(crate) bodies: Vec<(Partition, Body)>,
    order: Order,
    count: usize,
}

/// Which message went to which body.
#[derive(Debug)]
enum Order {
    /// All to one.
    One,
    /// Message i to the body with this number.
    Each(Vec<usize>),
}

/// Checks the messages and makes the bodies. Messages with a key go to the partition of its hash,
/// all others of the batch to partition `rotation % partitions`, so that a batch keeps its order. Delays count from
/// `now`.
pub(crate) fn build(
    messages: &[Bytes],
    partitions: u32,
    rotation: u32,
    now: Time,
) -> Result<Batch, Refusal> {
    if messages.is_empty() {
        return Err(Refusal::FieldRequired { field: "messages" });
    }
    let partitions = partitions.max(1);
    if partitions == 1 {
        let mut builder = BodyBuilder::default();
        for (index, message) in messages.iter().enumerate() {
            builder.push_marked(message, scan::scan(index, message, now)?);
        }
        let bodies = builder
            .finish()
            .map(|body| (Partition(0), body))
            .into_iter()
            .collect();
        return Ok(Batch {
            bodies,
            order: Order::One,
            count: messages.len(),
        });
    }
    let mut builders: Vec<(Partition, BodyBuilder)> = Vec::new();
    let mut order = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let marks = scan::scan(index, message, now)?;
        let partition = partition_of(marks.key, partitions, rotation);
        let known = builders.iter().position(|(has, _)| *has == partition);
        let slot = known.unwrap_or_else(|| {
            builders.push((partition, BodyBuilder::default()));
            builders.len() - 1
        });
        if let Some((_, builder)) = builders.get_mut(slot) {
            builder.push_marked(message, marks);
        }
        order.push(slot);
    }
    let bodies = builders
        .into_iter()
        .filter_map(|(partition, builder)| Some((partition, builder.finish()?)))
        .collect();
    Ok(Batch {
        bodies,
        order: Order::Each(order),
        count: messages.len(),
    })
}

/// The partition of a message: that of its key's hash, or without a key that of `rotation`.
pub(crate) fn partition_of(key: u64, partitions: u32, rotation: u32) -> Partition {
    let partitions = partitions.max(1);
    Partition(if key == 0 {
        rotation % partitions
    } else {
        of_key(key, partitions)
    })
}

/// The partition of a key's hash. Frozen: a key must stay on its partition.
fn of_key(key: u64, partitions: u32) -> u32 {
    u32::try_from(key % u64::from(partitions)).unwrap_or(0)
}

/// Checks the limits on the batches of one request, which are for all of them together.
pub(crate) fn check_together<'a>(
    batches: impl Iterator<Item = &'a [Bytes]>,
) -> Result<(), Refusal> {
    let (mut topics, mut messages, mut bytes) = (0u64, 0u64, 0u64);
    for batch in batches {
        topics += 1;
        messages += batch.len() as u64;
        bytes += batch
            .iter()
            .map(|message| message.len() as u64)
            .sum::<u64>();
    }
    let limits = [
        (topics, MAX_BATCH_TOPICS, "topics"),
        (messages, MAX_BATCH_MESSAGES as u64, "messages"),
        (bytes, MAX_BATCH_BYTES, "bytes"),
    ];
    match limits.into_iter().find(|(size, limit, _)| size > limit) {
        Some((size, limit, unit)) => Err(Refusal::BatchTooLarge { size, limit, unit }),
        None => Ok(()),
    }
}

impl Batch {
    /// How many messages it has.
    pub(crate) fn count(&self) -> u64 {
        self.count as u64
    }

    /// Puts the messages through the filters of the topic.
    pub(crate) fn sieve(&mut self, filters: &Filters) {
        for (_, body) in &mut self.bodies {
            body.sieved = filters.sieve(body.columns.messages(&body.bytes));
        }
    }

    /// Where the messages were stored, in the order of the request; `placed` is where the messages of the bodies are,
    /// in their order; those of one body are one place or several.
    pub(crate) fn runs(&self, placed: &[Place]) -> Vec<PublishedRun> {
        let Order::Each(order) = &self.order else {
            return placed
                .iter()
                .map(|&(partition, base, count)| run(partition, base, count))
                .collect();
        };
        let mut next = Self::shares(order, placed);
        let mut runs: Vec<PublishedRun> = Vec::new();
        for &slot in order {
            let Some(place) = next.get_mut(slot).and_then(take) else {
                continue;
            };
            match runs.last_mut() {
                Some(last)
                    if last.partition == place.0.0
                        && last.first_offset + u64::from(last.message_count) == place.1.0 =>
                {
                    last.message_count += 1;
                }
                _ => runs.push(run(place.0, place.1, 1)),
            }
        }
        runs
    }

    /// What of `placed` is of which body: each body has as many messages as were put into it.
    fn shares(order: &[usize], placed: &[Place]) -> Vec<VecDeque<Place>> {
        let slots = order.iter().max().map_or(0, |last| last + 1);
        let mut missing = vec![0; slots];
        for &slot in order {
            if let Some(count) = missing.get_mut(slot) {
                *count += 1;
            }
        }
        let mut placed = placed.iter().copied();
        let share = |mut missing: u32| {
            let mut share = VecDeque::new();
            while missing > 0 {
                let Some(place) = placed.next() else { break };
                missing = missing.saturating_sub(place.2);
                share.push_back(place);
            }
            share
        };
        missing.into_iter().map(share).collect()
    }
}

/// Takes the first message out of places.
fn take(places: &mut VecDeque<Place>) -> Option<(Partition, Offset)> {
    let first = places.front_mut()?;
    let (partition, offset, count) = *first;
    if count > 1 {
        *first = (partition, offset.plus(1), count - 1);
    } else {
        places.pop_front();
    }
    Some((partition, offset))
}

fn run(partition: Partition, base: Offset, count: u32) -> PublishedRun {
    PublishedRun {
        partition: partition.0,
        first_offset: base.0,
        message_count: count,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use weir_proto::v1;

    use super::*;

    fn message(key: &str, payload: &str) -> Bytes {
        v1::Message {
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            ordering_key: key.to_owned(),
            ..v1::Message::default()
        }
        .encode_to_vec()
        .into()
    }

    #[test]
    fn messages_of_a_key_share_a_partition_and_the_answer_keeps_the_order_of_the_request() {
        let keys = ["a", "", "b", "a", "", "c", "a"];
        let messages: Vec<Bytes> = keys.iter().map(|key| message(key, "x")).collect();
        let batch = build(&messages, 8, 13, Time(0)).unwrap();
        let placed: Vec<_> = batch
            .bodies
            .iter()
            .map(|(partition, body)| (*partition, Offset(100), body.columns.count))
            .collect();
        let runs = batch.runs(&placed);
        let stored: Vec<(u32, u64)> = runs
            .iter()
            .flat_map(|run| {
                (0..u64::from(run.message_count)).map(|n| (run.partition, run.first_offset + n))
            })
            .collect();
        assert_eq!(stored.len(), keys.len());
        assert_eq!((stored[0].0, stored[3].0), (stored[6].0, stored[6].0));
        assert!(stored[0].1 < stored[3].1 && stored[3].1 < stored[6].1);
        assert_eq!(stored[1].0, 13 % 8);
        assert_eq!(stored[4].0, 13 % 8);
        let mut distinct = stored.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), stored.len());
    }

    #[test]
    fn messages_that_were_stored_before_keep_their_place_in_the_answer() {
        let keys = ["a", "", "b", "a", ""];
        let messages: Vec<Bytes> = keys.iter().map(|key| message(key, "x")).collect();
        let batch = build(&messages, 8, 13, Time(0)).unwrap();
        let counts = batch.bodies.iter().map(|(_, body)| body.columns.count);
        assert_eq!(counts.collect::<Vec<_>>(), [3, 2]);
        let place = |partition, offset, count| (Partition(partition), Offset(offset), count);
        // The third of the request is an earlier message, and the last one is of another partition.
        let placed = [
            place(1, 7, 1),
            place(2, 3, 1),
            place(1, 8, 1),
            place(5, 9, 1),
            place(4, 40, 1),
        ];
        let answered: Vec<_> = batch
            .runs(&placed)
            .iter()
            .map(|run| (run.partition, run.first_offset, run.message_count))
            .collect();
        assert_eq!(
            answered,
            [(1, 7, 1), (5, 9, 1), (2, 3, 1), (1, 8, 1), (4, 40, 1)]
        );
    }

    #[test]
    fn batches_beyond_their_limits_are_refused_together() {
        assert!(matches!(
            build(&[], 1, 0, Time(0)),
            Err(Refusal::FieldRequired { .. })
        ));
        let unit = |batches: &[Vec<Bytes>]| match check_together(batches.iter().map(Vec::as_slice))
        {
            Err(Refusal::BatchTooLarge { unit, .. }) => Some(unit),
            _ => None,
        };
        let half = vec![Bytes::new(); MAX_BATCH_MESSAGES / 2];
        assert_eq!(unit(&[half.clone(), half.clone()]), None);
        let over = vec![Bytes::new(); MAX_BATCH_MESSAGES / 2 + 1];
        assert_eq!(unit(&[half, over]), Some("messages"));
        let large = vec![Bytes::from(vec![0; 9 << 20])];
        assert_eq!(unit(&[large.clone(), large]), Some("bytes"));
        assert_eq!(unit(&vec![Vec::new(); 102]), Some("topics"));
        let bad = [message("", "good"), Bytes::from_static(&[0x08, 1])];
        let refusal = build(&bad, 4, 0, Time(0)).unwrap_err();
        assert!(matches!(
            refusal,
            Refusal::MessageMalformed { index: 1, .. }
        ));
    }
}
