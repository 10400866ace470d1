//! What has happened: a bounded list of events, in the order in which they were told.
//!
//! - [`event`]: what an event says. [`crowd`]: too many of a kind become one.
//! - [`ring`]: those that are kept. [`image`]: all of them as bytes.

pub mod event;

mod crowd;

mod ring;

mod image;

#[cfg(test)]
mod tests;

pub use event::{Event, EventKind, Happening};
pub use image::Copied;
pub use ring::{Stretch, Timeline};
