//! What the owner does with each command, and with what the core made of it.

use std::sync::Arc;

use super::command::{Command, Promise, Publish, PullOrder, Saying, Subscribing, Which};
use super::effects::Effect;
use super::lease::{Granted, PullRequest};
use super::owner::{Owner, ShardError};
use super::party::WaitingPull;
use super::sampling::Scene;
use crate::core::{Attach, Departure, Group, OutFrame, Pull, SequenceRange};
use crate::journal::{AppendError, Frame, fail_point};
use crate::model::{ConsumerId, Mono, Now, Position, Refusal, Span};

impl Owner {
    /// Lets the core decide a command; its answer leaves with the next flush.
    pub(super) fn decide(&mut self, command: Command, now: Now) {
        match command {
            Command::Publish(publish) => self.publish(publish, now),
            Command::Feedback(consumer, saying) => self.hear(consumer, saying, now),
            Command::Subscribe(subscribing) => self.subscribe(subscribing, now),
            Command::Leave(consumer, how) => {
                let mailbox = self.parties.confirming(consumer);
                self.parties.remove(consumer);
                self.core.detach(consumer, how, now);
                if let Some(mailbox) = mailbox {
                    self.effects.push(self.decided(), Effect::Close(mailbox));
                }
            }
            Command::Pull(order) => self.pull(order, now),
            Command::Read(order) => self.read(order),
            Command::Act(act) => match act(&mut self.core, now) {
                Promise::Now(deferred) => deferred(Ok(())),
                Promise::Durable(deferred) => {
                    let position = self.decided();
                    self.effects.push(position, Effect::Give(deferred));
                }
            },
            Command::Sample(order) => {
                let scene = Scene {
                    core: &self.core,
                    journal: &*self.journal,
                    shared: &self.shared,
                    now,
                };
                let sample = match &order.which {
                    Which::Named(topic, subscription) => {
                        let names = (topic.as_ref(), subscription.as_ref());
                        self.sampler.answer(scene, names)
                    }
                    Which::Clients(clients) => Ok(self.sampler.answer_of(scene, clients)),
                };
                // The asker may have gone.
                drop(order.answer.send(sample));
            }
            Command::Stop(stop) => self.stop_taking(stop.grace, now),
        }
    }

    /// The newest position that the core has given.
    fn decided(&self) -> Position {
        Position(self.core.next_position().0 - 1)
    }

    fn publish(&mut self, publish: Publish, now: Now) {
        if let Some(publish) = self.hold_back(publish, now) {
            self.store(publish, now);
        }
    }

    /// Stores a publish, or refuses it.
    pub(super) fn store(&mut self, publish: Publish, now: Now) {
        let Publish {
            publication,
            room,
            answer,
            ..
        } = publish;
        let bytes = publication.bytes();
        let outcome = match self.refuses_publishes() {
            Some(refusal) => Err(refusal),
            None => self.core.publish(publication, now),
        };
        match outcome {
            Ok(receipt) => {
                self.unflushed += bytes;
                let position = receipt.position;
                if self
                    .exposed
                    .admits(&receipt, self.shared.watermark.durable())
                {
                    self.effects
                        .push_written(position, Effect::Receipt(answer, receipt, None));
                    self.effects.push(position, Effect::Room(room));
                } else {
                    self.effects
                        .push(position, Effect::Receipt(answer, receipt, room));
                }
            }
            // The asker may have gone.
            Err(refusal) => drop(answer.send(Err(refusal))),
        }
    }

    pub(super) fn refuses_publishes(&self) -> Option<Refusal> {
        if self.stops_at.is_some() {
            Some(Refusal::Draining)
        } else if self.journal.has_room() {
            None
        } else {
            Some(Refusal::DiskFull)
        }
    }

    fn hear(&mut self, consumer: ConsumerId, saying: Saying, now: Now) {
        let stale = match saying {
            Saying::Acks(ranges) => {
                let stale = self.core.stream_ack(consumer, &ranges, now);
                self.confirm(consumer, &ranges, &stale);
                stale
            }
            Saying::Nacks(nacks) => {
                let nacks = nacks.iter();
                let stale = nacks
                    .flat_map(|(range, nack)| self.core.stream_nack(consumer, *range, nack, now));
                stale.collect()
            }
            Saying::Extends(extends) => {
                let extends = extends.iter();
                let stale = extends.flat_map(|(range, span)| {
                    self.core.stream_extend(consumer, *range, *span, now)
                });
                stale.collect()
            }
        };
        if !self.parties.tell_stale(consumer, stale) {
            self.cut_off(vec![consumer], now);
        }
    }

    /// Acks of a consumer that wants to know start a sync, and are told when it is done.
    fn confirm(&mut self, consumer: ConsumerId, said: &[SequenceRange], stale: &[SequenceRange]) {
        let Some(mailbox) = self.parties.confirming(consumer) else {
            return;
        };
        let confirmed = without(said, stale);
        if !confirmed.is_empty() {
            self.core.hasten();
            let position = self.decided();
            self.effects
                .push(position, Effect::Confirm(mailbox, confirmed));
        }
    }

    fn subscribe(&mut self, subscribing: Subscribing, now: Now) {
        let attach = Attach {
            subscription: &subscribing.subscription,
            name: subscribing.name,
            peer: subscribing.peer,
            client: subscribing.client,
            allowance: subscribing.allowance,
        };
        let outcome = if self.stops_at.is_some() {
            Err(Refusal::Draining)
        } else {
            self.core.attach(attach, now)
        };
        let consumer = outcome.as_ref().ok().map(|attached| attached.consumer);
        if let Some(consumer) = consumer {
            self.parties.connect(consumer, subscribing.mailbox);
        }
        let is_gone = subscribing.answer.send(outcome).is_err();
        if let (Some(consumer), true) = (consumer, is_gone) {
            self.parties.remove(consumer);
            self.core.detach(consumer, Departure::Clean, now);
        }
    }

    fn pull(&mut self, order: PullOrder, now: Now) {
        let PullOrder { request, answer } = order;
        if answer.is_closed() {
            return;
        }
        let outcome = if self.stops_at.is_some() {
            Err(Refusal::Draining)
        } else {
            self.core.pull(pull_of(&request), now)
        };
        let pulled = match outcome {
            Ok(pulled) => pulled,
            // The asker may have gone.
            Err(refusal) => return drop(answer.send(Err(refusal))),
        };
        if !pulled.is_granted && request.wait.0 == 0 {
            self.core.cancel_pull(pulled.consumer);
            let granted = Granted {
                topic: pulled.topic,
                subscription: pulled.subscription,
                consumer: pulled.consumer,
                leases: Vec::new(),
                doorbell: Arc::clone(&self.shared.doorbell),
            };
            return drop(answer.send(Ok(granted)));
        }
        let waiting = WaitingPull {
            subscription: pulled.subscription,
            topic: pulled.topic,
            // What is granted already leaves with the next flush and waits for nothing.
            deadline: if pulled.is_granted {
                Mono(u64::MAX)
            } else {
                now.mono.plus(request.wait)
            },
            answer,
        };
        self.parties.wait(pulled.consumer, waiting);
    }

    /// From now on: no publishes, no new consumers, no grants; acks for `grace`.
    pub(super) fn stop_taking(&mut self, grace: Span, now: Now) {
        self.stops_at.get_or_insert(now.mono.plus(grace));
        self.shared.budget.close();
        self.readers.wake_all();
        for pull in self.parties.pulls() {
            self.core.cancel_pull(pull);
            self.parties.end_one(pull, Refusal::Draining);
        }
    }

    /// Appends what the core has decided and lets effects leave.
    pub(super) fn flush(&mut self) -> Result<(), ShardError> {
        self.unflushed = 0;
        loop {
            let output = self.core.take_output();
            let eager = self.append(output.groups)?;
            for (position, bytes) in output.keep {
                self.journal.keep(position, bytes);
            }
            let decided = self.decided();
            self.upkeep.release_later(decided, output.release);
            let laggards = self
                .parties
                .grant(output.grants, &self.tail, &mut self.effects);
            self.parties.end(output.ended);
            self.tell(output.news);
            self.shared.chronicle.tell(output.happened);
            self.shared.reroute(output.routes);
            self.effects
                .release(&mut *self.journal, eager, &self.shared);
            if laggards.is_empty() {
                return Ok(());
            }
            let now = self.shared.clock.now();
            self.cut_off(laggards, now);
        }
    }

    /// Appends groups, small ones together, and returns from which to which position eager frames
    /// reach.
    fn append(&mut self, groups: Vec<Group>) -> Result<Option<(Position, Position)>, ShardError> {
        let first = self.journal.next_position();
        let (mut next, mut last_eager) = (first, None);
        let (mut frames, mut weight, mut total) = (Vec::new(), 0, 0);
        let now_us = self.shared.clock.now().wall.0;
        for group in groups {
            let size: usize = group.frames.iter().map(OutFrame::stored_size).sum();
            if weight + size > self.merge_bytes && !frames.is_empty() {
                self.append_one(std::mem::take(&mut frames), now_us)?;
                weight = 0;
            }
            weight += size;
            total += size;
            for frame in group.frames {
                pass_points(frame.kind);
                if !frame.body.is_empty() {
                    self.tail.push(next, frame.body.clone());
                }
                if frame.eager {
                    last_eager = Some((first, next));
                }
                frames.push(framed(frame));
                next = next.next();
            }
        }
        if !frames.is_empty() {
            self.append_one(frames, now_us)?;
        }
        self.upkeep.has_grown(total as u64);
        if next == self.core.next_position() {
            Ok(last_eager)
        } else {
            Err(ShardError {
                reason: format!(
                    "the core gave positions up to {}, the journal up to {next}",
                    self.core.next_position()
                ),
            })
        }
    }

    fn append_one(&mut self, frames: Vec<Frame>, now_us: u64) -> Result<(), ShardError> {
        match self.journal.append(frames, now_us) {
            Ok(_last) => Ok(()),
            Err(AppendError::Poisoned(poisoned)) => Err(ShardError {
                reason: poisoned.to_string(),
            }),
            // What was decided cannot be taken back: the core is ahead of its journal.
            Err(error) => Err(ShardError {
                reason: format!("cannot append to the journal: {error}"),
            }),
        }
    }
}

/// Where a test lets the process die: an operation was decided and nothing of it is written.
fn pass_points(kind: u8) {
    match kind {
        40 => fail_point::hit("operation.started"),
        43 => fail_point::hit("operation.stepped"),
        45 | 46 => fail_point::hit("operation.taken_back"),
        48 => fail_point::hit("operation.set_aside"),
        49 => fail_point::hit("operation.brought_back"),
        _ => {}
    }
}

/// The sequences of `said` that are in none of the `stale` ones, which are in order.
fn without(said: &[SequenceRange], stale: &[SequenceRange]) -> Vec<SequenceRange> {
    let mut left = Vec::new();
    for range in said {
        let mut first = range.first;
        for gap in stale {
            if gap.last < first || gap.first > range.last {
                continue;
            }
            if gap.first > first {
                let last = gap.first - 1;
                left.push(SequenceRange { first, last });
            }
            first = gap.last.saturating_add(1);
        }
        if first <= range.last {
            let last = range.last;
            left.push(SequenceRange { first, last });
        }
    }
    left
}

fn pull_of(request: &PullRequest) -> Pull<'_> {
    Pull {
        subscription: &request.subscription,
        name: request.name.clone(),
        peer: request.peer.clone(),
        max_messages: request.max_messages,
        max_bytes: request.max_bytes,
    }
}

fn framed(frame: OutFrame) -> Frame {
    Frame {
        kind: frame.kind,
        version: frame.version,
        head: frame.head,
        body: frame.body,
        body_crc: frame.body_crc,
        eager: frame.eager,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stale_is_not_confirmed() {
        let range = |first, last| SequenceRange { first, last };
        let all = [range(1, 10), range(20, 20)];
        assert_eq!(without(&all, &[]), all);
        assert_eq!(without(&all, &all), []);
        let stale = [range(1, 2), range(5, 5), range(10, 12)];
        let left = [range(3, 4), range(6, 9), range(20, 20)];
        assert_eq!(without(&all, &stale), left);
    }
}
