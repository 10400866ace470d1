//! One consumer: takes messages, notes when they came, and answers as the plan says.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::JoinSet;
use weir_proto::client::{Client, Error, Received, ReceivedBatch, SubscribeOptions, Subscriber};
use weir_proto::v1::{NackAction, NackOptions};

use super::gauges::{Gauges, Way};
use super::stamp::Stamp;
use crate::clock;

/// Takes messages until it is stopped from outside, or the broker is gone.
pub(crate) async fn consume(
    client: Client,
    subscription: String,
    name: String,
    gauges: Arc<Gauges>,
) -> Result<(), Error> {
    let options = SubscribeOptions {
        consumer: name,
        max_outstanding_messages: gauges.plan.outstanding,
        confirm_acks: gauges.plan.confirms_acks,
        ..SubscribeOptions::to(subscription)
    };
    let mut subscriber = Subscriber::open(&client, options).await?;
    // Each waits for one answer to a message: the allowance bounds them.
    let mut confirmations = JoinSet::new();
    loop {
        if gauges.plan.takes_batches() {
            take_batch(subscriber.next_batch().await?, &gauges);
            continue;
        }
        let done = handle(subscriber.next().await?, &gauges).await;
        if let Some(done) = done {
            answer(done, &gauges, &mut confirmations);
        }
        while confirmations.try_join_next().is_some() {}
    }
}

/// A message that was handled, before it is acknowledged.
struct Done {
    received: Received,
    stamp: Stamp,
    came: Duration,
}

/// Acknowledges a message, and notes it now or when its ack is durable.
fn answer(done: Done, gauges: &Arc<Gauges>, confirmations: &mut JoinSet<()>) {
    let Done {
        received,
        stamp,
        came,
    } = done;
    if !gauges.plan.confirms_acks {
        received.ack();
        let took = gauges.elapsed().saturating_sub(came);
        finish(&[stamp], came, took, gauges);
        return;
    }
    let gauges = Arc::clone(gauges);
    confirmations.spawn(async move {
        match received.ack_confirmed().await {
            Ok(()) => {
                let took = gauges.elapsed().saturating_sub(came);
                finish(&[stamp], came, took, &gauges);
            }
            Err(error) => gauges.error(error.to_string(), 1),
        }
    });
}

fn take_batch(batch: ReceivedBatch, gauges: &Gauges) {
    let now = gauges.elapsed();
    let mut stamps = Vec::with_capacity(batch.len());
    {
        let mut ledger = gauges.ledger();
        for (message, attempt) in batch.messages().zip(batch.attempts()) {
            if let Some(stamp) = Stamp::of(&message.payload, gauges.run) {
                ledger.came(stamp, attempt <= 1);
                stamps.push(stamp);
            }
        }
    }
    batch.ack_all();
    let took = gauges.elapsed().saturating_sub(now);
    finish(&stamps, now, took, gauges);
}

/// Handles a message; none if that is all there is to do about it.
async fn handle(received: Received, gauges: &Gauges) -> Option<Done> {
    let came = gauges.elapsed();
    let Some(stamp) = Stamp::of(&received.message.payload, gauges.run) else {
        received.ack();
        return None;
    };
    let is_first = received.attempt <= 1;
    gauges.ledger().came(stamp, is_first);
    if !gauges.plan.handle.is_zero() {
        clock::pause(gauges.plan.handle).await;
    }
    if is_first && gauges.plan.fails(stamp.producer, stamp.sequence) {
        gauges.failed.fetch_add(1, Relaxed);
        received.nack(NackOptions {
            action: NackAction::Retry.into(),
            reason: "failed on purpose by the load test".to_owned(),
            error_class: "load".to_owned(),
            ..NackOptions::default()
        });
        return None;
    }
    Some(Done {
        received,
        stamp,
        came,
    })
}

/// Notes messages that came at `came` and are done after `took`.
fn finish(stamps: &[Stamp], came: Duration, took: Duration, gauges: &Gauges) {
    let measured = || stamps.iter().filter(|stamp| gauges.is_measured(stamp.due));
    {
        let mut ledger = gauges.ledger();
        for stamp in stamps {
            ledger.acked(*stamp);
        }
    }
    {
        let mut latency = gauges.latency(Way::Consume);
        for stamp in measured() {
            latency.add(came.saturating_sub(stamp.due), 1);
        }
    }
    if gauges.plan.has_due_times() {
        let mut latency = gauges.latency(Way::ConsumeSinceSent);
        for stamp in measured() {
            latency.add(came.saturating_sub(stamp.due + stamp.waited), 1);
        }
    }
    let count = measured().count() as u64;
    if count > 0 {
        gauges.latency(Way::Ack).add(took, count);
    }
    let all = stamps.len() as u64;
    gauges.consumed.fetch_add(all, Relaxed);
    gauges.acked.fetch_add(all, Relaxed);
    gauges.measured_acked.fetch_add(count, Relaxed);
}
