//! The most frequent ordering keys of a topic, in bounded memory: space-saving (Metwally, Agrawal, El Abbadi 2005).
//!
//! Promises that a key that carries more than one in [`COUNTERS`] of the messages is among those that are kept, that no
//! count is too low, and that it is too high by at most its error. What is older counts less: every five minutes
//! everything is halved. Of a large batch some messages stand for the others. Keys are told apart by their hashes; the
//! text of one is kept up to 64 bytes.

use crate::model::{Mono, Span};

/// How many keys are counted.
pub const COUNTERS: usize = 64;
/// Bytes of the text of a key that are kept.
pub const MAX_TEXT: usize = 64;
/// How often everything is halved.
const HALVING: Span = Span::from_secs(300);
/// Messages of a batch that are looked at; each stands for as many of the others.
const LOOKED_AT: usize = 32;

/// The most frequent keys.
#[derive(Debug, Clone)]
pub struct TopKeys {
    /// The hashes apart from the rest: these are searched.
    hashes: Vec<u64>,
    counters: Vec<Counter>,
    /// Messages with a key, lately.
    total: u64,
    halved: Mono,
}

#[derive(Debug, Clone)]
struct Counter {
    count: u64,
    error: u64,
    text: Box<str>,
}

/// A frequent key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopKey {
    /// Its text, cut at 64 bytes.
    pub text: Box<str>,
    /// Its hash.
    pub hash: u64,
    /// How many messages carried it lately, at most.
    pub count: u64,
    /// By how much that may be too high.
    pub error: u64,
}

impl TopKeys {
    /// None yet.
    pub fn begin(now: Mono) -> Self {
        Self {
            hashes: Vec::new(),
            counters: Vec::new(),
            total: 0,
            halved: now,
        }
    }

    /// Counts the keys of a batch, by their hashes, 0 for none. `text` gives the text of the message with an index.
    pub fn count<'a>(&mut self, keys: &[u64], now: Mono, text: impl Fn(usize) -> Option<&'a str>) {
        self.age(now);
        let step = keys.len().div_ceil(LOOKED_AT).max(1);
        // Not always the same places of a batch that repeats itself.
        let first = usize::try_from(self.total % step as u64).unwrap_or(0);
        for (index, &hash) in keys.iter().enumerate().skip(first).step_by(step) {
            if hash != 0 {
                self.count_one(hash, step as u64, || text(index));
            }
        }
    }

    fn count_one<'a>(&mut self, hash: u64, weight: u64, text: impl Fn() -> Option<&'a str>) {
        self.total = self.total.saturating_add(weight);
        let known = self.hashes.iter().position(|known| *known == hash);
        if let Some(counter) = known.and_then(|at| self.counters.get_mut(at)) {
            counter.count = counter.count.saturating_add(weight);
            return;
        }
        let text = cut(text().unwrap_or_default());
        if self.counters.len() < COUNTERS {
            self.hashes.push(hash);
            self.counters.push(Counter {
                count: weight,
                error: 0,
                text: text.into(),
            });
            return;
        }
        let counters = self.counters.iter_mut().zip(&mut self.hashes);
        if let Some((counter, place)) = counters.min_by_key(|(counter, _)| counter.count) {
            *place = hash;
            counter.error = counter.count;
            counter.count = counter.count.saturating_add(weight);
            counter.text = text.into();
        }
    }

    /// Halves everything as often as five minutes have passed.
    fn age(&mut self, now: Mono) {
        let times = now.since(self.halved).0 / HALVING.0;
        if times == 0 {
            return;
        }
        self.halved = self.halved.plus(Span(times * HALVING.0));
        let half = |value: u64| {
            u32::try_from(times).map_or(0, |times| value.checked_shr(times).unwrap_or(0))
        };
        self.total = half(self.total);
        for counter in &mut self.counters {
            counter.count = half(counter.count);
            counter.error = half(counter.error);
        }
    }

    /// Messages with a key, lately.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The `limit` most frequent keys, the most frequent first.
    pub fn top(&self, limit: usize) -> Vec<TopKey> {
        let counters = self.counters.iter().zip(&self.hashes);
        let mut keys: Vec<_> = counters
            .filter(|(counter, _)| counter.count > 0)
            .map(|(counter, &hash)| TopKey {
                text: counter.text.clone(),
                hash,
                count: counter.count,
                error: counter.error,
            })
            .collect();
        keys.sort_by(|one, other| other.count.cmp(&one.count).then(one.hash.cmp(&other.hash)));
        keys.truncate(limit);
        keys
    }

    /// The part of the messages with a key that the most frequent one carries at least, from 0 to 1; `None` while few
    /// were seen.
    pub fn share(&self) -> Option<f64> {
        /// Fewer messages tell nothing of their keys.
        const FEW: u64 = 100;
        let sure = self
            .counters
            .iter()
            .map(|one| one.count - one.error.min(one.count));
        let most = sure.max()?;
        (self.total >= FEW).then(|| most as f64 / self.total as f64)
    }
}

/// The first bytes of a text, whole characters of it.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    fn texts(keys: &[u64]) -> Vec<String> {
        keys.iter().map(|key| format!("key {key}")).collect()
    }

    /// Counts keys in batches of a size.
    fn count(top: &mut TopKeys, keys: &[u64], size: usize) {
        for batch in keys.chunks(size) {
            let texts = texts(batch);
            top.count(batch, Mono(0), |index| texts.get(index).map(String::as_str));
        }
    }

    #[test]
    fn frequent_keys_are_found_among_many_and_no_count_is_too_low() {
        for seed in 0..10 {
            let mut random = SmallRng::seed_from_u64(seed);
            let mut top = TopKeys::begin(Mono(0));
            // Keys 1 to 5 carry 10 % each, the rest 100,000 others.
            let keys: Vec<u64> = (0..50_000)
                .map(|_| match random.random_range(0..10) {
                    hot @ 0..5 => hot + 1,
                    _ => random.random_range(100..100_100),
                })
                .collect();
            count(&mut top, &keys, 1);
            assert_eq!(top.total(), 50_000);
            let found = top.top(5);
            let mut hashes: Vec<_> = found.iter().map(|key| key.hash).collect();
            hashes.sort_unstable();
            assert_eq!(hashes, [1, 2, 3, 4, 5], "seed {seed}");
            for key in found {
                let true_count = keys.iter().filter(|hash| **hash == key.hash).count() as u64;
                assert!(key.count >= true_count, "seed {seed}");
                assert!(key.count - key.error <= true_count, "seed {seed}");
                assert_eq!(&*key.text, format!("key {}", key.hash));
            }
        }
    }

    #[test]
    fn large_batches_give_about_the_shares_of_small_ones() {
        let mut random = SmallRng::seed_from_u64(7);
        let mut top = TopKeys::begin(Mono(0));
        let keys: Vec<u64> = (0..200_000)
            .map(|_| match random.random_range(0..10) {
                0..4 => 1,
                _ => random.random_range(2..1_000),
            })
            .collect();
        count(&mut top, &keys, 1_000);
        let total = top.total() as f64 / 200_000.0;
        assert!((0.95..1.05).contains(&total), "{total}");
        let share = top.share().unwrap();
        assert!((0.36..0.44).contains(&share), "{share}");
    }

    #[test]
    fn memory_is_bounded_and_texts_are_cut_at_whole_characters() {
        let mut top = TopKeys::begin(Mono(0));
        let long = "é".repeat(600);
        for hash in 1..10_000 {
            top.count(&[hash, 0], Mono(0), |_| Some(&long));
        }
        assert_eq!(top.counters.len(), COUNTERS);
        assert_eq!(top.top(usize::MAX).len(), COUNTERS);
        assert_eq!(top.top(1)[0].text.len(), MAX_TEXT);
        assert_eq!(top.total(), 9_999, "messages without a key are not counted");
    }

    #[test]
    fn what_was_hot_long_ago_is_not_hot_for_ever() {
        let mut top = TopKeys::begin(Mono(0));
        count(&mut top, &[1; 1_000], 100);
        let later = Mono(0).plus(Span::from_secs(1_500));
        top.count(&[2; 100], later, |_| Some("new"));
        let found = top.top(2);
        assert_eq!((found[0].hash, &*found[0].text), (2, "new"));
        assert_eq!(found[1].count, 1_000 >> 5);
        top.count(&[3], Mono(u64::MAX), |_| None);
        assert_eq!(top.total(), 1, "whatever the time that has passed");
    }

    #[test]
    fn few_messages_say_nothing_of_shares() {
        let mut top = TopKeys::begin(Mono(0));
        count(&mut top, &[1; 99], 1);
        assert_eq!(top.share(), None);
        count(&mut top, &[2; 99], 1);
        assert_eq!(top.share(), Some(0.5));
    }
}
