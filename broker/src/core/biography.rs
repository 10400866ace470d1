//! What operations were in the life of a message: those that changed it or published it, and those that deleted where
//! it is, or brought that back.

use super::operation::Operation;
use super::state::Core;
use crate::model::entry::OperationState;
use crate::model::{MessageId, OffsetRange, Time};

impl Core {
    /// The operations in the life of a message, as far as they are remembered, the oldest first.
    pub fn operations_on(&self, id: MessageId) -> Vec<OperationState> {
        let range = OffsetRange::one(id.offset);
        let published = self.publish_time(id);
        let all = self.objects.operations.all.values();
        let touching = all.filter(|one| {
            let record = &one.state.record;
            let has_changed = || one.changed_of(id.partition, range) > 0;
            (record.topic == id.topic && has_changed())
                || (record.target.0 == id.topic && one.has_published(id.partition, range))
                || published.is_some_and(|time| self.was_deleted_around(one, id, time))
        });
        touching.map(|one| one.state.clone()).collect()
    }

    fn publish_time(&self, id: MessageId) -> Option<Time> {
        let topic = self.objects.topics.get(&id.topic)?;
        topic.store(id.partition)?.log.time(id.offset)
    }

    /// Whether an operation deleted the topic of a message or a subscription that had it, or brought that back: what
    /// was published in between came to the subscription with its return.
    fn was_deleted_around(&self, one: &Operation, id: MessageId, published: Time) -> bool {
        let all = &self.objects.operations.all;
        let record = &one.state.record;
        let deletion = match record.undoes.0 {
            0 => Some(one),
            _ => all.get(&record.undoes),
        };
        let deletion = deletion.map(|one| &one.state);
        let Some(deletion) = deletion
            .filter(|deletion| deletion.record.deed.deletes() && deletion.record.topic == id.topic)
        else {
            return false;
        };
        let back = all.get(&deletion.progress.undone_by);
        let last = back.map_or(deletion.record.started, |back| back.state.record.started);
        let subscription = self.objects.any_subscription(deletion.record.subscription);
        let machine = subscription.and_then(|found| found.machine(id.partition));
        published <= last && machine.is_none_or(|machine| machine.start() <= id.offset)
    }
}
