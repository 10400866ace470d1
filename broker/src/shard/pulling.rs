//! Pull: messages leased once, with or without waiting for the first.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::Handle;
use super::command::{Command, PullOrder};
use super::lease::PullRequest;
use crate::core::AckId;
use crate::model::{Refusal, Time, TopicId};

/// Messages leased by a pull; may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledBatch {
    /// The topic, for message ids.
    pub topic: TopicId,
    /// The messages.
    pub messages: Vec<PulledMessage>,
}

/// One leased message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledMessage {
    /// Its lease; says partition, offset and attempt, too.
    pub ack: AckId,
    /// When it was published.
    pub time: Time,
    /// The encoded `Message`.
    pub message: Bytes,
}

impl Handle {
    /// Leases messages and returns them with their bytes.
    pub async fn pull(&self, request: PullRequest) -> Result<PulledBatch, Refusal> {
        if let Some(refusal) = self.refuses_consumers() {
            return Err(refusal);
        }
        let (answer, answered) = oneshot::channel();
        let order = PullOrder { request, answer };
        self.send(Command::Pull(order)).await?;
        let mut granted = answered.await.unwrap_or_else(|_gone| Err(self.gone()))?;
        let mut messages = Vec::new();
        let mut opened = 0;
        while opened < granted.leases.len() {
            let parcels = granted.leases.iter().skip(opened);
            let parcels = parcels.map(|lease| lease.parcel.body());
            let bodies = self.shared.bodies.open(parcels).await?;
            for (lease, body) in granted.leases.iter().skip(opened).zip(&bodies) {
                let (columns, run) = (body.columns()?, lease.parcel.run);
                for ack in granted.ack_ids(lease) {
                    let index = ack.offset.0.saturating_sub(run.frame_base.0);
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    let message = body.slice(columns.message(index))?;
                    let time = run.time;
                    messages.push(PulledMessage { ack, time, message });
                }
            }
            opened += bodies.len();
        }
        granted.leases.clear();
        let topic = granted.topic;
        Ok(PulledBatch { topic, messages })
    }
}
