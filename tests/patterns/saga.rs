//! Saga: an order takes steps in several services, and a step that fails takes back those before it.
//!
//! - **What for:** a change that spans services which share no transaction: stock, payment, delivery.
//! - **What Weir gives:** commands and outcomes that are on the disk before they are confirmed and come again until
//!   they are acknowledged; "publish the next, then acknowledge" loses nothing, wherever a process dies.
//! - **What stays with the application:** for each step its compensation, which must work in the end and is tried
//!   until it does; services that do a command once although it comes twice, by the id of the order; and that a step
//!   which was taken back is never done again, though its command may arrive late. Others see an order half done: a
//!   saga is no transaction.
//!
//! The orchestrator here keeps no state: what comes next follows from the outcome alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use weir_proto::client::{Client, Error, Received, SubscribeOptions, Subscriber};
use weir_proto::v1::{Message, NackOptions, StartPosition, Subscription};

use crate::support::{self, keyed, subscription, text, topic};

/// The services, in the order of their steps. Each has a topic of commands.
const STEPS: [&str; 3] = ["stock", "payment", "delivery"];
/// How often a compensation fails before it works, in the orders named `….stubborn`.
const STUBBORN: usize = 3;

async fn set_up(client: &Client) -> Result<(), Error> {
    for name in STEPS.into_iter().chain(["outcomes", "orders"]) {
        let admin = client.admin();
        admin.create_topic(topic(name)).await?;
        let reader = Subscription {
            // A compensation must work in the end: it is tried for long, and soon again in this example.
            max_attempts: 1_000,
            minimum_backoff: Some(prost_types::Duration {
                seconds: 0,
                nanos: 5_000_000,
            }),
            ..subscription(name, name)
        };
        admin
            .create_subscription(reader, StartPosition::Latest)
            .await?;
    }
    Ok(())
}

/// What a service says of an order, and what is said to it: `do`, `undo`; `done`, `failed`, `undone`. The key is the
/// order, so one sees all of it in one place.
fn say(order: &str, step: usize, what: &str) -> Message {
    Message {
        attributes: [("step".to_owned(), step.to_string())].into(),
        ..keyed(order, what)
    }
}

fn step_of(message: &Message) -> usize {
    message.attributes["step"].parse().expect("a step")
}

/// What follows an outcome: the next command, or how the order ended.
fn next_of(step: usize, outcome: &str) -> (usize, &'static str) {
    match outcome {
        "done" if step + 1 < STEPS.len() => (step + 1, "do"),
        "done" => (step, "completed"),
        // A step that failed has done nothing: those before it are taken back, the newest first.
        "failed" | "undone" if step > 0 => (step - 1, "undo"),
        _ => (step, "cancelled"),
    }
}

/// The orchestrator: publishes what follows, and only then acknowledges.
async fn orchestrate(client: &Client, dies: bool) -> Result<(), Error> {
    let mut outcomes = Subscriber::open(client, SubscribeOptions::to("outcomes")).await?;
    loop {
        let outcome = outcomes.next().await?;
        let order = outcome.message.ordering_key.as_str();
        let (step, what) = next_of(step_of(&outcome.message), text(&outcome.message));
        let to = match what {
            "do" | "undo" => STEPS[step],
            _ => "orders",
        };
        client.publish(to, vec![say(order, step, what)]).await?;
        if dies && outcome.attempt == 1 {
            // It dies here: what it published stays, its ack is never sent, and the outcome comes again.
            drop(outcome);
            continue;
        }
        outcome.ack();
    }
}

/// A service: its step and which orders it has done or taken back.
#[derive(Debug, Default)]
struct Service {
    step: usize,
    done: Mutex<BTreeSet<String>>,
    undone: Mutex<BTreeSet<String>>,
}

impl Service {
    /// Does a command once, answers each time, and acknowledges when the answer is on the disk.
    async fn serve(&self, client: &Client) -> Result<(), Error> {
        let commands = SubscribeOptions::to(STEPS[self.step]);
        let mut commands = Subscriber::open(client, commands).await?;
        loop {
            let command = commands.next().await?;
            match self.obey(&command) {
                Some(outcome) => {
                    let answer = say(&command.message.ordering_key, self.step, outcome);
                    client.publish("outcomes", vec![answer]).await?;
                    command.ack();
                }
                None => command.nack(NackOptions {
                    error_class: "compensation_failed".to_owned(),
                    ..NackOptions::default()
                }),
            }
        }
    }

    /// In a real service this is one transaction of its database. None: it did not work now.
    fn obey(&self, command: &Received) -> Option<&'static str> {
        let order = &command.message.ordering_key;
        let (mut done, mut undone) = (self.done.lock().unwrap(), self.undone.lock().unwrap());
        if text(&command.message) == "undo" {
            if order.ends_with("stubborn") && command.attempt as usize <= STUBBORN {
                return None;
            }
            done.remove(order);
            undone.insert(order.clone());
            return Some("undone");
        }
        // A late repeat of what was taken back must not bring it to life again.
        let fails = order.contains(&format!("without-{}", STEPS[self.step]));
        if fails || undone.contains(order) {
            return Some("failed");
        }
        done.insert(order.clone());
        Some("done")
    }
}

/// How orders ended, by their name.
type Ends = Mutex<BTreeMap<String, String>>;

/// The shop: hears how orders ended, and never two ends of one order.
async fn hear(client: &Client, ends: &Ends) -> Result<(), Error> {
    let mut orders = Subscriber::open(client, SubscribeOptions::to("orders")).await?;
    loop {
        let end = orders.next().await?;
        let (order, how) = (&end.message.ordering_key, text(&end.message));
        let before = ends.lock().unwrap().insert(order.clone(), how.to_owned());
        assert!(before.is_none_or(|before| before == how), "{end:?}");
        end.ack();
    }
}

/// Sends orders through all services and waits until nothing moves. Returns how each ended, and what each service has
/// done and not taken back.
async fn run(
    client: &Client,
    orders: &[&str],
    dies: bool,
) -> Result<(BTreeMap<String, String>, Vec<BTreeSet<String>>), Error> {
    set_up(client).await?;
    let services = [0, 1, 2].map(|step| Service {
        step,
        ..Service::default()
    });
    let ends = Ends::default();
    let working = async {
        tokio::try_join!(
            services[0].serve(client),
            services[1].serve(client),
            services[2].serve(client),
            orchestrate(client, dies),
            hear(client, &ends),
        )
    };
    let scenario = async {
        let first = orders.iter().map(|order| say(order, 0, "do")).collect();
        client.publish(STEPS[0], first).await?;
        // Each of them publishes before it acknowledges, so something is always in work until all is over.
        let all = [STEPS[0], STEPS[1], STEPS[2], "outcomes", "orders"];
        support::settle(client, &all).await.map(drop)
    };
    support::alongside(working, scenario).await?;
    let done = services.map(|service| service.done.into_inner().unwrap());
    Ok((ends.into_inner().unwrap(), done.into()))
}

/// An order that all can do, and one for each step that fails.
const ORDERS: [&str; 4] = [
    "good",
    "without-stock",
    "without-payment",
    "without-delivery",
];

/// Only the good order stays, in every service; the others are as if they had never been.
fn check(ends: &BTreeMap<String, String>, done: &[BTreeSet<String>]) {
    for (order, how) in ends {
        let expected = if order == "good" {
            "completed"
        } else {
            "cancelled"
        };
        assert_eq!(how, expected, "{order}");
    }
    for (step, done) in STEPS.iter().zip(done) {
        assert_eq!(done.iter().collect::<Vec<_>>(), ["good"], "{step}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_each_step_takes_back_what_was_done_before_it() {
    support::play(async |broker| {
        let client = broker.client();
        let (ends, done) = run(client, &ORDERS, false).await?;
        assert_eq!(ends.len(), ORDERS.len());
        check(&ends, &done);
        // To the last ack it is known what happened: three steps forward for the good order, and for the others as
        // many as worked, the one that failed, and as many back.
        let all = [("stock", 6), ("payment", 4), ("delivery", 2)];
        let rest = [("outcomes", 12), ("orders", 4)];
        support::close_books(client, &[&all[..], &rest[..]].concat()).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orchestrator_that_dies_after_each_publish_comes_to_the_same_end() {
    support::play(async |broker| {
        let (ends, done) = run(broker.client(), &ORDERS, true).await?;
        assert_eq!(ends.len(), ORDERS.len());
        check(&ends, &done);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compensation_that_fails_is_tried_until_it_works() {
    support::play(async |broker| {
        let orders = ["good", "without-delivery.stubborn"];
        let (ends, done) = run(broker.client(), &orders, false).await?;
        assert_eq!(ends.len(), orders.len());
        check(&ends, &done);
        Ok(())
    })
    .await;
}
