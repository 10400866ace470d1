//! Publishing, and what keeps it from outrunning the disk.
//!
//! Each publish holds room for its bytes from here until it is durable, so what waits in the
//! channel, in the journal and on the disk is bounded together. A unary publish that finds no room
//! is refused; a pipelined stream waits for it, in order, and for room in its topic, too (see
//! `held_back`). Acks take no room: they go on when publishing does not.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::Handle;
use super::command::{Command, Publish};
use crate::core::{Publication, Receipt};
use crate::model::entry::Body;
use crate::model::{Partition, Refusal};

/// What a frame takes beside its body: its header and the head of its entry, generously.
const FRAME_OVERHEAD: usize = 256;

impl Handle {
    /// Stores batches, all or nothing; answers when they are durable. Refused with BACKPRESSURE
    /// when too much waits for the disk.
    pub async fn publish(&self, publication: Publication) -> Result<Receipt, Refusal> {
        let bytes = self.weigh(publication.batches())?;
        let budget = &self.shared.budget;
        let room = Arc::clone(&budget.room).try_acquire_many_owned(bytes);
        let room = room.map_err(|_full| {
            self.health().refusal().unwrap_or(Refusal::Backpressure {
                waiting_bytes: budget.waiting(),
                limit_bytes: budget.limit.into(),
            })
        })?;
        self.hand_over(publication, room, false).await?.await
    }

    /// Hands batches to the owner, waiting for room; the ticket resolves when they are durable. A
    /// topic without room holds them back until it has some.
    /// Calls made one after the other are stored in that order.
    pub async fn publish_submit(&self, publication: Publication) -> Result<PublishTicket, Refusal> {
        let bytes = self.weigh(publication.batches())?;
        let room = Arc::clone(&self.shared.budget.room).acquire_many_owned(bytes);
        let room = room.await.map_err(|_closed| self.gone())?;
        self.hand_over(publication, room, true).await
    }

    async fn hand_over(
        &self,
        publication: Publication,
        room: OwnedSemaphorePermit,
        is_patient: bool,
    ) -> Result<PublishTicket, Refusal> {
        let (answer, answered) = oneshot::channel();
        let publish = Publish {
            publication,
            room: Some(room),
            is_patient,
            answer,
        };
        self.send(Command::Publish(publish)).await?;
        Ok(PublishTicket {
            answered,
            handle: self.clone(),
        })
    }

    /// The bytes that a publish takes on its way, if it may be taken at all.
    pub(super) fn weigh<'a>(
        &self,
        batches: impl Iterator<Item = &'a (Partition, Body)>,
    ) -> Result<u32, Refusal> {
        if let Some(refusal) = self.shared.health.borrow().refusal() {
            return Err(refusal);
        }
        let (mut total, mut count, frame_limit) = (0, 0, self.shared.max_frame);
        for (_partition, body) in batches {
            let size = body.bytes.len() + FRAME_OVERHEAD;
            if size > frame_limit {
                return Err(too_large(size, frame_limit));
            }
            total += size;
            count += 1;
        }
        // One commit group lies in one segment, which holds more than one of the largest frames.
        if total > frame_limit + FRAME_OVERHEAD * count {
            return Err(too_large(total, frame_limit));
        }
        match u32::try_from(total) {
            Ok(bytes) if bytes <= self.shared.budget.limit => Ok(bytes),
            _ => Err(too_large(total, self.shared.budget.limit as usize)),
        }
    }
}

fn too_large(size: usize, limit: usize) -> Refusal {
    Refusal::BatchTooLarge {
        size: size as u64,
        limit: (limit - FRAME_OVERHEAD.min(limit)) as u64,
        unit: "bytes",
    }
}

/// A publish that is on its way: a future of its receipt. Dropping it changes nothing.
#[derive(Debug)]
#[must_use = "the batch is stored only once the ticket has resolved"]
pub struct PublishTicket {
    answered: oneshot::Receiver<Result<Receipt, Refusal>>,
    handle: Handle,
}

impl Future for PublishTicket {
    type Output = Result<Receipt, Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = Pin::new(&mut self.answered).poll(context);
        answered.map(|answer| answer.unwrap_or_else(|_gone| Err(self.handle.gone())))
    }
}
