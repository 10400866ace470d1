//! How actors consume: at a pace of their own, one message after the other, with an answer for each.

use std::time::Duration;

use weir_proto::client::{Error, Received, SubscribeOptions, Subscriber};
use weir_proto::v1::{NackAction, NackOptions};

use super::chance::Chance;
use super::stage::{Act, Stage};
use super::topology::Reader;
use crate::clock;

/// Consumers work in slices of this length.
const TICK: Duration = Duration::from_millis(20);

/// What becomes of a message.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is done.
    Ack,
    /// It failed and is to be tried again.
    Retry(Failure),
    /// It failed and cannot succeed.
    Dead(Failure),
}

/// Why a message failed: the kind, and the words.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) class: &'static str,
    pub(crate) reason: String,
}

/// Who works on what.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) reader: &'static Reader,
    pub(crate) name: &'static str,
    /// How many messages it may hold.
    pub(crate) allowance: u32,
}

/// How a consumer works: how fast at the moment, and what it makes of a message.
pub(crate) trait Work {
    /// Messages per second at the moment; asked at each slice.
    fn rate(&mut self, chance: &mut Chance) -> f64;

    /// What becomes of a message.
    fn handle(&mut self, received: &Received, chance: &mut Chance) -> Answer;
}

/// Works until `leave` says so; then gives back what it still holds.
pub(crate) async fn work<L>(
    stage: &Stage,
    worker: &Worker,
    work: &mut impl Work,
    leave: L,
) -> Result<(), Error>
where
    L: Future<Output = ()>,
{
    let mut chance = stage.chance(worker.name);
    let options = SubscribeOptions {
        consumer: worker.name.to_owned(),
        max_outstanding_messages: worker.allowance,
        ..SubscribeOptions::to(worker.reader.name)
    };
    tokio::pin!(leave);
    let mut subscriber = tokio::select! {
        biased;
        () = &mut leave => return Ok(()),
        opened = Subscriber::open(&stage.client, options) => opened?,
    };
    let mut ticks = clock::pace(TICK);
    let mut left = 0;
    loop {
        tokio::select! {
            biased;
            () = &mut leave => break,
            _ = ticks.tick() => {
                let rate = work.rate(&mut chance);
                left = chance.rounded(rate * TICK.as_secs_f64());
            }
            received = subscriber.next(), if left > 0 => {
                let received = received?;
                left -= 1;
                let answer = work.handle(&received, &mut chance);
                give(stage, worker.reader, received, answer);
            }
        }
    }
    let own = stage.tally.of(worker.reader.name);
    own.stale.add(subscriber.counters().stale);
    subscriber.close().await
}

/// Works until the play is over.
pub(crate) async fn work_on(
    stage: &Stage,
    worker: &Worker,
    mut how: impl Work,
) -> Result<(), Error> {
    work(stage, worker, &mut how, stage.begins(Act::Over)).await
}

fn give(stage: &Stage, reader: &Reader, received: Received, answer: Answer) {
    let worked = stage.tally.of(reader.name);
    worked.retried.add(u64::from(received.attempt > 1));
    let (action, failure) = match answer {
        Answer::Ack => {
            worked.acked.add(1);
            return received.ack();
        }
        Answer::Retry(failure) => (NackAction::Retry, failure),
        Answer::Dead(failure) => (NackAction::Dead, failure),
    };
    let kills = action == NackAction::Dead || received.attempt >= reader.max_attempts;
    worked.died.add(u64::from(kills));
    received.nack(NackOptions {
        action: action.into(),
        reason: failure.reason,
        error_class: failure.class.to_owned(),
        ..NackOptions::default()
    });
}
