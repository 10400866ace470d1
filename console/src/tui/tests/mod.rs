//! Tests of the console as a whole: keys, what messages do, and the real loop on a test terminal.

mod beyond;
mod every_key;
pub(super) mod fixture;
pub(super) mod night;
mod night_wire;
pub(super) mod night_acts;
pub(super) mod dialogs;
mod history;
pub(super) mod load_fixture;
mod load_keys;
mod key_table;
mod locking;
mod looking;
mod looping;
mod messages;
mod panics;
pub(super) mod reaches;
mod rows;
mod windows;
mod wire;
