//! How many rows of lists were made into cells, for the test that none is that is not seen.

use std::cell::Cell;

thread_local! {
    static FORMATTED: Cell<usize> = const { Cell::new(0) };
}

/// Counts a row.
pub(crate) fn count_row() {
    FORMATTED.set(FORMATTED.get() + 1);
}

/// How many there were on this thread since the last call.
pub(crate) fn formatted_rows() -> usize {
    FORMATTED.replace(0)
}
