//! Reading a topic with no subscription, as the api holds it: messages come out, nothing goes in.
//!
//! The owner says which runs come next; their bytes are read on other threads, when they are asked for. A slow reader
//! holds what one look brought and nothing more. What was trimmed between the look and the reading is found by the
//! next look, which tells of it.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::Handle;
use super::command::{Command, ReadOrder, Step};
use super::parcel::{DeliveredRun, Parcel};
use crate::core::{BelowLow, NewRead, ReadPart, ReadStart};
use crate::model::{Name, Offset, OffsetRange, Partition, Position, Refusal, TopicId};

/// Bytes of messages that one event brings at most, or one larger message: well below what a gRPC client takes at a
/// time.
const EVENT_BYTES: usize = 512 << 10;

/// What is to be read.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// The topic.
    pub topic: Name,
    /// Only this partition.
    pub partition: Option<Partition>,
    /// Where to begin in partitions that `offsets` does not name.
    pub start: ReadStart,
    /// Where to begin in some partitions.
    pub offsets: Vec<(Partition, Offset)>,
    /// What to do with an offset that is no longer stored.
    pub below: BelowLow,
    /// Whether it goes on with what is published later.
    pub follows: bool,
}

/// What a reader learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEvent {
    /// Messages, in order of offset within a partition; never empty. Sequences and attempts are 0.
    Runs(Vec<DeliveredRun>),
    /// Offsets that hold no message any more, or never did.
    Trimmed(Partition, OffsetRange),
    /// All was read that was there when it began.
    End,
}

/// A read under way.
#[derive(Debug)]
pub struct Reading {
    /// The topic.
    pub topic: TopicId,
    /// The name of the topic.
    pub topic_name: Name,
    /// How far it has come.
    pub parts: Vec<ReadPart>,
    handle: Handle,
    /// Looked up, bytes not yet read.
    steps: VecDeque<Step>,
    /// Read, not yet handed out.
    ready: VecDeque<DeliveredRun>,
    /// Comes when there is something to look up.
    news: Option<oneshot::Receiver<()>>,
    /// A frame that could not be read; that it was trimmed meanwhile is seen by the next look.
    unread: Option<Position>,
}

impl Handle {
    /// Begins to read a topic.
    pub async fn read(&self, request: ReadRequest) -> Result<Reading, Refusal> {
        if let Some(refusal) = self.refuses_consumers() {
            return Err(refusal);
        }
        // The answer comes when all that the end counts is durable.
        let asked = self.act(move |core, _now| {
            let begun = core.begin_read(&NewRead {
                topic: &request.topic,
                partition: request.partition,
                start: request.start,
                offsets: &request.offsets,
                below: request.below,
            });
            Ok((begun?, request.follows))
        });
        let (mut place, follows) = asked.await?;
        if follows {
            place.parts.iter_mut().for_each(|part| part.end = None);
        }
        Ok(Reading {
            topic: place.topic,
            topic_name: place.topic_name,
            parts: place.parts,
            handle: self.clone(),
            steps: VecDeque::new(),
            ready: VecDeque::new(),
            news: None,
            unread: None,
        })
    }
}

impl Reading {
    /// The next event; waits for it if the read follows. Safe to cancel: nothing is lost. An error is final.
    pub async fn next(&mut self) -> Result<ReadEvent, Refusal> {
        loop {
            if !self.ready.is_empty() {
                return Ok(ReadEvent::Runs(self.hand_out()));
            }
            match self.steps.front() {
                Some(&Step::Gone(partition, range)) => {
                    self.steps.pop_front();
                    self.pass(partition, range.end);
                    return Ok(ReadEvent::Trimmed(partition, range));
                }
                Some(Step::Run(_)) => self.open().await?,
                None if self.is_over() => return Ok(ReadEvent::End),
                None => self.look().await?,
            }
        }
    }

    fn is_over(&self) -> bool {
        let is_read = |part: &ReadPart| part.end.is_some_and(|end| part.next >= end);
        self.parts.iter().all(is_read)
    }

    /// Asks the owner what comes next; returns without steps if there is nothing yet.
    async fn look(&mut self) -> Result<(), Refusal> {
        if let Some(news) = &mut self.news {
            // That it was dropped is news, too: the next look says why.
            drop(news.await);
            self.news = None;
        }
        // Each partition is the first one in its turn.
        if !self.parts.is_empty() {
            self.parts.rotate_left(1);
        }
        let (news, told) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let order = ReadOrder {
            topic: self.topic,
            parts: self.parts.clone(),
            news,
            answer,
        };
        self.handle.send(Command::Read(order)).await?;
        let steps: Vec<Step> = answered
            .await
            .unwrap_or_else(|_gone| Err(self.handle.gone()))?;
        if steps.is_empty() {
            self.news = Some(told);
        }
        self.steps = steps.into();
        Ok(())
    }

    /// Gets the bytes of the first few steps.
    async fn open(&mut self) -> Result<(), Refusal> {
        let runs = self.steps.iter().map_while(|step| match step {
            Step::Run(parcel) => Some(parcel),
            Step::Gone(..) => None,
        });
        let first = runs.clone().next().map(|parcel| parcel.needs);
        let bodies = self.handle.shared.bodies.open(runs.map(Parcel::body));
        match bodies.await {
            Ok(bodies) => {
                self.unread = None;
                for body in bodies {
                    if let Some(Step::Run(parcel)) = self.steps.pop_front() {
                        self.ready.extend(parcel.open(&body, EVENT_BYTES)?);
                    }
                }
                Ok(())
            }
            Err(refusal) if self.unread == first => Err(refusal),
            Err(_perhaps_trimmed) => {
                self.unread = first;
                self.steps.clear();
                Ok(())
            }
        }
    }

    fn hand_out(&mut self) -> Vec<DeliveredRun> {
        let mut weight = 0;
        let fits = self.ready.iter().take_while(|run| {
            let is_first = weight == 0;
            weight += run.messages.len() + 1;
            is_first || weight <= EVENT_BYTES
        });
        let count = fits.count();
        let runs: Vec<_> = self.ready.drain(..count).collect();
        for run in &runs {
            self.pass(run.partition, run.first_offset.plus(run.count));
        }
        runs
    }

    fn pass(&mut self, partition: Partition, next: Offset) {
        let part = self
            .parts
            .iter_mut()
            .find(|part| part.partition == partition);
        if let Some(part) = part {
            part.next = part.next.max(next);
        }
    }
}
