//! Rates of histories that are known.

#![expect(clippy::float_cmp, reason = "the rates of these histories are exact")]

use super::*;

fn second(n: u64) -> Mono {
    Mono(n * 1_000_000)
}

/// Ticks each second; the counter grows by `growth(second)` in it.
fn run(seconds: u64, growth: impl Fn(u64) -> u64) -> (Ticks, Meter<1>) {
    let mut ticks = Ticks::begin(second(0));
    let mut meter = Meter::begin(second(0), [0]);
    let mut total = 0;
    for now in 1..=seconds {
        total += growth(now);
        ticks.tick(second(now));
        meter.read(&ticks, [total]);
    }
    (ticks, meter)
}

/// Over the shorter windows, at the newest tick.
fn rates(ticks: &Ticks, meter: &Meter<1>) -> [f64; 2] {
    rates_at(ticks, meter, ticks.newest(), meter.seen[0])
}

fn rates_at(ticks: &Ticks, meter: &Meter<1>, now: Mono, counter: u64) -> [f64; 2] {
    let rates = meter.rates(ticks, &ticks.windows(now), [counter]);
    [rates[0][0], rates[1][0]]
}

/// Over five minutes, at the newest tick.
fn longest(ticks: &Ticks, meter: &Meter<1>) -> f64 {
    let windows = ticks.windows(ticks.newest());
    meter.rates(ticks, &windows, meter.seen)[2][0]
}

#[test]
fn the_longest_window_holds_five_minutes_and_no_more() {
    for seconds in [3, 10, 59, 299, 300, 301, 304, 305, 309, 310, 317, 1_000] {
        let (ticks, meter) = run(seconds, |_| 20);
        assert_eq!(longest(&ticks, &meter), 20.0, "{seconds}");
    }
    // A burst counts until the window opens after it; the window is 300 s, give or take 5.
    for (seconds, counts) in [
        (300, true),
        (340, true),
        (355, true),
        (366, false),
        (400, false),
    ] {
        let (ticks, meter) = run(seconds, |now| if now == 60 { 3_000 } else { 0 });
        let rate = longest(&ticks, &meter);
        assert_eq!(rate > 0.0, counts, "{seconds}: {rate}");
        assert!(!counts || (9.8..=10.2).contains(&rate), "{seconds}: {rate}");
    }
}

#[test]
fn the_longest_window_is_what_a_naive_sum_says_after_any_silence() {
    for silence in [9, 55, 61, 295, 311, 620, 3_100] {
        let growth = |now: u64| match now {
            51.. if now <= 50 + silence => 0,
            _ => 10 + now * 7 % 13,
        };
        let end = 100 + silence;
        let (ticks, meter) = run(end, growth);
        let opened = match end.saturating_sub(300) {
            moment if moment % 10 <= 5 => moment - moment % 10,
            moment => moment.next_multiple_of(10),
        };
        let sum: u64 = (opened + 1..=end).map(growth).sum();
        let expected = sum as f64 / (end - opened) as f64;
        assert_eq!(longest(&ticks, &meter), expected, "{silence}");
    }
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
    let mut meter = Meter::begin(Mono(1_990_000), [0]);
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
    assert_eq!(heap(&meter), 0);
    assert_eq!(rates_at(&ticks, &meter, second(70), 50), [5.0, 50.0 / 60.0]);
}

#[test]
fn ticks_that_drift_do_not_make_a_window_a_second_shorter() {
    let mut ticks = Ticks::begin(Mono(0));
    let mut meter = Meter::begin(Mono(0), [0]);
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
    let mut meter = Meter::begin(second(0), [1_000_000]);
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
    let (ticks, meter) = run(312, |now| u64::from(now == 1));
    assert_eq!(heap(&meter), 0);
    assert_eq!(rates(&ticks, &meter), [0.0, 0.0]);
}

/// The bytes that a meter holds beside its own.
fn heap<const N: usize>(meter: &Meter<N>) -> usize {
    let Some(growth) = &meter.growth else {
        return 0;
    };
    let slots = growth.ticks.0.capacity() + growth.blocks.0.capacity();
    size_of::<Growth<N>>() + slots * size_of::<(u32, [u32; N])>()
}

#[test]
fn six_counters_fit_the_memory_of_a_subscription() {
    let mut ticks = Ticks::begin(second(0));
    let mut always = Meter::begin(second(0), [0; 6]);
    let mut once = Meter::begin(second(0), [0; 6]);
    for now in 1..=1_000 {
        ticks.tick(second(now));
        always.read(&ticks, [now; 6]);
        once.read(&ticks, [u64::from(now >= 990); 6]);
    }
    let own = size_of::<Meter<6>>();
    assert!(heap(&always) + own <= 2_820, "{} bytes", heap(&always));
    assert!(heap(&once) + own <= 360, "{} bytes", heap(&once));
}
