//! A disk in memory for tests and simulations, which forgets what was not synced.
//!
//! It keeps, for each file, the writes since its last sync, and for each folder the entries since
//! its last sync. [`SimDisk::crash`] makes one legal disk after a power cut of them; faults of
//! every kind can be set to strike at any operation. It is a tool for tests: it holds everything
//! in memory and is never used by the daemon.

mod choices;
mod crash;
mod file;
mod state;

pub use choices::Choices;
pub use file::SimDisk;
pub use state::Fault;
