//! The line over a page's charts that stands at a moment: where it is, and how far it goes.

use super::areas::areas;
use super::mode::{Mode, Step};
use super::screen::State;

/// Cells of a chart's box that are not its field: the frame, blanks, and the figures at the left.
const BESIDE: u16 = 11;

impl State {
    /// The moment at which the cursor stands, if there is one: seconds since the epoch by the broker's clock.
    pub(crate) fn cursor(&self) -> Option<f64> {
        let at = self
            .page()
            .chart
            .cursor
            .filter(|_| self.mode == Mode::Cursor);
        at.map(|at| at as f64)
    }

    /// Puts the cursor at the right end of the charts; false while they have no past.
    pub(crate) fn begin_cursor(&mut self) -> bool {
        let begins = self.reach().is_some();
        if begins {
            self.mode = Mode::Cursor;
            self.move_cursor(Step::Last);
        }
        begins
    }

    /// Takes the cursor away.
    pub(crate) fn end_cursor(&mut self) {
        self.page_mut().chart.cursor = None;
        self.mode = Mode::Page;
    }

    /// Moves the cursor, within what the charts show.
    pub(crate) fn move_cursor(&mut self, step: Step) {
        let Some((until, seconds)) = self.reach() else {
            return;
        };
        let chart = areas(&self.page().place, &self.layout()).chart;
        let cells = chart.width.saturating_sub(BESIDE).max(1);
        let (first, last) = (whole(until - seconds) + 1, whole(until));
        let cell = whole(seconds / f64::from(cells)).max(1);
        let at = self.page().chart.cursor.unwrap_or(last);
        let to = match step {
            Step::Back => at.saturating_sub(cell),
            Step::On => at.saturating_add(cell),
            Step::First => first,
            Step::Last => last,
        };
        self.page_mut().chart.cursor = Some(to.clamp(first.min(last), last));
    }

    /// The end of what the page's charts show, and how long it is in seconds.
    fn reach(&self) -> Option<(f64, f64)> {
        let page = self.page();
        let range = f64::from(page.chart.range.seconds());
        page.data.past.value()?.reach(self.shown().sampled, range)
    }
}

/// The nearest whole second.
fn whole(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time of this era, in seconds, is far from the ends"
    )]
    let whole = seconds.round().clamp(0.0, 1e15) as u64;
    whole
}
