//! Killed while producers publish: what was under way is sent again, and is stored exactly once.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::SmallRng;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{ProducerSequence, PublishRequest, PublishResponse};
use weir_tests::broker::{Broker, Setup, message};
use weir_tests::figures::{figure, seed};
use weir_tests::history::{History, Outcome};
use weir_tests::load::{Load, half};
use weir_tests::payload::Mark;
use weir_tests::wait;

use crate::{GROUND, PROGRAM, prepare};

const PRODUCERS: u64 = 4;
/// How long the broker runs before it is killed.
const LIVES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// Batches that a producer may still ask about.
const REMEMBERED: usize = 50;

/// A producer that outlives the broker.
struct Producer {
    id: u64,
    sequence: u64,
    /// What is not confirmed yet.
    pending: Option<PublishRequest>,
    /// What was confirmed, the newest last.
    confirmed: Vec<(PublishRequest, PublishResponse)>,
    sent_again: u64,
}

impl Producer {
    fn next(&mut self, history: &History, random: &mut SmallRng) -> PublishRequest {
        self.sequence += 1;
        let count = random.random_range(1..=20);
        let marks = (0..count).map(|index| Mark {
            producer: self.id,
            sequence: self.sequence * 100 + index,
        });
        let messages = marks.map(|mark| {
            history.invoke(mark);
            let mut one = message("");
            one.payload = mark.payload(40).into();
            one.attributes = [half(mark)].into();
            one
        });
        PublishRequest {
            topic: "t".to_owned(),
            messages: messages.collect(),
            producer: Some(ProducerSequence {
                producer_id: [self.id.to_le_bytes(); 2].concat().into(),
                sequence: self.sequence,
            }),
            ..PublishRequest::default()
        }
    }

    /// Publishes until the broker is gone; what was under way then is kept and sent again first.
    async fn run(&mut self, client: Client, history: &History, random: &mut SmallRng) -> Error {
        loop {
            if let Some((before, answer)) = self.asks_again(random) {
                match client.publish_together(before).await {
                    Ok(again) => {
                        assert!(again.duplicate, "a confirmed batch is known");
                        assert_eq!(again.runs, answer.runs);
                    }
                    Err(error) => return error,
                }
            }
            self.sent_again += u64::from(self.pending.is_some());
            let request = match self.pending.take() {
                Some(request) => request,
                None => self.next(history, random),
            };
            match client.publish_together(request.clone()).await {
                Ok(answer) => {
                    for one in &request.messages {
                        let mark = Mark::of(&one.payload).unwrap();
                        history.publish_ended(mark, Outcome::Confirmed);
                    }
                    self.confirmed.push((request, answer));
                }
                Err(error) => {
                    self.pending = Some(request);
                    return error;
                }
            }
        }
    }

    fn asks_again(&self, random: &mut SmallRng) -> Option<(PublishRequest, PublishResponse)> {
        let count = self.confirmed.len();
        let back = random.random_range(0..REMEMBERED);
        let is_time = random.random_bool(0.2);
        let place = count.checked_sub(back + 1).filter(|_| is_time);
        self.confirmed.get(place?).cloned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_producer_sends_again_after_a_kill_is_stored_exactly_once() {
    let seed = seed("resending", 1);
    let kills = figure(30, 500);
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    let mut broker = Broker::start_with(PROGRAM, setup).await;
    prepare(&broker).await;
    let mut load = Load::new(GROUND, seed);
    let mut producers: Vec<Producer> = (1..=PRODUCERS)
        .map(|id| Producer {
            id,
            sequence: 0,
            pending: None,
            confirmed: Vec::new(),
            sent_again: 0,
        })
        .collect();
    for _ in 0..kills {
        let client = broker.client().clone();
        load.consume(&client, 1);
        let mut running = tokio::task::JoinSet::new();
        for mut producer in producers.drain(..) {
            let (client, history) = (client.clone(), load.history.clone());
            let mut random: SmallRng = rand::SeedableRng::from_rng(load.random());
            running.spawn(async move {
                let error = producer.run(client, &history, &mut random).await;
                assert!(error.is_unreachable(), "{error:?}");
                producer
            });
        }
        wait::pause_random(load.random(), LIVES[0], LIVES[1]).await;
        broker.kill();
        producers = running.join_all().await;
        load.ended(Duration::from_secs(10)).await;
        broker.start_again().await;
    }
    let client = broker.client().clone();
    for producer in &mut producers {
        if let Some(request) = producer.pending.take() {
            client.publish_together(request.clone()).await.unwrap();
            for one in &request.messages {
                let mark = Mark::of(&one.payload).unwrap();
                load.history.publish_ended(mark, Outcome::Confirmed);
            }
        }
    }
    load.drain(&client).await;
    let totals = load.settle();
    let sent_again: u64 = producers.iter().map(|producer| producer.sent_again).sum();
    println!("{kills} kills, {sent_again} batches sent again: {totals:?}");
    // Exactly once: as many have entered as were confirmed.
    let entered = broker.stats("plain").await.entered;
    assert_eq!(entered, totals.confirmed);
    assert!(sent_again > 0, "nothing was sent again");
    broker.stop();
}
