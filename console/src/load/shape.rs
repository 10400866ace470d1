//! When messages are due: the rate of a run as a function of its time.

use std::collections::VecDeque;
use std::time::Duration;

/// The most messages per second that can be asked for.
pub(super) const MOST_RATE: f64 = 1e8;

/// How the rate goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// As fast as the broker confirms.
    Most,
    /// The same all the time, in messages per second.
    Constant(f64),
    /// From one rate to another, in a straight line.
    Ramp { from: f64, to: f64 },
    /// Several rates, each for as long as the others.
    Steps(Vec<f64>),
}

/// Messages that are due all at once, beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// How many.
    pub(crate) messages: u64,
    /// After each of these spans.
    pub(crate) every: Duration,
}

/// Reads `20k`, `1k..20k`, `1k,5k,20k` or `max`.
pub(crate) fn shape(text: &str) -> Result<Shape, String> {
    let text = text.trim();
    if text == "max" {
        return Ok(Shape::Most);
    }
    if let Some((from, to)) = text.split_once("..") {
        let (from, to) = (rate(from)?, rate(to)?);
        return Ok(Shape::Ramp { from, to });
    }
    let rates = text.split(',').map(rate).collect::<Result<Vec<_>, _>>()?;
    match rates[..] {
        [one] => Ok(Shape::Constant(one)),
        _ => Ok(Shape::Steps(rates)),
    }
}

/// Reads `5k@10s`: so many messages after each such span.
pub(crate) fn burst(text: &str) -> Result<Burst, String> {
    let wrong = || "write a burst as MESSAGES@SPAN, for example 5k@10s".to_owned();
    let (messages, every) = text.split_once('@').ok_or_else(wrong)?;
    let every = humantime::parse_duration(every).map_err(|_no_span| wrong())?;
    let messages = rate(messages)?;
    if every.is_zero() {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate lies between 0 and a hundred million"
    )]
    let messages = messages as u64;
    Ok(Burst { messages, every })
}

fn rate(text: &str) -> Result<f64, String> {
    let text = text.trim().trim_end_matches("/s");
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'm' | 'M')) => (&text[..at], 1e6),
        _ => (text, 1.0),
    };
    let rate = digits.parse::<f64>().ok().map(|rate| rate * factor);
    let is_fine = |rate: &f64| rate.is_finite() && *rate > 0.0 && *rate <= MOST_RATE;
    rate.filter(is_fine).ok_or_else(|| {
        format!(
            "{text:?} is no rate: write messages per second such as 500, 20k or 1.5M, a ramp such \
             as 1k..20k, steps such as 1k,5k,20k, or max"
        )
    })
}

impl Shape {
    /// When message `n`, counted from 0, is due; `None` if that is not within `length`. With
    /// [`Shape::Most`] each is due at once.
    pub(crate) fn due(&self, n: u64, length: Duration) -> Option<Duration> {
        let (n, span) = (n as f64, length.as_secs_f64());
        let at = match self {
            Self::Most => 0.0,
            Self::Constant(rate) => n / rate,
            Self::Ramp { from, to } => ramp(*from, *to, n, span),
            Self::Steps(rates) => steps(rates, n, span)?,
        };
        (at < span).then(|| Duration::from_secs_f64(at))
    }

    /// Messages per second that are asked for at a moment of a run; `None` if there is no bound.
    pub(crate) fn rate_at(&self, at: Duration, length: Duration) -> Option<f64> {
        let part = at.as_secs_f64() / length.as_secs_f64().max(1e-9);
        let part = part.clamp(0.0, 1.0);
        match self {
            Self::Most => None,
            Self::Constant(rate) => Some(*rate),
            Self::Ramp { from, to } => Some(from + (to - from) * part),
            Self::Steps(rates) => {
                let is_over =
                    |step: &(usize, &f64)| (step.0 + 1) as f64 > part * rates.len() as f64;
                let now = rates.iter().enumerate().find(is_over);
                now.map(|(_, rate)| *rate).or(rates.last().copied())
            }
        }
    }

    /// How it goes, in a word or some.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Most => "as fast as confirmed",
            Self::Constant(_) => "constant",
            Self::Ramp { .. } => "ramp",
            Self::Steps(_) => "steps",
        }
    }
}

/// When the integral of a rate that goes from `a` to `b` within `span` reaches `n`: the root of
/// a t + (b - a) t² / (2 span) = n.
fn ramp(a: f64, b: f64, n: f64, span: f64) -> f64 {
    let slope = (b - a) / span;
    let under = a * a + 2.0 * slope * n;
    if under < 0.0 {
        return span;
    }
    // The form that does not divide by a slope of zero.
    2.0 * n / (a + under.sqrt())
}

fn steps(rates: &[f64], n: f64, span: f64) -> Option<f64> {
    let each = span / rates.len() as f64;
    let mut before = 0.0;
    for (step, rate) in rates.iter().enumerate() {
        let within = rate * each;
        if n < before + within {
            return Some(step as f64 * each + (n - before) / rate);
        }
        before += within;
    }
    None
}

/// The times at which the messages of one of several producers are due, in order.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    shape: Shape,
    burst: Option<Burst>,
    length: Duration,
    /// Of the messages of the shape this producer has each `step`-th.
    next: u64,
    step: u64,
    index: u64,
    /// From when on the present rate holds, and what comes after it: from when, and how many per second.
    since: Duration,
    changes: VecDeque<(Duration, f64)>,
    /// What is left of the burst under way, and the number of the next one.
    left: u64,
    burst_number: u32,
}

impl Schedule {
    /// The schedule of producer `index` of `count`.
    pub(crate) fn new(
        shape: Shape,
        burst: Option<Burst>,
        length: Duration,
        (index, count): (u32, u32),
    ) -> Self {
        Self {
            shape,
            burst,
            length,
            next: index.into(),
            step: count.max(1).into(),
            index: index.into(),
            since: Duration::ZERO,
            changes: VecDeque::new(),
            left: 0,
            burst_number: 1,
        }
    }

    /// From a moment on, which is after that of each change before, messages are due at another rate. What is due
    /// before it stays due.
    pub(crate) fn change(&mut self, at: Duration, rate: f64) {
        self.changes.push_back((at, rate));
    }

    /// When the next message of the shape is due.
    fn regular_due(&mut self) -> Option<Duration> {
        loop {
            let length = self.length.saturating_sub(self.since);
            let due = self.shape.due(self.next, length);
            let due = due.map(|due| due + self.since);
            let change = self.changes.front().copied();
            let Some((at, rate)) = change.filter(|(at, _)| due.is_none_or(|due| due >= *at)) else {
                return due;
            };
            self.changes.pop_front();
            self.shape = Shape::Constant(rate);
            (self.since, self.next) = (at, self.index);
        }
    }

    /// When the next message is due, without taking it.
    pub(crate) fn peek(&mut self) -> Option<Duration> {
        let regular = self.regular_due();
        let burst = self.burst_due();
        match (regular, burst) {
            (Some(regular), Some(burst)) => Some(regular.min(burst)),
            (regular, burst) => regular.or(burst),
        }
    }

    /// Takes the next message.
    pub(crate) fn take(&mut self) -> Option<Duration> {
        let due = self.peek()?;
        if self.burst_due() == Some(due) {
            self.left = match self.left {
                0 => self.share().saturating_sub(1),
                left => left - 1,
            };
            if self.left == 0 {
                self.burst_number += 1;
            }
        } else {
            self.next += self.step;
        }
        Some(due)
    }

    fn burst_due(&self) -> Option<Duration> {
        let burst = self.burst.filter(|_| self.share() > 0)?;
        let due = burst.every.checked_mul(self.burst_number)?;
        (due < self.length).then_some(due)
    }

    /// How many messages of each burst are this producer's.
    fn share(&self) -> u64 {
        let burst = self.burst.map_or(0, |burst| burst.messages);
        burst / self.step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, burst: Option<Burst>, seconds: u64, producers: u32) -> Vec<Duration> {
        let length = Duration::from_secs(seconds);
        let of = |index| {
            let shape = shape(text).unwrap();
            let mut schedule = Schedule::new(shape, burst, length, (index, producers));
            std::iter::from_fn(move || schedule.take())
        };
        let mut all: Vec<Duration> = (0..producers).flat_map(of).collect();
        all.sort();
        all
    }

    fn within(times: &[Duration], from: f64, to: f64) -> usize {
        let range = from..to;
        let inside = |time: &&Duration| range.contains(&time.as_secs_f64());
        times.iter().filter(inside).count()
    }

    #[test]
    fn a_constant_rate_is_the_same_in_each_second_however_many_producers_share_it() {
        for producers in [1, 3, 7] {
            let times = all("1k", None, 4, producers);
            assert_eq!(times.len(), 4_000);
            assert_eq!(within(&times, 1.0, 2.0), 1_000);
        }
    }

    #[test]
    fn a_ramp_has_the_area_under_its_line() {
        let up = all("100..300", None, 10, 2);
        assert_eq!(up.len(), 2_000);
        assert_eq!(within(&up, 0.0, 5.0), 750);
        let down = all("300..100", None, 10, 1);
        assert_eq!(down.len(), 2_000);
        assert_eq!(within(&down, 0.0, 5.0), 1_250);
        assert_eq!(all("50..50", None, 10, 1).len(), 500);
    }

    #[test]
    fn steps_are_equally_long() {
        let times = all("100,400,200", None, 3, 1);
        let each = [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)];
        let each = each.map(|(from, to)| within(&times, from, to));
        assert_eq!(each, [100, 400, 200]);
    }

    #[test]
    fn a_burst_is_due_at_once_beside_the_others() {
        let burst = burst("50@1s").unwrap();
        let times = all("10", Some(burst), 3, 1);
        assert_eq!(times.len(), 30 + 2 * 50);
        let at_once = times.iter().filter(|time| **time == Duration::from_secs(2));
        assert_eq!(at_once.count(), 51);
        let shared = all("10", Some(burst), 3, 2);
        assert_eq!(shared.len(), 30 + 2 * 50);
    }

    #[test]
    fn a_change_of_rate_holds_from_its_moment_on_and_loses_nothing_before() {
        for producers in [1, 3] {
            let length = Duration::from_secs(6);
            let of = |index| {
                let shape = Shape::Constant(100.0);
                let mut schedule = Schedule::new(shape, None, length, (index, producers));
                schedule.change(Duration::from_secs(2), 400.0);
                schedule.change(Duration::from_secs(4), 50.0);
                std::iter::from_fn(move || schedule.take())
            };
            let mut times: Vec<Duration> = (0..producers).flat_map(of).collect();
            times.sort();
            let each = [(0.0, 2.0), (2.0, 4.0), (4.0, 6.0)];
            let each = each.map(|(from, to)| within(&times, from, to));
            assert_eq!(each, [200, 800, 100], "{producers} producers");
            let far = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
            assert!(far.max() <= Some(Duration::from_millis(21)), "no gap");
        }
    }

    #[test]
    fn a_rate_at_which_nothing_more_is_due_can_still_be_raised() {
        let length = Duration::from_secs(10);
        let mut schedule = Schedule::new(Shape::Constant(0.1), None, length, (0, 1));
        assert_eq!(schedule.take(), Some(Duration::ZERO));
        schedule.change(Duration::from_secs(9), 10.0);
        let rest = std::iter::from_fn(|| schedule.take());
        assert_eq!(rest.count(), 10);
    }

    #[test]
    fn the_rate_that_is_asked_for_is_known_at_each_moment() {
        let at = |text: &str, seconds: u64| {
            let (at, length) = (Duration::from_secs(seconds), Duration::from_secs(10));
            shape(text).unwrap().rate_at(at, length)
        };
        assert_eq!(at("max", 3), None);
        assert_eq!(at("20k", 3), Some(20_000.0));
        let ramp = [0, 5, 10, 12].map(|seconds| at("100..300", seconds));
        assert_eq!(ramp, [100.0, 200.0, 300.0, 300.0].map(Some));
        let steps = [0, 4, 5, 9, 10].map(|seconds| at("100,400", seconds));
        assert_eq!(steps, [100.0, 100.0, 400.0, 400.0, 400.0].map(Some));
    }

    #[test]
    fn what_is_no_rate_is_refused_in_words() {
        assert_eq!(shape("max"), Ok(Shape::Most));
        assert_eq!(shape("1.5M"), Ok(Shape::Constant(1.5e6)));
        for wrong in ["", "0", "-5", "fast", "1k..", "1k,,2k", "1e30", "nan"] {
            assert!(shape(wrong).unwrap_err().contains("20k"), "{wrong}");
        }
        for wrong in ["5k", "5k@", "5k@0s", "@1s"] {
            assert!(burst(wrong).is_err(), "{wrong}");
        }
    }
}
