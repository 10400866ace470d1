//! Lines as cells: each cell has a letter, and the meaning of the line that was drawn into it last.
//!
//! Braille has two columns of four dots in a cell; blocks have one column of eight steps; ASCII has one
//! letter. Where two lines meet in a cell of braille, the dots of both are kept.

use crate::tui::look::Meaning;

/// With which letters lines are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    Braille,
    Blocks,
    Ascii,
}

/// A field of cells, row by row from the top.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    letters: Letters,
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

/// A line to be drawn: one value between 0 and 1 for each column, or a gap.
pub(crate) struct Trace<'a> {
    pub(crate) levels: &'a [Option<f64>],
    pub(crate) meaning: Meaning,
    /// The letter of ASCII.
    pub(crate) letter: char,
    /// Whether what is below the line is filled.
    pub(crate) is_filled: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    dots: u8,
    letter: Option<char>,
    meaning: Option<Meaning>,
}

const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Letters {
    /// Columns in a cell.
    pub(crate) fn across(self) -> usize {
        match self {
            Self::Braille => 2,
            Self::Blocks | Self::Ascii => 1,
        }
    }

    fn down(self) -> usize {
        match self {
            Self::Braille => 4,
            Self::Blocks => 8,
            Self::Ascii => 1,
        }
    }
}

impl Raster {
    /// An empty field of some cells.
    pub(crate) fn new(letters: Letters, width: usize, height: usize) -> Self {
        Self {
            letters,
            width,
            height,
            cells: vec![Cell::default(); width * height],
        }
    }

    /// Draws a line; it joins what is not parted by a gap.
    pub(crate) fn trace(&mut self, trace: &Trace<'_>) {
        let steps = self.height * self.letters.down();
        let mut before = None;
        for (x, level) in trace.levels.iter().enumerate() {
            let here = level.map(|level| step(level, steps));
            if let Some(here) = here {
                let there = before.unwrap_or(here);
                let (from, to) = stroke(here, there);
                let to = if trace.is_filled { steps - 1 } else { to };
                self.column(x, (here, from, to), trace);
            }
            before = here;
        }
    }

    /// A dashed line at a level, only in cells where nothing is.
    pub(crate) fn dash(&mut self, level: f64, letter: char, meaning: Meaning) {
        if self.height == 0 {
            return;
        }
        let y = step(level, self.height);
        for x in (0..self.width).step_by(2) {
            let cell = &mut self.cells[y * self.width + x];
            if cell.meaning.is_none() {
                cell.letter = Some(letter);
                cell.meaning = Some(meaning);
            }
        }
    }

    /// The runs of cells with the same meaning: place of the first one, letters, meaning.
    pub(crate) fn runs(&self) -> Vec<((usize, usize), String, Meaning)> {
        let mut runs: Vec<((usize, usize), String, Meaning)> = Vec::new();
        let mut open: Option<(usize, usize)> = None;
        for (at, cell) in self.cells.iter().enumerate() {
            let (x, y) = (at % self.width, at / self.width);
            let Some(meaning) = cell.meaning else {
                open = None;
                continue;
            };
            let letter = cell.letter();
            match runs.last_mut() {
                Some((_, run, of)) if open == Some((x, y)) && *of == meaning => run.push(letter),
                _ => runs.push(((x, y), letter.to_string(), meaning)),
            }
            open = Some((x + 1, y));
        }
        runs
    }

    /// Draws a column: its own step, and from where to where the stroke goes, from the top.
    fn column(&mut self, x: usize, (here, from, to): (usize, usize, usize), trace: &Trace<'_>) {
        let (across, down) = (self.letters.across(), self.letters.down());
        let (left, right) = (x / across, x % across);
        if left >= self.width {
            return;
        }
        for y in from..=to {
            let cell = &mut self.cells[y / down * self.width + left];
            cell.meaning = Some(trace.meaning);
            match self.letters {
                Letters::Braille => cell.dots |= DOTS[right][y % down],
                Letters::Ascii => cell.letter = Some(trace.letter),
                Letters::Blocks => {
                    let is_top = y / down == here / down && here >= from;
                    let letter = if is_top { STEPS[7 - here % 8] } else { '█' };
                    // A second line over the blocks of the first one.
                    let letter = if trace.is_filled { letter } else { '•' };
                    cell.letter = Some(letter);
                }
            }
        }
    }
}

impl Cell {
    fn letter(self) -> char {
        self.letter
            .unwrap_or_else(|| char::from_u32(0x2800 + u32::from(self.dots)).unwrap_or(' '))
    }
}

/// The step from the top that a level is on.
fn step(level: f64, steps: usize) -> usize {
    let top = steps.saturating_sub(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of steps"
    )]
    let step = ((1.0 - level) * top).round().clamp(0.0, top) as usize;
    step
}

/// The stroke that joins a step to the one before, without the step before itself.
fn stroke(here: usize, there: usize) -> (usize, usize) {
    match here.cmp(&there) {
        std::cmp::Ordering::Equal => (here, here),
        std::cmp::Ordering::Less => (here, there - 1),
        std::cmp::Ordering::Greater => (there + 1, here),
    }
}
