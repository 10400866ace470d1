//! The one history checker: what clients did and saw, held against the promises I1 to I5.
//!
//! Clients report each event when it happens; a violation is noted at once with the event that shows it. `unknown` is a
//! third outcome: such a message may be stored or not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::payload::Mark;

/// The attempt whose failure makes a message dead: an operator may then put it back, as if never tried.
pub const MAX_ATTEMPTS: u32 = 4;

/// The outcome of a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Sent; no answer yet.
    Invoked,
    /// Confirmed.
    Confirmed,
    /// Neither confirmed nor refused.
    Unknown,
    /// Refused: it must never be seen.
    Refused,
}

/// What a subscription has seen of one message.
#[derive(Debug, Default, Clone)]
struct Seen {
    deliveries: u32,
    attempt: u32,
    /// How often answers had been lost when it was last delivered.
    losses: u32,
    is_finished: bool,
    is_dead: bool,
    ids: Vec<String>,
}

#[derive(Debug, Default)]
struct Inner {
    published: HashMap<Mark, Outcome>,
    seen: HashMap<(String, Mark), Seen>,
    /// The newest first delivery of each (subscription, producer, key).
    ordered: HashMap<(String, u64, String), u64>,
    violations: Vec<String>,
    confirmed: u64,
    deliveries: u64,
    losses: u32,
}

/// Events of many clients, checked as they come.
#[derive(Debug, Default)]
pub struct History(Mutex<Inner>);

/// One message as a consumer got it.
#[derive(Debug, Clone, Copy)]
pub struct Delivered<'a> {
    /// The subscription.
    pub subscription: &'a str,
    /// The message's id.
    pub id: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
    /// Its ordering key.
    pub key: &'a str,
    /// Which try it is.
    pub attempt: u32,
    /// Whether the subscription promises order within a key.
    pub is_ordered: bool,
}

/// What happened in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Confirmed publishes.
    pub confirmed: u64,
    /// Deliveries, redeliveries included.
    pub deliveries: u64,
}

impl History {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A publish begins.
    pub fn invoke(&self, mark: Mark) {
        self.with(|inner| inner.published.insert(mark, Outcome::Invoked));
    }

    /// A publish ended.
    pub fn publish_ended(&self, mark: Mark, outcome: Outcome) {
        self.with(|inner| {
            inner.confirmed += u64::from(outcome == Outcome::Confirmed);
            inner.published.insert(mark, outcome);
        });
    }

    /// A message was delivered. Gives its mark if it is whole.
    pub fn delivered(&self, event: Delivered<'_>) -> Option<Mark> {
        self.with(|inner| inner.delivered(event))
    }

    /// An ack, nack for good or discard of this message was confirmed durably: it must not come again.
    pub fn finished(&self, subscription: &str, mark: Mark) {
        self.with(|inner| inner.seen_mut(subscription, mark).is_finished = true);
    }

    /// The message may have died, and an operator may have put it back: its attempts may start again.
    pub fn may_have_died(&self, subscription: &str, mark: Mark) {
        self.with(|inner| inner.seen_mut(subscription, mark).attempt = 0);
    }

    /// The clients have ended with answers on their way: each message may have been delivered once more, unseen.
    pub fn answers_were_lost(&self) {
        self.with(|inner| inner.losses += 1);
    }

    /// The message is in the dead set.
    pub fn dead(&self, subscription: &str, mark: Mark) {
        self.with(|inner| {
            let seen = inner.seen_mut(subscription, mark);
            seen.is_dead = true;
            if seen.is_finished {
                let text = format!("I3: {subscription} {mark:?} is dead after a confirmed ack");
                inner.violations.push(text);
            }
        });
    }

    /// At a quiet point, when every subscription is drained: each confirmed message was delivered to,
    /// or is dead in, each subscription (I1); gives the totals. Panics with the violations if there
    /// are any.
    pub fn settle(&self, subscriptions: &[&str]) -> Totals {
        self.settle_those(subscriptions, |_, _| true)
    }

    /// The same where a subscription wants only some messages, as `wants` says.
    pub fn settle_those(
        &self,
        subscriptions: &[&str],
        wants: impl Fn(&str, Mark) -> bool,
    ) -> Totals {
        self.with(|inner| {
            let mut lost = Vec::new();
            for (mark, outcome) in &inner.published {
                for subscription in subscriptions {
                    let seen = inner.seen.get(&((*subscription).to_owned(), *mark));
                    if *outcome == Outcome::Confirmed
                        && seen.is_none()
                        && wants(subscription, *mark)
                    {
                        lost.push(format!("I1: {subscription} never got confirmed {mark:?}"));
                    }
                    if *outcome == Outcome::Refused && seen.is_some() {
                        lost.push(format!("I2: {subscription} got refused {mark:?}"));
                    }
                }
            }
            let count = lost.len() + inner.violations.len();
            let first: Vec<_> = inner.violations.iter().chain(&lost).take(20).collect();
            assert!(count == 0, "{count} violations, the first: {first:#?}");
            Totals {
                confirmed: inner.confirmed,
                deliveries: inner.deliveries,
            }
        })
    }
}

impl Inner {
    fn seen_mut(&mut self, subscription: &str, mark: Mark) -> &mut Seen {
        self.seen
            .entry((subscription.to_owned(), mark))
            .or_default()
    }

    fn delivered(&mut self, event: Delivered<'_>) -> Option<Mark> {
        self.deliveries += 1;
        let Delivered {
            subscription,
            id,
            attempt,
            ..
        } = event;
        let Some(mark) = Mark::of(event.payload) else {
            self.violations
                .push(format!("I2: {subscription} got a changed payload, id {id}"));
            return None;
        };
        if !self.published.contains_key(&mark) {
            self.violations
                .push(format!("I2: {subscription} got {mark:?}, never published"));
        }
        let losses = self.losses;
        let seen = self.seen_mut(subscription, mark);
        let before = seen.clone();
        seen.deliveries += 1;
        seen.losses = losses;
        seen.attempt = attempt;
        if !before.ids.iter().any(|known| known == id) {
            seen.ids.push(id.to_owned());
        }
        if before.is_finished {
            let text = format!("I3: {subscription} got {mark:?} ({id}) after a confirmed ack");
            self.violations.push(text);
        }
        // With those that were not seen it may have died, and an operator may have put it back.
        let may_have_died = before.attempt + (losses - before.losses) >= MAX_ATTEMPTS;
        if attempt < before.attempt && !may_have_died {
            let text = format!(
                "I5: {subscription} got {mark:?} ({id}) as attempt {attempt} after {}",
                before.attempt
            );
            self.violations.push(text);
        }
        if before.ids.len() == 1 && before.ids[0] != id {
            let text = format!(
                "I7: {mark:?} is stored twice, as {} and {id}",
                before.ids[0]
            );
            self.violations.push(text);
        }
        if before.deliveries == 0 && event.is_ordered && !event.key.is_empty() {
            self.check_order(event, mark);
        }
        Some(mark)
    }

    fn check_order(&mut self, event: Delivered<'_>, mark: Mark) {
        let key = (
            event.subscription.to_owned(),
            mark.producer,
            event.key.to_owned(),
        );
        let newest = self.ordered.entry(key).or_insert(mark.sequence);
        if mark.sequence < *newest {
            let text = format!(
                "I4: {} got {mark:?} of key {} after sequence {newest}",
                event.subscription, event.key
            );
            self.violations.push(text);
        }
        *newest = (*newest).max(mark.sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered<'a>(payload: &'a [u8], id: &'a str, attempt: u32) -> Delivered<'a> {
        Delivered {
            subscription: "s",
            id,
            payload,
            key: "k",
            attempt,
            is_ordered: true,
        }
    }

    fn confirmed(history: &History, sequence: u64) -> (Mark, Vec<u8>) {
        let mark = Mark {
            producer: 1,
            sequence,
        };
        history.invoke(mark);
        history.publish_ended(mark, Outcome::Confirmed);
        (mark, mark.payload(32))
    }

    #[test]
    fn a_clean_history_passes() {
        let history = History::default();
        let (mark, payload) = confirmed(&history, 1);
        history.delivered(delivered(&payload, "1.0.0", 1));
        history.delivered(delivered(&payload, "1.0.0", 2));
        history.finished("s", mark);
        assert_eq!(
            history.settle(&["s"]),
            Totals {
                confirmed: 1,
                deliveries: 2
            }
        );
    }

    #[test]
    fn an_unseen_last_attempt_may_have_killed_a_message() {
        let history = History::default();
        let (_, payload) = confirmed(&history, 1);
        history.delivered(delivered(&payload, "1.0.0", MAX_ATTEMPTS - 1));
        history.answers_were_lost();
        history.delivered(delivered(&payload, "1.0.0", 1));
        history.settle(&["s"]);
    }

    fn violates(promise: &str, story: impl FnOnce(&History)) {
        let history = History::default();
        story(&history);
        let failed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| history.settle(&["s"])));
        let text = failed.expect_err("the history must be refused");
        let text = text.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(text.contains(promise), "{text}");
    }

    #[test]
    fn each_broken_promise_is_seen() {
        violates("I1", |history| {
            confirmed(history, 1);
        });
        violates("I2", |history| {
            history.delivered(delivered(b"not one of ours, at all", "1.0.0", 1));
        });
        violates("I2", |history| {
            let payload = Mark {
                producer: 9,
                sequence: 9,
            }
            .payload(32);
            history.delivered(delivered(&payload, "1.0.0", 1));
        });
        violates("I3", |history| {
            let (mark, payload) = confirmed(history, 1);
            history.finished("s", mark);
            history.delivered(delivered(&payload, "1.0.0", 1));
        });
        violates("I4", |history| {
            let (_, first) = confirmed(history, 1);
            let (_, second) = confirmed(history, 2);
            history.delivered(delivered(&second, "1.0.1", 1));
            history.delivered(delivered(&first, "1.0.0", 1));
        });
        violates("I5", |history| {
            let (_, payload) = confirmed(history, 1);
            history.delivered(delivered(&payload, "1.0.0", 2));
            history.answers_were_lost();
            history.delivered(delivered(&payload, "1.0.0", 1));
        });
        violates("I7", |history| {
            let (_, payload) = confirmed(history, 1);
            history.delivered(delivered(&payload, "1.0.0", 1));
            history.delivered(delivered(&payload, "1.0.7", 1));
        });
    }
}
