//! The daemon, as the tests find it.

fn main() -> std::process::ExitCode {
    weir_broker::run()
}
