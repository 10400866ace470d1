//! Applies what is said of producers, and lets go of those whose time has passed.

use super::objects::Objects;
use super::places::{ApplyError, Mode};
use super::state::Core;
use crate::model::entry::{ProducerState, Sequenced};
use crate::model::{Now, Partition, Position};

impl Objects {
    pub(super) fn sequenced(
        &mut self,
        entry: &Sequenced,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let topic = self.topic(entry.topic, Partition(0), mode)?;
        topic.producers.store(entry, at);
        self.remembering.insert(entry.topic);
        Ok(())
    }

    pub(super) fn producer_stated(
        &mut self,
        state: &ProducerState,
        at: Position,
        mode: Mode,
    ) -> Result<(), ApplyError> {
        let topic = self.topic(state.topic, Partition(0), mode)?;
        match mode {
            Mode::Live(_) => topic.producers.stated(state.producer, at),
            Mode::Recovery => topic.producers.restate(state, at),
        }
        self.remembering.insert(state.topic);
        Ok(())
    }
}

impl Core {
    /// Lets go of producers that were not seen for long.
    pub fn forget_producers(&mut self, now: Now) {
        let now = self.trusted(now);
        let topics = &mut self.objects.topics;
        let aside = &self.objects.aside.topics;
        self.objects.remembering.retain(|id| {
            let is_aside = aside.contains_key(id);
            is_aside
                || topics.get_mut(id).is_some_and(|topic| {
                    topic.producers.forget(now);
                    !topic.producers.is_empty()
                })
        });
    }
}

#[cfg(test)]
impl Core {
    /// How many producers are remembered.
    pub(crate) fn producers(&self) -> usize {
        let topics = self.objects.topics.values();
        topics.map(|topic| topic.producers.count()).sum()
    }
}
