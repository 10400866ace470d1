//! The shard with its real core and journal, on a disk in memory.

mod confirming;
mod consuming;
mod limits;
mod numbers;
mod relaxed;
mod rig;
mod stopping;
mod together;
