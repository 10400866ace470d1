//! One subscription on one partition as a state machine.
//!
//! Every message is in exactly one state: scheduled, ready, leased, waiting, dead or finished. Costs follow
//! the number of ranges, not of messages; nothing allocates in proportion to the backlog. No clock,
//! no input or output: `now` is an argument.
//!
//! - [`log`], `block`, `due`, `lives`: the messages of a partition without their content.
//! - [`rules`]: what a machine is told; [`counts`]: the books.
//! - `spans`, `tally`, `page`, `progress`, `keys`, `holding`, [`timing`]: what it is made of.
//! - [`machine`]: the machine and its durable changes; `fresh`: what no take has met; [`scheduled`]: what is due later.
//! - [`grant`], [`decide`], `scan`, [`seek`], [`idle`], [`dead_set`], [`look`], [`recount`], [`audit`], [`recovery`],
//!   [`snapshot`], [`undo`], [`effort`]:
//!   what is asked of it.

mod spans;

mod block;
mod due;
mod lives;
pub mod log;

pub mod counts;
pub mod rules;

mod tally;

mod page;
mod progress;

mod holding;
mod keys;
pub mod timing;

pub mod machine;

mod fresh;

pub mod scheduled;

pub mod grant;

pub mod decide;

mod scan;

pub mod seek;

pub mod idle;

pub mod dead_set;
pub mod look;
pub mod recount;

pub mod audit;

pub mod recovery;

pub mod snapshot;

pub mod undo;

pub mod effort;

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the naive model indexes a list by offset"
)]
mod tests;

pub use audit::Audited;
pub use counts::{Counts, Settled};
pub use dead_set::{DeadRun, DeadSet};
pub use decide::Chosen;
pub use holding::Expired;
pub use log::{Log, Run};
pub use look::State;
pub use machine::Machine;
pub use page::PAGE;
pub use rules::{Retry, Room, Rules, Setback, Ticket};
pub use snapshot::Snapshot;
pub use timing::Handled;
