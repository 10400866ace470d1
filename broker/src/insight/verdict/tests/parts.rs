//! What a simulated subscription is made of: messages, consumers and chance.

use std::collections::VecDeque;

use rand::Rng as _;
use rand::rngs::SmallRng;

/// A message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) offset: u64,
    pub(super) born: f64,
    pub(super) attempts: u32,
    pub(super) is_hot: bool,
    pub(super) is_poison: bool,
}

/// What hands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Connected consumers.
    Connected,
    /// Calls of Pull.
    Pulls,
}

/// A consumer.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    /// Messages that it works off per second.
    pub(super) pace: f64,
    /// How many it may hold.
    pub(super) allowance: usize,
    /// Whether it takes what it may.
    pub(super) takes_more: bool,
    pub(super) held: VecDeque<Item>,
    pub(super) done: f64,
}

/// Consumers of one kind.
pub(super) fn hands(count: usize, pace: f64, allowance: usize) -> Vec<Hand> {
    let hand = Hand {
        pace,
        allowance,
        takes_more: true,
        held: VecDeque::new(),
        done: 0.0,
    };
    vec![hand; count]
}

/// How many come by chance where `mean` are expected.
pub(super) fn by_chance(random: &mut SmallRng, mean: f64) -> f64 {
    let (mut count, mut left) = (0.0, (-mean).exp());
    loop {
        left /= random.random_range(f64::EPSILON..1.0);
        if left >= 1.0 {
            return count;
        }
        count += 1.0;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of tests are small and positive"
)]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}
