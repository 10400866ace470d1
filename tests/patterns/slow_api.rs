//! A slow API: invoices go to a service outside that takes few calls, asks for patience, and is down now and then.
//!
//! - **What for:** every integration with something that is not ours.
//! - **What Weir gives:** an allowance, which bounds the calls under way; a nack with a delay, so that the broker
//!   waits and not the consumer; a last attempt, after which an invoice is dead rather than in the way; dead messages
//!   by kind of failure.
//! - **What stays with the application:** telling what will work later from what never will; a circuit that stops
//!   calling what is down, here one for each consumer; and attempts enough for the longest outage, since a nack counts
//!   one: `max_attempts` times the delay. A call whose answer was lost is made again, so the API needs an id from us
//!   (`idempotent_consumer.rs`).

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use weir_proto::client::{Client, Error, MessageId, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    DropCause, NackAction, NackOptions, PurgeBacklogRequest, PurgeScope, Selection, StartPosition,
    Subscription,
};

use crate::support::{self, message, subscription, text, topic};

const INVOICES: usize = 20;
/// How many calls may be under way.
const CALLS_AT_ONCE: u32 = 1;
/// After so many failures in a row the API is taken to be down.
const FAILURES: u32 = 3;
/// How long nobody calls it then.
const OPEN_FOR: Duration = Duration::from_millis(100);

/// What the API answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Accepted,
    /// Too many calls: try again after this.
    Busy(Duration),
    /// An error of the server, or no answer.
    Down,
    /// The invoice is wrong and will not be right tomorrow.
    Refused,
}

/// The service outside: busy with its fifth call, and down from its ninth to its thirteenth.
#[derive(Debug, Default)]
struct Api {
    calls: Mutex<Vec<Answer>>,
    accepted: Mutex<BTreeSet<String>>,
}

impl Api {
    fn call(&self, invoice: &str) -> Answer {
        let mut calls = self.calls.lock().unwrap();
        let answer = match calls.len() + 1 {
            5 => Answer::Busy(Duration::from_millis(30)),
            9..=13 => Answer::Down,
            _ if invoice.ends_with("without address") => Answer::Refused,
            _ => Answer::Accepted,
        };
        calls.push(answer);
        if answer == Answer::Accepted {
            let is_new = self.accepted.lock().unwrap().insert(invoice.to_owned());
            assert!(is_new, "{invoice} twice");
        }
        answer
    }
}

/// Lets calls through while the API works. When it does not, each message is given back with a delay, and the first of
/// them that comes back is the probe: the broker's delay is the clock.
#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    delayed: HashSet<MessageId>,
}

impl Circuit {
    fn lets_through(&mut self, id: MessageId) -> bool {
        let lets = self.failures < FAILURES || self.delayed.contains(&id);
        if !lets {
            self.delayed.insert(id);
        }
        lets
    }

    fn worked(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self, id: MessageId) {
        self.failures += 1;
        self.delayed = HashSet::from([id]);
    }
}

/// Try again after `delay`; without one, after the backoff of the subscription.
fn later(error_class: &str, delay: Option<Duration>) -> NackOptions {
    NackOptions {
        error_class: error_class.to_owned(),
        delay: delay.and_then(|delay| delay.try_into().ok()),
        ..NackOptions::default()
    }
}

/// Never try again: somebody must look at it.
fn never(error_class: &str) -> NackOptions {
    NackOptions {
        action: NackAction::Dead.into(),
        error_class: error_class.to_owned(),
        ..NackOptions::default()
    }
}

/// The consumer.
async fn send(client: &Client, api: &Api) -> Result<(), Error> {
    let options = SubscribeOptions {
        max_outstanding_messages: CALLS_AT_ONCE,
        ..SubscribeOptions::to("invoicing")
    };
    let mut invoices = Subscriber::open(client, options).await?;
    let mut circuit = Circuit::default();
    loop {
        let invoice = invoices.next().await?;
        if !circuit.lets_through(invoice.id) {
            invoice.nack(later("circuit_open", Some(OPEN_FOR)));
            continue;
        }
        match api.call(text(&invoice.message)) {
            Answer::Accepted => {
                circuit.worked();
                invoice.ack();
            }
            Answer::Busy(delay) => invoice.nack(later("busy", Some(delay))),
            Answer::Down => {
                circuit.failed(invoice.id);
                let is_open = circuit.failures >= FAILURES;
                invoice.nack(later("down", is_open.then_some(OPEN_FOR)));
            }
            Answer::Refused => invoice.nack(never("refused")),
        }
    }
}

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    admin.create_topic(topic("invoices")).await?;
    let invoicing = Subscription {
        // With delays of half a minute this is an outage of three days.
        max_attempts: 10_000,
        ..subscription("invoicing", "invoices")
    };
    admin
        .create_subscription(invoicing, StartPosition::Latest)
        .await?;
    Ok(())
}

/// Somebody has looked at what was refused and discards it. Returns how many there were.
async fn discard_refused(client: &Client) -> Result<u64, Error> {
    let request = PurgeBacklogRequest {
        subscription: "invoicing".to_owned(),
        selection: Some(Selection {
            error_class: "refused".to_owned(),
            ..Selection::default()
        }),
        scope: PurgeScope::Dead.into(),
        dry_run: false,
    };
    Ok(client.operator().purge(request).await?.affected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_costs_few_calls_and_no_invoice() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        let api = Api::default();
        let scenario = async {
            let mut invoices: Vec<_> = (1..INVOICES)
                .map(|number| message(&format!("invoice {number}")))
                .collect();
            invoices.insert(2, message("invoice 20 without address"));
            client.publish("invoices", invoices).await?;
            // Everything that can be accepted is, in spite of all; what cannot is dead and in nobody's way.
            let all = INVOICES as u64 - 1;
            support::until(client, "invoicing", |now| now.acked == all && now.dead == 1).await?;

            // It is discarded, and sent as it should have been.
            assert_eq!(discard_refused(client).await?, 1);
            let mended = message("invoice 20 with address");
            client.publish("invoices", vec![mended]).await?;
            support::close_books(client, &[("invoicing", all + 1)]).await?;
            let dropped = support::stats(client, "invoicing").await?.dropped;
            let dropped: Vec<_> = dropped.iter().filter(|one| one.count > 0).collect();
            assert_eq!((dropped.len(), dropped[0].count), (1, 1));
            assert_eq!(dropped[0].cause(), DropCause::Discarded);
            Ok(())
        };
        support::alongside(send(client, &api), scenario).await?;

        // Each invoice once; beside that one call that was asked to wait, one refused, and five that the outage cost:
        // three that opened the circuit, and two probes. Nothing else was called meanwhile.
        assert_eq!(api.accepted.into_inner().unwrap().len(), INVOICES);
        let calls = api.calls.into_inner().unwrap();
        assert_eq!(calls.len(), INVOICES + 1 + 1 + 5, "{calls:?}");
        Ok(())
    })
    .await;
}
