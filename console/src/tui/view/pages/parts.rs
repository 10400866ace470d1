//! What several pages are made of: boxes, what is not there and why, sentences in a width.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::fetch::{Cause, Failure, Fetch, Shown};
use crate::tui::state::row_id::RowId;
use crate::tui::state::standing::Standing;
use crate::tui::state::subscription::Subscription;
use crate::tui::view::columns::topic_meaning;
use crate::tui::view::figures;
use crate::tui::view::grid::{Cell, Line};
use crate::tui::view::list::loading;
use crate::tui::view::pen::{Pen, lines, skip_left};
use crate::tui::view::phrase::Phrase;

/// The broker's time of the numbers that are seen.
pub(super) fn now(state: &State) -> Option<f64> {
    state.shown().sampled
}

/// Draws a box; what is inside has a blank at either side. Nothing is drawn where there is no room.
pub(super) fn boxed(pen: &mut Pen<'_>, area: Rect, title: &Phrase, remark: &Phrase) -> Rect {
    if area.height < 2 || area.width < 4 {
        return Rect::default();
    }
    let inner = pen.frame(area, title, remark);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// The title of a box about a subscription, and how it stands in a word.
pub(super) fn heading(one: &Subscription, standing: &Standing, look: Look) -> (Phrase, Phrase) {
    let title = Phrase::new()
        .add(one.name.clone(), Meaning::Strong)
        .say(" of topic ", Meaning::Label)
        .add(one.topic.clone(), topic_meaning(one.is_relaxed));
    let (sign, meaning) = look.standing(standing);
    let remark = Phrase::new()
        .say(sign, meaning)
        .say(" ", Meaning::Plain)
        .say(standing.word, meaning);
    (title, remark)
}

/// A title of constants.
pub(super) fn titled(title: &'static str) -> Phrase {
    Phrase::new().say(title, Meaning::Strong)
}

/// What was fetched; where it is not there, says so and why in its place.
pub(super) fn loaded<'a, T>(
    pen: &mut Pen<'_>,
    area: Rect,
    fetch: &'a Fetch<T>,
    state: &State,
) -> Option<&'a T> {
    match fetch.shown(state.now) {
        Shown::Loaded { value, .. } => return Some(value),
        Shown::Loading => say_middle(pen, area, &[loading(pen.look)]),
        Shown::Failed(failure) => say_middle(pen, area, &why(failure, pen.look)),
    }
    None
}

/// Each reason why something is not there looks different from the others, and from a zero.
fn why(failure: &Failure, look: Look) -> Vec<Phrase> {
    let (glyph, said, meaning) = match failure.cause {
        Cause::NotAllowed => ("?", " no permission", Meaning::Dim),
        Cause::NotFound => (
            look.pick("○", "-"),
            " not there, or no longer",
            Meaning::Dim,
        ),
        Cause::NotSupported => ("?", " this broker cannot say", Meaning::Dim),
        Cause::Unreachable => (look.pick("◌", "~"), " out of reach", Meaning::Watch),
        Cause::Other => (look.pick("✖", "x"), " failed", Meaning::Act),
    };
    let mut said = vec![Phrase::new().say(glyph, meaning).say(said, meaning)];
    if !matches!(failure.cause, Cause::NotSupported) {
        said.push(Phrase::new().add(failure.text.clone(), Meaning::Dim));
    }
    said
}

/// Says something in the middle of a box.
pub(super) fn say_middle(pen: &mut Pen<'_>, area: Rect, said: &[Phrase]) {
    let height = u16::try_from(said.len()).unwrap_or(u16::MAX);
    let skip = area.height.saturating_sub(height) / 2;
    for (line, phrase) in lines(area).skip(usize::from(skip)).zip(said) {
        pen.phrase_centered(line, phrase);
    }
}

/// Writes phrases one a line, as many as there is room for.
pub(super) fn say_lines(pen: &mut Pen<'_>, area: Rect, said: &[Phrase]) {
    for (line, phrase) in lines(area).zip(said) {
        pen.phrase(line, phrase);
    }
}

/// A sentence in lines; what does not fit into `most` of them ends in `…`.
pub(super) fn sentence(text: &SafeText, width: u16, most: usize, meaning: Meaning) -> Vec<Phrase> {
    let wrapped = text.wrap(usize::from(width).max(1));
    let is_cut = wrapped.len() > most;
    let mut lines: Vec<SafeText> = wrapped.into_iter().take(most).collect();
    if let (true, Some(last)) = (is_cut, lines.last_mut()) {
        // A line that is full already gives its last cell to the sign.
        *last = last.clamp(usize::from(width).saturating_sub(1));
        if !last.as_str().ends_with('…') {
            last.push(&SafeText::literal("…"));
        }
    }
    lines
        .into_iter()
        .map(|line| Phrase::new().add(line, meaning))
        .collect()
}

/// A fact: its name in some cells, and its value.
pub(super) fn fact(name: &'static str, value: Phrase) -> Phrase {
    const NAME_CELLS: usize = 13;
    Phrase::new()
        .add(
            SafeText::new(format!("{name:<NAME_CELLS$}")),
            Meaning::Label,
        )
        .say(" ", Meaning::Plain)
        .then(value)
}

/// What is left of a rectangle below some lines.
pub(super) fn below(area: Rect, used: usize) -> Rect {
    let used = u16::try_from(used).unwrap_or(u16::MAX).min(area.height);
    Rect {
        y: area.y + used,
        height: area.height - used,
        ..area
    }
}

/// Lines of a sentence behind a sign: the sign stands before the first one.
pub(super) fn say_behind(
    pen: &mut Pen<'_>,
    area: Rect,
    (sign, meaning): (&'static str, Meaning),
    text: &SafeText,
    most: usize,
) -> usize {
    let inner = skip_left(area, 2);
    let said = sentence(text, inner.width, most, Meaning::Plain);
    let used = said.len().min(usize::from(area.height));
    pen.say(area, sign, meaning);
    say_lines(pen, inner, &said);
    used
}

/// The rows of the page's list that are seen in a box of some height, found by their ids.
pub(super) fn seen<'a, R: ?Sized>(
    state: &State,
    height: u16,
    find: impl Fn(&RowId) -> Option<&'a R>,
    sign: impl Fn(&R) -> (&'static str, Meaning),
) -> Vec<Line<'a, R>> {
    let listing = state.listing();
    let visible = listing.visible(usize::from(height.saturating_sub(1)));
    let line = |id: &RowId| {
        let row = find(id)?;
        let (glyph, meaning) = sign(row);
        Some(Line {
            row,
            glyph,
            meaning,
            is_selected: listing.selected.as_ref() == Some(id),
            is_marked: listing.marks.contains(id),
            is_new: state.is_new(id),
        })
    };
    visible.iter().filter_map(line).collect()
}

/// What cells of a page's lists depend on besides the row.
pub(super) fn cell(state: &State, look: Look, total: u64) -> Cell {
    Cell {
        look,
        now: now(state),
        total,
    }
}

/// What a list says in its place when no row is left of those that there are.
pub(super) fn filtered_out(state: &State) -> Vec<Phrase> {
    let listing = state.listing();
    vec![
        Phrase::new()
            .say("Nothing passes the filter ", Meaning::Plain)
            .add(listing.filter.typed(), Meaning::Strong),
        Phrase::new()
            .add(figures::count(listing.total as u64), Meaning::Plain)
            .say(" hidden by it", Meaning::Label),
        Phrase::new()
            .say("esc", Meaning::Key)
            .say(" clears it", Meaning::Plain),
    ]
}
