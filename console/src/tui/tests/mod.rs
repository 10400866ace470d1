//! Tests of the dashboard as a whole: keys, what messages do, and the real loop on a test terminal.

pub(super) mod fixture;
mod history;
mod key_table;
mod looping;
mod messages;
mod rows;
mod wire;
