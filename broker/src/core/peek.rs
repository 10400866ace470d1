//! Looking at single messages: changes no state, no lease, no attempt, no order.
//!
//! Pages are merged over the partitions in order of time, partition, offset. What one call looks at is bounded; a page
//! may be short and still have a next one.

use super::command::{PeekSubscription, PeekTopic};
use super::limits::{MAX_PEEK_SCAN, MAX_PEEKED};
use super::objects::{Store, Subscription, Topic};
use super::state::Core;
use super::views::{MessageView, PeekPlace, Peeked, State, StateView};
use crate::delivery::{Chosen, Machine};
use crate::model::range::normalise;
use crate::model::settings::in_range;
use crate::model::{
    Fingerprint, MessageId, Name, Now, Offset, OffsetRange, Partition, Refusal, Time,
};

/// Offsets that are looked at together.
const WINDOW: u64 = 65_536;

impl Core {
    /// Shows messages of a subscription, the oldest first.
    pub fn peek_subscription(
        &self,
        peek: &PeekSubscription<'_>,
        now: Now,
    ) -> Result<Peeked, Refusal> {
        in_range("page_size", peek.limit as u64, 1, MAX_PEEKED as u64)?;
        let id = self.subscription_of(peek.subscription)?.record.id;
        let Some((subscription, topic)) = self.pair(id) else {
            return Err(Refusal::SubscriptionNotFound {
                subscription: peek.subscription.to_string(),
            });
        };
        let mut found: Vec<PeekPlace> = Vec::new();
        let mut horizon: Option<PeekPlace> = None;
        let budget = MAX_PEEK_SCAN / subscription.machines.len().max(1) as u64;
        for ((partition, machine), store) in subscription.parts().zip(&topic.partitions) {
            let mut search = Search {
                machine,
                store,
                states: peek.states,
                fingerprint: peek.fingerprint,
                limit: peek.limit,
                budget: budget.max(peek.limit as u64),
                found: Vec::new(),
            };
            let stopped = search.run(first_after(store, partition, peek.after));
            let place = |offset| place_of(store, partition, offset);
            found.extend(search.found.into_iter().map(place));
            if let Some(stopped) = stopped.map(place) {
                horizon = Some(horizon.map_or(stopped, |horizon| horizon.min(stopped)));
            }
        }
        found.retain(|place| horizon.is_none_or(|horizon| *place <= horizon));
        found.sort_unstable();
        let is_cut = found.len() > peek.limit;
        found.truncate(peek.limit);
        let next = if is_cut {
            found.last().copied()
        } else {
            horizon
        };
        let messages = found.iter().map(|place| {
            let state = state_view(subscription, topic, *place, now);
            view(topic, *place, state.into_iter().collect())
        });
        Ok(Peeked {
            messages: messages.collect(),
            next,
        })
    }

    /// Shows stored messages of a topic, the newest first, each with its state in every subscription.
    pub fn peek_topic(&self, peek: &PeekTopic<'_>, now: Now) -> Result<Peeked, Refusal> {
        in_range("page_size", peek.limit as u64, 1, MAX_PEEKED as u64)?;
        let topic = self.topic_of(peek.topic)?;
        // Many subscriptions make a page short instead of long to compute.
        let most = MAX_PEEK_SCAN / (topic.subscriptions.len() as u64).max(1);
        let limit = peek.limit.min(usize::try_from(most).unwrap_or(1).max(1));
        let mut found: Vec<PeekPlace> = Vec::new();
        for (partition, store) in (0..).map(Partition).zip(&topic.partitions) {
            let end = end_before(store, partition, peek.before);
            let stored = OffsetRange::between(store.log.low(), end);
            let stored = store.log.messages(stored).into_iter().rev();
            let newest = stored.flat_map(|range| range.offsets().rev());
            let newest = newest.take(limit + 1);
            found.extend(newest.map(|offset| place_of(store, partition, offset)));
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        let is_cut = found.len() > limit;
        found.truncate(limit);
        let messages = found.iter().map(|place| {
            let states = self.states_of(topic, *place, now);
            view(topic, *place, states)
        });
        Ok(Peeked {
            messages: messages.collect(),
            next: found.last().copied().filter(|_| is_cut),
        })
    }

    /// Shows one message with its state in each subscription of its topic, and the topic's name.
    pub fn message(&self, id: MessageId, now: Now) -> Result<(MessageView, Name), Refusal> {
        let not_found = || Refusal::MessageNotFound {
            message: id.to_string(),
        };
        let topic = self.objects.topics.get(&id.topic).ok_or_else(not_found)?;
        let store = topic.store(id.partition).ok_or_else(not_found)?;
        let stored = OffsetRange::between(store.log.low(), store.log.next());
        if !stored.contains(id.offset) || store.log.count(OffsetRange::one(id.offset)) == 0 {
            return Err(not_found());
        }
        let place = place_of(store, id.partition, id.offset);
        let states = self.states_of(topic, place, now);
        Ok((view(topic, place, states), topic.record.name.clone()))
    }

    fn states_of(&self, topic: &Topic, place: PeekPlace, now: Now) -> Vec<StateView> {
        let ids = topic.subscriptions.iter();
        let subscriptions = ids.filter_map(|id| self.objects.subscriptions.get(id));
        subscriptions
            .filter_map(|subscription| state_view(subscription, topic, place, now))
            .collect()
    }
}

/// The state of a message; none if it is before the subscription's start.
pub(super) fn state_view(
    subscription: &Subscription,
    topic: &Topic,
    place: PeekPlace,
    now: Now,
) -> Option<StateView> {
    use crate::delivery::State as Found;

    let machine = subscription.machine(place.partition)?;
    let store = topic.store(place.partition)?;
    let (found, failed_attempts) = machine.state_of(place.offset, &store.log);
    let mut view = StateView {
        subscription: subscription.record.name.clone(),
        state: kind_of(&found)?,
        failed_attempts,
        lease_deadline: None,
        consumer: None,
        retry_time: None,
        due_time: None,
        dead: None,
    };
    match found {
        Found::Leased {
            consumer, deadline, ..
        } => {
            view.lease_deadline = Some(now.wall.plus(deadline.since(now.mono)));
            view.consumer = Some(consumer.to_string());
        }
        Found::Scheduled(due) => view.due_time = Some(due),
        Found::Waiting(until) => view.retry_time = Some(until),
        Found::Dead(dead) => view.dead = Some(dead),
        Found::NotEntered | Found::Ready | Found::Finished => {}
    }
    Some(view)
}

/// The search for messages in some states on one partition.
struct Search<'a> {
    machine: &'a Machine,
    store: &'a Store,
    states: &'a [State],
    fingerprint: Option<Fingerprint>,
    limit: usize,
    /// Messages that may be looked at.
    budget: u64,
    found: Vec<Offset>,
}

impl Search<'_> {
    /// Finds from `from` on; returns the last message looked at if it stopped before the end.
    fn run(&mut self, from: Offset) -> Option<Offset> {
        if self.states == [State::Dead] {
            return self.run_dead(from);
        }
        let with_finished = self.states.contains(&State::Finished);
        let lowest = if with_finished {
            self.store.log.low()
        } else {
            self.machine.floor()
        };
        let leased: Vec<OffsetRange> = self.machine.leases().map(|lease| lease.range).collect();
        let (mut at, end) = (from.max(lowest), self.store.log.next());
        while at < end {
            let window = OffsetRange::between(at, end.min(at.plus(WINDOW)));
            let mut ranges = if with_finished {
                self.store.log.messages(window)
            } else {
                self.machine
                    .unfinished(&self.store.log, window, Chosen::Both)
            };
            ranges.extend(leased.iter().map(|range| range.intersection(window)));
            normalise(&mut ranges);
            for offset in ranges.into_iter().flat_map(OffsetRange::offsets) {
                if self.look_at(offset) {
                    return Some(offset);
                }
            }
            at = window.end;
        }
        None
    }

    /// The same for dead ones alone: runs of them that died of something else cost a look together.
    fn run_dead(&mut self, from: Offset) -> Option<Offset> {
        for (range, dead) in self.machine.dead_from(from) {
            let is_wanted = |wanted| dead.fingerprint == Some(wanted);
            let last = Offset(range.end.0.saturating_sub(1));
            if self.fingerprint.is_none_or(is_wanted) {
                let left = self.limit - self.found.len();
                self.found.extend(range.offsets().take(left));
            }
            self.budget = self.budget.saturating_sub(1);
            if self.found.len() == self.limit {
                return self.found.last().copied();
            } else if self.budget == 0 {
                return Some(last);
            }
        }
        None
    }

    /// Looks at a message; whether it is the last one to look at.
    fn look_at(&mut self, offset: Offset) -> bool {
        let (found, _) = self.machine.state_of(offset, &self.store.log);
        let wanted = |state: State| match self.states {
            [] => state != State::Finished,
            states => states.contains(&state),
        };
        if kind_of(&found).is_some_and(wanted) {
            self.found.push(offset);
        }
        self.budget = self.budget.saturating_sub(1);
        self.found.len() == self.limit || self.budget == 0
    }
}

/// None if the message does not belong to the subscription.
fn kind_of(state: &crate::delivery::State) -> Option<State> {
    use crate::delivery::State as Found;

    match state {
        Found::NotEntered => None,
        Found::Scheduled(_) => Some(State::Scheduled),
        Found::Ready => Some(State::Ready),
        Found::Leased { .. } => Some(State::Leased),
        Found::Waiting(_) => Some(State::Waiting),
        Found::Dead(_) => Some(State::Dead),
        Found::Finished => Some(State::Finished),
    }
}

pub(super) fn place_of(store: &Store, partition: Partition, offset: Offset) -> PeekPlace {
    PeekPlace {
        time: store.log.time(offset).unwrap_or_default(),
        partition,
        offset,
    }
}

/// The first offset of a partition that comes after a place.
fn first_after(store: &Store, partition: Partition, after: Option<PeekPlace>) -> Offset {
    let Some(after) = after else {
        return store.log.low();
    };
    let later = Time(after.time.0.saturating_add(1));
    match partition.cmp(&after.partition) {
        std::cmp::Ordering::Equal => Offset(after.offset.0.saturating_add(1)),
        std::cmp::Ordering::Less => store.log.first_at_or_after(later),
        std::cmp::Ordering::Greater => store.log.first_at_or_after(after.time),
    }
}

/// The end of what comes before a place in a partition.
fn end_before(store: &Store, partition: Partition, before: Option<PeekPlace>) -> Offset {
    let Some(before) = before else {
        return store.log.next();
    };
    let later = Time(before.time.0.saturating_add(1));
    let end = match partition.cmp(&before.partition) {
        std::cmp::Ordering::Equal => before.offset,
        std::cmp::Ordering::Less => store.log.first_at_or_after(later),
        std::cmp::Ordering::Greater => store.log.first_at_or_after(before.time),
    };
    end.min(store.log.next())
}

pub(super) fn view(topic: &Topic, place: PeekPlace, states: Vec<StateView>) -> MessageView {
    let store = topic.store(place.partition);
    let run = store.and_then(|store| store.log.runs(OffsetRange::one(place.offset)).next());
    MessageView {
        id: MessageId {
            topic: topic.record.id,
            partition: place.partition,
            offset: place.offset,
        },
        time: place.time,
        size: store.map_or(0, |store| store.log.size(place.offset)),
        position: run.map(|run| run.position).unwrap_or_default(),
        frame_base: run.map_or(place.offset, |run| run.frame_base),
        states,
    }
}
