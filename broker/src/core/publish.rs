//! Publishing: batches get offsets and become entries. Touches the partitions and the topic's hungry subscriptions,
//! nothing else: the cost does not grow with idle subscriptions.

use std::sync::Arc;

use super::command::Publication;
use super::dedup::Sieve;
use super::limits::MAX_DEDUP_IDS;
use super::objects::Topic;
use super::producers::Verdict;
use super::state::{Act, Core};
use super::views::{Receipt, Route};
use crate::model::entry::{Body, Entry, Published, Sequenced, StoredRun};
use crate::model::{Name, Now, Offset, Partition, Refusal, TopicId};

impl Core {
    /// What a publisher needs to make bodies for a topic.
    pub fn route(&self, topic: &Name) -> Result<Route, Refusal> {
        let topic = self.topic_of(topic)?;
        Ok(Route {
            topic: topic.record.id,
            partitions: topic.record.settings.partitions,
            filters: Arc::clone(topic.sieves.now()),
        })
    }

    /// Stores what is published, all or nothing, in one commit group; what its producer had published before is
    /// answered with the first receipt and stored no second time. A partition may occur more than once. An id of a
    /// topic that was deleted since it was routed is `TOPIC_NOT_FOUND`.
    pub fn publish(&mut self, publication: Publication, now: Now) -> Result<Receipt, Refusal> {
        let first = publication.parts.first().map(|(topic, _)| *topic);
        let first = first.ok_or(Refusal::FieldRequired { field: "messages" })?;
        self.watch_clock(now);
        self.forget_ids(&publication, now);
        let mut is_first = false;
        if let Some(batch) = publication.producer {
            match self
                .routed(first)?
                .producers
                .judge(batch, self.trusted(now))?
            {
                Verdict::Repeated(receipt) => return Ok(receipt),
                Verdict::New { is_first: is } => is_first = is,
            }
        }
        let relaxed_since = self.relaxed_since(&publication);
        let is_eager = relaxed_since.is_none();
        let mut decided = Decided::default();
        let mut topics = Vec::with_capacity(publication.parts.len());
        for (id, batches) in publication.parts {
            let topic = self.routed(id)?;
            if publication.requires_subscription && topic.subscriptions.is_empty() {
                return Err(Refusal::NoSubscription {
                    topic: topic.record.name.clone(),
                });
            }
            self.check_held(topic)?;
            self.check_limits(topic, &batches)?;
            topics.push(id);
            decided.add(topic, batches, now)?;
        }
        let Decided { mut acts, runs } = decided;
        self.check_left_out(&acts)?;
        if let Some(batch) = publication.producer {
            let sequenced = Sequenced {
                topic: first,
                producer: batch.producer,
                sequence: batch.sequence,
                time: now.wall,
                is_first,
                runs: runs.clone(),
            };
            acts.push(Act::eager(Entry::Sequenced(sequenced)));
        }
        for act in &mut acts {
            act.eager = is_eager;
        }
        self.enact(acts, now);
        let position = self.last_position();
        for id in topics {
            self.after_publish(id, now);
        }
        Ok(Receipt {
            runs,
            position,
            is_duplicate: false,
            relaxed_since,
        })
    }

    /// What a publish brings about: limits are kept, hungry consumers are served.
    pub(super) fn after_publish(&mut self, topic: TopicId, now: Now) {
        self.shed_after_publish(topic, now);
        self.make_room(topic, now);
        if let Some(topic) = self.objects.topics.get(&topic) {
            self.stirred.extend(&topic.hungry);
        }
    }

    /// Gives batches for a topic their offsets, if no subscription holds publishers.
    pub(super) fn decide_batches(
        &self,
        id: TopicId,
        batches: Vec<(Partition, Body)>,
        now: Now,
    ) -> Result<Vec<Act>, Refusal> {
        let topic = self.routed(id)?;
        self.check_held(topic)?;
        let mut decided = Decided::default();
        decided.add(topic, batches, now)?;
        self.check_left_out(&decided.acts)?;
        Ok(decided.acts)
    }

    /// Ids whose window has passed are known no more.
    fn forget_ids(&mut self, publication: &Publication, now: Now) {
        if self.is_suspended() {
            return;
        }
        for (id, _) in &publication.parts {
            if let Some(topic) = self.objects.topics.get_mut(id) {
                topic.known.forget(now.wall);
            }
        }
    }

    pub(super) fn routed(&self, id: TopicId) -> Result<&Topic, Refusal> {
        let topic = self.objects.topics.get(&id);
        let topic = topic.map(Box::as_ref);
        topic.ok_or(Refusal::TopicGone { topic: id })
    }
}

impl Receipt {
    /// Where the batches of a topic are, in order.
    pub fn runs_of(&self, topic: TopicId) -> impl Iterator<Item = &StoredRun> {
        self.runs.iter().filter(move |run| run.topic == topic)
    }
}

/// What becomes of batches.
#[derive(Debug, Default)]
struct Decided {
    /// What is to be stored.
    acts: Vec<Act>,
    /// Where all messages are then: those with an id that is known are where the first one is.
    runs: Vec<StoredRun>,
}

impl Decided {
    /// Gives the batches of one topic their offsets.
    fn add(
        &mut self,
        topic: &Topic,
        batches: Vec<(Partition, Body)>,
        now: Now,
    ) -> Result<(), Refusal> {
        let id = topic.record.id;
        if batches.is_empty() {
            return Err(Refusal::FieldRequired { field: "messages" });
        }
        let mut next: Vec<Option<Offset>> = vec![None; topic.partitions.len()];
        let mut sieve = Sieve::new(&topic.known, now.wall);
        self.acts.reserve(batches.len() + 1);
        for (partition, body) in batches {
            let store = topic.store(partition);
            let (Some(store), Some(next)) = (store, next.get_mut(partition.0 as usize)) else {
                return Err(Refusal::Internal {
                    detail: format!("a batch is for partition {partition} of topic {id}"),
                });
            };
            let base = next.unwrap_or_else(|| store.log.next());
            let (body, places) = sieve.sift((partition, body), base);
            let runs = places
                .into_iter()
                .map(|(partition, base, count)| StoredRun {
                    topic: id,
                    partition,
                    base,
                    count,
                });
            self.runs.extend(runs);
            let Some(body) = body else { continue };
            *next = Some(base.plus(body.columns.count.into()));
            let published = Published {
                topic: id,
                partition,
                base,
                count: body.columns.count,
                time: now.wall.max(store.newest),
            };
            let left_out = topic.left_out(&published, &body);
            self.acts.push(Act {
                entry: Entry::Published(published),
                body: Some(body),
                eager: true,
            });
            self.acts.extend(left_out);
        }
        match sieve.excess() {
            Some(retry) => Err(Refusal::DedupFull {
                topic: topic.record.name.clone(),
                limit: MAX_DEDUP_IDS as u64,
                retry,
            }),
            None => Ok(()),
        }
    }
}
