//! The operator's program `weir`.

use std::process::ExitCode;

/// As the daemon's: `weir serve` and `weir demo` are brokers, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    weir_console::run()
}
