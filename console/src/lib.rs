//! Weir's operator program `weir`: dashboard, command line, demo.
//!
//! `present` turns what the broker says into text and JSON,
//! `profile` is what an operator set up for this machine,
//! `topology` is the file of declared topics and subscriptions,
//! `command` is the command line with a file for each noun, `tui` is the dashboard, `demo` makes
//! traffic, `load` is the load test, and `embedded` is the one file that starts a broker inside this process.

mod clock;
mod command;
mod demo;
mod embedded;
mod files;
mod load;
mod present;
mod profile;
mod topology;
mod tui;

use std::process::ExitCode;

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    command::run()
}
