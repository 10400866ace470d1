//! `weir sub pull`: takes messages, prints them, and settles what it printed.
//!
//! It never leases more than it prints. What is neither acknowledged nor refused stays leased, is
//! kept so while the command runs, and is given back at its end, however it ends: that counts no
//! attempt.

use std::pin::pin;
use std::time::Duration;

use weir_proto::client::{Error, Puller};
use weir_proto::v1;

use super::arguments::PullArgs;
use super::failure::Failure;
use super::names;
use super::session::Session;
use super::settle::{Settlement, Settler};
use super::signals::Signals;
use crate::present::message::{MessageDocument, Sort};
use crate::present::message_printer::MessagePrinter;
use crate::present::units;

/// The most messages of one Pull, so that what waits to be printed is little.
const PULL_MESSAGES: u64 = 1_000;

/// How long one Pull waits. A Pull that a signal meets is waited for and not dropped, since its
/// answer may hold leases; so this is also the longest that Ctrl-C waits.
const PULL_WAIT: Duration = Duration::from_millis(500);

/// Pulls what the arguments name.
pub(crate) async fn run(session: &mut Session, args: PullArgs) -> Result<(), Failure> {
    args.payload.check(&session.output)?;
    let subscription = names::subscription(session, &args.subscription).await?;
    let form = args.payload.form(session.format);
    let mut pull = Pull {
        puller: session.client.puller(),
        patience: if args.follow {
            Patience::Endless
        } else {
            Patience::Wait(args.wait)
        },
        left: args.max.unwrap_or(if args.follow { u64::MAX } else { 1 }),
        settler: Settler::new(
            session.client.puller(),
            settlement_of(args),
            units::span_seconds(subscription.ack_deadline.as_ref()),
        ),
        subscription,
        signals: Signals::listen()?,
        printer: MessagePrinter::new(form, Sort::Pulled, session.output.is_colored()),
    };
    let pulled = pull.all(session).await;
    // What is held is given back before anything else is said, since its deadline does not wait.
    let released = pull.settler.release_all().await;
    let closed = session.output.data(pull.printer.end()).await;
    pulled?;
    released.map_err(|error| session.failure("give leased messages back", error))?;
    closed?;
    match pull.settler.stale_sentence() {
        None => Ok(()),
        Some(sentence) => Err(Failure::Partly(sentence)),
    }
}

fn settlement_of(args: PullArgs) -> Settlement {
    match (args.ack, args.nack) {
        (true, _) => Settlement::Acknowledge,
        (false, false) => Settlement::Release,
        (false, true) => {
            let action = if args.dead {
                v1::NackAction::Dead
            } else {
                v1::NackAction::Retry
            };
            Settlement::Refuse(v1::NackOptions {
                action: action.into(),
                delay: args.delay.map(units::proto_span),
                reason: args.reason.unwrap_or_default(),
                error_class: args.error_class.unwrap_or_default(),
            })
        }
    }
}

/// How long to go on while no message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    Endless,
    Wait(Duration),
}

impl Patience {
    /// How long the next Pull waits after `idle` without a message; `None` when it was long enough.
    fn next_wait(self, idle: Option<Duration>) -> Option<Duration> {
        match (self, idle) {
            (Self::Endless, _) => Some(PULL_WAIT),
            // Even with no time to wait, what is there is taken.
            (Self::Wait(wait), None) => Some(wait.min(PULL_WAIT)),
            (Self::Wait(wait), Some(idle)) => wait
                .checked_sub(idle)
                .filter(|left| !left.is_zero())
                .map(|left| left.min(PULL_WAIT)),
        }
    }
}

struct Pull {
    puller: Puller,
    subscription: v1::Subscription,
    patience: Patience,
    /// How many messages may still come.
    left: u64,
    settler: Settler,
    signals: Signals,
    printer: MessagePrinter,
}

impl Pull {
    async fn all(&mut self, session: &mut Session) -> Result<(), Failure> {
        let mut idle = None;
        while self.left > 0 {
            let Some(wait) = self.patience.next_wait(idle) else {
                return Ok(());
            };
            let deliveries = self.next(session, wait).await?;
            if deliveries.is_empty() {
                idle = Some(idle.unwrap_or_default() + wait);
                continue;
            }
            idle = None;
            self.left = self.left.saturating_sub(deliveries.len() as u64);
            self.print(session, deliveries).await?;
            let settled = self.settler.settle().await;
            settled.map_err(|error| session.failure("settle the messages printed", error))?;
        }
        Ok(())
    }

    /// Leases the next messages, and lengthens the leases held meanwhile.
    async fn next(
        &mut self,
        session: &Session,
        wait: Duration,
    ) -> Result<Vec<v1::Delivery>, Failure> {
        let request = v1::PullRequest {
            subscription: self.subscription.name.clone(),
            max_messages: u32::try_from(self.left.min(PULL_MESSAGES)).unwrap_or(1),
            wait: Some(units::proto_span(wait)),
            consumer: format!("weir sub pull ({})", std::process::id()),
        };
        let puller = self.puller.clone();
        let mut call = pin!(puller.pull(request));
        let mut is_interrupted = false;
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut call => break answer,
                () = self.signals.next(), if !is_interrupted => is_interrupted = true,
                kept = self.settler.keep() => kept.map_err(|error| self.failure(session, error))?,
            }
        };
        let deliveries = answer.map_err(|error| self.failure(session, error))?;
        self.settler.hold(&deliveries);
        if is_interrupted {
            Err(Failure::Interrupted)
        } else {
            Ok(deliveries)
        }
    }

    /// Prints messages and waits until they have left the process.
    async fn print(
        &mut self,
        session: &mut Session,
        deliveries: Vec<v1::Delivery>,
    ) -> Result<(), Failure> {
        let documents: Vec<MessageDocument> = deliveries
            .into_iter()
            .map(|delivery| MessageDocument::pulled(&self.subscription, delivery))
            .collect();
        let part = self.printer.part(&documents)?;
        let tried = format!("keep messages of {} leased", self.subscription.name);
        let kept = {
            let mut written = pin!(session.output.data(part));
            loop {
                tokio::select! {
                    biased;
                    written = &mut written => return written,
                    () = self.signals.next() => return Err(Failure::Interrupted),
                    kept = self.settler.keep() => if let Err(error) = kept {
                        break error;
                    },
                }
            }
        };
        Err(session.failure(tried, kept))
    }

    fn failure(&self, session: &Session, error: Error) -> Failure {
        session.failure(format!("pull from {}", self.subscription.name), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_no_message_came_for_the_wait() {
        let patience = Patience::Wait(Duration::from_millis(1_200));
        let mut waits = Vec::new();
        let mut idle = None;
        while let Some(wait) = patience.next_wait(idle) {
            waits.push(wait);
            idle = Some(idle.unwrap_or_default() + wait);
        }
        assert_eq!(waits, [500, 500, 200].map(Duration::from_millis));
    }

    #[test]
    fn no_wait_takes_what_is_there_once() {
        let patience = Patience::Wait(Duration::ZERO);
        assert_eq!(patience.next_wait(None), Some(Duration::ZERO));
        assert_eq!(patience.next_wait(Some(Duration::ZERO)), None);
    }

    #[test]
    fn following_never_ends() {
        let long = Some(Duration::from_secs(1_000_000));
        assert_eq!(Patience::Endless.next_wait(long), Some(PULL_WAIT));
    }
}
