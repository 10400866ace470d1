//! A table: columns that come and go with the width, the visible rows, the selected and marked ones.
//!
//! Only rows that are seen are formatted, which callers see to by handing only these in.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::pen::{Pen, lines, skip_left};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::listing::Listing;

/// Cells in front of the first column: the cursor, the mark and the glyph.
pub(crate) const LEAD: u16 = 4;
/// Cells between two columns.
const GAP: usize = 1;
/// What nobody needs goes in front of figures, up to so many cells each.
const AIR: usize = 4;

/// A column of rows `R`.
pub(crate) struct Field<R: ?Sized> {
    pub(crate) title: &'static str,
    /// The name of the field that it is sorted by, if any.
    pub(crate) sort: &'static str,
    /// Cells that it needs, and that it can use.
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Whether it holds words, which stand at the left, and not figures.
    pub(crate) is_words: bool,
    /// When width is short the highest rank goes first; 0 always stays.
    pub(crate) rank: u8,
    pub(crate) value: fn(&R, &Cell) -> (SafeText, Meaning),
}

/// What a value depends on besides the row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) look: Look,
    /// The broker's time of the newest sample.
    pub(crate) now: Option<f64>,
    /// What shares are parts of.
    pub(crate) total: u64,
}

/// A row that is seen.
pub(crate) struct Line<'a, R: ?Sized> {
    pub(crate) row: &'a R,
    pub(crate) glyph: &'static str,
    pub(crate) meaning: Meaning,
    pub(crate) is_selected: bool,
    pub(crate) is_marked: bool,
    /// It was not there yet when the operator last looked.
    pub(crate) is_new: bool,
}

/// A column with the cells it gets.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: usize,
    width: usize,
}

impl<R: ?Sized> Field<R> {
    /// A column of words.
    pub(crate) const fn words(
        title: &'static str,
        (least, most): (usize, usize),
        value: fn(&R, &Cell) -> (SafeText, Meaning),
    ) -> Self {
        Self {
            title,
            sort: "",
            least,
            most,
            is_words: true,
            rank: 0,
            value,
        }
    }

    /// A column of figures.
    pub(crate) const fn figures(
        title: &'static str,
        width: usize,
        value: fn(&R, &Cell) -> (SafeText, Meaning),
    ) -> Self {
        Self {
            is_words: false,
            ..Self::words(title, (width, width), value)
        }
    }

    /// The same, to be left out when width is short: the highest rank first.
    pub(crate) const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The same, sorted by a field.
    pub(crate) const fn by(self, sort: &'static str) -> Self {
        Self { sort, ..self }
    }
}

/// Draws titles and rows.
pub(crate) fn grid<'a, R: ?Sized + 'a>(
    pen: &mut Pen<'_>,
    area: Rect,
    (fields, listing): (&[Field<R>], Option<&Listing>),
    rows: impl Iterator<Item = Line<'a, R>>,
    cell: Cell,
) {
    let mut below = lines(area);
    let Some(head) = below.next() else {
        return;
    };
    let width = usize::from(area.width.saturating_sub(LEAD + 1));
    let slots = fit(fields, width, listing);
    titles(pen, skip_left(head, LEAD), (fields, &slots), listing);
    for (line, one) in below.zip(rows) {
        #[cfg(test)]
        super::counted::count_row();
        if one.is_new {
            pen.say(skip_left(line, 1), pen.look.pick("✦", "*"), Meaning::New);
        }
        if one.is_marked {
            pen.say(skip_left(line, 1), pen.look.pick("■", "#"), Meaning::Key);
        }
        pen.say(skip_left(line, 2), one.glyph, one.meaning);
        let mut at = skip_left(line, LEAD);
        for (place, slot) in slots.iter().enumerate() {
            let field = &fields[slot.at];
            let (text, mut meaning) = (field.value)(one.row, &cell);
            let is_troubled = matches!(one.meaning, Meaning::Watch | Meaning::Act);
            if place == 0 && is_troubled && meaning == Meaning::Plain {
                meaning = one.meaning;
            }
            at = put(pen, at, (slot.width, field.is_words), (&text, meaning));
        }
        if one.is_selected {
            pen.select(line);
            pen.say(line, pen.look.pick("›", ">"), Meaning::Strong);
        }
    }
}

fn titles<R: ?Sized>(
    pen: &mut Pen<'_>,
    at: Rect,
    (fields, slots): (&[Field<R>], &[Slot]),
    listing: Option<&Listing>,
) {
    let mut at = at;
    let sorted = listing.and_then(|listing| listing.sorted_by().zip(Some(listing.is_reversed)));
    for slot in slots {
        let field = &fields[slot.at];
        let mut title = SafeText::literal(field.title);
        if let Some((sort, is_reversed)) = sorted
            && !field.sort.is_empty()
            && sort.field == field.sort
        {
            let falls = sort.begins_with_most != is_reversed;
            let sign = if falls {
                pen.look.pick("▾", "v")
            } else {
                pen.look.pick("▴", "^")
            };
            title.push(&SafeText::literal(sign));
        }
        at = put(
            pen,
            at,
            (slot.width, field.is_words),
            (&title, Meaning::Label),
        );
    }
}

/// The columns that fit into `width` cells, in their order, and what of the width each gets.
fn fit<R: ?Sized>(fields: &[Field<R>], width: usize, listing: Option<&Listing>) -> Vec<Slot> {
    let is_shown = |field: &Field<R>| listing.is_none_or(|listing| listing.shows(field.title));
    let skipped = listing.map_or(0, |listing| listing.skipped);
    let mut slots: Vec<Slot> = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_shown(field))
        .map(|(at, field)| Slot {
            at,
            width: field.least,
        })
        .collect();
    // The first column names the row, and stays.
    let skipped = skipped.min(slots.len().saturating_sub(2));
    slots.drain(1.min(slots.len())..(1 + skipped).min(slots.len()));
    let needed = |slots: &[Slot]| -> usize {
        let cells: usize = slots.iter().map(|slot| slot.width).sum();
        cells + GAP * slots.len().saturating_sub(1)
    };
    while needed(&slots) > width {
        let last = slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| fields[slot.at].rank > 0)
            .max_by_key(|(_, slot)| fields[slot.at].rank);
        let Some((place, _)) = last else { break };
        slots.remove(place);
    }
    let mut spare = width.saturating_sub(needed(&slots));
    for slot in &mut slots {
        let more = fields[slot.at].most.saturating_sub(slot.width).min(spare);
        slot.width += more;
        spare -= more;
    }
    let figures = slots
        .iter()
        .filter(|slot| !fields[slot.at].is_words)
        .count();
    let each = (spare / figures.max(1)).min(AIR);
    for slot in slots.iter_mut().filter(|slot| !fields[slot.at].is_words) {
        slot.width += each;
    }
    slots
}

/// Writes a cell and returns what is right of it.
fn put(
    pen: &mut Pen<'_>,
    at: Rect,
    (width, is_words): (usize, bool),
    (text, meaning): (&SafeText, Meaning),
) -> Rect {
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let cell = Rect {
        width: at.width.min(width),
        ..at
    };
    if is_words {
        pen.left(cell, text, meaning);
    } else {
        pen.right(cell, text, meaning);
    }
    skip_left(at, width.saturating_add(u16::try_from(GAP).unwrap_or(1)))
}
