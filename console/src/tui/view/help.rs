//! The overlay that explains keys and glyphs; the keys are read from the table in `keys`.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::live_keys::Live;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::screen::Mode;

/// Cells for the names of the keys.
const KEY_CELLS: usize = 15;
/// Cells of a column.
const COLUMN_CELLS: u16 = 46;
/// More columns are hard to read.
const MOST_COLUMNS: u16 = 3;

/// Draws the overlay over what is there; `skipped` lines of it are above what is seen.
pub(crate) fn help(pen: &mut Pen<'_>, screen: Rect, state: &State) {
    let said = said(pen.look, state);
    let skipped = state.skipped;
    let columns = (screen.width.saturating_sub(3) / COLUMN_CELLS).clamp(1, MOST_COLUMNS);
    let area = centered(screen, columns, said.len());
    pen.wipe(area);
    let rows = usize::from(area.height.saturating_sub(2));
    let room = rows * usize::from(columns);
    let skipped = skipped.min(said.len().saturating_sub(room));
    let below = said.len().saturating_sub(skipped + room);
    let mut remark = Phrase::new();
    if skipped + below > 0 {
        remark = Phrase::new()
            .say("j/k", Meaning::Key)
            .say(" more: ", Meaning::Plain)
            .add(figures::count(below as u64), Meaning::Plain)
            .say(" below", Meaning::Plain);
    }
    let title = Phrase::new().say("Keys", Meaning::Strong);
    let inner = skip_left(pen.frame(area, &title, &remark), 1);
    let width = inner.width / columns;
    for (at, column) in said[skipped..].chunks(rows.max(1)).enumerate() {
        let from = width.saturating_mul(u16::try_from(at).unwrap_or(u16::MAX));
        if at >= usize::from(columns) || from >= inner.width {
            break;
        }
        let area = Rect {
            width: width.saturating_sub(1),
            ..skip_left(inner, from)
        };
        for (line, phrase) in lines(area).zip(column) {
            pen.phrase(line, phrase);
        }
    }
}

fn said(look: Look, state: &State) -> Vec<Phrase> {
    let mut said = section("Here", Mode::Page, state);
    for (title, mode) in [
        ("While typing a filter", Mode::Filter),
        ("While typing a command", Mode::Command),
        ("The columns", Mode::Columns),
        ("The notices", Mode::Notices),
        ("A question", Mode::Dialog),
        ("The line on a chart", Mode::Cursor),
        ("This help", Mode::Help),
    ] {
        said.push(Phrase::new());
        said.extend(section(title, mode, state));
    }
    said.push(Phrase::new());
    said.push(heading("Glyphs"));
    let glyphs = [
        (look.pick("✖", "x"), "act now", Meaning::Act),
        (look.pick("▲", "!"), "watch: growing, dying", Meaning::Watch),
        (look.pick("●", "o"), "fine or draining", Meaning::Fine),
        (look.pick("○", "-"), "idle", Meaning::Dim),
        ("?", "not known", Meaning::Dim),
        (
            look.pick("✦", "*"),
            "new since you last looked",
            Meaning::New,
        ),
        (
            look.pick("◌", "~"),
            "stale: numbers are old",
            Meaning::Watch,
        ),
    ];
    said.extend(glyphs.into_iter().map(|(glyph, does, meaning)| {
        Phrase::new()
            .say(glyph, meaning)
            .say("  ", Meaning::Plain)
            .say(does, Meaning::Plain)
    }));
    said
}

fn section(title: &'static str, mode: Mode, state: &State) -> Vec<Phrase> {
    let here = state.keys.of(mode, &state.page().place, state.may_write());
    std::iter::once(heading(title))
        .chain(here.map(explain))
        .collect()
}

fn heading(title: &'static str) -> Phrase {
    Phrase::new().say(title, Meaning::Strong)
}

fn explain(live: &Live) -> Phrase {
    let keys = SafeText::new(format!("{:<KEY_CELLS$}", live.shown));
    Phrase::new()
        .add(keys, Meaning::Key)
        .say(live.binding.does, Meaning::Plain)
}

/// As large as it takes, or as there is room.
fn centered(screen: Rect, columns: u16, said: usize) -> Rect {
    let needed = said.div_ceil(usize::from(columns)) + 2;
    let width = (columns * COLUMN_CELLS + 3).min(screen.width);
    let height = u16::try_from(needed).unwrap_or(u16::MAX).min(screen.height);
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}
