//! Payments in the order of their accounts. Now and then one is poisoned: it fails at every attempt, dies
//! and holds its account up until somebody requeues it.
//!
//! The ledger checks the order itself: a payment that comes before its predecessor is trouble.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use weir_proto::client::{Error, MessageId, Received};

use super::chance::Chance;
use super::publishing::{self, TICK, message};
use super::stage::Stage;
use super::tally::Tally;
use super::topology::{LEDGER, PAYMENTS};
use super::working::{Answer, Failure, Work, Worker, work_on};

/// Payments per second.
const RATE: f64 = 45.0;
const ACCOUNTS: u64 = 40;
/// Seconds until the first poisoned payment, and ticks between later ones.
const FIRST_POISON_TICKS: u64 = 10;
const POISON_TICKS: (u64, u64) = (70, 130);
/// Names what a payment is, for the ledger of the same run.
const RUN: &str = "run";
const NUMBER: &str = "number";
const POISON: &str = "poison";

/// Publishes payments.
pub(crate) async fn publish(stage: Stage) -> Result<(), Error> {
    let run = stage.chance("run").below(0, u64::MAX).to_string();
    let mut numbers: HashMap<u64, u64> = HashMap::new();
    let mut until_poison = FIRST_POISON_TICKS;
    publishing::publish(&stage, PAYMENTS, |chance| {
        until_poison = until_poison.saturating_sub(1);
        let count = chance.rounded(RATE * TICK.as_secs_f64());
        (0..count)
            .map(|_| {
                let account = chance.below(0, ACCOUNTS);
                let number = numbers.entry(account).or_default();
                *number += 1;
                let cents = chance.below(100, 90_000);
                let mut payment = message(
                    format!(r#"{{"account":{account},"number":{number},"cents":{cents}}}"#),
                    format!("account-{account}"),
                );
                let attributes = &mut payment.attributes;
                attributes.insert(RUN.to_owned(), run.clone());
                attributes.insert(NUMBER.to_owned(), number.to_string());
                if until_poison == 0 {
                    until_poison = chance.below(POISON_TICKS.0, POISON_TICKS.1);
                    attributes.insert(POISON.to_owned(), "true".to_owned());
                }
                payment
            })
            .collect()
    })
    .await
}

/// Books payments.
pub(crate) async fn book(stage: Stage) -> Result<(), Error> {
    let worker = Worker {
        reader: &LEDGER,
        name: "ledger-1",
        allowance: 50,
    };
    let ledger = Ledger {
        booked: HashMap::new(),
        fixed: HashSet::new(),
        tally: Arc::clone(&stage.tally),
    };
    work_on(&stage, &worker, ledger).await
}

struct Ledger {
    /// The number of the last payment booked, by run and account.
    booked: HashMap<(String, String), u64>,
    /// Poisoned payments that have died: whoever requeues them has mended what was wrong.
    fixed: HashSet<MessageId>,
    tally: Arc<Tally>,
}

impl Work for Ledger {
    fn rate(&mut self, _chance: &mut Chance) -> f64 {
        RATE * 4.0
    }

    fn handle(&mut self, received: &Received, _chance: &mut Chance) -> Answer {
        let attributes = &received.message.attributes;
        if attributes.contains_key(POISON) && !self.fixed.contains(&received.id) {
            if received.attempt >= LEDGER.max_attempts {
                self.fixed.insert(received.id);
            }
            return Answer::Retry(Failure {
                class: "ParseError",
                reason: "field \"cents\": \"12,50\" is not a number".to_owned(),
            });
        }
        self.book(received);
        Answer::Ack
    }
}

impl Ledger {
    fn book(&mut self, received: &Received) {
        let attributes = &received.message.attributes;
        let number = attributes
            .get(NUMBER)
            .and_then(|number| number.parse().ok());
        let (Some(run), Some(number)) = (attributes.get(RUN), number) else {
            return;
        };
        let account = (run.clone(), received.message.ordering_key.clone());
        let last = self.booked.insert(account, number).unwrap_or(0);
        if number <= last {
            self.tally.trouble(format!(
                "payment {number} of {} came after payment {last}",
                received.message.ordering_key
            ));
        }
    }
}
