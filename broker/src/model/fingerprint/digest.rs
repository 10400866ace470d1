//! The fingerprint of a failure: XXH3 (64 bits, seed 0) over the bytes of its class, a zero byte, and the bytes of its
//! pattern. 0 is no fingerprint; where the hash is 0 the fingerprint is 1.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use xxhash_rust::xxh3::xxh3_64;

use super::fold::pattern;

/// What tells failures apart. Written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(NonZeroU64);

/// A text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 16 hexadecimal digits, as the groups show it")]
pub struct FingerprintError;

impl Fingerprint {
    /// That of a failure of this class for this reason.
    pub fn of(class: &str, reason: &str) -> Self {
        let pattern = pattern(reason);
        let mut bytes = Vec::with_capacity(class.len() + 1 + pattern.len());
        bytes.extend_from_slice(class.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(pattern.as_bytes());
        Self(NonZeroU64::new(xxh3_64(&bytes)).unwrap_or(NonZeroU64::MIN))
    }

    /// As it is stored, where 0 stands for none.
    pub fn stored(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Its number, never 0.
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_written = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_written);
        number.and_then(Self::stored).ok_or(FingerprintError)
    }
}
