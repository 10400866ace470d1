//! What the numbers were: 15 minutes by the second and 24 hours by the minute.
//!
//! Kept as differences and only where values changed, within one budget of memory. No part of the
//! broker's state: it may be lost.
//!
//! - [`point`]: the numbers of one moment, and how they are written as differences.
//! - [`series`]: points over time.
//! - [`calendar`]: which moments there were.
//! - [`ledger`]: the series of everything, and the budget.
//! - [`image`]: all of it as bytes, to be kept across a restart.

pub(in crate::insight) mod varint;

pub mod point;

mod series;

mod calendar;

pub mod ledger;

mod image;

#[cfg(test)]
mod tests;

pub use ledger::{Key, Ledger, Reading, Step};
pub use point::{Column, Point};
