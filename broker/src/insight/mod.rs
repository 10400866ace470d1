//! What the numbers mean: counters become rates, a backlog and its rates become a drain time.
//!
//! Pure: the ticks of a clock come in as arguments. Holds no names and knows no topics.
//!
//! - [`meter`]: counters that only grow, as rates over windows.
//! - [`drain`]: when a backlog ends.

pub mod meter;

pub mod drain;

pub use drain::{Drain, Flow};
pub use meter::{Meter, Ticks, WINDOWS, Window, Windows};
