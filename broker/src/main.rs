//! The daemon `weir-broker`.

use std::process::ExitCode;

/// Small allocations of many threads, freed by others, are what a broker does all day.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    weir_broker::run()
}
