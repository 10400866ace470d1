//! Emails in bursts, and a mailer that fails in several ways: some failures pass, some kill.

use weir_proto::client::{Error, Received};

use super::chance::Chance;
use super::publishing::{self, TICK, message};
use super::stage::Stage;
use super::topology::{EMAILS, MAILER};
use super::working::{Answer, Failure, Work, Worker, work_on};

/// Emails per second between bursts, and in one.
const CALM_RATE: f64 = 6.0;
const BURST_RATE: f64 = 320.0;
/// How many emails the mailer sends in a second.
const MAILER_RATE: f64 = 110.0;
/// How many mailboxes there are, how many of them are full, and for how many emails they stay so.
const MAILBOXES: u64 = 200;
const FULL_MAILBOXES: u64 = 6;
const FULL_FOR: u64 = 500;

/// Publishes emails, in bursts of half a second every few seconds.
pub(crate) async fn publish(stage: Stage) -> Result<(), Error> {
    let mut calm_ticks = 4;
    let mut burst_ticks = 0;
    publishing::publish(&stage, EMAILS, |chance| {
        if calm_ticks == 0 && burst_ticks == 0 {
            calm_ticks = chance.below(40, 90);
        } else if calm_ticks > 0 {
            calm_ticks -= 1;
            if calm_ticks == 0 {
                burst_ticks = chance.below(8, 14);
            }
        } else {
            burst_ticks -= 1;
        }
        let rate = if burst_ticks > 0 {
            BURST_RATE
        } else {
            CALM_RATE
        };
        let count = chance.rounded(rate * TICK.as_secs_f64());
        (0..count)
            .map(|_| {
                let mailbox = chance.below(0, MAILBOXES);
                let template = chance.one_of(&["welcome", "receipt", "reminder", "invoice"]);
                let payload =
                    format!(r#"{{"to":"user{mailbox}@example.com","template":"{template}"}}"#);
                let mut email = message(payload, String::new());
                email
                    .attributes
                    .insert("mailbox".to_owned(), mailbox.to_string());
                email
                    .attributes
                    .insert("template".to_owned(), (*template).to_owned());
                email
            })
            .collect()
    })
    .await
}

/// Sends emails.
pub(crate) async fn send(stage: Stage) -> Result<(), Error> {
    let worker = Worker {
        reader: &MAILER,
        name: "smtp-relay-1",
        allowance: 64,
    };
    work_on(&stage, &worker, Mailer { sent: 0 }).await
}

struct Mailer {
    sent: u64,
}

impl Work for Mailer {
    fn rate(&mut self, _chance: &mut Chance) -> f64 {
        MAILER_RATE
    }

    fn handle(&mut self, received: &Received, chance: &mut Chance) -> Answer {
        self.sent += 1;
        let attribute = |name: &str| {
            let value = received.message.attributes.get(name);
            value.map_or("", String::as_str)
        };
        let mailbox: u64 = attribute("mailbox").parse().unwrap_or(0);
        if self.is_full(mailbox) {
            return Answer::Retry(Failure {
                class: "mailbox_full",
                reason: format!("552 5.2.2 user{mailbox}@example.com: mailbox full"),
            });
        }
        if chance.is_hit(0.012) {
            return Answer::Dead(Failure {
                class: "template_missing",
                reason: format!("no template {:?} for locale nl_BE", attribute("template")),
            });
        }
        if chance.is_hit(0.06) {
            return Answer::Retry(Failure {
                class: "smtp_421",
                reason: "421 4.3.2 service not available, try again later".to_owned(),
            });
        }
        Answer::Ack
    }
}

impl Mailer {
    /// A few mailboxes are full at a time; after a while they are others. An email to one of them fails at
    /// every attempt and dies; requeued later, it is sent.
    fn is_full(&self, mailbox: u64) -> bool {
        let first = self.sent / FULL_FOR * FULL_MAILBOXES;
        (mailbox + MAILBOXES - first % MAILBOXES) % MAILBOXES < FULL_MAILBOXES
    }
}
