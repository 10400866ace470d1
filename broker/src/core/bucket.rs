//! A rate as a bucket of tokens, one a message, that fills with time. It holds a tenth of a second's worth, at least
//! one, so that what was quiet does not burst. Reads no clock.

use crate::model::{Mono, Span};

/// What a bucket holds at most, as a part of a second's worth.
const BURST_PART: u64 = 10;
/// For how long a subscription that met its rate waits at least, so that a fast one is served in batches.
const LEAST_WAIT: Span = Span::from_millis(5);
/// Parts of a token: what comes in a microsecond at one message per second.
const PARTS: u64 = 1_000_000;

/// A bucket of tokens.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Bucket {
    /// In parts of a token.
    filled: u64,
    /// When it was filled.
    at: Mono,
}

impl Bucket {
    /// Lets in what has come since the last time.
    pub(super) fn fill(&mut self, rate: u64, now: Mono) {
        let come = u128::from(now.since(self.at).0) * u128::from(rate);
        let filled = u128::from(self.filled) + come;
        let most = (rate / BURST_PART).max(1).saturating_mul(PARTS);
        self.filled = u64::try_from(filled).unwrap_or(u64::MAX).min(most);
        self.at = self.at.max(now);
    }

    /// Whole tokens.
    pub(super) fn tokens(self) -> u64 {
        self.filled / PARTS
    }

    pub(super) fn spend(&mut self, tokens: u64) {
        self.filled = self.filled.saturating_sub(tokens.saturating_mul(PARTS));
    }

    /// When there is a token again.
    pub(super) fn next(self, rate: u64) -> Mono {
        let missing = PARTS.saturating_sub(self.filled);
        let wait = Span(missing.div_ceil(rate.max(1)));
        self.at.plus(wait.max(LEAST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_rate_and_never_more_than_its_burst_at_once() {
        let (rate, mut bucket, mut given) = (100, Bucket::default(), 0);
        bucket.fill(rate, Mono(3_600_000_000));
        assert_eq!(bucket.tokens(), 10, "a tenth of a second after an hour");
        bucket.spend(10);
        for millisecond in 1..=10_000 {
            bucket.fill(rate, Mono(3_600_000_000 + millisecond * 1_000));
            given += bucket.tokens();
            bucket.spend(bucket.tokens());
        }
        assert_eq!(given, 1_000, "ten seconds' worth, to the message");
    }

    #[test]
    fn a_slow_bucket_says_when_its_next_token_comes() {
        let mut bucket = Bucket::default();
        bucket.fill(1, Mono(5_000_000));
        assert_eq!(bucket.tokens(), 1);
        bucket.spend(1);
        assert_eq!(bucket.next(1), Mono(6_000_000));
        bucket.fill(1, Mono(5_999_999));
        assert_eq!(bucket.tokens(), 0);
        bucket.fill(1, Mono(6_000_000));
        assert_eq!(bucket.tokens(), 1);
    }
}
