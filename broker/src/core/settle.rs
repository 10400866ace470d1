//! Acks, nacks and extends of streams: sequences become leased messages of partitions.
//!
//! A sequence whose lease has ended changes nothing and is reported as stale, but gives back its credit.

use std::collections::BTreeMap;

use super::command::{Nack, NackAction, SequenceRange};
use super::consumer::Kind;
use super::credit::Held;
use super::setback::Cause;
use super::state::{Act, Core};
use crate::delivery::Retry;
use crate::model::entry::{Acked, Entry};
use crate::model::range::normalise;
use crate::model::settings::{MAX_ACK_DEADLINE, MIN_ACK_DEADLINE};
use crate::model::{ConsumerId, Now, Offset, OffsetRange, Partition, Span, SubscriptionId};

/// Messages of a subscription by partition.
pub(super) type Places = BTreeMap<Partition, Vec<OffsetRange>>;

/// What sequences turned out to be.
struct Sorted {
    subscription: SubscriptionId,
    /// Leased to the stream.
    leased: Places,
    count: u64,
    /// Not leased to it any more.
    stale: Vec<SequenceRange>,
}

impl Core {
    /// Acknowledges sequences of a stream; returns those that changed nothing.
    pub fn stream_ack(
        &mut self,
        id: ConsumerId,
        ranges: &[SequenceRange],
        now: Now,
    ) -> Vec<SequenceRange> {
        let Some(sorted) = self.sort_out(id, ranges) else {
            return ranges.to_vec();
        };
        let subscription = sorted.subscription;
        let acts = acks(subscription, sorted.leased, Act::lazy);
        self.enact(acts, now);
        if let Some(consumer) = self.consumers.get_mut(&id)
            && sorted.count > 0
        {
            consumer.acked += sorted.count;
            consumer.last_ack = Some(now.wall);
        }
        self.line_up(id);
        self.stir(subscription);
        sorted.stale
    }

    /// Gives back sequences of a stream; returns those that changed nothing.
    pub fn stream_nack(
        &mut self,
        id: ConsumerId,
        range: SequenceRange,
        nack: &Nack,
        now: Now,
    ) -> Vec<SequenceRange> {
        let Some(sorted) = self.sort_out(id, &[range]) else {
            return vec![range];
        };
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return vec![range];
        };
        if nack.action != NackAction::Release {
            consumer.failed += sorted.count;
        }
        let name = consumer.name.clone();
        let subscription = sorted.subscription;
        self.give_back(subscription, sorted.leased, (nack, &name), now);
        self.line_up(id);
        self.stir(subscription);
        sorted.stale
    }

    /// Moves the deadlines of sequences of a stream to `deadline` from now, held within the range of ack deadlines;
    /// returns those that changed nothing.
    pub fn stream_extend(
        &mut self,
        id: ConsumerId,
        range: SequenceRange,
        deadline: Span,
        now: Now,
    ) -> Vec<SequenceRange> {
        let consumer = self.consumers.get(&id);
        let Some(consumer) = consumer.filter(|consumer| consumer.kind == Kind::Stream) else {
            return vec![range];
        };
        let (found, stale) = consumer.credit.look(range);
        let subscription = consumer.subscription;
        let sorted = self.still_leased(subscription, found, stale);
        for (partition, ranges) in &sorted.leased {
            self.move_deadline((subscription, *partition), ranges, deadline, now);
        }
        self.note_deadline(subscription, now);
        sorted.stale
    }

    /// Sets the deadline of leased messages.
    pub(super) fn move_deadline(
        &mut self,
        place: (SubscriptionId, Partition),
        ranges: &[OffsetRange],
        deadline: Span,
        now: Now,
    ) {
        let deadline = now
            .mono
            .plus(deadline.clamp(MIN_ACK_DEADLINE, MAX_ACK_DEADLINE));
        let subscription = self.objects.subscriptions.get_mut(&place.0);
        let machines = subscription.map(|subscription| &mut subscription.machines);
        if let Some(machine) = machines.and_then(|machines| machines.get_mut(place.1.0 as usize)) {
            machine.extend(ranges, deadline);
        }
    }

    /// Ends leases as a nack says.
    pub(super) fn give_back(
        &mut self,
        subscription: SubscriptionId,
        leased: Places,
        (nack, consumer): (&Nack, &str),
        now: Now,
    ) {
        let retry = match nack.action {
            NackAction::Release => {
                self.release_leases(subscription, leased.into_iter().collect(), now);
                return;
            }
            NackAction::Dead => Retry::Dead,
            NackAction::Retry(None) => Retry::Backoff,
            NackAction::Retry(Some(wait)) => Retry::After(wait.min(MAX_ACK_DEADLINE)),
        };
        let cause = Cause {
            consumer,
            class: &nack.class,
            reason: &nack.reason,
            retry,
            eager: false,
        };
        for (partition, ranges) in &leased {
            self.fail((subscription, *partition), ranges, &cause, now);
        }
        self.note_deadline(subscription, now);
    }

    /// Takes sequences off a stream and finds those still leased; none if it is no connected stream.
    fn sort_out(&mut self, id: ConsumerId, ranges: &[SequenceRange]) -> Option<Sorted> {
        let consumer = self.consumers.get_mut(&id)?;
        if consumer.kind != Kind::Stream {
            return None;
        }
        let subscription = consumer.subscription;
        let record = &self.objects.subscriptions.get(&subscription)?.record;
        let topic = self.objects.topics.get(&record.topic)?;
        let (mut settled, mut stale) = (Vec::new(), Vec::new());
        for &range in ranges {
            let log = |partition| topic.store(partition).map(|store| &store.log);
            let (found, unknown) = consumer.credit.settle(range, log);
            settled.extend(found);
            stale.extend(unknown);
        }
        Some(self.still_leased(subscription, settled, stale))
    }

    fn still_leased(
        &self,
        id: SubscriptionId,
        found: Vec<Held>,
        stale: Vec<SequenceRange>,
    ) -> Sorted {
        let mut sorted = Sorted {
            subscription: id,
            leased: Places::new(),
            count: 0,
            stale,
        };
        let subscription = self.objects.subscriptions.get(&id);
        for part in found {
            let machine = subscription.and_then(|found| found.machine(part.partition));
            let leased = machine.map_or_else(Vec::new, |machine| {
                machine.held(part.range, self.incarnation, part.serial)
            });
            sorted.stale.extend(gaps(&part, &leased));
            sorted.count += leased.iter().map(|range| range.count()).sum::<u64>();
            if !leased.is_empty() {
                let ranges = sorted.leased.entry(part.partition).or_default();
                ranges.extend(leased);
            }
        }
        sorted.leased.values_mut().for_each(normalise);
        sorted.stale.sort_unstable();
        sorted
    }
}

/// One `Acked` entry for each partition.
pub(super) fn acks(
    subscription: SubscriptionId,
    leased: Places,
    act: impl Fn(Entry) -> Act,
) -> Vec<Act> {
    let entries = leased.into_iter().map(|(partition, ranges)| {
        Entry::Acked(Acked {
            subscription,
            partition,
            ranges,
        })
    });
    entries.map(act).collect()
}

/// The sequences of `part` that are not in `leased`.
fn gaps(part: &Held, leased: &[OffsetRange]) -> Vec<SequenceRange> {
    let sequence = |offset: Offset| part.first + (offset.0 - part.range.start.0);
    let mut gaps = Vec::new();
    let mut at = part.range.start;
    let ends = leased.iter().map(|range| (range.start, range.end));
    for (start, end) in ends.chain([(part.range.end, part.range.end)]) {
        if at < start {
            gaps.push(SequenceRange {
                first: sequence(at),
                last: sequence(start) - 1,
            });
        }
        at = end;
    }
    gaps
}
