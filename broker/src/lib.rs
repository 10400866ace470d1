//! Weir's broker: a durable gRPC message broker.

use std::process::ExitCode;

/// Runs the daemon with the process's arguments.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
