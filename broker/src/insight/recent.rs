//! A rate over the last ten seconds of what is counted as it happens, for those that nobody reads each second.
//!
//! **Definition.** Events are counted by the second in which they happen. The rate is what was counted in this second
//! and the ten before it, divided by the time since the first of them began, or since the beginning if that is later;
//! but never by less than one second.

use crate::model::{Mono, Span};

const SECONDS: usize = 11;
const SECOND: Span = Span::from_secs(1);

/// Counts of the last seconds.
#[derive(Debug, Clone)]
pub struct Recent {
    /// That of second n is at n % SECONDS, with n.
    slots: [(u64, u64); SECONDS],
    begun: Mono,
}

impl Recent {
    /// Begins to count.
    pub fn begin(now: Mono) -> Self {
        Self {
            slots: [(0, 0); SECONDS],
            begun: now,
        }
    }

    /// So much happened now.
    pub fn add(&mut self, now: Mono, count: u64) {
        let second = now.0 / SECOND.0;
        let place = usize::try_from(second % SECONDS as u64).unwrap_or(0);
        let slot = &mut self.slots[place];
        if slot.0 != second {
            *slot = (second, 0);
        }
        slot.1 += count;
    }

    /// How much happened per second.
    pub fn rate(&self, now: Mono) -> f64 {
        let first = (now.0 / SECOND.0).saturating_sub(SECONDS as u64 - 1);
        let kept = self.slots.iter().filter(|(second, _)| *second >= first);
        let sum: u64 = kept.map(|(_, count)| count).sum();
        let since = self.begun.max(Mono(first * SECOND.0));
        sum as f64 / now.since(since).max(SECOND).as_seconds()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the rates of these histories are exact")]
mod tests {
    use super::*;

    fn at(millis: u64) -> Mono {
        Mono(millis * 1_000)
    }

    #[test]
    fn a_steady_stream_has_its_rate_and_an_old_one_none() {
        let mut recent = Recent::begin(at(7_000));
        assert_eq!(recent.rate(at(7_000)), 0.0);
        recent.add(at(7_100), 30);
        assert_eq!(recent.rate(at(7_100)), 30.0, "over one second at least");
        for second in 8..60 {
            recent.add(at(second * 1_000), 30);
        }
        assert_eq!(recent.rate(at(60_000)), 30.0);
        assert_eq!(recent.rate(at(69_000)), 3.0);
        assert_eq!(recent.rate(at(70_000)), 0.0);
        recent.add(at(200_000), 1);
        assert_eq!(recent.rate(at(200_000)), 0.1);
    }
}
