//! When a backlog ends, at the present rates: a time, or a word for why there is none.
//!
//! What it says and what the verdict says must agree: both ask here whether anybody works on the backlog, and whether
//! it is too fresh to matter.

use super::chance::noise;
use super::ticks::{WINDOWS, Window};
use crate::model::Span;

/// What becomes of a backlog.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum Drain {
    /// Not known yet: the backlog is younger than the window that would tell.
    #[default]
    Unknown,
    /// There is no backlog.
    Empty,
    /// It shrinks, and this many seconds are left; or it is only what is on its way through, and that takes so many.
    Draining(f64),
    /// More comes in than is acknowledged, or as much while a backlog waits.
    Never,
    /// Consumers are connected and nothing is acknowledged.
    Stuck,
    /// No consumer is connected, and nothing is acknowledged.
    Idle,
    /// The subscription is paused, whatever its backlog.
    Paused,
}

/// A younger backlog is no matter where somebody works on it.
pub(super) const FRESH: Span = Span::from_secs(3);

/// Between which times a backlog ends, judged by every window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrainRange {
    /// Seconds by the window in which it shrinks fastest.
    pub low: f64,
    /// Seconds by the window in which it shrinks slowest; `None` if there is one in which it does not.
    pub high: Option<f64>,
}

/// What a drain time is made of.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Flow {
    /// Whether nothing is handed out by order of an operator.
    pub is_paused: bool,
    /// Ready, leased and waiting messages.
    pub backlog: u64,
    /// Those of them that were handed out and not answered yet.
    pub leased: u64,
    /// Connected consumers.
    pub consumers: u64,
    /// Age of the oldest message of the backlog.
    pub lag: Option<Span>,
    /// Messages that came in per second, over each window.
    pub arrivals: [f64; WINDOWS],
    /// Messages acknowledged per second, over the same windows.
    pub acks: [f64; WINDOWS],
}

impl Flow {
    /// Judges by the last 10 s; if nothing was acknowledged in them but was in the last 60 s, by
    /// those: a consumer of slow batches is not stuck between two of them. With consumers and no
    /// ack at all it is stuck only once the oldest message is as old as the shorter window.
    ///
    /// Where as much comes in as is acknowledged, which of the two is larger is chance: what is only on its way
    /// through, because it is fresh or in hands, is gone after as long as acks take to go through it.
    pub fn drain(&self) -> Drain {
        if self.is_paused {
            return Drain::Paused;
        }
        if self.backlog == 0 {
            return Drain::Empty;
        }
        let windows = self.windows().take(Window::Long as usize + 1);
        let windows = windows.zip(Window::ALL);
        let mut active = windows.filter(|((_, acks), _)| *acks > 0.0);
        let Some(((arrivals, acks), window)) = active.next() else {
            let waited = self.lag.unwrap_or(Span::ZERO);
            return match self.consumers {
                0 => Drain::Idle,
                _ if waited < Window::Short.span() => Drain::Unknown,
                _ => Drain::Stuck,
            };
        };
        if acks > arrivals {
            return Drain::Draining(self.backlog as f64 / (acks - arrivals));
        }
        if !self.is_attended() {
            return Drain::Never;
        }
        let seconds = window.span().as_seconds();
        let is_level = (arrivals - acks) * seconds <= noise(arrivals * seconds);
        let is_fresh = self.lag.unwrap_or(Span::ZERO) < FRESH;
        if is_level && (is_fresh || self.is_in_hands()) {
            Drain::Draining(self.backlog as f64 / acks)
        } else if is_fresh {
            Drain::Unknown
        } else {
            Drain::Never
        }
    }

    /// Whether anybody works on the backlog: a consumer is connected, or calls of Pull hold most of it, or they
    /// acknowledged a good part of what came in over the last minute.
    pub fn is_attended(&self) -> bool {
        let (arrivals, acks) = self.over(Window::Long);
        self.consumers > 0 || self.is_in_hands() || (acks > 0.0 && acks * 2.0 >= arrivals)
    }

    /// Most of the backlog is handed out.
    fn is_in_hands(&self) -> bool {
        self.leased > 0 && self.leased.saturating_mul(2) >= self.backlog
    }

    /// The range for a backlog that shrinks; one that is only on its way through has none. Windows in which nothing was
    /// acknowledged say nothing.
    pub fn range(&self) -> Option<DrainRange> {
        let Drain::Draining(judged) = self.drain() else {
            return None;
        };
        if !self.shrinks() {
            return None;
        }
        let active = self.windows().filter(|(_, acks)| *acks > 0.0);
        let judge = |range: DrainRange, (arrivals, acks): (f64, f64)| {
            if acks <= arrivals {
                return DrainRange {
                    high: None,
                    ..range
                };
            }
            let seconds = self.backlog as f64 / (acks - arrivals);
            DrainRange {
                low: range.low.min(seconds),
                high: range.high.map(|high| high.max(seconds)),
            }
        };
        let only = DrainRange {
            low: judged,
            high: Some(judged),
        };
        Some(active.fold(only, judge))
    }

    /// Less comes in than is acknowledged, by the window that the end is judged by.
    fn shrinks(&self) -> bool {
        let mut judged = self.windows().take(Window::Long as usize + 1);
        let active = judged.find(|(_, acks)| *acks > 0.0);
        active.is_some_and(|(arrivals, acks)| acks > arrivals)
    }

    /// Arrivals and acks over a window.
    fn over(&self, window: Window) -> (f64, f64) {
        let place = window as usize;
        let of = |rates: &[f64; WINDOWS]| rates.get(place).copied().unwrap_or_default();
        (of(&self.arrivals), of(&self.acks))
    }

    /// Arrivals and acks over each window.
    fn windows(&self) -> impl Iterator<Item = (f64, f64)> {
        self.arrivals.into_iter().zip(self.acks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow([short, long]: [f64; 2], acks: [f64; 2]) -> Flow {
        Flow {
            is_paused: false,
            backlog: 1_000,
            leased: 0,
            consumers: 1,
            lag: Some(Span::from_secs(60)),
            arrivals: [short, long, long],
            acks: [acks[0], acks[1], acks[1]],
        }
    }

    #[test]
    fn a_backlog_that_shrinks_has_a_time() {
        let shrinking = flow([50.0, 0.0], [150.0, 0.0]);
        assert_eq!(shrinking.drain(), Drain::Draining(10.0));
    }

    #[test]
    fn a_backlog_that_holds_or_grows_never_ends() {
        assert_eq!(flow([100.0, 0.0], [100.0, 0.0]).drain(), Drain::Never);
        assert_eq!(flow([200.0, 0.0], [100.0, 0.0]).drain(), Drain::Never);
    }

    #[test]
    fn what_is_only_on_its_way_through_takes_as_long_as_acks_take() {
        let level = flow([100.0, 0.0], [99.0, 0.0]);
        let (backlog, lag) = (198, Some(Span::from_secs(2)));
        let fresh = Flow {
            backlog,
            lag,
            ..level
        };
        assert_eq!(fresh.drain(), Drain::Draining(2.0));
        assert_eq!(fresh.range(), None, "nothing shrinks");
        let in_hands = Flow {
            leased: 600,
            ..level
        };
        assert_eq!(in_hands.drain(), Drain::Draining(1_000.0 / 99.0));
        let burst = Flow {
            lag,
            ..flow([500.0, 0.0], [100.0, 0.0])
        };
        assert_eq!(burst.drain(), Drain::Unknown, "too fresh to tell");
    }

    #[test]
    fn what_nobody_works_on_never_ends_however_fresh_it_is() {
        let left = Flow {
            consumers: 0,
            lag: Some(Span::from_secs(1)),
            arrivals: [10.0, 2.0, 1.0],
            acks: [1.0, 0.2, 0.1],
            ..flow([0.0, 0.0], [0.0, 0.0])
        };
        assert!(!left.is_attended());
        assert_eq!(left.drain(), Drain::Never);
        let pulled = Flow {
            acks: [9.0, 1.8, 0.9],
            ..left
        };
        assert!(pulled.is_attended());
        assert_ne!(pulled.drain(), Drain::Never);
    }

    #[test]
    fn no_backlog_is_empty_whatever_the_rates() {
        let empty = Flow {
            backlog: 0,
            ..flow([5.0, 5.0], [0.0, 0.0])
        };
        assert_eq!(empty.drain(), Drain::Empty);
    }

    #[test]
    fn a_paused_subscription_says_so_with_and_without_a_backlog() {
        let paused = Flow {
            is_paused: true,
            ..flow([0.0, 0.0], [10.0, 0.0])
        };
        assert_eq!(paused.drain(), Drain::Paused);
        let empty = Flow {
            backlog: 0,
            ..paused
        };
        assert_eq!(empty.drain(), Drain::Paused);
    }

    #[test]
    fn a_consumer_between_two_slow_batches_is_not_stuck() {
        let between = flow([0.0, 0.0], [0.0, 10.0]);
        assert_eq!(between.drain(), Drain::Draining(100.0));
    }

    #[test]
    fn consumers_without_acks_are_stuck_once_they_had_time() {
        let silent = flow([1.0, 1.0], [0.0, 0.0]);
        assert_eq!(silent.drain(), Drain::Stuck);
        let young = Flow {
            lag: Some(Span::from_secs(9)),
            ..silent
        };
        assert_eq!(young.drain(), Drain::Unknown);
        let alone = Flow {
            consumers: 0,
            ..silent
        };
        assert_eq!(alone.drain(), Drain::Idle);
    }

    #[test]
    fn who_was_at_work_minutes_ago_is_stuck_now() {
        let silent = Flow {
            acks: [0.0, 0.0, 10.0],
            ..flow([0.0, 0.0], [0.0, 0.0])
        };
        assert_eq!((silent.drain(), silent.range()), (Drain::Stuck, None));
    }

    #[test]
    fn the_range_spans_what_the_windows_say() {
        let shrinking = Flow {
            arrivals: [0.0, 0.0, 50.0],
            acks: [100.0, 50.0, 75.0],
            ..flow([0.0, 0.0], [0.0, 0.0])
        };
        let range = |low, high| Some(DrainRange { low, high });
        assert_eq!(shrinking.range(), range(10.0, Some(40.0)));
        let lately = Flow {
            arrivals: [0.0, 60.0, 0.0],
            acks: [100.0, 60.0, 0.0],
            ..shrinking
        };
        assert_eq!(lately.range(), range(10.0, None));
        let growing = flow([20.0, 0.0], [10.0, 10.0]);
        assert_eq!(growing.range(), None);
    }

    #[test]
    fn pulls_drain_a_backlog_without_a_connected_consumer() {
        let pulled = Flow {
            consumers: 0,
            ..flow([0.0, 0.0], [10.0, 10.0])
        };
        assert_eq!(pulled.drain(), Drain::Draining(100.0));
    }
}
