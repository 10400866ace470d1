//! One subscription on one partition as a state machine.
//!
//! Every message is in exactly one state: ready, leased, waiting, dead or finished. Costs follow the number of ranges,
//! not of messages; nothing allocates in proportion to the backlog. No clock, no input or output: `now` is an argument.
//!
//! - [`log`]: the messages of a partition without their content.
//! - [`rules`]: what a machine is told.
//! - [`counts`]: the books.
//! - [`machine`]: the machine.

pub mod log;

pub mod rules;

pub mod counts;

pub mod machine;

pub use counts::Counts;
pub use log::{Log, Run};
pub use machine::{Chosen, Expired, Machine, State};
pub use rules::{Retry, Room, Rules, Setback, Ticket};
