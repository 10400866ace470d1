//! Histograms against sorted lists.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;

/// Durations of all sizes, some of them equal.
fn durations(random: &mut SmallRng, count: usize) -> Vec<Span> {
    (0..count)
        .map(|_| {
            let bits = random.random_range(0..44);
            Span(random.random_range(0..=1 << bits))
        })
        .collect()
}

fn of(spans: &[Span]) -> Histogram {
    let mut histogram = Histogram::default();
    for &span in spans {
        histogram.record(span, 1);
    }
    histogram
}

fn sum(parts: &[&Histogram]) -> Histogram {
    let mut sum = Histogram::default();
    for part in parts {
        sum.merge(part);
    }
    sum
}

#[test]
fn buckets_follow_each_other_and_are_at_most_7_percent_wide() {
    let mut next = 0;
    for number in 0..u16::try_from(BUCKETS).unwrap() {
        let last = bound(number).0;
        assert!(last >= next, "{number}");
        assert_eq!(bucket(Span(next)), number, "its first value");
        assert_eq!(bucket(Span(last)), number, "its last value");
        let width = last - next;
        assert!(
            width == 0 || width * 100 <= next * 7,
            "{number}: {next} to {last}"
        );
        next = last + 1;
    }
    assert_eq!(Span(next - 1), LONGEST);
    assert_eq!(bucket(Span(u64::MAX)), bucket(LONGEST));
}

#[test]
fn a_quantile_is_the_exact_one_or_up_to_7_percent_more() {
    for seed in 0..60 {
        let mut random = SmallRng::seed_from_u64(seed);
        let count = random.random_range(1..2_000);
        let mut spans = durations(&mut random, count);
        let latency = of(&spans).latency(Span(1)).unwrap();
        spans.sort_unstable();
        assert_eq!(latency.count, spans.len() as u64);
        assert_eq!(Some(&latency.max), spans.last(), "seed {seed}");
        for (percent, told) in [(50, latency.p50), (90, latency.p90), (99, latency.p99)] {
            let exact = spans[(spans.len() * percent).div_ceil(100) - 1];
            let is_near = exact <= told && (told.0 - exact.0) * 100 <= exact.0 * 7;
            assert!(is_near, "seed {seed}: p{percent} is {exact}, not {told}");
        }
    }
}

#[test]
fn a_sum_is_what_counts_all_of_it_at_once_however_it_is_made() {
    for seed in 0..60 {
        let mut random = SmallRng::seed_from_u64(seed);
        let [a, b, c] = [(); 3].map(|()| {
            let count = random.random_range(0..300);
            durations(&mut random, count)
        });
        let (one, two, three) = (of(&a), of(&b), of(&c));
        let all = of(&[a, b, c].concat());
        let left = sum(&[&sum(&[&one, &two]), &three]);
        let right = sum(&[&one, &sum(&[&two, &three])]);
        let turned = sum(&[&three, &two, &one]);
        assert!(left == all && right == all && turned == all, "seed {seed}");
    }
}

#[test]
fn many_of_one_length_count_as_each_of_them_does() {
    let mut at_once = Histogram::default();
    at_once.record(Span(7_000), 500);
    at_once.record(Span(9), 0);
    assert_eq!(at_once, of(&[Span(7_000); 500]));
    assert_eq!(at_once.buckets().count(), 1);
    assert_eq!(at_once.count(), 500);
    at_once.clear();
    assert_eq!(at_once, Histogram::default());
}

#[test]
fn nothing_measured_says_nothing() {
    assert_eq!(Histogram::default().latency(Span(1)), None);
}

#[test]
fn a_bucket_that_is_full_stays_full() {
    let mut histogram = Histogram::default();
    histogram.record(Span(1), u64::MAX);
    histogram.record(Span(1), 1);
    assert_eq!(histogram.count(), u64::from(u32::MAX));
}
