//! The daemon `weir-broker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir_broker::run()
}
