//! Producers and consumers that do at random what real ones do, and report each event to a history.
//!
//! They end when their connection does; whoever kills the broker starts new ones afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinSet;
use weir_proto::client::{Client, Error, Kind};
use weir_proto::v1::{
    Delivery, GetStatsRequest, Message, NackAction, NackChange, NackOptions, PullRequest,
    SubscriptionStats,
};

use super::broker::check_books;
pub use super::ground::{Ground, HALF, Reader, half};
pub use super::history::MAX_ATTEMPTS;
use super::history::{Delivered, History, Outcome};
pub use super::operating::PARKED;
use super::operating::{Operator, bring_back, erase_and_bring_back, requeue, restore};
use super::payload::Mark;
use super::wait;

/// Within this time a message that can be delivered is.
const LIVENESS: Duration = Duration::from_secs(10);
/// How long one pull of a drain waits.
const DRAIN_WAIT: Duration = Duration::from_millis(500);
/// Ordering keys in use: a subscription in order of key hands out one run of each at a time.
const KEYS: u64 = 300;
/// One of so many messages without a key is due later.
const LATE: u32 = 3;
/// How long a producer waits between two batches, so that consumers keep up.
const PACE: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(20)];
/// A pull waits this long, so that a consumer of an empty subscription looks again soon.
const PULL_WAIT: Duration = Duration::from_millis(200);

/// Load on one broker: its history, its seed, and the numbers of its producers.
#[derive(Debug)]
pub struct Load {
    /// What happened.
    pub history: Arc<History>,
    ground: Ground,
    random: SmallRng,
    next_producer: Arc<AtomicU64>,
    tasks: JoinSet<Result<(), Error>>,
}

impl Load {
    /// No load yet.
    pub fn new(ground: Ground, seed: u64) -> Self {
        Self {
            history: Arc::default(),
            ground,
            random: SmallRng::seed_from_u64(seed),
            next_producer: Arc::default(),
            tasks: JoinSet::new(),
        }
    }

    /// The random numbers of this load.
    pub fn random(&mut self) -> &mut SmallRng {
        &mut self.random
    }

    /// Starts `count` producers, each with a new number: an answer that was lost must not be told twice.
    pub fn produce(&mut self, client: &Client, count: usize) {
        for _ in 0..count {
            let producer = Producer {
                client: client.clone(),
                history: self.history.clone(),
                topic: self.ground.topic,
                id: self.next_producer.fetch_add(1, Ordering::Relaxed),
                random: SmallRng::from_rng(&mut self.random),
            };
            self.tasks.spawn(producer.run());
        }
    }

    /// Starts `count` consumers of each subscription that ack, fail, kill, release and let expire.
    pub fn consume(&mut self, client: &Client, count: usize) {
        for &reader in self.ground.subscriptions {
            for _ in 0..count {
                let consumer = Consumer {
                    client: client.clone(),
                    history: self.history.clone(),
                    reader,
                    random: SmallRng::from_rng(&mut self.random),
                };
                self.tasks.spawn(consumer.run());
            }
        }
    }

    /// Starts an operator who puts dead messages back, holds subscriptions for a moment and changes their settings.
    pub fn operate(&mut self, client: &Client) {
        let operator = Operator {
            client: client.clone(),
            history: Arc::clone(&self.history),
            readers: self.ground.subscriptions,
            random: SmallRng::from_rng(&mut self.random),
        };
        self.tasks.spawn(operator.run());
    }

    /// Starts an operator who deletes each subscription, which nobody may use meanwhile, and takes that back.
    pub fn erase(&mut self, client: &Client) {
        for reader in self.ground.subscriptions {
            let random = SmallRng::from_rng(&mut self.random);
            let erasing = erase_and_bring_back(client.clone(), reader.name, random);
            self.tasks.spawn(erasing);
        }
    }

    /// Takes back what a kill left deleted.
    pub async fn bring_back(&self, client: &Client) {
        for reader in self.ground.subscriptions {
            let back = bring_back(client, reader.name).await;
            back.expect("what was deleted is there again");
        }
    }

    /// Waits until all that was started has ended by itself, as it does when the broker is gone, at most
    /// for `limit`. Panics if one of them saw what may not be.
    pub async fn ended(&mut self, limit: Duration) {
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                check(&ended.expect("a client of the load does not panic"));
            }
        };
        let ended = tokio::time::timeout(limit, all).await;
        assert!(ended.is_ok(), "clients of a dead broker do not end");
        self.history.answers_were_lost();
    }

    /// Ends all that was started, at once.
    pub async fn abandon(&mut self) {
        self.tasks.shutdown().await;
        self.history.answers_were_lost();
    }

    /// Takes everything that is left of each subscription, dead messages too, and holds it against the
    /// history: nothing comes again that was finished, and nothing confirmed is missing.
    pub async fn drain(&mut self, client: &Client) {
        for &reader in self.ground.subscriptions {
            // A kill may have come between a pause and its end.
            let resumed = client.admin().resume_subscription(reader.name).await;
            resumed.expect("a subscription that goes on");
            let restored = restore(client, reader.name).await;
            restored.expect("what was purged is there again");
            let mut consumer = Consumer {
                client: client.clone(),
                history: self.history.clone(),
                reader,
                random: SmallRng::from_rng(&mut self.random),
            };
            consumer.drain().await;
        }
    }

    /// Settles the history: panics with each broken promise.
    pub fn settle(&self) -> super::history::Totals {
        let readers = self.ground.subscriptions;
        let names: Vec<_> = readers.iter().map(|reader| reader.name).collect();
        self.history.settle_those(&names, |name, mark| {
            let mut readers = readers.iter().filter(|reader| reader.name == name);
            readers.all(|reader| reader.wants(mark))
        })
    }
}

/// A dead broker ends its clients; what else may end them says the sentence.
fn check(ended: &Result<(), Error>) {
    if let Err(error) = ended {
        let is_expected = error.is_unreachable()
            || error.kind() == Kind::Closed
            || matches!(error.reason_name(), "DRAINING" | "LOG_POISONED");
        assert!(is_expected, "a client ended with {error:?}");
    }
}

struct Producer {
    client: Client,
    history: Arc<History>,
    topic: &'static str,
    id: u64,
    random: SmallRng,
}

impl Producer {
    async fn run(mut self) -> Result<(), Error> {
        let mut sequence = 0;
        loop {
            wait::pause_random(&mut self.random, PACE[0], PACE[1]).await;
            let count = self.random.random_range(1..=40);
            let marks: Vec<_> = (sequence..sequence + count)
                .map(|sequence| Mark {
                    producer: self.id,
                    sequence,
                })
                .collect();
            sequence += count;
            let messages = marks.iter().map(|mark| self.message(*mark)).collect();
            for mark in &marks {
                self.history.invoke(*mark);
            }
            let outcome = self.client.publish(self.topic, messages).await;
            let end = match &outcome {
                Ok(_) => Outcome::Confirmed,
                Err(error) if error.reason_name() == "LOG_POISONED" => Outcome::Unknown,
                Err(error) if error.kind() == Kind::Refused => Outcome::Refused,
                Err(_) => Outcome::Unknown,
            };
            for mark in marks {
                self.history.publish_ended(mark, end);
            }
            outcome?;
        }
    }

    fn message(&mut self, mark: Mark) -> Message {
        let size = self.random.random_range(20..400);
        let key = match self.random.random_range(0..KEYS + KEYS / 4) {
            key if key < KEYS => format!("key-{key}"),
            _ => String::new(),
        };
        // Only without a key: a message that is due later would be out of its order.
        let is_late = key.is_empty() && self.random.random_range(0..LATE) == 0;
        let delay = Duration::from_millis(self.random.random_range(1..300));
        Message {
            payload: mark.payload(size).into(),
            ordering_key: key,
            attributes: [half(mark)].into(),
            delay: is_late.then(|| delay.try_into().ok()).flatten(),
            ..Message::default()
        }
    }
}

struct Consumer {
    client: Client,
    history: Arc<History>,
    reader: Reader,
    random: SmallRng,
}

impl Consumer {
    async fn run(mut self) -> Result<(), Error> {
        loop {
            let max = self.random.random_range(1..=60);
            let leased = self.pull(max, PULL_WAIT).await?;
            let mut acks = Vec::new();
            let mut nacks = Vec::new();
            for (mark, delivery) in leased {
                match self.random.random_range(0..100) {
                    0..75 => acks.push((mark, delivery.ack_id)),
                    75..85 => nacks.push(change(delivery.ack_id, NackAction::Retry)),
                    85..90 => {
                        self.history.may_have_died(self.reader.name, mark);
                        nacks.push(change(delivery.ack_id, NackAction::Dead));
                    }
                    90..97 => nacks.push(change(delivery.ack_id, NackAction::Release)),
                    // The rest is held until its lease expires.
                    _ => {}
                }
            }
            self.acknowledge(acks).await?;
            if !nacks.is_empty() {
                self.client.puller().nack(nacks).await?;
            }
        }
    }

    async fn pull(&mut self, max: u32, wait: Duration) -> Result<Vec<(Mark, Delivery)>, Error> {
        let request = PullRequest {
            subscription: self.reader.name.to_owned(),
            max_messages: max,
            wait: wait.try_into().ok(),
            consumer: String::new(),
        };
        let leased = self.client.puller().pull(request).await?;
        let marked = leased.into_iter().filter_map(|delivery| {
            let message = delivery.message.as_ref()?;
            let mark = self.history.delivered(Delivered {
                subscription: self.reader.name,
                id: &delivery.message_id,
                payload: &message.payload,
                key: &message.ordering_key,
                attempt: delivery.delivery_attempt,
                is_ordered: self.reader.is_ordered,
            })?;
            let reader = self.reader;
            assert!(
                reader.wants(mark),
                "{} got {mark:?}, which is filtered",
                reader.name
            );
            if delivery.delivery_attempt >= MAX_ATTEMPTS {
                self.history.may_have_died(self.reader.name, mark);
            }
            Some((mark, delivery))
        });
        Ok(marked.collect())
    }

    /// What is acknowledged with an answer must never come again; what is stale may.
    async fn acknowledge(&self, acks: Vec<(Mark, String)>) -> Result<(), Error> {
        if acks.is_empty() {
            return Ok(());
        }
        let ids = acks.iter().map(|(_, id)| id.clone()).collect();
        let answer = self.client.puller().acknowledge(ids).await?;
        for (mark, id) in acks {
            if !answer.errors.iter().any(|error| error.ack_id == id) {
                self.history.finished(self.reader.name, mark);
            }
        }
        Ok(())
    }

    /// I9: while there is anything left, some of it is delivered within [`LIVENESS`].
    async fn drain(&mut self) {
        let mut quiet = Duration::ZERO;
        loop {
            let leased = self.pull(10_000, DRAIN_WAIT).await;
            let leased = leased.expect("a pull of a healthy broker");
            if !leased.is_empty() {
                quiet = Duration::ZERO;
                let acks = leased.into_iter().map(|(mark, one)| (mark, one.ack_id));
                let acked = self.acknowledge(acks.collect()).await;
                acked.expect("an ack of a healthy broker");
                continue;
            }
            let left = self.left().await;
            if left.backlog + left.scheduled + left.dead == 0 {
                return;
            }
            quiet += DRAIN_WAIT;
            assert!(quiet < LIVENESS, "I9: nothing is delivered of {left:#?}");
            if left.dead > 0 {
                let again = requeue(&self.client, &self.history, self.reader.name).await;
                again.expect("the dead ones are put back");
            }
        }
    }

    async fn left(&self) -> SubscriptionStats {
        let request = GetStatsRequest {
            subscription: self.reader.name.to_owned(),
            ..GetStatsRequest::default()
        };
        let answer = self.client.stats().get(request).await;
        let mut stats = answer.expect("the numbers are told").subscriptions;
        let stats = stats.pop().expect("the subscription asked for");
        check_books(&stats);
        stats
    }
}

fn change(ack_id: String, action: NackAction) -> NackChange {
    NackChange {
        ack_id,
        options: Some(NackOptions {
            action: action.into(),
            reason: "as the seed decided".to_owned(),
            error_class: "test".to_owned(),
            ..NackOptions::default()
        }),
    }
}
