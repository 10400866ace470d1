//! What both ways of publishing share: batches on their way to the shard, and their answers.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use tonic::Status;
use weir_proto::server::{self, PublishedRun};

use super::batch::{self, Batch};
use super::convert;
use crate::core::{Publication, Receipt};
use crate::model::{ProducerId, ProducerSequence, Refusal, TopicId};
use crate::shard::Handle;

/// A stream of responses, as tonic takes it.
pub(super) type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A batch for a topic, as it was asked for.
pub(super) type Asked<'a> = (&'a str, &'a [Bytes]);

/// What a request says of its batches as a whole.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Terms {
    pub(super) producer: Option<ProducerSequence>,
    pub(super) requires_subscription: bool,
    /// Which partition gets the messages without a key, where nothing else says it.
    pub(super) rotation: u32,
}

/// What is to be stored, and what its answer is made with: each topic's batch.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) publication: Publication,
    pub(super) batches: Vec<(TopicId, Batch)>,
}

/// Checks the batches of a request and makes their bodies.
pub(super) fn prepare(
    handle: &Handle,
    asked: &[Asked<'_>],
    terms: Terms,
) -> Result<Prepared, Refusal> {
    batch::check_together(asked.iter().map(|(_, messages)| *messages))?;
    // A batch that is sent again must be parted as it was the first time.
    let rotation = terms.producer.as_ref().map_or(terms.rotation, rotation_of);
    let mut parts = Vec::with_capacity(asked.len());
    let mut batches: Vec<(TopicId, Batch)> = Vec::with_capacity(asked.len());
    for (topic, messages) in asked {
        let route = handle.route(&convert::name("topic", topic)?)?;
        if batches.iter().any(|(known, _)| *known == route.topic) {
            return Err(Refusal::ValueOutOfRange {
                field: "additional.topic",
                value: (*topic).to_owned(),
                range: "another topic than the request names already".to_owned(),
            });
        }
        let mut batch = batch::build(messages, route.partitions, rotation, handle.time())?;
        batch.sieve(&route.filters);
        parts.push((route.topic, std::mem::take(&mut batch.bodies)));
        batches.push((route.topic, batch));
    }
    let publication = Publication {
        parts,
        producer: terms.producer,
        requires_subscription: terms.requires_subscription,
    };
    Ok(Prepared {
        publication,
        batches,
    })
}

/// The same for the same batch of the same producer; another for the next one.
fn rotation_of(batch: &ProducerSequence) -> u32 {
    let first = |bytes: &[u8]| {
        bytes
            .first_chunk()
            .map_or(0, |four| u32::from_le_bytes(*four))
    };
    first(&batch.producer.0).wrapping_add(first(&batch.sequence.to_le_bytes()))
}

/// Which batch of which producer a request is.
pub(super) fn producer(
    given: Option<server::ProducerSequence>,
) -> Result<Option<ProducerSequence>, Refusal> {
    let Some(given) = given else {
        return Ok(None);
    };
    let id = given.producer_id.as_ref().try_into();
    let id = id.map_err(|_length| Refusal::ValueOutOfRange {
        field: "producer.producer_id",
        value: format!("{} bytes long", given.producer_id.len()),
        range: format!("{} bytes long", ProducerId::BYTES),
    })?;
    if given.sequence == 0 {
        return Err(Refusal::FieldRequired {
            field: "producer.sequence",
        });
    }
    Ok(Some(ProducerSequence {
        producer: ProducerId(id),
        sequence: given.sequence,
    }))
}

/// Where each topic's batch was stored, in the order of the request.
pub(super) fn places(
    batches: &[(TopicId, Batch)],
    receipt: &Receipt,
) -> Result<Vec<(TopicId, Vec<PublishedRun>)>, Refusal> {
    let mut places = Vec::with_capacity(batches.len());
    for (topic, batch) in batches {
        let given: Vec<_> = receipt
            .runs_of(*topic)
            .map(|run| (run.partition, run.base, run.count))
            .collect();
        let stored: u64 = given.iter().map(|(_, _, count)| u64::from(*count)).sum();
        let runs = batch.runs(&given);
        let found: u64 = runs.iter().map(|run| u64::from(run.message_count)).sum();
        if stored != batch.count() || found != stored {
            return Err(Refusal::ValueOutOfRange {
                field: "producer.sequence",
                value: "one of another batch".to_owned(),
                range: "one that no other batch had".to_owned(),
            });
        }
        places.push((*topic, runs));
    }
    Ok(places)
}
