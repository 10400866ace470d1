//! Orders, fanned out to three services: one keeps up, one falls behind and catches up in cycles, and one
//! whose consumer leaves and comes back.

use std::f64::consts::TAU;
use std::time::Duration;

use weir_proto::client::{Error, Received};

use super::chance::Chance;
use super::publishing::{self, TICK, message};
use super::stage::{Act, Stage};
use super::topology::{ANALYTICS, BILLING, FULFILMENT, ORDERS};
use super::working::{Answer, Failure, Work, Worker, work, work_on};
use crate::clock;

/// Orders per second in the mean; they rise and fall by [`SWING`] with a period of [`WAVE_SECONDS`].
const RATE: f64 = 240.0;
const SWING: f64 = 0.35;
const WAVE_SECONDS: f64 = 40.0;

/// Publishes orders.
pub(crate) async fn publish(stage: Stage) -> Result<(), Error> {
    let mut number = 0_u64;
    let mut seconds = 0.0;
    publishing::publish(&stage, ORDERS, |chance| {
        seconds += TICK.as_secs_f64();
        let rate = RATE * (1.0 + SWING * (TAU * seconds / WAVE_SECONDS).sin());
        let count = chance.rounded(rate * TICK.as_secs_f64());
        (0..count)
            .map(|_| {
                number += 1;
                let customer = chance.below(1, 5_000);
                let cents = chance.below(300, 25_000);
                message(
                    format!(r#"{{"order":{number},"customer":{customer},"cents":{cents}}}"#),
                    format!("customer-{customer}"),
                )
            })
            .collect()
    })
    .await
}

/// Bills orders: fast, with a rare failure that passes.
pub(crate) async fn bill(stage: Stage, name: &'static str) -> Result<(), Error> {
    let worker = Worker {
        reader: &BILLING,
        name,
        allowance: 200,
    };
    work_on(
        &stage,
        &worker,
        Steady {
            rate: 600.0,
            failing: 0.004,
        },
    )
    .await
}

/// Fulfils orders: for a while slower than they come, then faster.
pub(crate) async fn fulfil(stage: Stage) -> Result<(), Error> {
    let worker = Worker {
        reader: &FULFILMENT,
        name: "fulfilment-1",
        allowance: 100,
    };
    work_on(
        &stage,
        &worker,
        Cycles {
            left: 0,
            is_slow: false,
        },
    )
    .await
}

/// Analyses orders: works for some seconds, is away for some, and comes back.
pub(crate) async fn analyse(stage: Stage) -> Result<(), Error> {
    let worker = Worker {
        reader: &ANALYTICS,
        name: "analytics-job",
        allowance: 500,
    };
    let mut chance = stage.chance("analytics comes and goes");
    let mut how = Steady {
        rate: 1_500.0,
        failing: 0.0,
    };
    loop {
        let shift = clock::pause(chance.span_ms(6_000, 11_000));
        work(
            &stage,
            &worker,
            &mut how,
            either(stage.begins(Act::Over), shift),
        )
        .await?;
        tokio::select! {
            biased;
            () = stage.begins(Act::Over) => return Ok(()),
            () = clock::pause(chance.span_ms(3_000, 7_000)) => {}
        }
    }
}

/// Waits for the first of two.
async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = one => {}
        () = other => {}
    }
}

/// The same rate always.
struct Steady {
    rate: f64,
    /// How likely a message fails, for once.
    failing: f64,
}

impl Work for Steady {
    fn rate(&mut self, _chance: &mut Chance) -> f64 {
        self.rate
    }

    fn handle(&mut self, _received: &Received, chance: &mut Chance) -> Answer {
        if chance.is_hit(self.failing) {
            return Answer::Retry(Failure {
                class: "card_declined",
                reason: "the bank declined the card for now (code 51)".to_owned(),
            });
        }
        Answer::Ack
    }
}

/// Slow for a while, then fast for a while.
struct Cycles {
    /// Slices of 20 ms until the next turn.
    left: u64,
    is_slow: bool,
}

impl Work for Cycles {
    fn rate(&mut self, chance: &mut Chance) -> f64 {
        if self.left == 0 {
            self.is_slow = !self.is_slow;
            let span = if self.is_slow {
                (9_000, 16_000)
            } else {
                (6_000, 10_000)
            };
            let span: Duration = chance.span_ms(span.0, span.1);
            self.left = u64::try_from(span.as_millis() / 20).unwrap_or(1);
        }
        self.left -= 1;
        if self.is_slow {
            RATE * 0.55
        } else {
            RATE * 2.2
        }
    }

    fn handle(&mut self, _received: &Received, chance: &mut Chance) -> Answer {
        if chance.is_hit(0.002) {
            return Answer::Retry(Failure {
                class: "warehouse_timeout",
                reason: "POST /reservations: no answer within 5 s".to_owned(),
            });
        }
        Answer::Ack
    }
}
