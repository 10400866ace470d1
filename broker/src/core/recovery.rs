//! Recovery: a new core out of the frames that a journal replays.
//!
//! Applies each frame as it was applied when it was written, to provisional objects where need be, and derives what is
//! not durable once, at the end. What does not fit together is reported, never dropped in silence.

use std::collections::BTreeSet;

use super::Core;
use super::apply::{ApplyError, Mode, entered};
use super::counts::Meters;
use super::limits::TEXT_BYTES;
use super::objects::{Objects, Store, Topic};
use super::state::Act;
use super::totals::Totals;
use crate::model::entry::{Columns, DecodeError, Entry, decode};
use crate::model::{
    Incarnation, Now, Offset, OffsetRange, Partition, Position, SubscriptionId, TopicId,
};

/// Where a frame comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The checkpoint restates the state: apply.
    Checkpoint,
    /// From below the start of replay: only the index of its messages is taken.
    Data,
    /// From the log: apply.
    Log,
}

/// One frame to replay.
#[derive(Debug, Clone, Copy)]
pub struct ReplayFrame<'a> {
    /// Its position; of a checkpoint's frame, the position that the checkpoint states.
    pub position: Position,
    /// What the entry is.
    pub kind: u8,
    /// The version of its kind.
    pub version: u8,
    /// The encoded entry.
    pub head: &'a [u8],
    /// The messages of a published batch; of data at least its columns.
    pub body: &'a [u8],
}

/// Why a directory cannot be recovered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// A frame is no entry of this release.
    #[error("the frame at position {position} cannot be read: {source}")]
    Decode {
        /// Where.
        position: Position,
        /// Why.
        source: DecodeError,
    },
    /// An entry does not fit what was replayed before it.
    #[error("the entry at position {position} does not fit: {source}")]
    Apply {
        /// Where.
        position: Position,
        /// Why.
        source: ApplyError,
    },
    /// What was replayed does not fit together.
    #[error("the state is damaged: {0}")]
    Inconsistent(String),
}

/// What recovery found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Topics that exist.
    pub topics: u32,
    /// Subscriptions that exist.
    pub subscriptions: u32,
    /// Messages stored.
    pub messages: u64,
    /// Topics that have messages but no record and no tombstone: their frames are kept, never released.
    pub orphans: Vec<TopicId>,
    /// A sentence for each thing found amiss.
    pub notes: Vec<String>,
}

/// A core in the making.
#[derive(Debug, Default)]
pub struct Recovery {
    objects: Objects,
    report: Recovered,
    /// Frames of orphans, with their bytes.
    orphaned: Vec<(Position, u64)>,
}

impl Recovery {
    /// Nothing replayed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies a frame. The order is the journal's: checkpoint, data, log.
    pub fn replay(&mut self, source: Source, frame: ReplayFrame<'_>) -> Result<(), RecoverError> {
        let position = frame.position;
        let unreadable = |source| RecoverError::Decode { position, source };
        let entry = decode(frame.kind, frame.version, frame.head).map_err(unreadable)?;
        let columns = match entry {
            Entry::Published(_) => Some(columns_of(source, frame.body).map_err(unreadable)?),
            _ => None,
        };
        let applied = match (source, &entry) {
            (Source::Data, Entry::Published(published)) => {
                let topic =
                    self.objects
                        .topic(published.topic, published.partition, Mode::Recovery);
                topic.map(|topic| {
                    let store = topic.partitions.get_mut(published.partition.0 as usize);
                    if let (Some(store), Some(columns)) = (store, &columns) {
                        store.log.insert(position, published, columns);
                        topic.known.find(published, columns);
                    }
                })
            }
            (Source::Data, _) => Ok(()),
            // What a checkpoint states counts as stated nowhere, since the checkpoint may be lost.
            (Source::Checkpoint, _) => {
                let at = Position::START;
                self.objects
                    .apply(&entry, columns.as_ref(), at, Mode::Recovery)
            }
            (Source::Log, _) => {
                self.objects
                    .apply(&entry, columns.as_ref(), position, Mode::Recovery)
            }
        };
        self.objects.keep.clear();
        self.objects.release.clear();
        applied.map_err(|source| RecoverError::Apply { position, source })
    }

    /// Derives the volatile half and starts a new incarnation: `last` is the journal's last position. The output holds
    /// the `Started` entry, and `keep` for every frame that must stay readable.
    pub fn finish(mut self, last: Position, now: Now) -> Result<(Core, Recovered), RecoverError> {
        self.drop_unknown_topics();
        self.drop_unknown_subscriptions();
        let notes = self.objects.put_all_away(now);
        self.report.notes.extend(notes);
        self.connect()?;
        self.check_stores()?;
        self.objects.requests.forget(now.wall);
        self.resume(now);
        self.sum_up();
        self.objects.operations.resume();
        self.objects.recount_deaths();
        self.objects.find_scans();
        self.collect_kept();
        let mut core = Core::over(self.objects, last);
        core.orphans = self
            .orphaned
            .iter()
            .map(|(position, _)| *position)
            .collect();
        core.orphans.sort_unstable();
        core.incarnation = Incarnation(core.incarnation.0 + 1);
        core.enact(vec![Act::eager(Entry::Started(core.incarnation))], now);
        core.drop_skipped(now);
        let subscriptions: Vec<SubscriptionId> =
            core.objects.subscriptions.keys().copied().collect();
        for id in subscriptions {
            core.objects.note_limits(id);
            core.wake(id, now);
            core.note_deadline(id, now);
        }
        Ok((core, self.report))
    }

    fn drop_unknown_topics(&mut self) {
        let tombstones = self.objects.broker.tombstones.iter();
        let deleted: BTreeSet<TopicId> = tombstones.map(|(id, _)| *id).collect();
        let all = self.objects.topics.iter();
        let unknown = all.filter(|(_, topic)| !topic.is_known);
        let unknown: Vec<TopicId> = unknown.map(|(&id, _)| id).collect();
        for id in unknown {
            let Some(topic) = self.objects.topics.remove(&id) else {
                continue;
            };
            let stores = topic.partitions.iter();
            let frames: Vec<_> = stores.flat_map(|store| store.log.positions()).collect();
            if deleted.contains(&id) || frames.is_empty() {
                continue;
            }
            self.report.orphans.push(id);
            self.report.notes.push(format!(
                "topic {id} has {} stored batches but no record; they are kept",
                frames.len()
            ));
            self.orphaned.extend(frames);
        }
    }

    fn drop_unknown_subscriptions(&mut self) {
        let notes = &mut self.report.notes;
        self.objects.subscriptions.retain(|id, subscription| {
            if !subscription.is_known {
                notes.push(format!(
                    "subscription {id} is spoken of but has no record; it is left out"
                ));
            }
            subscription.is_known
        });
    }

    /// Connects names, topics and subscriptions.
    fn connect(&mut self) -> Result<(), RecoverError> {
        let objects = &mut self.objects;
        objects.topic_names.clear();
        objects.subscription_names.clear();
        for (id, topic) in &mut objects.topics {
            topic.subscriptions.clear();
            let name = topic.record.name.clone();
            if objects.topic_names.insert(name, *id).is_some() {
                return Err(inconsistent(format!(
                    "two topics are named {}",
                    topic.record.name
                )));
            }
        }
        for (id, subscription) in &mut objects.subscriptions {
            let record = &subscription.record;
            let Some(topic) = objects.topics.get_mut(&record.topic) else {
                return Err(inconsistent(format!(
                    "subscription {} is on topic {}, which does not exist",
                    record.name, record.topic
                )));
            };
            if subscription.machines.len() != topic.partitions.len() {
                return Err(inconsistent(format!(
                    "subscription {} has another number of partitions than its topic",
                    record.name
                )));
            }
            topic.subscriptions.insert(*id);
            if let Some(text) = &record.settings.filter {
                let joined = topic.sieves.join(*id, text, &mut objects.generation);
                joined.map_err(|error| {
                    let name = &record.name;
                    inconsistent(format!("the filter of subscription {name}: {error}"))
                })?;
            }
            let name = record.name.clone();
            if objects.subscription_names.insert(name, *id).is_some() {
                let name = &record.name;
                return Err(inconsistent(format!("two subscriptions are named {name}")));
            }
        }
        Ok(())
    }

    /// Every message between the low watermark and the end must be there, unless nobody needs it any more.
    fn check_stores(&mut self) -> Result<(), RecoverError> {
        let objects = &self.objects;
        let mut stocked = BTreeSet::new();
        for topic in objects.all_topics() {
            for (partition, store) in (0..).map(Partition).zip(&topic.partitions) {
                let gaps = gaps(store).into_iter();
                for gap in gaps.flat_map(|gap| store.log.messages(gap)) {
                    let text = format!(
                        "topic {} lacks the messages {} to {} of partition {partition}",
                        topic.record.name,
                        gap.start,
                        gap.end.0 - 1
                    );
                    if gap.end > floor_of(objects, topic, partition, store) {
                        return Err(inconsistent(text));
                    }
                    self.report.notes.push(text + ", which nobody needs");
                }
                let range = OffsetRange::between(store.log.low(), store.log.next());
                self.report.messages += store.log.count(range);
                if !range.is_empty() && objects.topics.contains_key(&topic.record.id) {
                    stocked.insert(topic.record.id);
                }
            }
        }
        self.objects.stocked = stocked;
        self.report.topics = u32::try_from(self.objects.topics.len()).unwrap_or(u32::MAX);
        let subscriptions = self.objects.subscriptions.len();
        self.report.subscriptions = u32::try_from(subscriptions).unwrap_or(u32::MAX);
        Ok(())
    }

    fn resume(&mut self, now: Now) {
        self.objects.resume_schedule(now);
        self.objects.resume_lives();
        let objects = &mut self.objects;
        let topics = &objects.topics;
        let aside = &objects.aside.topics;
        objects
            .remembering
            .retain(|id| topics.contains_key(id) || aside.contains_key(id));
        for topic in objects.topics.values_mut() {
            topic.unrouted = 0;
            topic.known.resume(now.wall);
            topic.find_newest();
        }
        for subscription in objects.subscriptions.values_mut() {
            let Some(topic) = objects.topics.get(&subscription.record.topic) else {
                continue;
            };
            subscription.resume(topic, now);
            let published = entered(subscription, topic);
            subscription.unused_since = Some(now.mono);
            subscription.meters = Meters {
                published,
                ..Meters::default()
            };
        }
    }

    /// Counts the sums once, over machines that are resumed.
    fn sum_up(&mut self) {
        let mut totals = Totals::default();
        for subscription in self.objects.subscriptions.values() {
            if let Some(topic) = self.objects.topics.get(&subscription.record.topic) {
                totals.join(entered(subscription, topic), &subscription.machines);
                totals.schedule(subscription.scheduled(topic));
            }
        }
        self.objects.totals = totals;
    }

    fn collect_kept(&mut self) {
        let mut keep = std::mem::take(&mut self.orphaned);
        self.orphaned.clone_from(&keep);
        for topic in self.objects.all_topics() {
            for store in &topic.partitions {
                keep.extend(store.log.positions());
            }
        }
        for subscription in self.objects.all_subscriptions() {
            for machine in &subscription.machines {
                keep.extend(machine.texts().map(|text| (text, TEXT_BYTES)));
            }
        }
        let texts = self.objects.operations.texts.keys();
        keep.extend(texts.map(|&text| (text, TEXT_BYTES)));
        keep.sort_unstable();
        keep.dedup();
        self.objects.keep = keep;
    }
}

/// The columns of a published body; of data only its front may be there.
fn columns_of(source: Source, body: &[u8]) -> Result<Columns, DecodeError> {
    match source {
        Source::Data => Columns::parse_front(body),
        Source::Checkpoint | Source::Log => Columns::parse(body),
    }
}

/// What a partition should store and does not.
fn gaps(store: &Store) -> Vec<OffsetRange> {
    let (low, next) = (store.log.low(), store.log.next());
    let mut gaps = Vec::new();
    let mut at = low;
    for run in store.log.runs(OffsetRange::between(low, next)) {
        if at < run.range.start {
            gaps.push(OffsetRange::between(at, run.range.start));
        }
        at = at.max(run.range.end);
    }
    if at < next {
        gaps.push(OffsetRange::between(at, next));
    }
    gaps
}

/// Below this every subscription has finished everything; the machines are not resumed yet, so it may be too low.
fn floor_of(objects: &Objects, topic: &Topic, partition: Partition, store: &Store) -> Offset {
    let ids = topic.subscriptions.iter();
    let subscriptions = ids.filter_map(|id| objects.subscriptions.get(id));
    let machines = subscriptions.filter_map(|subscription| subscription.machine(partition));
    let floors = machines.map(crate::delivery::Machine::floor);
    let aside = objects.aside_from(topic.record.id, partition);
    floors.chain(aside).min().unwrap_or(store.log.next())
}

fn inconsistent(text: String) -> RecoverError {
    RecoverError::Inconsistent(text)
}
