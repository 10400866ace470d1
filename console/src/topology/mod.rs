//! A topology as a file: topics and subscriptions as they are to be, in TOML.
//!
//! ```toml
//! [[topic]]
//! name = "orders"
//! retention_duration = "24h"
//!
//! [[subscription]]
//! name = "billing"
//! topic = "orders"
//! max_attempts = 5
//! ```
//!
//! Keys are called as the fields of the contract. `value` is how one is written, `settings` has a line for each,
//! `read` takes a file as a whole or refuses it with its line, `write` makes one; `declared` is what a file says,
//! `changes` what an apply changes; `edit` changes some settings and leaves the others.

mod value;

mod settings;

mod changes;
mod declared;
mod edit;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use changes::Changes;
pub(crate) use declared::{Declared, Part};
pub(crate) use edit::{edited_subscription, edited_topic};
pub(crate) use read::read;
pub(crate) use write::{TopologyDocument, written};
