//! What asks whether the clock is trusted, and what is told when that changes.

use super::state::Core;
use crate::model::{Mono, Now, Span, SubscriptionId, Time};

impl Core {
    /// The broker starts, and has written last at a time; 0 if it never has.
    pub fn begin_watch(&mut self, last_written: Time, now: Now) {
        self.guard.begin(last_written, now);
        self.note_all_deadlines(now);
    }

    /// Looks at the clock before something is destroyed by it.
    pub(super) fn watch_clock(&mut self, now: Now) {
        let was_suspended = self.is_suspended();
        if self.guard.look(now) || self.is_suspended() != was_suspended {
            self.note_all_deadlines(now);
        }
    }

    /// Whether nothing may be destroyed by time.
    pub(super) fn is_suspended(&self) -> bool {
        self.guard.is_suspended()
    }

    /// The time by which something may be forgotten: while the clock is not trusted, nothing is old.
    pub(super) fn trusted(&self, now: Now) -> Time {
        if self.is_suspended() {
            Time::default()
        } else {
            now.wall
        }
    }

    /// When the clock is trusted again; none if it is.
    pub(super) fn trusted_from(&self) -> Option<Mono> {
        self.guard.until()
    }

    /// How long nothing is destroyed by time yet, because the clock has jumped; none if it has not.
    pub fn suspended_for(&self, now: Now) -> Option<Span> {
        Some(self.guard.until()?.since(now.mono))
    }

    /// Deadlines by which dead messages go hold again, or no longer.
    fn note_all_deadlines(&mut self, now: Now) {
        let ids: Vec<SubscriptionId> = self.objects.subscriptions.keys().copied().collect();
        for id in ids {
            self.note_deadline(id, now);
        }
    }
}
