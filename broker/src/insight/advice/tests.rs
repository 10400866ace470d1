//! How many consumers, and when the backlog ends: on loads as they are, and on drains that are played to their end.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::insight::verdict::Verdict;
use crate::insight::{Drain, Flow, Meter, Ticks};
use crate::model::{Mono, Span};

const MINUTE: Span = Span::from_secs(60);

fn wish(seconds: u64) -> Wish {
    Wish {
        within: Span::from_secs(seconds),
        most: None,
    }
}

fn busy(rates: &[f64]) -> Vec<Measured> {
    let measured = rates.iter().map(|&rate| Measured {
        rate,
        window: MINUTE,
    });
    measured.collect()
}

/// Six consumers that do 1,000 a second each and are too few.
fn load() -> Load {
    Load {
        verdict: Some(Verdict::UnderCapacity),
        backlog: 214_880,
        arrivals: 8_100.0,
        acks: 6_000.0,
        consumers: 6,
        measured: busy(&[1_000.0, 990.0, 1_010.0, 1_000.0, 1_005.0, 995.0]),
        bounds: Bounds {
            allowance: 1_000,
            ..Bounds::default()
        },
        ..Load::default()
    }
}

#[test]
fn the_number_takes_in_what_comes_and_what_is_there() {
    let advice = advise(&load(), &wish(600));
    // (8,100 + 214,880 / 600) / 1,000 = 8.46
    assert_eq!(advice.recommended, Some(9));
    assert_eq!(advice.confidence, Confidence::High);
    assert_eq!(advice.bound, Bound::None);
    let capacity = advice.capacity.unwrap();
    assert!((capacity.median - 1_000.0).abs() < 1.0, "{capacity:?}");
    assert!(capacity.p10 <= capacity.median && capacity.median <= capacity.p90);
    let drain = |consumers| {
        let mut choices = advice.choices.iter();
        choices
            .find(|choice| choice.consumers == consumers)
            .unwrap()
            .drain
    };
    assert_eq!((drain(5), drain(6), drain(7)), (None, None, None));
    let nine = drain(9).unwrap();
    assert!((nine - 214_880.0 / 900.0).abs() < 1.0, "{nine}");
    assert!(
        advice
            .summary
            .contains("9 consumers would end the backlog in 3m58s"),
        "{}",
        advice.summary
    );
    assert!(
        advice.summary.contains("the 6 now would never"),
        "{}",
        advice.summary
    );
    assert_eq!(
        advise(&load(), &wish(60)).recommended,
        Some(12),
        "sooner takes more"
    );
}

#[test]
fn what_is_handed_out_again_and_what_waits_are_counted_as_they_are() {
    let mut load = Load {
        redelivery: 0.5,
        ..load()
    };
    // (8,100 * 1.5 + 358) / 1,000 = 12.5
    assert_eq!(advise(&load, &wish(600)).recommended, Some(13));
    load.waiting = load.backlog;
    assert_eq!(
        advise(&load, &wish(600)).recommended,
        Some(13),
        "nobody could take those"
    );
    load.redelivery = 0.0;
    assert_eq!(advise(&load, &wish(60)).recommended, Some(9));
}

#[test]
fn there_is_no_number_where_more_would_not_help() {
    for verdict in [
        Verdict::Paused,
        Verdict::Stuck,
        Verdict::Slowed,
        Verdict::ConsumersIdle,
        Verdict::Failing,
        Verdict::Skewed,
    ] {
        for measured in [load().measured, Vec::new()] {
            let load = Load {
                verdict: Some(verdict),
                measured,
                ..load()
            };
            let advice = advise(&load, &wish(600));
            assert_eq!(
                (advice.recommended, advice.is_lower_bound),
                (None, false),
                "{verdict:?}"
            );
            assert_eq!(advice.confidence, Confidence::None);
            assert!(
                advice.summary.starts_with("More consumers would not help"),
                "{}",
                advice.summary
            );
        }
    }
}

#[test]
fn there_is_no_number_where_nobody_was_busy() {
    let load = Load {
        verdict: Some(Verdict::Ok),
        measured: Vec::new(),
        ..load()
    };
    let advice = advise(&load, &wish(600));
    assert_eq!((advice.recommended, advice.capacity), (None, None));
    assert!(advice.choices.is_empty());
    assert!(
        advice.summary.contains("6 consumers keep up"),
        "{}",
        advice.summary
    );
}

#[test]
fn without_consumers_there_is_a_lower_bound_or_what_is_remembered() {
    let nobody = Load {
        verdict: Some(Verdict::NoConsumers),
        consumers: 0,
        measured: Vec::new(),
        ..load()
    };
    let advice = advise(&nobody, &wish(600));
    assert_eq!((advice.recommended, advice.is_lower_bound), (Some(1), true));
    assert_eq!(advice.confidence, Confidence::Low);
    let remembered = Load {
        remembered: Some(500.0),
        ..nobody
    };
    let advice = advise(&remembered, &wish(600));
    assert_eq!(
        (advice.recommended, advice.is_lower_bound),
        (Some(17), false)
    );
    assert_eq!(advice.confidence, Confidence::Low);
    assert_eq!(advice.capacity, None, "none was measured");
}

#[test]
fn a_bound_is_named_and_kept() {
    let bounded = |bounds: Bounds, most: Option<u64>| {
        let load = Load { bounds, ..load() };
        let wish = Wish { most, ..wish(600) };
        let advice = advise(&load, &wish);
        (advice.recommended, advice.most_useful, advice.bound)
    };
    let plain = load().bounds;
    let keys = Bounds {
        top_key: Some(0.25),
        ..plain
    };
    assert_eq!(bounded(keys, None), (Some(4), Some(4), Bound::Keys));
    let rate = Bounds {
        delivery_rate: Some(6_500),
        ..plain
    };
    assert_eq!(bounded(rate, None), (Some(7), Some(7), Bound::DeliveryRate));
    let outstanding = Bounds {
        outstanding: Some(7_001),
        ..plain
    };
    assert_eq!(
        bounded(outstanding, None),
        (Some(8), Some(8), Bound::Outstanding)
    );
    assert_eq!(
        bounded(plain, Some(7)),
        (Some(7), Some(7), Bound::Requested)
    );
    let few = Bounds {
        top_key: Some(0.01),
        ..plain
    };
    assert_eq!(
        bounded(few, None),
        (Some(9), None, Bound::None),
        "many keys bound nothing"
    );
}

#[test]
fn what_varies_or_was_seen_shortly_is_less_sure() {
    let sure = |measured: Vec<Measured>| {
        let load = Load { measured, ..load() };
        advise(&load, &wish(600)).confidence
    };
    assert_eq!(sure(busy(&[1_000.0, 1_000.0, 1_000.0])), Confidence::High);
    assert_eq!(sure(busy(&[500.0, 1_000.0, 1_400.0])), Confidence::Medium);
    assert_eq!(sure(busy(&[100.0, 1_000.0, 1_400.0])), Confidence::Low);
    assert_eq!(sure(busy(&[1_000.0])), Confidence::Medium, "one of six");
    let short = Measured {
        rate: 1_000.0,
        window: Span::from_secs(12),
    };
    assert_eq!(sure(vec![short; 6]), Confidence::Low);
}

#[test]
fn a_number_becomes_larger_at_once_and_smaller_after_a_minute() {
    let mut hold = Hold::default();
    let mut say = |backlog: u64, seconds: u64| {
        let load = Load { backlog, ..load() };
        let now = Mono(0).plus(Span::from_secs(seconds));
        let advice = hold.settle(advise(&load, &wish(600)), &load, &wish(600), now);
        let marked = advice.choices.iter().filter(|one| one.is_recommended);
        let marked: Vec<_> = marked.map(|one| Some(one.consumers)).collect();
        assert_eq!(marked, [advice.recommended], "the choices say the same");
        advice.recommended.unwrap()
    };
    assert_eq!(say(214_880, 0), 9);
    assert_eq!(say(2_000_000, 10), 12, "at once");
    assert_eq!(say(214_880, 30), 12);
    assert_eq!(say(214_880, 69), 12, "what was needed 59 s ago");
    assert_eq!(say(214_880, 70), 9);
    assert_eq!(say(1_000, 100), 9);
    assert_eq!(say(1_000, 131), 9, "of the last time that 9 were needed");
}

#[test]
fn other_wishes_are_held_apart() {
    let (mut hold, load) = (Hold::default(), load());
    let mut say = |seconds: u64, at: u64| {
        let wish = wish(seconds);
        let now = Mono(at * 1_000_000);
        let advice = hold.settle(advise(&load, &wish), &load, &wish, now);
        advice.recommended.unwrap()
    };
    assert_eq!(say(60, 0), 12);
    assert_eq!(say(600, 1), 9);
    for other in 0..20 {
        say(1_000 + other, 2);
    }
    assert!(!hold.is_over(Mono(3_000_000)) && hold.is_over(Mono(62_000_000)));
}

#[test]
fn only_who_was_busy_all_the_time_is_measured() {
    let measured = |seconds: u64, is_full: fn(u64) -> bool| {
        let mut worker = Worker::begin(Mono(0), 7);
        for second in 1..=seconds {
            let now = Mono(second * 1_000_000);
            worker.note(now, 7 + second * 40, is_full(second));
        }
        worker.measured()
    };
    for seconds in [10, 35, 60, 500] {
        let found = measured(seconds, |_| true).unwrap();
        assert!((found.rate - 40.0).abs() < 0.001, "{found:?}");
        assert!(found.window <= Span::from_secs(65), "{found:?}");
    }
    assert_eq!(measured(9, |_| true), None, "too short");
    assert_eq!(
        measured(100, |second| second % 2 == 0),
        None,
        "half of the time"
    );
    assert!(
        measured(100, |second| second % 10 != 0).is_some(),
        "nearly always"
    );
    assert_eq!(measured(100, |second| second < 80), None, "no longer");
    assert!(
        measured(100, |second| second > 40).is_some(),
        "for a minute"
    );
}

/// Plays a drain: so many consumers of a rate, by chance, on a backlog while messages come by chance. Gives for each
/// second once all windows are full what was told and what was left in truth.
fn play(seed: u64, consumers: u64, arrivals: f64) -> Vec<(Drain, f64, f64)> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut chance = |mean: f64| {
        // The sum of many small chances.
        let tries = 1_000;
        let hits = (0..tries).filter(|_| random.random_bool(mean / f64::from(tries)));
        hits.count() as u64
    };
    let (mut backlog, mut came, mut done) = (200_000_u64, 0, 0);
    let mut ticks = Ticks::begin(Mono(0));
    let mut meter = Meter::begin(Mono(0), [0, 0]);
    let mut workers: Vec<_> = (0..consumers)
        .map(|_| (Worker::begin(Mono(0), 0), 0))
        .collect();
    let mut told = Vec::new();
    for second in 1..=5_000_u64 {
        let now = Mono(second * 1_000_000);
        let new = chance(arrivals);
        (backlog, came) = (backlog + new, came + new);
        for (worker, acked) in &mut workers {
            let acks = chance(100.0).min(backlog);
            backlog -= acks;
            *acked += acks;
            done += acks;
            worker.note(now, *acked, true);
        }
        ticks.tick(now);
        meter.read(&ticks, [came, done]);
        if backlog == 0 {
            let end = second as f64;
            return told
                .into_iter()
                .map(|(drain, by_advice, at)| (drain, by_advice, end - at))
                .collect();
        }
        if second < 300 {
            continue;
        }
        let rates = meter.rates(&ticks, &ticks.windows(now), [came, done]);
        let flow = Flow {
            backlog,
            consumers,
            lag: Some(Span::from_secs(60)),
            arrivals: rates.map(|[arrivals, _]| arrivals),
            acks: rates.map(|[_, acks]| acks),
            ..Flow::default()
        };
        let load = Load {
            backlog,
            arrivals: rates[1][0],
            acks: rates[1][1],
            consumers,
            measured: workers
                .iter()
                .filter_map(|(worker, _)| worker.measured())
                .collect(),
            ..Load::default()
        };
        let advice = advise(&load, &wish(600));
        let now_choice = advice
            .choices
            .iter()
            .find(|choice| choice.consumers == consumers);
        let by_advice = now_choice.unwrap().drain.unwrap();
        told.push((flow.drain(), by_advice, second as f64));
    }
    panic!("seed {seed}: it never ended");
}

#[test]
fn the_end_of_a_drain_is_told_within_a_fifth() {
    for (seed, consumers, arrivals) in [(1, 4, 100.0), (2, 5, 50.0), (3, 3, 50.0), (4, 8, 400.0)] {
        let told = play(seed, consumers, arrivals);
        assert!(told.len() > 30, "seed {seed}: a drain of {} s", told.len());
        for (drain, by_advice, left) in told {
            // The last seconds are told to the second.
            let within = |seconds: f64| (seconds - left).abs() <= (left * 0.2).max(2.0);
            let Drain::Draining(seconds) = drain else {
                panic!("seed {seed}: {drain:?} with {left} s left");
            };
            assert!(
                within(seconds),
                "seed {seed}: {seconds} s told, {left} s left"
            );
            assert!(
                within(by_advice),
                "seed {seed}: {by_advice} s advised, {left} s left"
            );
        }
    }
}
