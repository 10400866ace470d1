//! The broker inside this process: `weir serve` and the demo.

use std::process::ExitCode;

/// What `weir serve` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {}

/// Runs the daemon.
pub(crate) fn serve(_args: ServeArgs) -> ExitCode {
    ExitCode::FAILURE
}
