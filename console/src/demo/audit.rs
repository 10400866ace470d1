//! What happened, by the broker's numbers and by the traffic's own, and whether the two agree.

use serde::Serialize;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{GetStatsRequest, GetStatsResponse, SubscriptionStats, TopicStats};

use super::tally::Tally;
use super::topology::{READERS, TOPICS};

/// What happened. The field names are those of the JSON output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    /// Messages published and confirmed.
    pub(crate) published: u64,
    /// Messages acknowledged, over all subscriptions.
    pub(crate) acked: u64,
    /// Deliveries that were not the first one of their message.
    pub(crate) retried: u64,
    /// Messages that died.
    pub(crate) dead: u64,
    /// Dead messages put back.
    pub(crate) requeued: u64,
    /// By how much the broker's books ever differed from its own recount.
    pub(crate) conservation_error: u64,
}

/// The broker's numbers before the traffic began: a directory may hold those of an earlier demo.
#[derive(Debug)]
pub(crate) struct Audit {
    before: GetStatsResponse,
}

impl Audit {
    /// Takes the numbers before.
    pub(crate) async fn begin(client: &Client) -> Result<Self, Error> {
        let before = client.stats().get(GetStatsRequest::default()).await?;
        Ok(Self::after(before))
    }

    /// An audit of what comes after these numbers.
    pub(crate) fn after(before: GetStatsResponse) -> Self {
        Self { before }
    }

    /// What has happened since.
    pub(crate) async fn totals(
        &self,
        client: &Client,
        tally: &Tally,
    ) -> Result<(Totals, GetStatsResponse), Error> {
        let now = client.stats().get(GetStatsRequest::default()).await?;
        Ok((self.sum(&now, tally), now))
    }

    /// Everything in which the broker and the traffic disagree, in sentences; only once everybody has left.
    pub(crate) fn disagreements(&self, now: &GetStatsResponse, tally: &Tally) -> Vec<String> {
        let mut found = Vec::new();
        for topic in TOPICS {
            let counted = since(now, &self.before, topic, topic_of, |one| one.published);
            let confirmed = tally.published(topic);
            if counted != confirmed {
                found.push(format!(
                    "topic {topic}: the broker counts {counted} published, {confirmed} were confirmed"
                ));
            }
        }
        for reader in READERS {
            let gained = |pick: fn(&SubscriptionStats) -> u64| {
                since(now, &self.before, reader.name, subscription_of, pick)
            };
            let worked = tally.of(reader.name);
            // Answers that came too late did not count at the broker.
            let late = worked.stale.get();
            let pairs = [
                (
                    "entered",
                    gained(|one| one.entered),
                    tally.published(reader.topic),
                    0,
                ),
                ("acked", gained(|one| one.acked), worked.acked.get(), late),
                (
                    "died",
                    self.died(now, reader.name, tally),
                    worked.died.get(),
                    late,
                ),
            ];
            for (what, counted, own, tolerance) in pairs {
                if counted.abs_diff(own) > tolerance {
                    found.push(format!(
                        "subscription {}: the broker counts {counted} {what}, the traffic {own}",
                        reader.name
                    ));
                }
            }
            found.extend(subscription_of(now, reader.name).and_then(unbalanced));
        }
        found
    }

    /// The totals by these numbers.
    pub(crate) fn sum(&self, now: &GetStatsResponse, tally: &Tally) -> Totals {
        let topics = TOPICS.iter();
        let readers = READERS.iter();
        Totals {
            published: topics
                .map(|topic| since(now, &self.before, topic, topic_of, |one| one.published))
                .sum(),
            acked: readers
                .clone()
                .map(|reader| {
                    since(now, &self.before, reader.name, subscription_of, |one| {
                        one.acked
                    })
                })
                .sum(),
            retried: tally.sum(|worked| &worked.retried),
            dead: readers
                .map(|reader| self.died(now, reader.name, tally))
                .sum(),
            requeued: tally.sum(|worked| &worked.requeued),
            conservation_error: now.broker.as_ref().map_or(0, |one| one.conservation_error),
        }
    }

    /// How many died: the dead of now that were not there before, and those put back meanwhile.
    fn died(&self, now: &GetStatsResponse, name: &'static str, tally: &Tally) -> u64 {
        let dead = |stats| subscription_of(stats, name).map_or(0, |one| one.dead);
        (dead(now) + tally.of(name).requeued.get()).saturating_sub(dead(&self.before))
    }
}

/// Whether what came into a subscription is not where its books say.
fn unbalanced(one: &SubscriptionStats) -> Option<String> {
    let dropped: u64 = one.dropped.iter().map(|dropped| dropped.count).sum();
    let states = one.scheduled + one.ready + one.leased + one.waiting + one.dead;
    let accounted = states + one.acked + dropped;
    (accounted != one.entered).then(|| {
        format!(
            "subscription {}: {} entered, but {accounted} are accounted for",
            one.name, one.entered
        )
    })
}

/// How much a count has grown.
fn since<T>(
    now: &GetStatsResponse,
    before: &GetStatsResponse,
    name: &str,
    find: for<'a> fn(&'a GetStatsResponse, &str) -> Option<&'a T>,
    pick: fn(&T) -> u64,
) -> u64 {
    let count = |stats| find(stats, name).map_or(0, pick);
    count(now).saturating_sub(count(before))
}

fn topic_of<'a>(stats: &'a GetStatsResponse, name: &str) -> Option<&'a TopicStats> {
    stats.topics.iter().find(|one| one.name == name)
}

fn subscription_of<'a>(stats: &'a GetStatsResponse, name: &str) -> Option<&'a SubscriptionStats> {
    stats.subscriptions.iter().find(|one| one.name == name)
}
