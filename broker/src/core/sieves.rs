//! The filters of a topic, each once, and which subscriptions have it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::limits::{MAX_ENTRY_PARTS, MAX_TOPIC_FILTERS};
use crate::model::entry::{Body, Filtered, LeftOut, Published};
use crate::model::filter::{Filter, FilterError, Filters};
use crate::model::{OffsetRange, Refusal, SubscriptionId};

/// The filters of a topic, and who has each.
#[derive(Debug, Default)]
pub(super) struct Sieves {
    now: Arc<Filters>,
    /// In the order of the filters.
    owners: Vec<Owners>,
}

/// Who has a filter.
#[derive(Debug)]
struct Owners {
    text: Arc<str>,
    subscriptions: BTreeSet<SubscriptionId>,
}

impl Sieves {
    /// What a batch goes through now.
    pub(super) fn now(&self) -> &Arc<Filters> {
        &self.now
    }

    /// The filter of a subscription.
    pub(super) fn of(&self, id: SubscriptionId) -> Option<Arc<Filter>> {
        let mut owners = self.owners.iter();
        let at = owners.position(|owners| owners.subscriptions.contains(&id))?;
        self.now.filters.get(at).cloned()
    }

    /// How many subscriptions have a filter.
    pub(super) fn count_subscriptions(&self) -> usize {
        let owners = self.owners.iter();
        owners.map(|owners| owners.subscriptions.len()).sum()
    }

    /// Refuses filters that would be too many together with those there are. Each of them is given once.
    pub(super) fn check_room<'a>(
        &self,
        filters: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Refusal> {
        let is_known = |text: &str| self.owners.iter().any(|owners| *owners.text == *text);
        let others = filters.into_iter().filter(|text| !is_known(text));
        if (self.owners.len() + others.count()) as u64 <= MAX_TOPIC_FILTERS {
            return Ok(());
        }
        Err(Refusal::LimitReached {
            what: "different filters of a topic",
            limit: MAX_TOPIC_FILTERS,
        })
    }

    /// A subscription has come. `generation` is the newest of the broker.
    pub(super) fn join(
        &mut self,
        id: SubscriptionId,
        text: &Arc<str>,
        generation: &mut u64,
    ) -> Result<(), FilterError> {
        let known = self.owners.iter_mut().find(|owners| owners.text == *text);
        if let Some(owners) = known {
            owners.subscriptions.insert(id);
            return Ok(());
        }
        let mut filters = self.now.filters.clone();
        filters.push(Arc::new(Filter::parse(text)?));
        self.owners.push(Owners {
            text: Arc::clone(text),
            subscriptions: BTreeSet::from([id]),
        });
        self.renew(filters, generation);
        Ok(())
    }

    /// A subscription has gone.
    pub(super) fn part(&mut self, id: SubscriptionId, generation: &mut u64) {
        for owners in &mut self.owners {
            owners.subscriptions.remove(&id);
        }
        let is_forsaken = |owners: &Owners| owners.subscriptions.is_empty();
        if let Some(at) = self.owners.iter().position(is_forsaken) {
            self.owners.remove(at);
            let mut filters = self.now.filters.clone();
            filters.remove(at);
            self.renew(filters, generation);
        }
    }

    fn renew(&mut self, filters: Vec<Arc<Filter>>, generation: &mut u64) {
        *generation += 1;
        let generation = if filters.is_empty() { 0 } else { *generation };
        self.now = Arc::new(Filters {
            generation,
            filters,
        });
    }

    /// What goes into the journal beside a batch.
    pub(super) fn entries(&self, published: &Published, body: &Body) -> Vec<Filtered> {
        let anew;
        let sieved = if body.sieved.generation == self.now.generation {
            &body.sieved
        } else {
            anew = self.now.sieve(body.columns.messages(&body.bytes));
            &anew
        };
        let mut entries = Vec::new();
        let mut parts = MAX_ENTRY_PARTS;
        for (owners, holes) in self.owners.iter().zip(&sieved.holes) {
            if holes.is_empty() {
                continue;
            }
            let place = |index: u32| published.base.plus(index.into());
            let holes = holes.iter();
            let ranges = holes.map(|hole| OffsetRange::between(place(hole.start), place(hole.end)));
            let ranges: Vec<OffsetRange> = ranges.collect();
            let ids: Vec<SubscriptionId> = owners.subscriptions.iter().copied().collect();
            for ids in ids.chunks(MAX_ENTRY_PARTS / 2) {
                parts += ids.len() + ranges.len();
                if parts > MAX_ENTRY_PARTS {
                    parts = ids.len() + ranges.len();
                    entries.push(Filtered {
                        topic: published.topic,
                        partition: published.partition,
                        left_out: Vec::new(),
                    });
                }
                if let Some(entry) = entries.last_mut() {
                    entry.left_out.push(LeftOut {
                        subscriptions: ids.to_vec(),
                        ranges: ranges.clone(),
                    });
                }
            }
        }
        entries
    }
}
