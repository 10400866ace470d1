//! What a pull holds and what becomes of it: leases are lengthened while they are held, and then
//! acknowledged, refused or given back.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};
use weir_proto::client::{Error, Puller};
use weir_proto::v1;

use crate::present::units;

/// The most ack ids of one call.
const CALL_ACK_IDS: usize = 10_000;

/// How long giving back may take before the deadline is left to do it.
const RELEASE_LIMIT: Duration = Duration::from_secs(2);

/// The shortest ack deadline there is.
const LEAST_DEADLINE_SECONDS: f64 = 1.0;

/// The longest ack deadline there is.
const MOST_DEADLINE_SECONDS: f64 = 12.0 * 3_600.0;

/// What becomes of messages that were printed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Settlement {
    /// They are done.
    Acknowledge,
    /// They failed.
    Refuse(v1::NackOptions),
    /// They are held until the end and given back.
    Release,
}

/// Holds leases.
#[derive(Debug)]
pub(crate) struct Settler {
    puller: Puller,
    settlement: Settlement,
    ack_deadline: Duration,
    /// When to lengthen what is held: thrice in a deadline.
    renewals: Interval,
    held: Vec<String>,
    settled: u64,
    stale: u64,
}

impl Settler {
    /// Holds nothing yet. Leases last as long as the subscription says.
    pub(crate) fn new(
        puller: Puller,
        settlement: Settlement,
        ack_deadline_seconds: Option<f64>,
    ) -> Self {
        let seconds = ack_deadline_seconds.unwrap_or(LEAST_DEADLINE_SECONDS);
        let ack_deadline =
            Duration::from_secs_f64(seconds.clamp(LEAST_DEADLINE_SECONDS, MOST_DEADLINE_SECONDS));
        let mut renewals = tokio::time::interval(ack_deadline / 3);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            puller,
            settlement,
            ack_deadline,
            renewals,
            held: Vec::new(),
            settled: 0,
            stale: 0,
        }
    }

    /// Takes note of leases.
    pub(crate) fn hold(&mut self, deliveries: &[v1::Delivery]) {
        self.held
            .extend(deliveries.iter().map(|delivery| delivery.ack_id.clone()));
    }

    /// Waits until the leases held must be lengthened, and does so. May be dropped: then it is
    /// late, by no more than a third of the deadline.
    pub(crate) async fn keep(&mut self) -> Result<(), Error> {
        self.renewals.tick().await;
        for ack_ids in self.held.chunks(CALL_ACK_IDS) {
            let changes = ack_ids.iter().map(|ack_id| v1::ExtendChange {
                ack_id: ack_id.clone(),
                ack_deadline: Some(units::proto_span(self.ack_deadline)),
            });
            // A lease that has ended all the same is found when it is settled.
            self.puller.extend(changes.collect()).await?;
        }
        Ok(())
    }

    /// Does with what was printed what was asked for; returns when that is durable.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        match self.settlement.clone() {
            Settlement::Release => Ok(()),
            Settlement::Acknowledge => self.acknowledge().await,
            Settlement::Refuse(options) => self.nack(&options).await,
        }
    }

    /// Gives back everything that is still held, as if it had not been handed out.
    pub(crate) async fn release_all(&mut self) -> Result<(), Error> {
        let release = v1::NackOptions {
            action: v1::NackAction::Release.into(),
            ..v1::NackOptions::default()
        };
        let (settled, stale) = (self.settled, self.stale);
        let released = tokio::time::timeout(RELEASE_LIMIT, self.nack(&release)).await;
        // Only what was to be settled counts; a lease that ended before it was given back is no
        // loss.
        (self.settled, self.stale) = (settled, stale);
        released.unwrap_or(Ok(()))
    }

    /// Which messages were printed and not settled, if there are any.
    pub(crate) fn stale_sentence(&self) -> Option<String> {
        let all = self.settled + self.stale;
        (self.stale > 0).then(|| {
            format!(
                "{} of {} printed had lost their lease before they were settled \
                 and will come again",
                units::count(self.stale),
                units::messages(all)
            )
        })
    }

    async fn acknowledge(&mut self) -> Result<(), Error> {
        while !self.held.is_empty() {
            let ack_ids = self.next_ids();
            let answer = self.puller.acknowledge(ack_ids.clone()).await?;
            self.count(ack_ids.len(), answer.errors.len());
        }
        Ok(())
    }

    async fn nack(&mut self, options: &v1::NackOptions) -> Result<(), Error> {
        while !self.held.is_empty() {
            let ack_ids = self.next_ids();
            let changes = ack_ids
                .iter()
                .map(|ack_id| v1::NackChange {
                    ack_id: ack_id.clone(),
                    options: Some(options.clone()),
                })
                .collect();
            let answer = self.puller.nack(changes).await?;
            self.count(ack_ids.len(), answer.errors.len());
        }
        Ok(())
    }

    /// The ack ids of the next call; they stay held until its answer has come.
    fn next_ids(&self) -> Vec<String> {
        self.held.iter().take(CALL_ACK_IDS).cloned().collect()
    }

    fn count(&mut self, asked: usize, errors: usize) {
        self.held.drain(..asked);
        self.settled += (asked.saturating_sub(errors)) as u64;
        self.stale += errors as u64;
    }
}
