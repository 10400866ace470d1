//! Publishes of pipelined streams that wait for room in their topic.
//!
//! A stream that meets a limit of its topic, or of a subscription that holds publishers, is not
//! refused: its batches wait here, in their order, and the stream takes no more once too many of its
//! own are under way. What waits holds no room on its way to the disk, so that a full topic never
//! stops another one; it has a bound of its own, beyond which streams are refused.

use std::collections::{BTreeMap, VecDeque};

use super::command::Publish;
use crate::model::TopicId;

/// Bytes of publishes that may wait, all topics together; the last one may go beyond.
pub(super) const HELD_BACK_BYTES: usize = 64 << 20;

/// What waits, by the first topic of each publish.
#[derive(Default)]
pub(super) struct HeldBack {
    lines: BTreeMap<TopicId, VecDeque<Publish>>,
    bytes: usize,
}

impl HeldBack {
    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Topics that something waits for.
    pub(super) fn topics(&self) -> Vec<TopicId> {
        self.lines.keys().copied().collect()
    }

    /// The first that waits for a topic.
    pub(super) fn first(&self, topic: TopicId) -> Option<&Publish> {
        self.lines.get(&topic)?.front()
    }

    pub(super) fn push(&mut self, topic: TopicId, mut publish: Publish) {
        publish.room = None;
        self.bytes += publish.publication.bytes();
        self.lines.entry(topic).or_default().push_back(publish);
    }

    pub(super) fn pop(&mut self, topic: TopicId) -> Option<Publish> {
        let line = self.lines.get_mut(&topic)?;
        let publish = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&topic);
        }
        let publish = publish?;
        self.bytes -= publish.publication.bytes();
        Some(publish)
    }
}
