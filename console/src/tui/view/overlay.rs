//! What lies over a page: the columns to choose from, what was said so far.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::footer::said;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::look::Meaning;
use crate::tui::state::State;

/// Draws the columns of the list with a mark at those that are shown.
pub(crate) fn columns(pen: &mut Pen<'_>, screen: Rect, state: &State) {
    let listing = state.listing();
    let Some(table) = listing.table else {
        return;
    };
    let (on, off) = (pen.look.pick("■", "x"), pen.look.pick("□", " "));
    let rows: Vec<Phrase> = table
        .columns
        .iter()
        .map(|title| {
            let mark = if listing.shows(title) { on } else { off };
            Phrase::new()
                .say(mark, Meaning::Key)
                .say(" ", Meaning::Plain)
                .say(title, Meaning::Plain)
        })
        .collect();
    let inner = boxed(pen, screen, "Columns", &rows);
    if let Some(line) = lines(inner).nth(state.skipped) {
        pen.select(line);
    }
}

/// Draws what was said, the newest first.
pub(crate) fn notices(pen: &mut Pen<'_>, screen: Rect, state: &State) {
    let rows: Vec<Phrase> = state
        .notices
        .all()
        .map(|notice| {
            let age = state.now.saturating_sub(notice.at);
            let mut when = figures::whole_seconds(age);
            when.push(&SafeText::literal(" ago  "));
            let when = SafeText::new(format!("{when:>12}"));
            Phrase::new()
                .add(when, Meaning::Label)
                .then(said(pen, notice))
        })
        .skip(state.skipped)
        .collect();
    let rows = if rows.is_empty() {
        vec![Phrase::new().say("nothing was said so far", Meaning::Dim)]
    } else {
        rows
    };
    boxed(pen, screen, "Notices", &rows);
}

/// A box in the middle of the screen that is as large as its rows; returns what is inside.
pub(super) fn boxed(pen: &mut Pen<'_>, screen: Rect, title: &'static str, rows: &[Phrase]) -> Rect {
    let widest = rows.iter().map(Phrase::width).max().unwrap_or(0);
    let cells = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
    let width = cells(widest.max(title.len() + 4)).saturating_add(4);
    let width = width.min(screen.width);
    let height = cells(rows.len()).saturating_add(2).min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    pen.wipe(area);
    let title = Phrase::new().say(title, Meaning::Strong);
    let inner = skip_left(pen.frame(area, &title, &Phrase::new()), 1);
    for (line, row) in lines(inner).zip(rows) {
        pen.phrase(line, row);
    }
    inner
}
