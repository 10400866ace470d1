//! Which publishes wait for room in their topic, and when they go on.

use super::command::Publish;
use super::held_back::HELD_BACK_BYTES;
use super::owner::Owner;
use crate::model::{Now, Refusal, TopicId};

impl Owner {
    /// Lets a publish of a stream wait if its topic has no room, or if others wait for that already; gives back any
    /// other.
    pub(super) fn hold_back(&mut self, publish: Publish, now: Now) -> Option<Publish> {
        let topic = publish.publication.parts.first().map(|(topic, _)| *topic);
        let Some(topic) = topic.filter(|_| publish.is_patient) else {
            return Some(publish);
        };
        let is_behind = self.held_back.first(topic).is_some();
        if !is_behind && !self.is_full_for(&publish, now) {
            return Some(publish);
        }
        if self.held_back.bytes() < HELD_BACK_BYTES {
            self.held_back.push(topic, publish);
            return None;
        }
        let refusal = Refusal::Backpressure {
            waiting_bytes: self.held_back.bytes() as u64,
            limit_bytes: HELD_BACK_BYTES as u64,
        };
        // The asker may have gone.
        drop(publish.answer.send(Err(refusal)));
        None
    }

    fn is_full_for(&self, publish: &Publish, now: Now) -> bool {
        let admitted = self.core.admits(&publish.publication, now);
        matches!(
            admitted,
            Err(Refusal::TopicFull { .. } | Refusal::BacklogFull { .. })
        )
    }

    /// Stores what waits and fits now, in order; drops what nobody waits for any more. Once publishes are refused at
    /// all, so are these.
    pub(super) fn let_go(&mut self, now: Now) {
        for topic in self.held_back.topics() {
            self.let_go_of(topic, now);
        }
    }

    fn let_go_of(&mut self, topic: TopicId, now: Now) {
        let is_refusing = self.refuses_publishes().is_some();
        while let Some(first) = self.held_back.first(topic) {
            let is_wanted = !first.answer.is_closed();
            if is_wanted && !is_refusing && self.is_full_for(first, now) {
                return;
            }
            if let Some(publish) = self.held_back.pop(topic).filter(|_| is_wanted) {
                self.store(publish, now);
            }
        }
    }
}
