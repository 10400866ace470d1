//! What operators plan in random histories: requeue, discard, purge and move by plans, at once or at a rate, held,
//! ended early, taken back, across restarts.
//!
//! The model finds by itself what a plan takes, and follows an operation by how many messages that has looked at.

use std::collections::{BTreeMap, VecDeque};

use rand::Rng;

use super::acts::{History, PARTITIONS, SUBSCRIPTIONS};
use super::bench::name;
use super::model::{Is, Message, Sub};
use super::rerouting::MOVED_TO;
use super::watching::Watch;
use crate::core::{Control, Order, Pace, Plan, PurgeScope, Selection, SkipCause, UndoLimits};
use crate::model::entry::Deed;
use crate::model::{OperationId, Span, Time};

/// As long as any history.
pub(super) const UNDO: UndoLimits = UndoLimits {
    grace: Span::from_secs(360_000),
    bytes: u64::MAX,
};
/// The one in the order of keys: what comes back there stands behind what was handed out in between.
const ORDERED: usize = 1;

pub(super) type At = (u32, u64);

/// An operation as the model knows it.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) id: OperationId,
    pub(super) deed: Deed,
    pub(super) subscription: usize,
    keeps_attempts: bool,
    /// What it has still to look at, in order.
    left: VecDeque<At>,
    looked_at: u64,
    /// What it has changed, in order, and what that was before.
    pub(super) changed: Vec<(At, Message)>,
    /// The seek epochs in which it was planned.
    epochs: BTreeMap<u32, u32>,
    /// Which of all it takes back.
    undoes: Option<usize>,
    pub(super) is_over: bool,
    /// The topic to which it publishes; none if it does not.
    pub(super) target: &'static str,
    /// Where it has published what it took, by where that was.
    pub(super) copies: BTreeMap<At, At>,
    /// It has made finished messages ready again.
    pub(super) is_back: bool,
    pub(super) watch: Watch,
}

impl History {
    /// An act in one call, which is over at once.
    pub(super) fn note_done(
        &mut self,
        (id, deed): (OperationId, Deed),
        subscription: usize,
        changed: Vec<(At, Message)>,
    ) {
        self.operations.push(Begun {
            id,
            deed,
            subscription,
            keeps_attempts: false,
            left: VecDeque::new(),
            looked_at: 0,
            changed,
            epochs: epochs(&self.subs[subscription]),
            undoes: None,
            is_over: true,
            target: SUBSCRIPTIONS[subscription].1,
            copies: BTreeMap::new(),
            is_back: false,
            watch: Watch::default(),
        });
    }

    pub(super) fn operate(&mut self) {
        match self.random.random_range(0..20) {
            0..5 => self.begin(),
            5..7 => self.control(),
            7..10 => self.move_on(),
            10 => self.edit(),
            11 => self.seek_by_plan(),
            12..14 => self.delete_or_bring_back(),
            _ => self.undo(),
        }
    }

    fn begin(&mut self) {
        let subscription = self.some_subscription();
        let deeds = [Deed::Requeue, Deed::Discard, Deed::Purge, Deed::Move];
        let deed = deeds[self.random.random_range(0..deeds.len())];
        // To the second topic, or to their own.
        let own = SUBSCRIPTIONS[subscription].1;
        let target = [own, MOVED_TO][self.random.random_range(0..2)];
        let keep = self.random.random_bool(0.3);
        let keep = keep.then(|| self.random.random_range(0..5));
        let selection = Selection {
            all: true,
            keep_newest: keep,
            ..Selection::default()
        };
        let of = name(SUBSCRIPTIONS[subscription].0);
        let order = match deed {
            Deed::Requeue => Order::Requeue {
                subscription: of,
                selection,
            },
            Deed::Move => Order::Move {
                subscription: of,
                selection,
                target: name(target),
            },
            _ => Order::Drop {
                subscription: of,
                selection,
                scope: match deed {
                    Deed::Purge => PurgeScope::Backlog,
                    _ => PurgeScope::Dead,
                },
                is_final: false,
            },
        };
        let plan = self.bench.core.plan(order, self.bench.now).unwrap();
        let now = self.bench.now.wall;
        let (chosen, leased, expired) = chosen(&self.subs[subscription], deed, keep, now);
        let skips = |cause| plan.counts.skips.get(&cause).copied().unwrap_or(0);
        assert_eq!(
            (
                plan.counts.affected,
                skips(SkipCause::Leased),
                skips(SkipCause::Expired)
            ),
            (chosen.len() as u64, leased, expired),
            "{deed:?}"
        );
        let keeps_attempts = self.random.random_bool(0.2);
        self.apply(&plan, (subscription, keeps_attempts), chosen, None);
    }

    fn apply(
        &mut self,
        plan: &Plan,
        (subscription, keeps_attempts): (usize, bool),
        chosen: VecDeque<At>,
        undoes: Option<usize>,
    ) {
        let is_slow = self.random.random_bool(0.4);
        let mut pace = Pace {
            rate: if is_slow {
                self.random.random_range(1..20)
            } else {
                0
            },
            keeps_attempts,
            ..Pace::default()
        };
        if plan.deed == Deed::Requeue {
            self.be_careful(&mut pace);
        }
        let begun = self.bench.core.apply_plan(plan.id, pace, self.bench.now);
        let begun = begun.unwrap();
        assert_eq!(
            begun.progress.affected + begun.progress.skipped + chosen.len() as u64,
            begun.record.selected
        );
        let mut topics = SUBSCRIPTIONS.iter().map(|(_, topic)| *topic);
        self.operations.push(Begun {
            id: begun.record.id,
            deed: plan.deed,
            subscription,
            keeps_attempts,
            looked_at: begun.progress.affected + begun.progress.skipped,
            left: chosen,
            changed: Vec::new(),
            epochs: epochs(&self.subs[subscription]),
            undoes,
            is_over: false,
            target: topics
                .find(|topic| *topic == plan.target.1)
                .unwrap_or_default(),
            copies: BTreeMap::new(),
            is_back: false,
            watch: Watch::of(&pace),
        });
    }

    fn control(&mut self) {
        if self.operations.is_empty() {
            return;
        }
        let index = self.random.random_range(0..self.operations.len());
        let control =
            [Control::Pause, Control::Resume, Control::Cancel][self.random.random_range(0..3)];
        let operation = &self.operations[index];
        let answer = self
            .bench
            .core
            .control(operation.id, control, self.bench.now);
        assert_eq!(answer.is_ok(), !operation.is_over, "{answer:?}");
        self.follow_operations();
    }

    fn undo(&mut self) {
        let over = |begun: &Begun| {
            let comes_back = begun.deed != Deed::Requeue && !begun.is_back;
            begun.is_over
                && !begun.changed.is_empty()
                && begun.undoes.is_none()
                && !(comes_back && begun.subscription == ORDERED)
        };
        let all = 0..self.operations.len();
        let fit: Vec<usize> = all.filter(|&at| over(&self.operations[at])).collect();
        if fit.is_empty() {
            return;
        }
        let index = fit[self.random.random_range(0..fit.len())];
        let id = self.operations[index].id;
        let under_way = self.operations.iter();
        let mut under_way = under_way.filter(|one| one.undoes == Some(index) && !one.is_over);
        let order = Order::Undo { operation: id };
        let plan = self.bench.core.plan(order, self.bench.now);
        let is_gone = self.subs[self.operations[index].subscription]
            .gone
            .is_some();
        if under_way.next().is_some() || is_gone {
            assert!(
                plan.is_err(),
                "it is being taken back, or what it was on is gone"
            );
            return;
        }
        let plan = plan.unwrap();
        let expected: VecDeque<At> = self.operations[index]
            .changed
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| self.is_takeable(index, *at))
            .collect();
        assert_eq!(
            plan.counts.affected,
            expected.len() as u64,
            "{:?}",
            self.operations[index]
        );
        let subscription = self.operations[index].subscription;
        self.apply(&plan, (subscription, false), expected, Some(index));
    }

    /// Whether what an operation did to a message can be taken back.
    fn is_takeable(&self, index: usize, at: At) -> bool {
        let begun = &self.operations[index];
        let sub = &self.subs[begun.subscription];
        let Some(message) = sub.messages.get(&at) else {
            return false;
        };
        if begun.deed != Deed::Requeue {
            let is_so = if begun.is_back {
                matches!(message.is, Is::Pending | Is::Scheduled(_) | Is::Unjudged)
            } else {
                matches!(message.is, Is::Acked | Is::Dropped)
            };
            let is_free = !begun.deed.publishes() || self.is_copy_free(begun, at);
            return is_so && is_free && begun.epochs.get(&at.0) == epochs(sub).get(&at.0);
        }
        let later = self.operations.iter().filter(|one| {
            one.id > begun.id && one.deed == Deed::Requeue && one.subscription == begun.subscription
        });
        let mut theirs = later.flat_map(|one| &one.changed);
        let is_unused = matches!(message.is, Is::Pending | Is::Unjudged) && message.failed == 0;
        is_unused && !theirs.any(|(of, _)| *of == at)
    }

    /// Operations have gone on in the core: the same here, message by message.
    pub(super) fn follow_operations(&mut self) {
        for index in 0..self.operations.len() {
            if self.operations[index].is_over {
                continue;
            }
            let state = self.bench.core.operation(self.operations[index].id);
            let progress = state.unwrap().progress;
            let looked_at = progress.affected + progress.skipped;
            let goes_on = looked_at > self.operations[index].looked_at;
            let begun = &mut self.operations[index];
            let affected = begun.changed.len() as u64;
            begun.watch.check(affected, goes_on, &progress);
            while self.operations[index].looked_at < looked_at {
                self.operations[index].looked_at += 1;
                let at = self.operations[index].left.pop_front().unwrap();
                self.look_at(index, at);
            }
            let begun = &mut self.operations[index];
            assert_eq!(progress.affected, begun.changed.len() as u64, "{begun:?}");
            if !progress.phase.is_over() {
                continue;
            }
            begun.is_over = true;
            if let (Some(undone), crate::model::entry::Phase::Finished) =
                (begun.undoes, progress.phase)
            {
                // It is closed: what is left of it cannot be taken back any more.
                self.operations[undone].changed.clear();
            }
        }
    }

    fn look_at(&mut self, index: usize, at: At) {
        if let Some(undone) = self.operations[index].undoes {
            self.take_back(index, undone, at);
            return;
        }
        let begun = &mut self.operations[index];
        let sub = &mut self.subs[begun.subscription];
        let anew = sub.anew(at);
        let Some(message) = sub.messages.get_mut(&at) else {
            return;
        };
        let before = *message;
        match (begun.deed, message.is) {
            (Deed::Requeue, Is::Dead { .. }) => {
                message.is = anew;
                if !begun.keeps_attempts {
                    message.failed = 0;
                }
            }
            (Deed::Discard | Deed::Move, Is::Dead { .. })
            | (Deed::Purge, Is::Pending | Is::Scheduled(_) | Is::Unjudged) => {
                message.is = Is::Dropped;
            }
            _ => return,
        }
        begun.changed.push((at, before));
    }

    fn take_back(&mut self, index: usize, undone: usize, at: At) {
        if !self.is_takeable(undone, at) {
            return;
        }
        let now = self.bench.now.wall;
        self.recall(undone, at);
        let changed = &mut self.operations[undone].changed;
        let found = changed.iter().position(|(of, _)| *of == at).unwrap();
        let (_, before) = changed.remove(found);
        let sub = &mut self.subs[self.operations[undone].subscription];
        let anew = sub.anew(at);
        let message = sub.messages.get_mut(&at).unwrap();
        message.failed = before.failed;
        message.is = match before.is {
            Is::Scheduled(_) => before.unmet(now),
            Is::Unjudged => anew,
            // A seek back had made it ready.
            Is::Acked | Is::Dropped => Is::Dropped,
            is => is,
        };
        self.operations[index].changed.push((at, before));
    }
}

pub(super) fn epochs(sub: &Sub) -> BTreeMap<u32, u32> {
    (0..PARTITIONS)
        .map(|partition| (partition, sub.epoch(partition)))
        .collect()
}

/// What a plan takes; and how many of what was selected are leased, or have lived long enough.
fn chosen(sub: &Sub, deed: Deed, keep: Option<u64>, now: Time) -> (VecDeque<At>, u64, u64) {
    let (mut chosen, mut leased, mut expired) = (VecDeque::new(), 0, 0);
    for partition in 0..PARTITIONS {
        let here = sub.messages.range((partition, 0)..(partition + 1, 0));
        let in_scope = here.filter(|(_, message)| match message.is {
            Is::Dead { .. } => deed != Deed::Purge,
            Is::Scheduled(_) | Is::Pending | Is::Unjudged | Is::Leased(_) => deed == Deed::Purge,
            Is::Acked | Is::Dropped => false,
        });
        let mut all: Vec<(&At, &Message)> = in_scope.collect();
        let kept = usize::try_from(keep.unwrap_or(0)).unwrap();
        all.truncate(all.len().saturating_sub(kept));
        for (&at, message) in all {
            let is_over = message.end.is_some_and(|end| end <= now);
            if matches!(message.is, Is::Leased(_)) {
                leased += 1;
            } else if matches!(deed, Deed::Requeue | Deed::Move) && is_over {
                expired += 1;
            } else {
                chosen.push_back(at);
            }
        }
    }
    (chosen, leased, expired)
}
