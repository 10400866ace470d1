//! The owner's side of reads: what comes next is looked up at once; who has read all waits for news.
//!
//! Bytes are read on other threads.

use super::command::{News, ReadOrder, Step};
use super::effects::Effect;
use super::owner::Owner;
use super::parcel::Parcel;
use crate::core::{GrantRun, ReadLimits, ReadStep};
use crate::delivery::Run;
use crate::model::{LeaseSerial, Position, Refusal, TopicId};

/// Runs that one look brings, about.
const LOOK_RUNS: usize = 512;
/// Bytes of messages that one look brings, about, or one larger run: the most that a reader has read ahead.
const LOOK_BYTES: u64 = 1 << 20;

impl Owner {
    /// Looks up the next steps of a read.
    pub(super) fn read(&mut self, order: ReadOrder) {
        let ReadOrder {
            topic,
            parts,
            news,
            answer,
        } = order;
        let limits = ReadLimits {
            durable: self.shared.watermark.durable(),
            runs: LOOK_RUNS,
            bytes: LOOK_BYTES,
        };
        let planned = if self.stops_at.is_some() {
            Err(Refusal::Draining)
        } else {
            self.core.read(topic, &parts, limits)
        };
        let steps = planned.map(|plan| {
            if plan.steps.is_empty() {
                self.await_news(topic, plan.waits_for, news);
            }
            let steps = plan.steps.into_iter();
            steps.map(|step| self.step(step)).collect()
        });
        // The reader may have gone.
        drop(answer.send(steps));
    }

    fn await_news(&mut self, topic: TopicId, waits_for: Option<Position>, news: News) {
        if let Some(position) = waits_for {
            self.effects.push(position, Effect::Tell(vec![news]));
        } else {
            self.readers.wait(topic, news);
            self.core.await_news(topic);
        }
    }

    fn step(&self, step: ReadStep) -> Step {
        match step {
            ReadStep::Gone(partition, range) => Step::Gone(partition, range),
            ReadStep::Run(partition, run) => Step::Run(Parcel {
                run: shown(run),
                partition,
                needs: run.position,
                body: self.tail.get(run.position),
            }),
        }
    }

    /// Wakes those who wait for what has happened, once it is durable.
    pub(super) fn tell(&mut self, news: Vec<(TopicId, Position)>) {
        for (topic, position) in news {
            let waiting = self.readers.take(topic);
            self.effects.push(position, Effect::Tell(waiting));
        }
    }
}

/// A run that is handed out under no lease.
fn shown(run: Run) -> GrantRun {
    GrantRun {
        first_sequence: 0,
        range: run.range,
        attempt: 0,
        serial: LeaseSerial(0),
        time: run.time,
        position: run.position,
        frame_base: run.frame_base,
    }
}
