//! What `weir demo` takes.

use std::path::PathBuf;
use std::time::Duration;

use crate::tui::TopArgs;

/// What `weir demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Keep the broker's data in this directory; without it, a temporary one that is removed at the end
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Make the traffic without the dashboard, then print what happened
    #[arg(long)]
    pub(crate) headless: bool,

    /// How long the headless demo runs [default: 10s]
    #[arg(
        long = "for",
        value_name = "DURATION",
        value_parser = humantime::parse_duration,
        requires = "headless"
    )]
    pub(crate) run_for: Option<Duration>,

    /// Where the random numbers of the traffic begin [default: different each time]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// How the dashboard is drawn.
    #[command(flatten)]
    pub(crate) top: TopArgs,
}
