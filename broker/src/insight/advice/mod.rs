//! How many consumers a subscription needs.
//!
//! - [`worker`]: what one consumer does while it is busy. [`load`]: what has to be done, and what bounds it.
//! - [`choice`]: the number, and what other numbers would do. [`hold`]: a number that is kept for a minute.

pub mod worker;

pub mod load;

pub mod choice;

pub mod hold;

#[cfg(test)]
mod tests;

pub use choice::{Advice, Choice, advise};
pub use hold::Hold;
pub use load::{Bound, Bounds, Capacity, Confidence, Load, Wish};
pub use worker::{Measured, Worker};
