//! The screen as a function of the state. Views do not change, fetch or remember anything.
//!
//! All text goes through [`pen::Pen`], which takes constants and `SafeText` and nothing else. Read in
//! this order.

pub(crate) mod figures;

pub(crate) mod phrase;

pub(crate) mod pen;

mod clock;

#[cfg(test)]
mod counted;

mod spark;

mod bars;

mod plot;

mod chart;

mod payload;

mod grid;

mod header;

mod tabs;

mod columns;

mod list;

mod facts;

mod detail;

mod notice;

mod pages;

mod footer;

mod help;

mod overlay;

mod planned;

mod dialog;

pub(crate) mod frame;

pub(crate) mod load_frame;

#[cfg(test)]
pub(crate) mod tests;
