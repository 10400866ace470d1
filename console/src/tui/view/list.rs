//! The list of subscriptions.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::columns::{Cell, Column, GAP, Slot, columns};
use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::picture::Row;
use crate::tui::state::verdict::Verdict;

/// Cells in front of the first column: the mark of the selected row and the glyph.
const LEAD: u16 = 4;

/// Draws the box with the visible rows; only these are formatted.
pub(crate) fn list(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let inner = frame(pen, area, state);
    let picture = state.shown();
    let mut rows = lines(inner);
    let Some(titles) = rows.next() else {
        return;
    };
    let width = usize::from(inner.width.saturating_sub(LEAD + 1));
    let slots = columns(width, picture);
    let mut at = skip_left(titles, LEAD);
    for slot in &slots {
        let title = SafeText::literal(slot.column.title());
        at = put(pen, at, *slot, (&title, Meaning::Label));
    }
    let visible = state
        .listing
        .visible(usize::from(inner.height.saturating_sub(1)));
    for (line, id) in rows.zip(visible) {
        if let Some(row) = picture.rows.get(id) {
            draw_row(pen, line, row, &slots, picture.sampled);
            if state.listing.selected == Some(*id) {
                pen.select(line);
                pen.say(line, pen.look.pick("›", ">"), Meaning::Strong);
            }
        }
    }
}

/// The box with its title, how many rows of how many, and the order.
pub(crate) fn frame(pen: &mut Pen<'_>, area: Rect, state: &State) -> Rect {
    let shown = state.listing.order.len();
    let all = state.shown().rows.len();
    let title = Phrase::new().say("Subscriptions", Meaning::Strong);
    let mut remark = Phrase::new();
    if !state.listing.filter.is_empty() {
        remark = remark
            .value(
                "filter",
                SafeText::new(&state.listing.filter),
                Meaning::Watch,
            )
            .say(" · ", Meaning::Dim);
    }
    if shown < all {
        remark = remark
            .add(figures::count(shown as u64), Meaning::Plain)
            .say(" of ", Meaning::Label);
    }
    remark = remark
        .add(figures::count(all as u64), Meaning::Plain)
        .say(" · sort: ", Meaning::Label)
        .say(state.listing.sort.title(), Meaning::Plain);
    if state.listing.is_reversed {
        remark = remark.say(", reversed", Meaning::Plain);
    }
    pen.frame(area, &title, &remark)
}

fn draw_row(pen: &mut Pen<'_>, line: Rect, row: &Row, slots: &[Slot], sampled: Option<f64>) {
    let verdict = Verdict::of(&row.now);
    let meaning = Look::severity(verdict.severity());
    pen.say(skip_left(line, 2), pen.look.glyph(verdict), meaning);
    let mut at = skip_left(line, LEAD);
    for slot in slots {
        let cell = Cell {
            width: slot.width,
            look: pen.look,
            sampled,
        };
        let (text, mut said) = slot.column.value(row, &cell);
        if slot.column == Column::Name && matches!(meaning, Meaning::Watch | Meaning::Act) {
            said = meaning;
        }
        at = put(pen, at, *slot, (&text, said));
    }
}

/// Writes a cell and returns what is right of it.
fn put(pen: &mut Pen<'_>, at: Rect, slot: Slot, value: (&SafeText, Meaning)) -> Rect {
    let width = u16::try_from(slot.width).unwrap_or(u16::MAX);
    let cell = Rect {
        width: at.width.min(width),
        ..at
    };
    if slot.column.holds_words() {
        pen.left(cell, value.0, value.1);
    } else {
        pen.right(cell, value.0, value.1);
    }
    skip_left(at, width.saturating_add(u16::try_from(GAP).unwrap_or(1)))
}
