//! `weir demo`: an embedded broker with live traffic.

use std::process::ExitCode;
use std::time::Duration;

use crate::present::color::Color;
use crate::present::format::Format;

/// What `weir demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Make the traffic without the dashboard, then print what happened
    #[arg(long)]
    pub(crate) headless: bool,

    /// How long the headless demo runs, for example 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) run_for: Option<Duration>,
}

/// Runs the demo.
pub(crate) fn run(_args: &DemoArgs, _format: Format, _color: Color) -> ExitCode {
    ExitCode::FAILURE
}
