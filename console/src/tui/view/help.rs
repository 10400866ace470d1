//! The overlay that explains keys and glyphs; the keys are read from the table in `keys`.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use crate::tui::keys::{Binding, bindings};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::place::Place;
use crate::tui::state::screen::Mode;

/// Cells for the names of the keys.
const KEY_CELLS: usize = 15;
/// The size at which nothing is cut.
const WIDTH: u16 = 80;
const HEIGHT: u16 = 24;
/// Lines of the left column, without the borders.
const HEIGHT_LEFT: usize = 22;
/// Cells of the left column.
const LEFT_CELLS: u16 = 41;

/// Draws the overlay over what is there.
pub(crate) fn help(pen: &mut Pen<'_>, screen: Rect, place: &Place) {
    let area = centered(screen);
    pen.wipe(area);
    let title = Phrase::new().say("Keys", Meaning::Strong);
    let inner = skip_left(pen.frame(area, &title, &Phrase::new()), 1);
    let (left, right) = columns(pen.look, place);
    if inner.width < WIDTH - 3 {
        let all: Vec<Phrase> = left.into_iter().chain(right).collect();
        write(pen, inner, &all);
        return;
    }
    write(
        pen,
        Rect {
            width: LEFT_CELLS.min(inner.width),
            ..inner
        },
        &left,
    );
    write(pen, skip_left(inner, LEFT_CELLS), &right);
}

fn write(pen: &mut Pen<'_>, area: Rect, said: &[Phrase]) {
    for (line, phrase) in lines(area).zip(said) {
        pen.phrase(line, phrase);
    }
}

fn columns(look: Look, place: &Place) -> (Vec<Phrase>, Vec<Phrase>) {
    let mut left = section("Here", Mode::Page, place);
    let half = left.len().div_ceil(2).max(HEIGHT_LEFT.min(left.len()));
    let mut right = left.split_off(half);
    right.push(Phrase::new());
    right.extend(section("While typing a filter", Mode::Filter, place));
    right.push(Phrase::new());
    right.extend(section("This help", Mode::Help, place));
    right.push(Phrase::new());
    right.push(heading("Glyphs"));
    let glyphs = [
        (look.pick("✖", "x"), "act now", Meaning::Act),
        (look.pick("▲", "!"), "watch: growing, dying", Meaning::Watch),
        (look.pick("●", "o"), "fine or draining", Meaning::Fine),
        (look.pick("○", "-"), "idle", Meaning::Dim),
        ("?", "not known", Meaning::Dim),
        (
            look.pick("◌", "~"),
            "stale: numbers are old",
            Meaning::Watch,
        ),
    ];
    right.extend(glyphs.into_iter().map(|(glyph, does, meaning)| {
        Phrase::new()
            .say(glyph, meaning)
            .say("  ", Meaning::Plain)
            .say(does, Meaning::Plain)
    }));
    (left, right)
}

fn section(title: &'static str, mode: Mode, place: &Place) -> Vec<Phrase> {
    std::iter::once(heading(title))
        .chain(bindings(mode, place).map(explain))
        .collect()
}

fn heading(title: &'static str) -> Phrase {
    Phrase::new().say(title, Meaning::Strong)
}

fn explain(binding: &Binding) -> Phrase {
    let keys = SafeText::new(format!("{:<KEY_CELLS$}", binding.shown));
    Phrase::new()
        .add(keys, Meaning::Key)
        .say(binding.does, Meaning::Plain)
}

fn centered(screen: Rect) -> Rect {
    let width = WIDTH.min(screen.width);
    let height = HEIGHT.min(screen.height);
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}
