//! How much a test does: the default figure, or the full one with `WEIR_TESTS=full`; and its seed,
//! printed, or given with `WEIR_SEED`.

/// The default figure, or the full one.
pub fn figure<T>(default: T, full: T) -> T {
    if std::env::var("WEIR_TESTS").is_ok_and(|value| value == "full") {
        full
    } else {
        default
    }
}

/// The seed of a random test: `WEIR_SEED`, or `fallback`. Prints it, so that a failure can be run again.
#[expect(clippy::print_stdout, reason = "a failed run is run again by its seed")]
pub fn seed(test: &str, fallback: u64) -> u64 {
    let seed = std::env::var("WEIR_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(fallback);
    println!("{test}: run again with WEIR_SEED={seed}");
    seed
}
