//! What a topic remembers of its producers, so that a batch that is sent again is stored once.
//!
//! Of each producer the receipts of its newest batches, by sequence: a batch among them is answered with its receipt,
//! one below them is refused, since nobody knows any more whether it was stored, and any other is stored. The memory
//! of a producer is bounded, and so is the number of producers. Forgetting one is no entry: from the moment its time
//! has passed it is unknown, whether it is still in memory or not, and an entry says when a producer begins anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::limits::{MAX_PRODUCERS, PRODUCER_BATCHES, PRODUCER_LEAST_MEMORY, PRODUCER_MEMORY};
use super::views::Receipt;
use crate::model::entry::{ProducerState, Sequenced, StoredRun};
use crate::model::{Position, ProducerId, ProducerSequence, Refusal, Span, Time, TopicId};

/// The producers of a topic.
#[derive(Debug, Default)]
pub(super) struct Producers {
    known: BTreeMap<ProducerId, Producer>,
    /// Derived: when each was last seen.
    by_seen: BTreeSet<(Time, ProducerId)>,
    /// Derived: where each was last stated.
    by_stated: BTreeSet<(Position, ProducerId)>,
}

#[derive(Debug)]
struct Producer {
    /// When its newest batch was stored.
    seen: Time,
    /// The newest statement of it in the log, or its first batch.
    stated: Position,
    /// Whether a batch up to this sequence was stored is known no more.
    passed: u64,
    /// In order of sequence, at most [`PRODUCER_BATCHES`].
    receipts: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    sequence: u64,
    /// The batch is durable when this is.
    position: Position,
    runs: Box<[StoredRun]>,
}

/// What is to be done with a batch.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is stored.
    New {
        /// Nothing is remembered of its producer.
        is_first: bool,
    },
    /// It was stored before.
    Repeated(Receipt),
}

impl Producers {
    /// What is to be done with a batch that comes at `now`.
    pub(super) fn judge(&self, batch: ProducerSequence, now: Time) -> Result<Verdict, Refusal> {
        let known = self.known.get(&batch.producer);
        let Some(producer) = known.filter(|known| !is_over(known.seen, PRODUCER_MEMORY, now))
        else {
            self.check_room(now)?;
            return Ok(Verdict::New { is_first: true });
        };
        if batch.sequence <= producer.passed {
            return Err(Refusal::SequenceStale {
                sequence: batch.sequence,
                passed: producer.passed,
            });
        }
        let receipts = &producer.receipts;
        let place = receipts.binary_search_by_key(&batch.sequence, |one| one.sequence);
        let found = place.ok().and_then(|place| receipts.get(place));
        Ok(match found {
            None => Verdict::New { is_first: false },
            Some(found) => Verdict::Repeated(Receipt {
                runs: found.runs.to_vec(),
                position: found.position,
                is_duplicate: true,
                relaxed_since: None,
            }),
        })
    }

    /// One more may come if there are few, or the one unseen for longest may be forgotten.
    fn check_room(&self, now: Time) -> Result<(), Refusal> {
        let oldest = self.by_seen.first();
        let gives_way = |(seen, _): &(Time, ProducerId)| is_over(*seen, PRODUCER_LEAST_MEMORY, now);
        if self.known.len() < MAX_PRODUCERS || oldest.is_some_and(gives_way) {
            Ok(())
        } else {
            Err(Refusal::ProducersFull {
                limit: MAX_PRODUCERS as u64,
            })
        }
    }

    /// A batch was stored, at `at`.
    pub(super) fn store(&mut self, entry: &Sequenced, at: Position) {
        if entry.is_first {
            self.remove(entry.producer);
            while self.known.len() >= MAX_PRODUCERS {
                let Some(&(_, oldest)) = self.by_seen.first() else {
                    break;
                };
                self.remove(oldest);
            }
        }
        let by_stated = &mut self.by_stated;
        let producer = self.known.entry(entry.producer).or_insert_with(|| {
            by_stated.insert((at, entry.producer));
            Producer {
                seen: Time::default(),
                stated: at,
                passed: 0,
                receipts: VecDeque::new(),
            }
        });
        self.by_seen.remove(&(producer.seen, entry.producer));
        producer.seen = producer.seen.max(entry.time);
        self.by_seen.insert((producer.seen, entry.producer));
        producer.remember(entry.sequence, at, entry.runs.as_slice().into());
    }

    /// In recovery: a producer was restated; it replaces all that was known of it.
    pub(super) fn restate(&mut self, state: &ProducerState, at: Position) {
        self.remove(state.producer);
        let receipts = state.receipts.iter();
        let receipts = receipts.map(|(sequence, runs)| Remembered {
            sequence: *sequence,
            // What is replayed is durable.
            position: Position::START,
            runs: runs.as_slice().into(),
        });
        let producer = Producer {
            seen: state.seen,
            stated: at,
            passed: state.passed,
            receipts: receipts.collect(),
        };
        self.by_seen.insert((state.seen, state.producer));
        self.by_stated.insert((at, state.producer));
        self.known.insert(state.producer, producer);
    }

    /// A producer is stated anew, as it is.
    pub(super) fn stated(&mut self, id: ProducerId, at: Position) {
        if let Some(producer) = self.known.get_mut(&id) {
            self.by_stated.remove(&(producer.stated, id));
            producer.stated = at;
            self.by_stated.insert((at, id));
        }
    }

    fn remove(&mut self, id: ProducerId) {
        if let Some(gone) = self.known.remove(&id) {
            self.by_seen.remove(&(gone.seen, id));
            self.by_stated.remove(&(gone.stated, id));
        }
    }

    /// Lets go of those whose time has passed.
    pub(super) fn forget(&mut self, now: Time) {
        while let Some(&(seen, id)) = self.by_seen.first() {
            if !is_over(seen, PRODUCER_MEMORY, now) {
                return;
            }
            self.remove(id);
        }
    }

    /// Where the one stated longest ago was.
    pub(super) fn floor(&self) -> Option<Position> {
        self.by_stated.first().map(|(stated, _)| *stated)
    }

    /// The states of those last stated before a position; of all without one.
    pub(super) fn states(
        &self,
        topic: TopicId,
        before: Option<Position>,
    ) -> impl Iterator<Item = ProducerState> + '_ {
        let all = self.by_stated.iter();
        let due = all.take_while(move |(stated, _)| before.is_none_or(|before| *stated < before));
        due.filter_map(move |(_, id)| {
            let producer = self.known.get(id)?;
            let receipts = producer.receipts.iter();
            Some(ProducerState {
                topic,
                producer: *id,
                seen: producer.seen,
                passed: producer.passed,
                receipts: receipts
                    .map(|one| (one.sequence, one.runs.to_vec()))
                    .collect(),
            })
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

impl Producer {
    fn remember(&mut self, sequence: u64, position: Position, runs: Box<[StoredRun]>) {
        let receipts = &mut self.receipts;
        let Err(place) = receipts.binary_search_by_key(&sequence, |one| one.sequence) else {
            return;
        };
        let receipt = Remembered {
            sequence,
            position,
            runs,
        };
        receipts.insert(place, receipt);
        if receipts.len() > PRODUCER_BATCHES
            && let Some(passed) = receipts.pop_front()
        {
            self.passed = self.passed.max(passed.sequence);
        }
    }
}

/// Whether what was seen at one time lies back by at least a span.
fn is_over(seen: Time, span: Span, now: Time) -> bool {
    seen.plus(span) <= now
}

#[cfg(test)]
impl Producers {
    /// How many are remembered.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }
}
