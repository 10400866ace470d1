//! Counting what an act of one entry would do to messages, some at a time: a seek, and settings that drop messages.
//!
//! What such a plan freezes is a place or settings, not messages: applied, it does to what is there then what it says.
//! The counts are of when each message was looked at.

use super::applying::frozen;
use super::auditing::changes;
use super::command::Start;
use super::limits::PLAN_SLICE;
use super::objects::{Store, Subscription, Topic};
use super::plan::{Plan, PlanCounts, Way};
use super::planned::{NOT_PUT_ASIDE, count_consumers};
use super::seek::restored_from;
use super::state::Core;
use crate::delivery::{Chosen, Machine};
use crate::model::entry::Deed;
use crate::model::settings::SubscriptionSettings;
use crate::model::{Name, Now, Offset, OffsetRange, Refusal, SubscriptionId, Time};

/// Messages in the making of a plan that only counts them.
#[derive(Debug)]
pub(super) struct Counting {
    subscription: SubscriptionId,
    act: CountedAct,
    /// By partition: of the backlog, what is before this is counted.
    ends: Vec<Offset>,
    /// By partition: how many there are of it.
    backlog: Vec<u64>,
    /// Dead ones whose last failure was then or before are counted, and how many they are.
    died_until: Option<Time>,
    dead: u64,
    at: (usize, Offset),
    is_at_dead: bool,
}

#[derive(Debug)]
enum CountedAct {
    Seek(Vec<Option<Offset>>),
    Update(Box<SubscriptionSettings>),
}

impl Core {
    /// Begins to count what a seek would skip.
    pub(super) fn begin_seek(
        &self,
        subscription: &Name,
        target: &Start,
    ) -> Result<Counting, Refusal> {
        let found = self.subscription_of(subscription)?;
        let topic = self.topic_by(found.record.topic)?;
        let places = topic.places(target)?;
        let ends = places.iter().map(|place| place.unwrap_or(Offset(0)));
        Ok(Counting {
            ends: ends.collect(),
            ..Counting::of(found, CountedAct::Seek(places))
        })
    }

    /// Begins to count what new settings would drop.
    pub(super) fn begin_update(
        &self,
        subscription: &Name,
        settings: Box<SubscriptionSettings>,
        now: Now,
    ) -> Result<Counting, Refusal> {
        settings.check()?;
        let found = self.subscription_of(subscription)?;
        let topic = self.topic_by(found.record.topic)?;
        let retention = settings.backlog_retention;
        let end = |store: &Store| {
            let age = retention?;
            let young = Time(now.wall.0.saturating_sub(age.0).saturating_add(1));
            Some(store.log.first_at_or_after(young))
        };
        let ends = topic.partitions.iter().map(end);
        let died_until = now.wall.0.checked_sub(settings.dead_retention.0);
        Ok(Counting {
            ends: ends.map(Option::unwrap_or_default).collect(),
            died_until: died_until.map(Time),
            ..Counting::of(found, CountedAct::Update(settings))
        })
    }

    /// Counts the next slice; whether there are more.
    pub(super) fn go_on_counting(&self, counting: &mut Counting) -> Result<bool, Refusal> {
        let (found, topic) = self.known_pair(counting.subscription)?;
        let index = counting.at.0;
        let (Some(machine), Some(store)) = (found.machines.get(index), topic.partitions.get(index))
        else {
            return Ok(false);
        };
        let is_all = if counting.is_at_dead {
            counting.count_dead(machine)
        } else {
            counting.count_backlog(machine, store)
        };
        if is_all {
            let is_next = counting.is_at_dead || counting.died_until.is_none();
            counting.at = (index + usize::from(is_next), Offset(0));
            counting.is_at_dead = !is_next;
        }
        Ok(counting.at.0 < found.machines.len())
    }

    /// Ends the plan of what was counted.
    pub(super) fn finish_counting(&self, counting: Counting, now: Now) -> Result<Plan, Refusal> {
        let (found, topic) = self.known_pair(counting.subscription)?;
        Ok(match counting.act {
            CountedAct::Seek(places) => {
                let skipped = counting.backlog.iter().copied();
                let counts = seek_counts(found, topic, &places, skipped);
                let places = frozen(places);
                let words = places
                    .iter()
                    .map(|(partition, offset)| format!("{partition}:{offset}"));
                Plan {
                    deed: Deed::Seek,
                    counts,
                    text: format!("to {}", words.collect::<Vec<String>>().join(", ")),
                    grace: self.undo.grace,
                    undo_note: "what it skips is restored; what it makes ready again is finished \
                                again, unless it was handed out"
                        .to_owned(),
                    way: Way::Seek(places),
                    ..self.draft(Some(found), topic, now)
                }
            }
            CountedAct::Update(settings) => {
                let backlog = found.counts(topic).backlog();
                let most = settings.max_backlog_messages;
                let beyond = most.map_or(0, |most| backlog.saturating_sub(most));
                let dropped = beyond.max(counting.backlog.iter().sum()) + counting.dead;
                Plan {
                    changes: changes(&*found.record.settings, &*settings),
                    deed: Deed::UpdateSubscription,
                    counts: PlanCounts {
                        selected: dropped,
                        affected: dropped,
                        consumers: count_consumers(found),
                        ..PlanCounts::default()
                    },
                    undo_note: NOT_PUT_ASIDE.to_owned(),
                    way: Way::UpdateSubscription(settings, found.record.etag()),
                    ..self.draft(Some(found), topic, now)
                }
            }
        })
    }

    /// A subscription and its topic, or a refusal if it was deleted since a plan of it began.
    pub(super) fn known_pair(
        &self,
        id: SubscriptionId,
    ) -> Result<(&Subscription, &Topic), Refusal> {
        self.pair(id).ok_or_else(|| Refusal::SubscriptionNotFound {
            subscription: id.to_string(),
        })
    }
}

impl Counting {
    fn of(found: &Subscription, act: CountedAct) -> Self {
        Self {
            subscription: found.record.id,
            act,
            ends: Vec::new(),
            backlog: vec![0; found.machines.len()],
            died_until: None,
            dead: 0,
            at: (0, Offset(0)),
            is_at_dead: false,
        }
    }

    /// Counts a front of the backlog of the partition under way; whether it was the last.
    fn count_backlog(&mut self, machine: &Machine, store: &Store) -> bool {
        let (index, from) = self.at;
        let end = self.ends.get(index).copied().unwrap_or_default();
        let rest = OffsetRange::between(from.max(machine.floor()), end);
        let front = machine.front(&store.log, &[rest], PLAN_SLICE as u64);
        let Some(&window) = front.first().filter(|window| !window.is_empty()) else {
            return true;
        };
        let free = machine.unfinished(&store.log, window, Chosen::Backlog);
        // A seek ends leases; other acts leave them alone.
        let held = match self.act {
            CountedAct::Seek(_) => machine.leased_in(window),
            CountedAct::Update(_) => Vec::new(),
        };
        let counted = free.iter().chain(&held).map(|range| range.count());
        if let Some(count) = self.backlog.get_mut(index) {
            *count += counted.sum::<u64>();
        }
        self.at.1 = window.end;
        window.end >= end
    }

    /// Counts some of the dead ones of the partition under way; whether they were the last.
    fn count_dead(&mut self, machine: &Machine) -> bool {
        let Some(until) = self.died_until else {
            return true;
        };
        let mut dead = machine.dead_from(self.at.1);
        for _ in 0..PLAN_SLICE {
            let Some((range, record)) = dead.next() else {
                return true;
            };
            self.at.1 = range.end;
            if record.last_failure <= until {
                self.dead += range.count();
            }
        }
        false
    }
}

/// What a seek would do, as the books are now; `skipped` was counted by partition.
fn seek_counts(
    found: &Subscription,
    topic: &Topic,
    places: &[Option<Offset>],
    skipped: impl Iterator<Item = u64>,
) -> PlanCounts {
    let mut counts = PlanCounts {
        consumers: count_consumers(found),
        ..PlanCounts::default()
    };
    let parts = found.parts().zip(&topic.partitions).zip(places);
    for ((((_, machine), store), place), skipped) in parts.zip(skipped) {
        let Some(target) = *place else { continue };
        counts.ended_leases += machine.leased();
        if target <= machine.floor() {
            counts.restored += restored_from(machine, &store.log, target);
        } else {
            counts.affected += skipped;
        }
    }
    counts.affected += counts.restored;
    counts.selected = counts.affected;
    counts
}
