//! Tests of the dashboard as a whole: keys, what messages do, and the real loop on a test terminal.

pub(super) mod fixture;
pub(super) mod night;
mod night_wire;
mod history;
mod key_table;
mod looping;
mod messages;
mod panics;
mod rows;
mod wire;
