//! When a backlog ends, at the present rates: a time, or a word for why there is none.

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
    /// It shrinks: this many seconds are left.
    Draining(f64),
    /// What comes in is at least what is acknowledged.
    Never,
    /// Consumers are connected and nothing is acknowledged.
    Stuck,
    /// No consumer is connected, and nothing is acknowledged.
    Idle,
    /// The subscription is paused, whatever its backlog.
    Paused,
}

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
    pub fn drain(&self) -> Drain {
        if self.is_paused {
            return Drain::Paused;
        }
        if self.backlog == 0 {
            return Drain::Empty;
        }
        let windows = self.windows().take(Window::Long as usize + 1);
        let mut active = windows.filter(|(_, acks)| *acks > 0.0);
        let Some((arrivals, acks)) = active.next() else {
            let waited = self.lag.unwrap_or(Span::ZERO);
            return match self.consumers {
                0 => Drain::Idle,
                _ if waited < Window::Short.span() => Drain::Unknown,
                _ => Drain::Stuck,
            };
        };
        if acks > arrivals {
            Drain::Draining(self.backlog as f64 / (acks - arrivals))
        } else {
            Drain::Never
        }
    }

    /// The range for a backlog that shrinks. Windows in which nothing was acknowledged say nothing.
    pub fn range(&self) -> Option<DrainRange> {
        let Drain::Draining(judged) = self.drain() else {
            return None;
        };
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
