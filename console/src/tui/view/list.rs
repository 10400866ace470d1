//! The list of subscriptions.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::clock;
use super::columns::{Cell, Column, GAP, Slot, columns};
use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::picture::Row;
use crate::tui::state::place::Place;
use crate::tui::state::standing::Standing;

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
    let slots = columns(width, picture, state.listing());
    let mut at = skip_left(titles, LEAD);
    for slot in &slots {
        let title = SafeText::literal(slot.column.title());
        at = put(pen, at, *slot, (&title, Meaning::Label));
    }
    let listing = state.listing();
    let visible = listing.visible(usize::from(inner.height.saturating_sub(1)));
    if visible.is_empty() {
        say_why_empty(pen, inner, state);
    }
    for (line, id) in rows.zip(visible) {
        if let Some(row) = id.number().and_then(|id| picture.rows.get(&id)) {
            draw_row(pen, line, row, &slots, picture.sampled);
            if state.is_new(id) {
                pen.say(skip_left(line, 1), pen.look.pick("✦", "*"), Meaning::New);
            }
            if listing.marks.contains(id) {
                pen.say(skip_left(line, 1), pen.look.pick("■", "#"), Meaning::Key);
            }
            if listing.selected.as_ref() == Some(id) {
                pen.select(line);
                pen.say(line, pen.look.pick("›", ">"), Meaning::Strong);
            }
        }
    }
}

/// In the place of rows: that they are on their way, or that there are none.
fn say_why_empty(pen: &mut Pen<'_>, inner: Rect, state: &State) {
    let listing = state.listing();
    let middle = lines(inner).nth(usize::from(inner.height / 2));
    let Some(line) = middle else {
        return;
    };
    if listing.is_coming || listing.matched > 0 {
        pen.phrase_centered(line, &loading(pen.look));
    } else if matches!(state.page().place, Place::Topic { .. }) && listing.filter.is_empty() {
        let said = Phrase::new().say("no subscription reads this topic", Meaning::Dim);
        pen.phrase_centered(line, &said);
    }
}

/// Something has been asked for and is not there yet.
pub(crate) fn loading(look: Look) -> Phrase {
    Phrase::new()
        .say(look.pick("◌", "~"), Meaning::Dim)
        .say(" loading", Meaning::Dim)
}

/// The box with its title, how many rows of how many, and the order.
pub(crate) fn frame(pen: &mut Pen<'_>, area: Rect, state: &State) -> Rect {
    let title = match &state.page().place {
        Place::Overview | Place::Topic { .. } => SafeText::literal("Subscriptions"),
        place => place.title(),
    };
    let title = Phrase::new().add(title, Meaning::Strong);
    pen.frame(area, &title, &remark(state))
}

/// What is said of a list: its filter, how many rows of how many, marks and order.
pub(crate) fn remark(state: &State) -> Phrase {
    let listing = state.listing();
    let mut remark = Phrase::new();
    if !listing.filter.is_empty() {
        remark = remark
            .value("filter", listing.filter.typed(), Meaning::Watch)
            .say(" · ", Meaning::Dim);
    }
    if !listing.marks.is_empty() {
        remark = remark
            .add(figures::count(listing.marks.len() as u64), Meaning::Key)
            .say(" marked · ", Meaning::Label);
    }
    if let Some(since) = state.new_since() {
        let sampled = state.shown().sampled;
        remark = remark
            .say("new since ", Meaning::Label)
            .add(clock::time_of_day(Some(since), sampled), Meaning::New)
            .say(" · ", Meaning::Dim);
    }
    if listing.is_coming {
        remark = remark.say("loading", Meaning::Dim);
    } else {
        if listing.matched < listing.total {
            remark = remark
                .add(figures::count(listing.matched as u64), Meaning::Plain)
                .say(" of ", Meaning::Label);
        }
        remark = remark.add(figures::count(listing.total as u64), Meaning::Plain);
    }
    let sort = listing.sorted_by().map_or("name", |sort| sort.title);
    remark = remark
        .say(" · sort: ", Meaning::Label)
        .say(sort, Meaning::Plain);
    if listing.is_reversed {
        remark = remark.say(", reversed", Meaning::Plain);
    }
    remark
}

fn draw_row(pen: &mut Pen<'_>, line: Rect, row: &Row, slots: &[Slot], sampled: Option<f64>) {
    #[cfg(test)]
    super::counted::count_row();
    let (glyph, meaning) = pen.look.standing(&Standing::of(&row.now));
    pen.say(skip_left(line, 2), glyph, meaning);
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
