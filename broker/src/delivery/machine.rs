//! The machine: what it holds, and the durable changes, which are the only code that changes the
//! durable half, live and in recovery alike.
//!
//! Promises that each offset is in exactly one state after each change, and stops with a sentence
//! if a live change names a message that is not in the state it must be in. Decides nothing.

use super::holding::{Again, Lease, Wait};
use super::keys::{Keys, LineId, slim};
use super::page::{Kind, Stretch, index};
use super::progress::{Progress, relative};
use super::spans::{Spans, between};
use super::timing::Timing;
use crate::model::entry::{DropCause, Failed, Failure, Outcome};
use crate::model::settings::KeyOrder;
use crate::model::{Epoch, Fingerprint, Now, Offset, OffsetRange, Position, Time};

/// One subscription on one partition.
///
/// Made by [`Machine::new`], brought to its state by the durable changes, then [`Machine::resume`]d
/// once (also right after it was created live). Before that it takes durable changes and
/// restatements only and derives nothing.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(super) progress: Progress,
    pub(super) leases: Spans<Lease>,
    pub(super) waits: Spans<Wait>,
    /// Met by a take before and ready now. With key order, some may be out of turn.
    pub(super) ready: Spans<Again>,
    /// From here on no message has been met; those unfinished are ready.
    pub(super) fresh: u64,
    pub(super) key_order: KeyOrder,
    pub(super) keys: Keys,
    /// Lines of keys of which a message ended its lease or left.
    pub(super) eased: Vec<LineId>,
    /// A take stopped because too many messages wait behind others of their keys.
    pub(super) is_stalled: bool,
    pub(super) leased: u64,
    pub(super) waiting: u64,
    /// Scheduled ones of the partition that are not scheduled here: finished, or before the start.
    pub(super) veiled: u64,
    /// The largest difference that an audit has found.
    pub(super) audit_error: u64,
    pub(super) timing: Timing,
}

impl Machine {
    /// One to which `start` and all after it belong.
    pub fn new(epoch: Epoch, start: Offset) -> Self {
        Self {
            progress: Progress::new(epoch, start.0),
            leases: Spans::default(),
            waits: Spans::default(),
            ready: Spans::default(),
            fresh: start.0,
            key_order: KeyOrder::Off,
            keys: Keys::default(),
            eased: Vec::new(),
            is_stalled: false,
            leased: 0,
            waiting: 0,
            veiled: 0,
            audit_error: 0,
            timing: Timing::default(),
        }
    }

    /// Messages were acknowledged; each was unfinished.
    pub fn acked(&mut self, ranges: &[OffsetRange], at: Position) {
        for &range in ranges {
            // That they are finished eases their keys.
            self.end_leases_by(range, Timing::acked, |_| ());
            self.finish(range, at);
            self.progress.acked += range.count();
        }
        self.promote();
    }

    /// Unfinished messages that are not leased were dropped.
    pub fn dropped(&mut self, cause: DropCause, ranges: &[OffsetRange], at: Position) {
        for &range in ranges {
            let was_leased = self.end_leases(range);
            assert!(
                was_leased == 0 || !self.progress.live,
                "a leased message is never dropped"
            );
            self.finish(range, at);
            if let Some(count) = self.progress.dropped.get_mut(cause.index()) {
                *count += range.count();
            }
        }
        self.promote();
    }

    /// Attempts of leased messages failed. `now` is the moment of the entry; recovery ignores it.
    pub fn failed(&mut self, failed: &Failed, at: Position, now: Now) {
        let mut died = None;
        for failure in &failed.failures {
            let was_leased = self.end_leases(failure.range);
            assert!(
                was_leased == failure.range.count() || !self.progress.live,
                "only an attempt under way fails"
            );
            match failure.outcome {
                Outcome::Waiting(until) => self.wait(failure, (until, failed.time), (at, now)),
                Outcome::Dead => {
                    let of = || Fingerprint::of(&failed.class, &failed.reason);
                    let of = *died.get_or_insert_with(of);
                    self.die(failure, failed, at, of);
                }
            }
        }
        self.promote();
    }

    /// Leases ended without counting an attempt. Their pages are there already, so that the
    /// position of the entry makes none.
    pub fn released(&mut self, ranges: &[OffsetRange], _at: Position) {
        for &range in ranges {
            let was_leased = self.end_leases(range);
            assert!(
                was_leased == range.count() || !self.progress.live,
                "only a leased message is released"
            );
            self.give_back(range);
            self.tidy(range);
        }
        self.promote();
    }

    /// Dead messages are ready again, with no attempts counted.
    pub fn requeued(&mut self, ranges: &[OffsetRange], at: Position) {
        for &range in ranges {
            self.progress.join_unjudged(range);
            let was_dead = self.erase(range, at, |_| None);
            assert!(
                was_dead == range.count() || !self.progress.live,
                "only a dead message is requeued"
            );
            self.progress.note_requeued(range, at);
            self.rejoin(range);
        }
        self.promote();
    }

    /// Dead messages hold their keys no longer; they stay dead.
    pub fn unparked(&mut self, ranges: &[OffsetRange], at: Position) {
        for &range in ranges {
            let was_dead = self.erase(range, at, |earlier| {
                let kind = match earlier?.kind {
                    Kind::Dead => Kind::Passed,
                    other => other,
                };
                earlier.map(|earlier| Stretch { kind, ..*earlier })
            });
            assert!(
                was_dead == range.count() || !self.progress.live,
                "only a dead message holds its key and is passed"
            );
            self.keys.leave(range, &mut self.eased);
            self.is_stalled = false;
        }
        self.promote();
    }

    /// Ends what leases there are in a range; gives how many messages they held.
    pub(super) fn end_leases(&mut self, range: OffsetRange) -> u64 {
        let mut eased = std::mem::take(&mut self.eased);
        let count = self.end_leases_by(range, |_, _, _| (), |line| eased.push(line));
        self.eased = eased;
        count
    }

    /// The same; lets the end of each be measured, and the lines of their keys be eased.
    fn end_leases_by(
        &mut self,
        range: OffsetRange,
        measure: impl Fn(&mut Timing, u64, &Lease),
        mut ease: impl FnMut(LineId),
    ) -> u64 {
        let mut count = 0;
        for (piece, lease) in self.leases.cut(range) {
            count += piece.count();
            if self.progress.live {
                measure(&mut self.timing, piece.count(), &lease);
            }
            self.progress.note_unleased(piece);
            self.keys.unlease(piece, &mut ease);
        }
        if self.progress.live {
            self.leased -= count;
        }
        self.is_stalled = false;
        count
    }

    fn finish(&mut self, range: OffsetRange, at: Position) {
        if self.progress.live {
            self.progress.leave_unjudged(range);
            self.ready.cut(range);
            self.timing.finished(range);
            let waits = self.waits.cut(range);
            self.waiting -= waits.iter().map(|(piece, _)| piece.count()).sum::<u64>();
            self.keys.forget(range, &mut self.eased);
        }
        self.erase_records(range);
        let newly = self.progress.finish(range, at);
        assert!(
            newly == range.count() || !self.progress.live,
            "a message is finished once"
        );
    }

    fn wait(&mut self, failure: &Failure, (until, time): (Time, Time), (at, now): (Position, Now)) {
        let range = failure.range;
        self.erase(range, at, |earlier| {
            Some(Stretch {
                attempts: failure.attempts,
                kind: Kind::Waiting,
                at: until,
                first_failure: earlier.map_or(time, |earlier| earlier.first_failure),
                ..BLANK
            })
        });
        if self.progress.live {
            let until = now.mono.plus(until.since(now.wall));
            self.waits.insert(range, Wait(until));
            self.waiting += range.count();
        }
    }

    fn die(&mut self, failure: &Failure, failed: &Failed, at: Position, of: Fingerprint) {
        self.erase(failure.range, at, |earlier| {
            Some(Stretch {
                attempts: failure.attempts,
                group: failed.group,
                kind: Kind::Dead,
                first_failure: earlier.map_or(failed.time, |earlier| earlier.first_failure),
                at: failed.time,
                text: at,
                fingerprint: Some(of),
                ..BLANK
            })
        });
        if self.key_order == KeyOrder::Skip {
            self.keys.leave(failure.range, &mut self.eased);
        }
    }

    /// Replaces the records of a range by what `new` makes of each, none standing for none; gives
    /// how many dead ones there were.
    pub(super) fn erase(
        &mut self,
        range: OffsetRange,
        at: Position,
        new: impl Fn(Option<&Stretch>) -> Option<Stretch>,
    ) -> u64 {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        self.progress.touch(range, at, |page, start, end| {
            let removed = page.erase(start, end);
            let mut from = start;
            let mut put = |earlier: Option<&Stretch>, start, end| {
                if let Some(stretch) = new(earlier).filter(|_| start < end) {
                    let stretch = stretch.over(start, end);
                    page.put(stretch);
                    come.push(stretch);
                }
            };
            for earlier in &removed {
                put(None, from, earlier.start());
                put(Some(earlier), earlier.start(), earlier.end());
                from = earlier.end();
            }
            put(None, from, end);
            gone.extend(removed);
        });
        if self.progress.live {
            for stretch in &come {
                self.progress.count_in(stretch);
            }
        }
        let mut dead = 0;
        for stretch in &gone {
            self.progress.count_out(stretch);
            dead += u64::from(stretch.count) * u64::from(stretch.kind.is_dead());
        }
        dead
    }

    /// Takes the records of a range out, making no page.
    fn erase_records(&mut self, range: OffsetRange) {
        let records = self.progress.records(range);
        let parts: Vec<OffsetRange> = records.map(|(part, _)| part).collect();
        for part in parts {
            self.erase(part, Position::START, |_| None);
        }
    }

    /// In backoff no more: ready or leased, the attempts kept.
    pub(super) fn settle(&mut self, range: OffsetRange) {
        let records = self.progress.records(range);
        let waiting = records.filter(|(_, stretch)| stretch.kind == Kind::Waiting);
        let parts: Vec<OffsetRange> = waiting.map(|(part, _)| part).collect();
        for part in parts {
            self.erase(part, Position::START, |earlier| {
                earlier.map(|earlier| Stretch {
                    kind: Kind::Tried,
                    at: Time(0),
                    ..*earlier
                })
            });
        }
    }

    /// Makes ready what was handed out before and counts no attempt.
    pub(super) fn give_back(&mut self, range: OffsetRange) {
        self.make_ready(range);
        if self.progress.live {
            self.timing.returned(range);
        }
    }

    /// Lets a range be handed out again, each part with the attempts it has.
    pub(super) fn make_ready(&mut self, range: OffsetRange) {
        if !self.progress.live {
            return;
        }
        // What no take has met since a seek is met by the next one.
        let range = OffsetRange::between(range.start, range.end.min(Offset(self.fresh)));
        let mut parts = Vec::new();
        let mut from = range.start;
        for (part, stretch) in self.progress.records(range) {
            parts.push((OffsetRange::between(from, part.start), 0));
            parts.push((part, stretch.attempts));
            from = part.end;
        }
        parts.push((OffsetRange::between(from, range.end), 0));
        for (part, attempts) in parts {
            self.ready.insert(part, Again(attempts));
        }
    }

    /// Lets the next message of each eased line be handed out, if it is ready.
    pub(super) fn promote(&mut self) {
        let mut eased = std::mem::take(&mut self.eased);
        for line in eased.drain(..) {
            let Some(next) = self.keys.next_of(line) else {
                continue;
            };
            let record = self.progress.record(next);
            let is_held = record.is_some_and(|record| record.kind != Kind::Tried);
            if !is_held && self.ready.find(next).is_none() {
                let attempts = record.map_or(0, |record| record.attempts);
                self.ready
                    .insert(OffsetRange::one(Offset(next)), Again(attempts));
            }
        }
        slim(&mut eased);
        self.eased = eased;
    }

    pub(super) fn tidy(&mut self, range: OffsetRange) {
        let leases = &self.leases;
        self.progress
            .tidy(range, |page| leases.within(page).next().is_some());
    }

    /// The index of an offset in its page, for records of the format.
    pub(super) fn index_of(&self, offset: Offset) -> u16 {
        let size = self.progress.size;
        index(relative(offset.0, offset.0 / size * size))
    }

    /// All that is published and not below the floor.
    pub(super) fn open(&self, next: Offset) -> OffsetRange {
        between(self.progress.floor, next.0)
    }
}

const BLANK: Stretch = Stretch {
    first: 0,
    count: 0,
    attempts: 0,
    group: 0,
    kind: Kind::Tried,
    first_failure: Time(0),
    at: Time(0),
    text: Position::START,
    fingerprint: None,
};
