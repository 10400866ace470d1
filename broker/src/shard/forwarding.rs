//! Forwarding dead messages: when there are some, which, and the step that moves them. What is published of them is
//! made elsewhere: nobody here reads a message.

use tokio::sync::watch;

use super::Handle;
use crate::core::{Forward, Forwardable};
use crate::model::entry::Body;
use crate::model::{Name, Offset, Partition, Position, Refusal, TopicId};

/// Dead messages and what is to be published of them.
#[derive(Debug)]
pub struct ForwardOrder {
    /// The subscription in which they died.
    pub subscription: Name,
    /// The messages, each once, with the position of the failure that killed it.
    pub messages: Vec<(Partition, Offset, Position)>,
    /// The dead-letter topic.
    pub topic: TopicId,
    /// What is published there.
    pub batches: Vec<(Partition, Body)>,
}

impl Handle {
    /// Changes when there may be dead messages to forward.
    pub fn watch_forwarding(&self) -> watch::Receiver<u64> {
        self.shared.forwarding.subscribe()
    }

    /// Subscriptions with dead messages that can be forwarded now.
    pub async fn forwardable(&self) -> Result<Vec<Forwardable>, Refusal> {
        self.act(|core, _now| Ok(core.forwardable())).await
    }

    /// Publishes them and finishes the dead ones, in one step; false, and nothing is done, if one of them is no longer
    /// dead from that failure. Answers when it is durable.
    pub async fn forward(&self, order: ForwardOrder) -> Result<bool, Refusal> {
        self.weigh(order.batches.iter())?;
        self.act(move |core, now| {
            let forward = Forward {
                subscription: &order.subscription,
                messages: order.messages,
                topic: order.topic,
                batches: order.batches,
            };
            core.forward(forward, now)
        })
        .await
    }
}
