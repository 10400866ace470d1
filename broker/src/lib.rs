//! Weir's broker: a durable gRPC message broker.

pub mod journal;
pub mod model;

use std::process::ExitCode;

/// Runs the daemon with the process's arguments.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
