//! `weir top`.

use std::time::Duration;

use clap::Args;

use super::span::duration;
use crate::tui::TopArgs;

/// What `weir top` takes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct TopCommandArgs {
    /// How to draw.
    #[command(flatten)]
    pub(crate) top: TopArgs,

    /// Say it in sentences instead: the broker, then each subscription, the worst first, a line each
    #[arg(long)]
    pub(crate) text: bool,

    /// With --text, once and not again
    #[arg(long, requires = "text")]
    pub(crate) once: bool,

    /// With --text, how long until it is said again
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    #[arg(requires = "text")]
    pub(crate) every: Duration,
}
