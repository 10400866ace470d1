//! Weir's broker: a durable gRPC message broker.
//!
//! Floors, from the bottom: [`model`], [`delivery`], [`insight`], [`core`] are pure; [`journal`] keeps bytes;
//! [`shard`] owns a thread; [`api`] speaks gRPC. A floor uses those below it only.

use std::process::ExitCode;

pub mod model;

pub mod delivery;

pub mod insight;

pub mod core;

pub mod journal;

pub mod shard;

pub mod api;

/// Runs the daemon with the process's arguments.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
