//! The limits on what a topic holds: messages and bytes that are still to be finished.
//!
//! What a topic holds is what the subscription that is furthest behind has ready, leased and waiting. Dead messages do
//! not count, so that one poisonous message never closes a topic; nor do scheduled ones before they are due, nor
//! finished ones that stay for replay, which give way in time (see `retention`). A publish beyond a limit is refused,
//! or the oldest messages are dropped as overflow; leased ones never are, and go once their lease has ended.

use super::backlog::Excess;
use super::command::Publication;
use super::limits::MAX_ENTRY_PARTS;
use super::objects::{Subscription, Topic};
use super::producers::Verdict;
use super::state::{Act, Core};
use crate::model::entry::{Body, Columns, DropCause, Dropped, Entry};
use crate::model::settings::LimitPolicy;
use crate::model::{Now, OffsetRange, OperationId, Partition, Refusal, TopicId};

/// Messages and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl Amount {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages.saturating_add(other.messages),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What of it is beyond a limit.
    pub(super) fn beyond(self, limit: Self) -> Self {
        Self {
            messages: self.messages.saturating_sub(limit.messages),
            bytes: self.bytes.saturating_sub(limit.bytes),
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl Core {
    /// Whether a publication could be stored now as far as the limits of its topics and of their subscriptions go: a
    /// repeated one always.
    pub fn admits(&self, publication: &Publication, now: Now) -> Result<(), Refusal> {
        let first = publication.parts.first().map(|(topic, _)| *topic);
        if let (Some(batch), Some(first)) = (publication.producer, first) {
            let topic = self.objects.topics.get(&first);
            let verdict = topic.map(|topic| topic.producers.judge(batch, self.trusted(now)));
            if let Some(Ok(Verdict::Repeated(_))) = verdict {
                return Ok(());
            }
        }
        for (id, batches) in &publication.parts {
            if let Some(topic) = self.objects.topics.get(id) {
                self.check_held(topic)?;
                self.check_limits(topic, batches)?;
            }
        }
        Ok(())
    }

    /// Refuses batches for which their topic has no room.
    pub(super) fn check_limits(
        &self,
        topic: &Topic,
        batches: &[(Partition, Body)],
    ) -> Result<(), Refusal> {
        let settings = &topic.record.settings;
        let Some(limit) = topic.limit() else {
            return Ok(());
        };
        if settings.limit_policy == LimitPolicy::DropOldest {
            return Ok(());
        }
        let coming = batches.iter().map(|(_, body)| topic.new_of(&body.columns));
        let coming = coming.fold(Amount::default(), Amount::plus);
        for (size, limit, unit) in [
            (coming.messages, limit.messages, "messages"),
            (coming.bytes, limit.bytes, "bytes"),
        ] {
            if size > limit {
                return Err(Refusal::BatchTooLarge { size, limit, unit });
            }
        }
        if topic.stored().plus(coming).beyond(limit).is_none() {
            return Ok(());
        }
        let held = self.held(topic);
        let beyond = held.plus(coming).beyond(limit);
        let (unit, held, limit) = if beyond.messages > 0 {
            ("messages", held.messages, limit.messages)
        } else if beyond.bytes > 0 {
            ("bytes", held.bytes, limit.bytes)
        } else {
            return Ok(());
        };
        Err(Refusal::TopicFull {
            topic: topic.record.name.clone(),
            unit,
            held,
            limit,
        })
    }

    /// What the subscription holds that is furthest behind: the most messages, and the most bytes.
    fn held(&self, topic: &Topic) -> Amount {
        let ids = topic.subscriptions.iter();
        let subscriptions = ids.filter_map(|id| self.objects.subscriptions.get(id));
        let most = |one: Amount, other: Amount| Amount {
            messages: one.messages.max(other.messages),
            bytes: one.bytes.max(other.bytes),
        };
        let held = subscriptions.map(|subscription| subscription.holds(topic));
        held.fold(Amount::default(), most)
    }

    /// Drops the oldest messages beyond the limits of a topic that is to do so.
    pub(super) fn make_room(&mut self, id: TopicId, now: Now) {
        let Some(topic) = self.objects.topics.get(&id) else {
            return;
        };
        let Some(limit) = topic.limit() else { return };
        if topic.record.settings.limit_policy != LimitPolicy::DropOldest
            || topic.stored().beyond(limit).is_none()
        {
            return;
        }
        let mut acts = Vec::new();
        let mut dropping = Vec::new();
        for &of in &topic.subscriptions {
            let Some(subscription) = self.objects.subscriptions.get(&of) else {
                continue;
            };
            let excess = subscription.holds(topic).beyond(limit);
            if excess.is_none() {
                continue;
            }
            let excess = Excess {
                messages: excess.messages,
                bytes: excess.bytes,
            };
            dropping.push(of);
            for (partition, ranges) in subscription.oldest(topic, excess) {
                acts.extend(ranges.chunks(MAX_ENTRY_PARTS).map(|ranges| {
                    Act::lazy(Entry::Dropped(Dropped {
                        subscription: of,
                        partition,
                        cause: DropCause::Overflow,
                        operation: OperationId(0),
                        ranges: ranges.to_vec(),
                    }))
                }));
            }
        }
        for act in acts {
            self.enact(vec![act], now);
        }
        for subscription in dropping {
            self.note_deadline(subscription, now);
            self.stir(subscription);
        }
    }
}

impl Topic {
    /// What it may hold, if there is a limit.
    pub(super) fn limit(&self) -> Option<Amount> {
        let settings = &self.record.settings;
        if settings.max_messages.is_none() && settings.max_bytes.is_none() {
            return None;
        }
        Some(Amount {
            messages: settings.max_messages.unwrap_or(u64::MAX),
            bytes: settings.max_bytes.unwrap_or(u64::MAX),
        })
    }

    /// What of a batch is to be stored: not what has an id that is known.
    fn new_of(&self, columns: &Columns) -> Amount {
        let mut new = Amount {
            messages: columns.count.into(),
            bytes: columns.message_bytes(),
        };
        let hashes = columns.dedup.as_deref().unwrap_or(&[]);
        for (index, &hash) in hashes.iter().enumerate() {
            if self.known.has(hash) {
                new.messages -= 1;
                new.bytes -= u64::from(columns.sizes.get(index));
            }
        }
        new
    }

    /// What it stores: never less than what it holds.
    pub(super) fn stored(&self) -> Amount {
        let amounts = self.partitions.iter().map(|store| Amount {
            messages: {
                let all = OffsetRange::between(store.log.low(), store.log.next());
                store.log.count(all)
            },
            bytes: store.log.stored_bytes(),
        });
        amounts.fold(Amount::default(), Amount::plus)
    }
}

impl Subscription {
    /// What it has ready, leased and waiting.
    fn holds(&self, topic: &Topic) -> Amount {
        let parts = self.machines.iter().zip(&topic.partitions);
        let messages = parts.map(|(machine, store)| machine.counts(&store.log).backlog());
        Amount {
            messages: messages.sum(),
            // Only a limit on bytes is worth the walk.
            bytes: match topic.record.settings.max_bytes {
                Some(_) => self.weigh(topic),
                None => 0,
            },
        }
    }
}
