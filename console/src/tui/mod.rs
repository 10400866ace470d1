//! The dashboard.

use std::process::ExitCode;

use crate::present::color::Color;

/// Runs the dashboard until the operator leaves it.
pub(crate) fn run(_server: &str, _color: Color) -> ExitCode {
    ExitCode::FAILURE
}
