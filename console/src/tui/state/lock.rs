//! Whether this console may change the broker. It begins read-only; writing is unlocked for a while by a
//! key, and locks again by itself.

use std::time::Duration;

use super::reading::Moment;

/// How long writing stays unlocked.
const OPEN_FOR: Duration = Duration::from_mins(15);

/// The lock. Closed to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// Until when it is open, if it is.
    until: Option<Moment>,
}

impl Lock {
    /// Lets keys change the broker from now on, for a while.
    pub(crate) fn open(&mut self, now: Moment) {
        self.until = Some(now + OPEN_FOR);
    }

    /// Lets no key change the broker.
    pub(crate) fn close(&mut self) {
        self.until = None;
    }

    /// For how long it is still open; `None` if it is not.
    pub(crate) fn left(self, now: Moment) -> Option<Duration> {
        self.until?.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Whether keys may change the broker.
    pub(crate) fn is_open(self, now: Moment) -> bool {
        self.left(now).is_some()
    }

    /// Closes it if its time is over; whether it was that.
    pub(crate) fn expire(&mut self, now: Moment) -> bool {
        let is_over = self.until.is_some() && !self.is_open(now);
        if is_over {
            self.close();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_closed_until_it_is_opened_and_closes_by_itself_once() {
        let mut lock = Lock::default();
        let at = Duration::from_secs(100);
        assert!(!lock.is_open(at) && !lock.expire(at));
        lock.open(at);
        let left = lock.left(at + Duration::from_mins(1));
        assert_eq!(left, Some(Duration::from_mins(14)));
        assert!(!lock.expire(at + Duration::from_secs(899)));
        assert!(lock.expire(at + OPEN_FOR), "its time is over");
        assert!(!lock.expire(at + OPEN_FOR), "that is said once");
    }
}
