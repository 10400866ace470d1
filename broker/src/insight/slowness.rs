//! Which consumers are slow beside the others of their subscription.
//!
//! **Definition.** The slowness of a consumer is its median handling time over the median of the
//! medians of all consumers that have handled at least [`ENOUGH`] messages within the window; of an even
//! number of medians, the lower one of the two in the middle: of two consumers the faster one is the
//! measure. Medians count alike, however many messages each consumer handles, so that a crowd of
//! messages at one consumer does not make it the measure of the others.

use super::histogram::Latency;
use crate::model::Span;

/// Messages whose handling a median must rest on.
pub const ENOUGH: u64 = 5;

/// The slowness of each consumer, in their order; `None` where there is no other to compare it with, or too little was
/// measured.
pub fn slowness(consumers: &[Option<Latency>]) -> Vec<Option<f64>> {
    // A median of zero would make all others infinitely slow.
    let median = |latency: &Latency| latency.p50.max(Span(1)).0 as f64;
    let measured = |latency: &&Latency| latency.count >= ENOUGH;
    let known = consumers.iter().flatten().filter(measured);
    let mut medians: Vec<f64> = known.map(median).collect();
    medians.sort_by(f64::total_cmp);
    let Some(&middle) = medians.get((medians.len().max(1) - 1) / 2) else {
        return vec![None; consumers.len()];
    };
    let is_alone = medians.len() < 2;
    let each = consumers.iter().map(|latency| {
        let latency = latency.as_ref().filter(measured)?;
        (!is_alone).then(|| median(latency) / middle)
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handled(count: u64, millis: u64) -> Latency {
        let span = Span::from_millis(millis);
        Latency {
            window: Span::from_secs(60),
            count,
            p50: span,
            p90: span,
            p99: span,
            max: span,
        }
    }

    #[test]
    fn the_slow_one_is_as_many_times_slower_as_its_median_is() {
        let all = [(9, 10), (1_000_000, 10), (9, 100), (9, 5)];
        let all = all.map(|(count, millis)| Some(handled(count, millis)));
        let told = [Some(1.0), Some(1.0), Some(10.0), Some(0.5)];
        assert_eq!(slowness(&all), told);
        let two = [handled(9, 80), handled(9, 20)].map(Some);
        assert_eq!(slowness(&two), [Some(4.0), Some(1.0)]);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(slowness(&[]), []);
        assert_eq!(slowness(&[None, None]), [None, None]);
        let (enough, few) = (Some(handled(9, 10)), Some(handled(ENOUGH - 1, 500)));
        assert_eq!(slowness(&[enough]), [None]);
        assert_eq!(slowness(&[enough, few, None]), [None, None, None]);
        let three = [enough, few, enough];
        assert_eq!(slowness(&three), [Some(1.0), None, Some(1.0)]);
    }

    #[test]
    fn what_took_no_time_is_compared_all_the_same() {
        let all = [handled(9, 0), handled(9, 0), handled(9, 1)].map(Some);
        assert_eq!(slowness(&all), [Some(1.0), Some(1.0), Some(1_000.0)]);
    }
}
