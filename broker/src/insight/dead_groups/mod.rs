//! Dead messages by the reason for which they died, exact over all of them.
//!
//! - [`gather`]: deaths become groups.

pub mod gather;

#[cfg(test)]
mod tests;

pub use gather::{ARRIVING, Ask, Death, Gathered, Group, Sample, TREND, gather};
