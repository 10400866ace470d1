//! From the process's arguments to the command that they name.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;

use super::arguments::{Cli, Command};
use crate::tui::TopArgs;

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let globals = &cli.globals;
    match cli.command {
        None if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => {
            crate::tui::run(&globals.server, globals.color, TopArgs::default())
        }
        Some(Command::Top(args)) => crate::tui::run(&globals.server, globals.color, args),
        Some(Command::Demo(args)) => crate::demo::run(&args, globals.output, globals.color),
        Some(Command::Serve(args)) => crate::embedded::serve(args),
        _ => ExitCode::FAILURE,
    }
}
