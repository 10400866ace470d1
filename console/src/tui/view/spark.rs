//! A trend in one line: the last seconds of a series, scaled to their own highest value.

use weir_proto::safe_text::SafeText;

use crate::tui::look::{Look, Script};
use crate::tui::state::history::{History, Series};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const LETTERS: [char; 8] = ['_', '.', ',', '-', '~', '=', '*', '#'];

/// Room above the highest value, so that a steady backlog is not drawn as a wall.
const HEADROOM: f64 = 1.25;

/// How many seconds a cell stands for: twelve cells show a minute.
const SECONDS_A_CELL: usize = 5;

/// The last seconds of a series in `cells` cells, the newest at the right; a gap is blank.
///
/// Each cell holds the highest value of its seconds, so that no peak is lost.
pub(crate) fn spark(history: &History, series: Series, cells: usize, look: Look) -> SafeText {
    let steps = match look.script {
        Script::Unicode | Script::Blocks => BLOCKS,
        Script::Ascii => LETTERS,
    };
    let values = columns(history, series, cells);
    let highest = HEADROOM * values.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let drawn: String = values
        .iter()
        .map(|value| value.map_or(' ', |value| steps[level(value, highest, steps.len())]))
        .collect();
    SafeText::new(format!("{drawn:>cells$}"))
}

/// Some values in a cell each, the newest at the right; a gap is blank.
pub(crate) fn steps(values: impl Iterator<Item = Option<f64>> + Clone, look: Look) -> SafeText {
    let steps = match look.script {
        Script::Unicode | Script::Blocks => BLOCKS,
        Script::Ascii => LETTERS,
    };
    let highest = values.clone().flatten().fold(0.0_f64, f64::max);
    let drawn: String = values
        .map(|value| value.map_or(' ', |value| steps[level(value, highest, steps.len())]))
        .collect();
    SafeText::new(drawn)
}

/// The highest value of each cell, the newest last. A cell begins at a fixed second, so that a
/// trend moves to the left as a whole and does not flicker.
fn columns(history: &History, series: Series, cells: usize) -> Vec<Option<f64>> {
    let begun = history.recorded() % SECONDS_A_CELL;
    let newest = if begun == 0 { SECONDS_A_CELL } else { begun };
    let seconds = cells.saturating_sub(1) * SECONDS_A_CELL + newest;
    let values: Vec<Option<f64>> = history.last(series, seconds).collect();
    let (older, newest) = values.split_at(values.len().saturating_sub(newest));
    let highest = |chunk: &[Option<f64>]| chunk.iter().flatten().copied().reduce(f64::max);
    let mut columns: Vec<_> = older.rchunks(SECONDS_A_CELL).rev().map(highest).collect();
    columns.push(highest(newest));
    columns
}

/// Which of `steps` steps a value is on; only nothing is on the lowest one.
fn level(value: f64, highest: f64, steps: usize) -> usize {
    if value <= 0.0 || highest <= 0.0 {
        return 0;
    }
    let top = (steps - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of steps"
    )]
    let level = (value / highest * top).ceil().clamp(1.0, top) as usize;
    level
}
