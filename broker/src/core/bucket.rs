//! A rate as a bucket of tokens, one a message, that fills with time. It holds a tenth of what comes in its period, at
//! least one, so that what was quiet does not burst. Reads no clock.

use crate::model::{Mono, Span};

/// What a bucket holds at most, as a part of what comes in a period.
const BURST_PART: u64 = 10;
/// For how long what met its rate waits at least, so that a fast one is served in batches.
const LEAST_WAIT: Span = Span::from_millis(5);

/// So many tokens in a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    tokens: u64,
    period: Span,
}

impl Rate {
    /// Tokens per second.
    pub(super) fn per_second(tokens: u64) -> Self {
        let period = Span::from_secs(1);
        Self { tokens, period }
    }

    /// Tokens per minute.
    pub(super) fn per_minute(tokens: u64) -> Self {
        let period = Span::from_secs(60);
        Self { tokens, period }
    }
}

/// A bucket of tokens.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Bucket {
    /// In parts of a token, of which as many come in a microsecond as tokens in a period.
    filled: u64,
    /// When it was filled.
    at: Mono,
}

impl Bucket {
    /// Lets in what has come since the last time.
    pub(super) fn fill(&mut self, rate: Rate, now: Mono) {
        let come = u128::from(now.since(self.at).0) * u128::from(rate.tokens);
        let filled = u128::from(self.filled) + come;
        let burst = (rate.tokens / BURST_PART).max(1);
        let most = burst.saturating_mul(rate.period.0);
        self.filled = u64::try_from(filled).unwrap_or(u64::MAX).min(most);
        self.at = self.at.max(now);
    }

    /// Whole tokens.
    pub(super) fn tokens(self, rate: Rate) -> u64 {
        self.filled / rate.period.0.max(1)
    }

    pub(super) fn spend(&mut self, rate: Rate, tokens: u64) {
        let parts = tokens.saturating_mul(rate.period.0);
        self.filled = self.filled.saturating_sub(parts);
    }

    /// When there is a token again.
    pub(super) fn next(self, rate: Rate) -> Mono {
        let missing = rate.period.0.saturating_sub(self.filled);
        let wait = Span(missing.div_ceil(rate.tokens.max(1)));
        self.at.plus(wait.max(LEAST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_rate_and_never_more_than_its_burst_at_once() {
        let hour = 3_600_000_000;
        for (rate, seconds) in [(Rate::per_second(100), 10), (Rate::per_minute(100), 600)] {
            let (mut bucket, mut given) = (Bucket::default(), 0);
            bucket.fill(rate, Mono(hour));
            assert_eq!(bucket.tokens(rate), 10, "a tenth after an hour");
            bucket.spend(rate, 10);
            for millisecond in 1..=seconds * 1_000 {
                bucket.fill(rate, Mono(hour + millisecond * 1_000));
                given += bucket.tokens(rate);
                bucket.spend(rate, bucket.tokens(rate));
            }
            assert_eq!(given, 1_000, "ten periods' worth, to the message");
        }
    }

    #[test]
    fn a_slow_bucket_says_when_its_next_token_comes() {
        let rate = Rate::per_second(1);
        let mut bucket = Bucket::default();
        bucket.fill(rate, Mono(5_000_000));
        assert_eq!(bucket.tokens(rate), 1);
        bucket.spend(rate, 1);
        assert_eq!(bucket.next(rate), Mono(6_000_000));
        bucket.fill(rate, Mono(5_999_999));
        assert_eq!(bucket.tokens(rate), 0);
        bucket.fill(rate, Mono(6_000_000));
        assert_eq!(bucket.tokens(rate), 1);
    }
}
