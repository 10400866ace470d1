//! What dead messages died of, told apart: a reason without what varies in it, and a number for that.
//!
//! Frozen: the numbers are stored, and shown to people who keep them in scripts. A change of any rule is another
//! fingerprint for old messages. Pure, bounded, the same on every machine.
//!
//! - `word`: what a word stands for; [`fold`]: a reason as a pattern; [`digest`]: the number.

mod word;

pub mod fold;

pub mod digest;

#[cfg(test)]
mod tests;

pub use digest::{Fingerprint, FingerprintError};
pub use fold::{MAX_PATTERN_BYTES, pattern};
