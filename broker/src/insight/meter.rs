//! Counters that only grow, as rates over windows.
//!
//! **Definition.** Counters are read at ticks, about once a second. The rate over a window of W
//! seconds at a moment is what the counter grew by since the tick that is nearest to W seconds
//! before, divided by the time since that tick. While fewer ticks are known, or the counter is
//! younger, the window is as long as it is known: from the birth of the counter or the first tick;
//! but never taken as shorter than one second, so that a burst at birth is not blown up. A counter
//! that went back (its owner began anew) counts as not having grown.
//!
//! The moment may lie after the newest tick: what a counter grew by since then is added, and no
//! meter changes by being looked at.
//!
//! A meter of six counters takes 1.5 KiB while something moves, and next to nothing once nothing
//! has moved for the longest window.

use crate::model::{Mono, Span};

/// Ticks that the longest window spans.
const SLOTS: usize = 60;

/// A window of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Ten seconds.
    Short,
    /// A minute.
    Long,
}

/// How many windows there are.
pub const WINDOWS: usize = Window::ALL.len();

impl Window {
    /// Every window, the shorter first.
    pub const ALL: [Self; 2] = [Self::Short, Self::Long];

    /// How many ticks it spans, a second each.
    pub const fn ticks(self) -> usize {
        match self {
            Self::Short => 10,
            Self::Long => SLOTS,
        }
    }

    /// Its length when it is full.
    pub fn span(self) -> Span {
        Span::from_secs(self.ticks() as u64)
    }
}

/// Where the windows begin that end at a moment: found once for all meters.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    now: Mono,
    /// For each window how many ticks it has, the newest being its last, and when it opened.
    opened: [(u64, Mono); WINDOWS],
}

/// When the last ticks were; one for all meters that are read together.
#[derive(Debug, Clone)]
pub struct Ticks {
    /// The time of tick n is at n % (SLOTS + 1).
    times: [Mono; SLOTS + 1],
    /// The number of the newest tick; 0 is the beginning.
    newest: u64,
}

impl Ticks {
    /// The beginning of counting.
    pub fn begin(now: Mono) -> Self {
        Self {
            times: [now; SLOTS + 1],
            newest: 0,
        }
    }

    /// A new tick. Every meter is to be read once after it.
    pub fn tick(&mut self, now: Mono) {
        self.newest += 1;
        self.times[place(self.newest, SLOTS + 1)] = now;
    }

    /// When the newest tick was.
    pub fn newest(&self) -> Mono {
        self.times[place(self.newest, SLOTS + 1)]
    }

    /// When the tick before the newest was; the beginning if there was none.
    pub fn before(&self) -> Mono {
        self.times[place(self.newest.saturating_sub(1), SLOTS + 1)]
    }

    /// The windows that end at `now`, not before the newest tick.
    pub fn windows(&self, now: Mono) -> Windows {
        let now = now.max(self.newest());
        let opened =
            Window::ALL.map(|window| self.opened(Mono(now.0.saturating_sub(window.span().0))));
        Windows { now, opened }
    }

    /// The tick nearest to a moment, as how far back it is, and its time.
    fn opened(&self, moment: Mono) -> (u64, Mono) {
        let time = |back: u64| self.times[place(self.newest - back, SLOTS + 1)];
        let known = self.newest.min(SLOTS as u64);
        let before = (0..=known).find(|&back| time(back) <= moment);
        let before = before.unwrap_or(known);
        let after = before.saturating_sub(1);
        let is_after_nearer = time(after).0.abs_diff(moment.0) < time(before).0.abs_diff(moment.0);
        let back = if is_after_nearer { after } else { before };
        (back, time(back))
    }
}

fn place(number: u64, len: usize) -> usize {
    usize::try_from(number % len as u64).unwrap_or(0)
}

/// N counters of one thing.
#[derive(Debug, Clone)]
pub struct Meter<const N: usize> {
    born: Mono,
    seen: [u64; N],
    /// The tick at which something last grew.
    moved: u64,
    /// What grew in the second before tick n is at n % SLOTS; absent while all are zero.
    growth: Option<Box<[[u32; N]; SLOTS]>>,
    /// The newest tick that was read.
    read: u64,
}

impl<const N: usize> Meter<N> {
    /// Counters that are `seen` now; what they count before does not become a rate.
    pub fn begin(now: Mono, ticks: &Ticks, seen: [u64; N]) -> Self {
        Self {
            born: now,
            seen,
            moved: 0,
            growth: None,
            read: ticks.newest,
        }
    }

    /// Reads the counters for the newest tick.
    pub fn read(&mut self, ticks: &Ticks, counters: [u64; N]) {
        let grown: [u64; N] = std::array::from_fn(|at| counters[at].saturating_sub(self.seen[at]));
        self.seen = counters;
        if grown.iter().any(|&grown| grown > 0) {
            self.moved = ticks.newest;
        } else if ticks.newest - self.moved > SLOTS as u64 {
            self.growth = None;
        }
        if self.growth.is_none() && self.moved != ticks.newest {
            self.read = ticks.newest;
            return;
        }
        let growth = self.growth.get_or_insert_with(|| Box::new([[0; N]; SLOTS]));
        // Ticks that this meter missed grew nothing by themselves: all of it is in the newest.
        let missed = (ticks.newest - self.read).min(SLOTS as u64);
        for back in 0..missed {
            growth[place(ticks.newest - back, SLOTS)] = [0; N];
        }
        let slot = &mut growth[place(ticks.newest, SLOTS)];
        for (slot, grown) in slot.iter_mut().zip(grown) {
            *slot = slot.saturating_add(u32::try_from(grown).unwrap_or(u32::MAX));
        }
        self.read = ticks.newest;
    }

    /// Growth per second over each window, `counters` being what is counted now.
    pub fn rates(
        &self,
        ticks: &Ticks,
        windows: &Windows,
        counters: [u64; N],
    ) -> [[f64; N]; WINDOWS] {
        windows.opened.map(|(ticks_back, opened)| {
            let mut sums: [u64; N] =
                std::array::from_fn(|at| counters[at].saturating_sub(self.seen[at]));
            if let Some(growth) = &self.growth {
                for back in 0..ticks_back {
                    // Slots after the last reading hold an older round.
                    if ticks.newest - back <= self.read {
                        let slot = &growth[place(ticks.newest - back, SLOTS)];
                        for (sum, &grown) in sums.iter_mut().zip(slot) {
                            *sum += u64::from(grown);
                        }
                    }
                }
            }
            let known = windows.now.since(opened.max(self.born));
            let known = known.max(Span::from_secs(1)).as_seconds();
            sums.map(|sum| sum as f64 / known)
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the rates of these histories are exact")]

    use super::*;

    fn second(n: u64) -> Mono {
        Mono(n * 1_000_000)
    }

    /// Ticks each second; the counter grows by `growth(second)` in it.
    fn run(seconds: u64, growth: impl Fn(u64) -> u64) -> (Ticks, Meter<1>) {
        let mut ticks = Ticks::begin(second(0));
        let mut meter = Meter::begin(second(0), &ticks, [0]);
        let mut total = 0;
        for now in 1..=seconds {
            total += growth(now);
            ticks.tick(second(now));
            meter.read(&ticks, [total]);
        }
        (ticks, meter)
    }

    /// At the newest tick.
    fn rates(ticks: &Ticks, meter: &Meter<1>) -> [f64; 2] {
        rates_at(ticks, meter, ticks.newest(), meter.seen[0])
    }

    fn rates_at(ticks: &Ticks, meter: &Meter<1>, now: Mono, counter: u64) -> [f64; 2] {
        let rates = meter.rates(ticks, &ticks.windows(now), [counter]);
        rates.map(|rates| rates[0])
    }

    #[test]
    fn a_steady_stream_has_its_rate_in_both_windows() {
        let (ticks, meter) = run(300, |_| 250);
        assert_eq!(rates(&ticks, &meter), [250.0, 250.0]);
    }

    #[test]
    fn a_young_counter_is_measured_over_its_age() {
        let (ticks, meter) = run(4, |_| 100);
        assert_eq!(rates(&ticks, &meter), [100.0, 100.0]);
    }

    #[test]
    fn a_burst_leaves_the_short_window_first() {
        let (ticks, meter) = run(75, |now| if now == 60 { 600 } else { 0 });
        assert_eq!(rates(&ticks, &meter), [0.0, 10.0]);
        let (ticks, meter) = run(69, |now| if now == 60 { 600 } else { 0 });
        assert_eq!(rates(&ticks, &meter), [60.0, 10.0]);
    }

    #[test]
    fn a_burst_at_birth_is_not_blown_up() {
        let mut ticks = Ticks::begin(second(0));
        ticks.tick(second(1));
        let mut meter = Meter::begin(Mono(1_990_000), &ticks, [0]);
        ticks.tick(second(2));
        meter.read(&ticks, [500]);
        assert_eq!(rates(&ticks, &meter), [500.0, 500.0]);
    }

    #[test]
    fn a_late_tick_spreads_over_the_time_it_took() {
        let (mut ticks, mut meter) = run(10, |_| 100);
        ticks.tick(second(20));
        meter.read(&ticks, [2_000]);
        // Nine seconds of 100 and one of 1,000 that took ten: 1,900 in 19 s.
        assert_eq!(rates(&ticks, &meter), [100.0, 100.0]);
    }

    #[test]
    fn a_missed_reading_does_not_bring_back_an_old_round() {
        let (mut ticks, mut meter) = run(60, |_| 100);
        for now in 61..=65 {
            ticks.tick(second(now));
        }
        assert_eq!(rates(&ticks, &meter)[0], 50.0);
        meter.read(&ticks, [6_000]);
        assert_eq!(rates(&ticks, &meter)[0], 50.0);
    }

    #[test]
    fn a_look_between_ticks_counts_what_came_since_the_newest() {
        let (ticks, meter) = run(100, |_| 100);
        let half = Mono(100_500_000);
        // The window opened at 90 s or 91 s, both half a second off: 1,050 in 10.5 s.
        assert_eq!(rates_at(&ticks, &meter, half, 10_050), [100.0, 100.0]);
        // What came since counts fully, and what the meter holds has not changed.
        let [short, _] = rates_at(&ticks, &meter, half, 10_000 + 1_100);
        assert_eq!(short, 200.0);
        assert_eq!(rates(&ticks, &meter), [100.0, 100.0]);
    }

    #[test]
    fn a_stream_that_has_ended_falls_between_ticks_too() {
        let (ticks, meter) = run(100, |_| 100);
        let later = Mono(100_900_000);
        // Nearest to 10 s before is the tick at 91 s: 900 in 9.9 s.
        let [short, _] = rates_at(&ticks, &meter, later, 10_000);
        assert!((short - 900.0 / 9.9).abs() < 1e-9, "{short}");
    }

    #[test]
    fn a_still_counter_that_moves_after_the_newest_tick_has_a_rate_at_once() {
        let (ticks, meter) = run(70, |_| 0);
        assert!(meter.growth.is_none());
        assert_eq!(rates_at(&ticks, &meter, second(70), 50), [5.0, 50.0 / 60.0]);
    }

    #[test]
    fn ticks_that_drift_do_not_make_a_window_a_second_shorter() {
        let mut ticks = Ticks::begin(Mono(0));
        let mut meter = Meter::begin(Mono(0), &ticks, [0]);
        for now in 1..=30 {
            ticks.tick(Mono(now * 1_000_300));
            meter.read(&ticks, [now * 100]);
        }
        let [short, _] = rates(&ticks, &meter);
        assert!((short - 1_000.0 / 10.003).abs() < 1e-9, "{short}");
    }

    #[test]
    fn what_was_counted_before_is_no_rate() {
        let mut ticks = Ticks::begin(second(0));
        let mut meter = Meter::begin(second(0), &ticks, [1_000_000]);
        ticks.tick(second(1));
        meter.read(&ticks, [1_000_010]);
        assert_eq!(rates(&ticks, &meter), [10.0, 10.0]);
    }

    #[test]
    fn a_counter_that_began_anew_has_not_grown() {
        let (mut ticks, mut meter) = run(20, |_| 10);
        ticks.tick(second(21));
        meter.read(&ticks, [0]);
        assert_eq!(rates(&ticks, &meter)[0], 9.0);
    }

    #[test]
    fn a_still_counter_gives_its_memory_back() {
        let (ticks, meter) = run(62, |now| u64::from(now == 1));
        assert!(meter.growth.is_none());
        assert_eq!(rates(&ticks, &meter), [0.0, 0.0]);
    }

    #[test]
    fn six_counters_fit_the_memory_of_a_subscription() {
        let ring = size_of::<[[u32; 6]; SLOTS]>() + size_of::<Meter<6>>();
        assert!(ring <= 1_536, "{ring} bytes");
    }
}
