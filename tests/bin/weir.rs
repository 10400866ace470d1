//! The operator's program, as the tests find it.

fn main() -> std::process::ExitCode {
    weir_console::run()
}
