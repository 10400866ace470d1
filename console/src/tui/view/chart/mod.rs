//! Charts over time, all with the same axis: lines in braille, blocks or ASCII, gaps as gaps, events
//! as marks on the axis, and a limit as a dashed line.
//!
//! Read in this order.

pub(crate) mod pool;

pub(crate) mod scale;

mod raster;

mod axis;

mod draw;

#[cfg(test)]
mod tests;

pub(crate) use axis::Mark;
pub(crate) use draw::{Chart, Line, chart};
pub(crate) use pool::{Quantity, Span};
pub(crate) use scale::Unit;
