//! The operator's program `weir`.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir_console::run()
}
