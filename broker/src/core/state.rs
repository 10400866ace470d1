//! The state of a shard, and how what was decided becomes entries.
//!
//! Commands are methods of [`Core`], one room each beside this one. Each decides, then enacts: entries get dense
//! positions, are applied at once and collected in the output.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::Mode;
use super::consumer::Consumer;
use super::guard::Guard;
use super::kept::KeptForUndo;
use super::objects::{Objects, Subscription, Topic};
use super::output::{Group, OutFrame, Output};
use super::plan::{Plans, UndoLimits};
use crate::model::entry::{Body, Columns, Entry, Who};
use crate::model::{
    ConsumerId, Incarnation, LeaseSerial, Mono, Name, Now, OperationId, Partition, Position,
    Refusal, Span, SubscriptionId, TopicId,
};

/// The state of a shard. One thread owns it.
#[derive(Debug)]
pub struct Core {
    pub(super) objects: Objects,
    pub(super) incarnation: Incarnation,
    pub(super) next_position: Position,
    /// Connected consumers and waiting Pulls.
    pub(super) consumers: BTreeMap<ConsumerId, Consumer>,
    pub(super) next_consumer: ConsumerId,
    pub(super) next_serial: LeaseSerial,
    /// Subscriptions that may have something for a hungry consumer: the next dispatch looks at these only.
    pub(super) stirred: BTreeSet<SubscriptionId>,
    /// Subscriptions that the last consumer has left.
    pub(super) left: BTreeSet<SubscriptionId>,
    /// When which subscription wants a tick.
    pub(super) timers: BTreeSet<(Mono, SubscriptionId)>,
    /// Whether the clock is trusted.
    pub(super) guard: Guard,
    /// Nothing that a word of others prevents is overdue before this: see [`Core::hear_until`].
    pub(super) hears_until: Mono,
    /// Operations go on from here only: see [`Core::rest_operations`].
    pub(super) steps_from: Mono,
    /// When retention is looked at next.
    pub(super) retention_due: Mono,
    /// Where retention went on to after its last look.
    pub(super) retention_after: TopicId,
    /// Where the look at backlogs went on to after its last.
    pub(super) shed_after: SubscriptionId,
    /// There may be something new to forward.
    pub(super) forward_hint: bool,
    /// Where the audit goes on: a subscription, or the first after it, and which of its partitions.
    pub(super) audit_at: (SubscriptionId, usize),
    /// Where the look at what was measured went on to after its last.
    pub(super) forget_after: SubscriptionId,
    /// Subscriptions whose books were found wrong; some may be gone.
    pub(super) wrong_books: BTreeSet<SubscriptionId>,
    /// The scan that had its turn last.
    pub(super) scan_after: Option<(SubscriptionId, Partition)>,
    /// Topics of which somebody waits for the next message or the end.
    pub(super) watched: BTreeSet<TopicId>,
    /// Frames of topics that recovery knew nothing of: kept, never released.
    pub(super) orphans: Vec<Position>,
    /// Who does what is decided now; nobody if the broker does it by a rule.
    pub(super) who: Who,
    /// The operation that is being carried out, and its plan.
    pub(super) acting: Option<(OperationId, String)>,
    /// An operation has gone on or an act was put on record since this was last asked, and when to say so.
    pub(super) told: bool,
    pub(super) tell_at: Mono,
    /// Plans that wait to be applied.
    pub(super) plans: Plans,
    /// How long what operations drop can be restored, and how many bytes are held for that.
    pub(super) undo: UndoLimits,
    /// What is held for that, as it was counted last.
    pub(super) kept: KeptForUndo,
    /// What names this broker among others.
    pub(super) broker_id: u64,
    /// Bytes that the journal takes in one commit group.
    pub(super) group_bytes: u64,
    pub(super) output: Output,
}

/// The version of a batch's entry whose body says more than sizes and keys.
const MARKED_BATCH: u8 = 2;

/// A decided entry on its way into the output.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) entry: Entry,
    pub(super) body: Option<Body>,
    pub(super) eager: bool,
}

impl Act {
    /// An entry that starts a sync.
    pub(super) fn eager(entry: Entry) -> Self {
        Self {
            entry,
            body: None,
            eager: true,
        }
    }

    /// An entry that rides along.
    pub(super) fn lazy(entry: Entry) -> Self {
        Self {
            eager: false,
            ..Self::eager(entry)
        }
    }
}

impl Core {
    pub(super) fn over(objects: Objects, last: Position) -> Self {
        Self {
            incarnation: objects.broker.incarnation,
            objects,
            next_position: last.next(),
            consumers: BTreeMap::new(),
            next_consumer: ConsumerId(1),
            next_serial: LeaseSerial(1),
            stirred: BTreeSet::new(),
            left: BTreeSet::new(),
            timers: BTreeSet::new(),
            guard: Guard::default(),
            hears_until: Mono(0),
            steps_from: Mono(0),
            retention_due: Mono::default(),
            retention_after: TopicId::default(),
            shed_after: SubscriptionId(0),
            forward_hint: false,
            audit_at: (SubscriptionId(0), 0),
            forget_after: SubscriptionId(0),
            wrong_books: BTreeSet::new(),
            scan_after: None,
            watched: BTreeSet::new(),
            orphans: Vec::new(),
            who: Who::default(),
            acting: None,
            told: false,
            tell_at: Mono::default(),
            plans: Plans::default(),
            undo: UndoLimits::default(),
            kept: KeptForUndo::default(),
            broker_id: 0,
            group_bytes: u64::MAX,
            output: Output::default(),
        }
    }

    /// From now on an act whose entries would take more than `bytes` in the journal is refused: an act is one commit
    /// group, so that a crash finds all of it or nothing.
    pub fn limit_groups(&mut self, bytes: u64) {
        self.group_bytes = bytes;
    }

    /// Takes everything that has to be done. The groups are applied already.
    pub fn take_output(&mut self) -> Output {
        std::mem::take(&mut self.output)
    }

    /// What has to be done so far.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// The position that the next frame will have; equal to the journal's once the output is appended.
    pub fn next_position(&self) -> Position {
        self.next_position
    }

    /// The newest position: what was decided until now is durable when this is.
    pub fn last_position(&self) -> Position {
        Position(self.next_position.0.saturating_sub(1))
    }

    /// Which start of the broker this is, from 1.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Applies decided entries and puts them into the output as one commit group.
    pub(super) fn enact(&mut self, acts: Vec<Act>, now: Now) {
        if acts.is_empty() {
            return;
        }
        let mut told = self.audit_of(&acts, now);
        told.extend(acts);
        let acts = told;
        let mut group = Group::default();
        let mut loosened = Vec::new();
        group.frames.reserve_exact(acts.len());
        for act in acts {
            let at = self.next_position;
            let columns = act.body.as_ref().map(|body| &body.columns);
            let weighed = self.objects.weigh(&act.entry);
            if let (Entry::Published(published), Some(body)) = (&act.entry, &act.body) {
                self.objects.count_keys(published.topic, body, now.mono);
            }
            let happened = self.objects.happening(&act.entry, now.wall);
            self.output.happened.extend(happened);
            let applied = self.objects.apply(&act.entry, columns, at, Mode::Live(now));
            assert!(
                applied.is_ok(),
                "an entry was decided that does not fit the state: {applied:?}"
            );
            self.objects.weigh_again(&act.entry, weighed);
            self.next_position = at.next();
            self.note_news(&act.entry, at);
            self.told |= matches!(act.entry, Entry::Operated(_) | Entry::Audited(_));
            loosened.append(&mut self.objects.loosened(&act.entry));
            let mut frame = OutFrame::lazy(&act.entry);
            if columns.is_some_and(Columns::is_marked) {
                frame.version = MARKED_BATCH;
            }
            frame.eager = act.eager;
            if let Some(body) = act.body {
                frame.body = body.bytes;
                frame.body_crc = body.crc;
            }
            group.frames.push(frame);
        }
        self.output.groups.push(group);
        self.tell_routes();
        self.output.keep.append(&mut self.objects.keep);
        self.output.release.append(&mut self.objects.release);
        for ended in &loosened {
            self.drop_ended(ended, now);
        }
    }

    /// What was decided last starts a sync, since somebody waits for it.
    pub fn hasten(&mut self) {
        let group = self.output.groups.last_mut();
        if let Some(frame) = group.and_then(|group| group.frames.last_mut()) {
            frame.eager = true;
        }
    }

    /// Makes one commit group of those in the output from `first` on, so that a crash finds all of them or none.
    pub(super) fn join_groups(&mut self, first: usize) {
        let groups = self.output.groups.drain(first..);
        let frames: Vec<_> = groups.flat_map(|group| group.frames).collect();
        if !frames.is_empty() {
            self.output.groups.push(Group { frames });
        }
    }

    pub(super) fn topic_of(&self, name: &Name) -> Result<&Topic, Refusal> {
        let id = self.objects.topic_names.get(name);
        let found = id.and_then(|id| self.objects.topics.get(id));
        found
            .map(Box::as_ref)
            .ok_or_else(|| Refusal::TopicNotFound {
                topic: name.clone(),
            })
    }

    pub(super) fn subscription_of(&self, name: &Name) -> Result<&Subscription, Refusal> {
        let id = self.objects.subscription_names.get(name);
        let found = id.and_then(|id| self.objects.subscriptions.get(id));
        found
            .map(Box::as_ref)
            .ok_or_else(|| Refusal::SubscriptionNotFound {
                subscription: name.to_string(),
            })
    }

    /// A subscription and its topic; none if either is unknown.
    pub(super) fn pair(&self, id: SubscriptionId) -> Option<(&Subscription, &Topic)> {
        let subscription = self.objects.subscriptions.get(&id)?;
        let topic = self.objects.topics.get(&subscription.record.topic)?;
        Some((subscription, topic))
    }

    /// The next dispatch looks at this subscription if one of its consumers has room.
    pub(super) fn stir(&mut self, id: SubscriptionId) {
        let subscription = self.objects.subscriptions.get(&id);
        if subscription.is_some_and(|subscription| !subscription.hungry.is_empty()) {
            self.stirred.insert(id);
        }
    }

    /// Puts a subscription's earliest deadline into the timers, if it has become earlier.
    pub(super) fn note_deadline(&mut self, id: SubscriptionId, now: Now) {
        let is_suspended = self.is_suspended();
        let Some(subscription) = self.objects.subscriptions.get_mut(&id) else {
            return;
        };
        let mut rules = subscription.rules;
        rules.leases_end_from = self.hears_until;
        if is_suspended {
            rules.dead_retention = Span(u64::MAX);
        }
        let deadline = subscription.next_deadline(&rules, now);
        let topic = self.objects.topics.get(&subscription.record.topic);
        let token = topic.and_then(|topic| subscription.next_token(topic, now));
        let expires = subscription.expires();
        let expires = expires.map(|at| at.max(self.hears_until));
        let earliest = [deadline, token, expires];
        let earliest = earliest.into_iter().flatten().min();
        let Some(earliest) = earliest else { return };
        if subscription.timer.is_some_and(|timer| timer <= earliest) {
            return;
        }
        if let Some(timer) = subscription.timer.replace(earliest) {
            self.timers.remove(&(timer, id));
        }
        self.timers.insert((earliest, id));
    }
}
