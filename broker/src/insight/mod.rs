//! What the numbers mean: counters become rates, a backlog and its rates become a drain time.
//!
//! Pure: the ticks of a clock come in as arguments. Holds no names and knows no topics.
//!
//! - [`ticks`]: when counters are read, and windows; [`meter`]: counters that only grow, as rates over windows.
//! - [`recent`]: what is counted as it happens, over ten seconds.
//! - [`histogram`]: durations in buckets; [`sliding`]: those of the last minute; [`slowness`]: which consumers are
//!   slow.
//! - [`chance`]: what is no difference; [`drain`]: when a backlog ends.
//! - [`history`]: what the numbers were. [`timeline`]: what happened.
//! - [`dead_groups`]: dead messages by what they died of.
//! - [`verdict`]: what is going on, in words; [`advice`]: how many consumers that takes;
//!   [`top_keys`]: the most frequent ordering keys. [`severity`]: how much something matters.

pub mod ticks;

pub mod meter;

pub mod recent;

pub mod histogram;

pub mod sliding;

pub mod slowness;

mod chance;

pub mod drain;

pub mod history;

pub mod dead_groups;

pub mod severity;

pub mod timeline;

pub mod verdict;

pub mod advice;

pub mod top_keys;

pub use drain::{Drain, DrainRange, Flow};
pub use histogram::{Histogram, Latency};
pub use meter::Meter;
pub use recent::Recent;
pub use severity::Severity;
pub use sliding::Sliding;
pub use ticks::{Ticks, WINDOWS, Window, Windows};
