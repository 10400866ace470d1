//! `weir config …`: the settings of the daemon.

use std::path::PathBuf;

use clap::Subcommand;

use crate::embedded::ServeArgs;

/// What is done with settings. Neither asks a broker.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum ConfigCommand {
    /// Show the settings that `weir serve` would run with here, and where each came from [read]
    #[command(after_help = "Examples:
  weir config show
  weir config show --config weir.toml -o json
  weir config show --config weir.toml --listen 127.0.0.1:0

A flag wins over the environment, the environment over the file, the file over the default.")]
    Show(ServeArgs),

    /// Check a configuration file; what is wrong is told with its line [read]
    #[command(after_help = "Examples:
  weir config check weir.toml && kill -HUP \"$(pidof weir-broker)\"

A running broker reads its file again on SIGHUP and logs what a restart would change; it never
takes a file that is wrong.")]
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
