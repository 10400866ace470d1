//! One producer: publishes what is due, and notes when it is confirmed.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use weir_proto::client::{BatchConfirmation, Client, Error, Publisher, PublisherOptions};
use weir_proto::v1::Message;

use super::end::End;
use super::gauges::{Gauges, Way};
use super::pacer;
use super::shape::{Schedule, Shape};
use super::stamp::Stamp;
use crate::clock;

/// Batches whose confirmation is not awaited yet. The publisher holds far fewer.
const UNDER_WAY: usize = 1_024;
/// Sent so long after it was due, a message is late.
const LATE: Duration = Duration::from_millis(10);
/// A wait for room that is shorter is none.
const HELD: Duration = Duration::from_millis(1);
/// How long a producer waits before it looks again whether there is room in the backlog.
const LOOK_AGAIN: Duration = Duration::from_micros(300);

/// One of the producers of a run.
#[derive(Debug)]
pub(crate) struct Producer {
    pub(crate) client: Client,
    pub(crate) topic: String,
    pub(crate) index: u32,
    pub(crate) gauges: Arc<Gauges>,
    /// Whether the run is to end before its time.
    pub(crate) end: watch::Receiver<End>,
}

/// A batch that was sent.
struct Sent {
    confirmation: BatchConfirmation,
    sequences: Range<u64>,
    due: Vec<Duration>,
    /// When it was handed to the client.
    at: Duration,
}

impl Producer {
    /// Publishes until the plan's length is over, and waits until all of it is confirmed.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let publisher = Publisher::open(&self.client, &self.topic, PublisherOptions::default());
        let (sent, waiting) = mpsc::channel(UNDER_WAY);
        let gauges = Arc::clone(&self.gauges);
        let confirmed = tokio::spawn(confirm(waiting, self.index, gauges, self.end.clone()));
        let ended = match self.gauges.plan.shape {
            Shape::Most => self.as_fast_as_it_goes(&publisher, &sent).await,
            _ => self.as_it_is_due(&publisher, &sent).await,
        };
        drop(sent);
        // A panic in the other task is one of this program; the ledger tells what is missing.
        drop(confirmed.await);
        ended?;
        publisher.close().await
    }

    async fn as_it_is_due(
        &self,
        publisher: &Publisher,
        sent: &mpsc::Sender<Sent>,
    ) -> Result<(), Error> {
        let plan = &self.gauges.plan;
        let share = (self.index, plan.producers);
        let schedule = Schedule::new(plan.shape.clone(), plan.burst, plan.length, share);
        let grain = if plan.batch == 1 {
            Duration::ZERO
        } else {
            Duration::from_micros(500)
        };
        let mut pacer = pacer::start(schedule, Arc::clone(&self.gauges), grain);
        let mut end = self.end.clone();
        let mut sequence = 0;
        loop {
            let mut due = Vec::new();
            let count = tokio::select! {
                biased;
                _ = end.wait_for(|end| *end != End::InTime) => break,
                count = pacer.recv_many(&mut due, plan.batch) => count,
            };
            if count == 0 {
                break;
            }
            self.publish(publisher, sent, &mut sequence, due).await?;
        }
        Ok(())
    }

    async fn as_fast_as_it_goes(
        &self,
        publisher: &Publisher,
        sent: &mpsc::Sender<Sent>,
    ) -> Result<(), Error> {
        let plan = &self.gauges.plan;
        let share = plan
            .backlog
            .map(|all| all / u64::from(plan.producers.max(1)));
        let mut sequence = 0;
        while *self.end.borrow() == End::InTime {
            let now = self.gauges.elapsed();
            let is_done = match share {
                Some(share) => sequence >= share,
                None => now >= plan.length,
            };
            if is_done {
                break;
            }
            let limit = plan.backlog_limit.unwrap_or(u64::MAX);
            if self.gauges.on_the_way() >= limit {
                clock::pause(LOOK_AGAIN).await;
                continue;
            }
            let left = share.map_or(u64::MAX, |share| share - sequence);
            let count = plan.batch.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.publish(publisher, sent, &mut sequence, vec![now; count])
                .await?;
        }
        Ok(())
    }

    async fn publish(
        &self,
        publisher: &Publisher,
        sent: &mpsc::Sender<Sent>,
        sequence: &mut u64,
        due: Vec<Duration>,
    ) -> Result<(), Error> {
        let gauges = &self.gauges;
        let plan = &gauges.plan;
        let first = *sequence;
        let at = gauges.elapsed();
        let messages = (first..).zip(&due).map(|(sequence, due)| {
            let stamp = Stamp {
                producer: self.index,
                sequence,
                due: *due,
                waited: at.saturating_sub(*due),
            };
            Message {
                payload: stamp.payload(gauges.run, plan.size),
                ordering_key: plan.key(self.index, sequence),
                ..Message::default()
            }
        });
        let messages: Vec<Message> = messages.collect();
        let count = due.len() as u64;
        let before = gauges.elapsed();
        let confirmation = publisher.publish_batch(messages).await?;
        let held = gauges.elapsed().saturating_sub(before);
        gauges.published.fetch_add(count, Relaxed);
        *sequence += count;
        if held >= HELD {
            let micros = u64::try_from(held.as_micros()).unwrap_or(u64::MAX);
            gauges.held_micros.fetch_add(micros, Relaxed);
        } else if due
            .first()
            .is_some_and(|due| before.saturating_sub(*due) > LATE)
        {
            gauges.late.fetch_add(count, Relaxed);
        }
        let batch = Sent {
            confirmation,
            sequences: first..*sequence,
            due,
            at,
        };
        // The task on the other side ends only after this one.
        drop(sent.send(batch).await);
        Ok(())
    }
}

/// Notes each batch that is confirmed, and each that is not.
async fn confirm(
    mut waiting: mpsc::Receiver<Sent>,
    producer: u32,
    gauges: Arc<Gauges>,
    end: watch::Receiver<End>,
) {
    while let Some(batch) = waiting.recv().await {
        let count = batch.due.len() as u64;
        if let Err(error) = batch.confirmation.await {
            // Then it was not waited for, which is no failure of the broker.
            if *end.borrow() == End::AtOnce {
                return;
            }
            gauges.error(error.to_string(), count);
            continue;
        }
        let now = gauges.elapsed();
        gauges.ledger().confirmed(producer, batch.sequences);
        gauges.confirmed.fetch_add(count, Relaxed);
        let mut measured = 0;
        {
            let mut latency = gauges.latency(Way::Confirm);
            for due in &batch.due {
                if gauges.is_measured(*due) {
                    latency.add(now.saturating_sub(*due), 1);
                    measured += 1;
                }
            }
        }
        if gauges.plan.has_due_times() && measured > 0 {
            let took = now.saturating_sub(batch.at);
            gauges.latency(Way::ConfirmSinceSent).add(took, measured);
        }
        gauges.measured_confirmed.fetch_add(measured, Relaxed);
    }
}
