//! The services of `weir.v1`.
//!
//! - [`scan`], [`batch`]: published messages on their way in.
//! - [`convert`]: the contract's words as the broker's.

pub(crate) mod batch;
pub(crate) mod convert;
pub(crate) mod scan;
