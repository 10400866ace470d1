//! Acts on many messages: how far each is, and whether it can be taken back.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::OperationState;

use super::parts::{
    boxed, cell, fact, filtered_out, loaded, now, say_lines, say_middle, seen, sentence, titled,
};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::operation::{Operation, Operations};
use crate::tui::state::row_id::RowId;
use crate::tui::view::bars::bar_of;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Cell, Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Cells of a frame's top that are neither title nor remark: corners, blanks, and a line between the two.
const FRAME_CELLS: usize = 10;
/// Cells of a bar of progress.
const BAR_CELLS: usize = 10;

const OP: Field<Operation> =
    Field::<Operation>::words("OP", (4, 5), |one, _| (one.id.clone(), Meaning::Plain));
const WHEN: Field<Operation> = Field::<Operation>::words("WHEN", (8, 11), |one, cell| {
    (clock::short_time(one.started, cell.now), Meaning::Plain)
})
.rank(3);
const WHO: Field<Operation> =
    Field::<Operation>::words("WHO", (8, 12), |one, _| (who(one), Meaning::Label)).rank(4);
const WHAT: Field<Operation> =
    Field::<Operation>::words("WHAT", (18, 60), |one, _| (what(one), Meaning::Plain));
const PROGRESS: Field<Operation> =
    Field::<Operation>::words("PROGRESS", (BAR_CELLS, BAR_CELLS), |one, cell| {
        (bar(one, cell), Meaning::Progress)
    })
    .rank(2);
const DONE: Field<Operation> =
    Field::<Operation>::figures("DONE", 15, |one, _| (done(one), Meaning::Plain));
const RATE: Field<Operation> =
    Field::<Operation>::figures("RATE", 8, |one, _| (rate(one), Meaning::Plain)).rank(5);
const STATE: Field<Operation> = Field::<Operation>::words("STATE", (9, 10), |one, _| {
    (SafeText::literal(one.state_word()), state_meaning(one))
});

/// The columns of the list.
const FIELDS: &[Field<Operation>] = &[
    OP,
    WHEN.by("start_time"),
    WHO.by("actor"),
    WHAT,
    PROGRESS,
    DONE.by("affected"),
    RATE,
    STATE,
    Field::<Operation>::words("UNDO", (11, 18), |one, cell| undo(one, cell.now)).rank(1),
];

/// The columns of those on dead messages, of which a key undoes one that is named beside them.
pub(super) const ON_DEAD: &[Field<Operation>] = &[
    OP,
    WHEN,
    WHO,
    WHAT,
    DONE,
    RATE,
    STATE,
    Field::<Operation>::words("UNDO", (11, 18), |one, cell| left(one, cell.now)).rank(1),
];

/// Draws it between the tabs and the footer.
pub(crate) fn operations(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let title = titled("Operations");
    let remark = remark(state);
    let used = title.width() + remark.width() + FRAME_CELLS;
    let room = usize::from(areas.list.width).saturating_sub(used);
    let inner = boxed(pen, areas.list, &title.then(kept(state, room)), &remark);
    let Some(all) = loaded(pen, inner, &state.page().data.operations, state) else {
        boxed(pen, areas.foot, &Phrase::new(), &Phrase::new());
        return;
    };
    if all.operations.is_empty() {
        let none = [
            Phrase::new().say("No operation was begun yet", Meaning::Strong),
            Phrase::new().say(
                "requeues, purges and what else acts on many messages are listed here",
                Meaning::Dim,
            ),
        ];
        say_middle(pen, inner, &none);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let rows = seen(
            state,
            inner.height,
            |id| find(all, id),
            |one| sign(one, look),
        );
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, 0);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    let selected = state
        .listing()
        .selected
        .as_ref()
        .and_then(|id| find(all, id));
    about(pen, areas.foot, selected, state);
}

/// `· 9.1 MiB of 12.0 GiB only for undo, until 14:20:00, 31,204 messages, the first until 13:05:00`, as much of it as
/// there is room for.
fn kept(state: &State, room: usize) -> Phrase {
    let broker = state.shown().broker.as_ref();
    let Some(undo) = broker.and_then(|broker| broker.undo.as_ref()) else {
        return Phrase::new();
    };
    if undo.grace <= 0.0 {
        let parts = vec![Phrase::new().say("this broker keeps nothing for undo", Meaning::Watch)];
        return with_dot(parts, room);
    }
    let mut bytes = Phrase::new().add(figures::bytes(Some(undo.kept_bytes)), Meaning::Plain);
    if let Some(most) = undo.limit_bytes {
        let is_tight = undo.kept_bytes > most - most / 4;
        bytes = bytes.say(" of ", Meaning::Label).add(
            figures::bytes(Some(most)),
            if is_tight {
                Meaning::Watch
            } else {
                Meaning::Plain
            },
        );
    }
    let mut parts = vec![bytes.say(" only for undo", Meaning::Label)];
    if let Some(end) = undo.last_end {
        let end = clock::time_of_day(Some(end), now(state));
        parts.push(
            Phrase::new()
                .say("until ", Meaning::Label)
                .add(end, Meaning::Plain),
        );
        parts.push(
            Phrase::new()
                .add(figures::count(undo.kept), Meaning::Plain)
                .say(" messages", Meaning::Label),
        );
    }
    if let Some(end) = undo.first_end.filter(|end| undo.last_end != Some(*end)) {
        let end = clock::time_of_day(Some(end), now(state));
        parts.push(
            Phrase::new()
                .say("the first until ", Meaning::Label)
                .add(end, Meaning::Plain),
        );
    }
    with_dot(parts, room)
}

fn with_dot(parts: Vec<Phrase>, room: usize) -> Phrase {
    let said = Phrase::fitting(parts, ", ", room.saturating_sub(3));
    if said.width() == 0 {
        return said;
    }
    Phrase::new().say(" · ", Meaning::Dim).then(said)
}

fn find<'a>(all: &'a Operations, id: &RowId) -> Option<&'a Operation> {
    match id {
        RowId::Text(id) => all.get(id),
        RowId::Number(_) => None,
    }
}

/// The glyph of an operation and what it means.
pub(super) fn sign(one: &Operation, look: Look) -> (&'static str, Meaning) {
    match one.state {
        OperationState::Running => (look.pick("▶", ">"), Meaning::Progress),
        OperationState::Waiting => (look.pick("◌", "~"), Meaning::Watch),
        OperationState::Paused => (look.pick("‖", "="), Meaning::Paused),
        OperationState::Stopped => (look.pick("✖", "x"), Meaning::Act),
        OperationState::Cancelled => (look.pick("○", "-"), Meaning::Dim),
        OperationState::Finished => (look.pick("●", "o"), Meaning::Fine),
        OperationState::Planned => (look.pick("·", "."), Meaning::Dim),
        OperationState::Unspecified => ("?", Meaning::Dim),
    }
}

fn state_meaning(one: &Operation) -> Meaning {
    match one.state {
        OperationState::Stopped => Meaning::Act,
        OperationState::Waiting => Meaning::Watch,
        OperationState::Paused => Meaning::Paused,
        OperationState::Running => Meaning::Progress,
        _ => Meaning::Plain,
    }
}

fn who(one: &Operation) -> SafeText {
    [&one.actor, &one.peer]
        .into_iter()
        .find(|text| !text.is_empty())
        .cloned()
        .unwrap_or_else(figures::unknown)
}

/// `requeue smtp · group 00d1…`, or what it takes back.
pub(super) fn what(one: &Operation) -> SafeText {
    let mut text = SafeText::literal(one.verb());
    if !one.undoes.is_empty() {
        text.push(&SafeText::literal(" of "));
        text.push(&one.undoes);
    }
    text.push(&SafeText::literal(" "));
    text.push(one.about());
    if !one.target.is_empty() {
        text.push(&SafeText::literal(" to "));
        text.push(&one.target);
    }
    if !one.description.is_empty() {
        text.push(&SafeText::literal(" · "));
        text.push(&one.description);
    }
    text
}

fn bar(one: &Operation, cell: &Cell) -> SafeText {
    SafeText::new(bar_of(one.share(), BAR_CELLS, cell.look.script))
}

fn done(one: &Operation) -> SafeText {
    let mut text = figures::count(one.affected);
    text.push(&SafeText::literal("/"));
    text.push(&figures::count(one.selected));
    text
}

fn rate(one: &Operation) -> SafeText {
    match one.rate {
        0 => SafeText::literal("full"),
        rate => figures::rate(Some(rate as f64)),
    }
}

/// Whether and how long it can be undone, and by which key.
fn undo(one: &Operation, now: Option<f64>) -> (SafeText, Meaning) {
    match one.undo_left(now) {
        Some(left) => {
            let mut text = SafeText::literal("U: ");
            text.push(&figures::age(Some(left)));
            (text, Meaning::Plain)
        }
        None => left(one, now),
    }
}

/// Whether and how long it can be undone.
fn left(one: &Operation, now: Option<f64>) -> (SafeText, Meaning) {
    if !one.undone_by.is_empty() {
        let mut text = SafeText::literal("undone by ");
        text.push(&one.undone_by);
        return (text, Meaning::Dim);
    }
    if !one.is_over() {
        return (SafeText::literal("when over"), Meaning::Dim);
    }
    match one.undo_left(now) {
        Some(left) => {
            let mut text = figures::age(Some(left));
            text.push(&SafeText::literal(" left"));
            (text, Meaning::Plain)
        }
        None => (SafeText::literal("no longer"), Meaning::Dim),
    }
}

/// What there is to say about the selected one.
fn about(pen: &mut Pen<'_>, area: Rect, one: Option<&Operation>, state: &State) {
    let Some(one) = one else {
        boxed(pen, area, &Phrase::new(), &Phrase::new());
        return;
    };
    let title = Phrase::new()
        .say("Operation ", Meaning::Label)
        .add(one.id.clone(), Meaning::Strong)
        .say(" by ", Meaning::Label)
        .add(who(one), Meaning::Plain);
    let inner = boxed(pen, area, &title, &Phrase::new());
    let mut said = vec![progress(one, now(state), pen.look)];
    if !one.note.is_empty() {
        said.extend(sentence(&one.note, inner.width, 2, Meaning::Watch));
    }
    said.push(fact("what", Phrase::new().add(what(one), Meaning::Plain)));
    said.push(fact("undo", undo_line(one, now(state))));
    if let Some(pace) = pace(one) {
        said.push(fact("pace", pace));
    }
    let from = Phrase::new()
        .add(who(one), Meaning::Plain)
        .say(" from ", Meaning::Label)
        .add(one.peer.clone(), Meaning::Plain)
        .say(" at ", Meaning::Label)
        .add(clock::time_of_day(one.started, now(state)), Meaning::Plain);
    said.push(fact("who", from));
    if !one.plan.is_empty() {
        said.push(fact(
            "plan",
            Phrase::new().add(one.plan.clone(), Meaning::Label),
        ));
    }
    say_lines(pen, inner, &said);
}

/// `● done: 2,744 of 2,871, 127 left as they are, none died again`.
fn progress(one: &Operation, now: Option<f64>, look: Look) -> Phrase {
    let (glyph, meaning) = sign(one, look);
    let mut phrase = Phrase::new()
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .say(one.state_word(), meaning)
        .say(": ", Meaning::Plain)
        .add(figures::count(one.affected), Meaning::Strong)
        .say(" of ", Meaning::Label)
        .add(figures::count(one.selected), Meaning::Plain);
    if one.skipped > 0 {
        phrase = phrase
            .say(", ", Meaning::Label)
            .add(figures::count(one.skipped), Meaning::Watch)
            .say(" left as they are", Meaning::Label);
    }
    if one.died_again > 0 {
        phrase = phrase
            .say(", ", Meaning::Label)
            .add(figures::count(one.died_again), Meaning::Act)
            .say(" died again", Meaning::Act);
    }
    if let (OperationState::Waiting, Some(left)) = (one.state, one.judged.zip(now)) {
        phrase = phrase
            .say(", the canary is judged in ", Meaning::Label)
            .add(
                figures::age(Some((left.0 - left.1).max(0.0))),
                Meaning::Plain,
            );
    }
    phrase
}

fn undo_line(one: &Operation, now: Option<f64>) -> Phrase {
    let (text, meaning) = undo(one, now);
    let phrase = Phrase::new().add(text, meaning);
    match one.undo_until.filter(|_| one.undo_left(now).is_some()) {
        Some(until) => phrase
            .say(", until ", Meaning::Label)
            .add(clock::time_of_day(Some(until), now), Meaning::Plain),
        None => phrase,
    }
}

/// How it goes about it, if that is not as fast as it goes and to the end.
fn pace(one: &Operation) -> Option<Phrase> {
    let mut parts = Vec::new();
    if one.rate > 0 {
        parts.push(Phrase::new().add(rate(one), Meaning::Plain));
    }
    if one.canary > 0 {
        parts.push(Phrase::new().value("canary", figures::count(one.canary), Meaning::Plain));
    }
    if let Some(brake) = one.brake {
        let brake = SafeText::new(format!("{brake}%"));
        parts.push(Phrase::new().value("brake", brake, Meaning::Plain));
    }
    if one.keeps_attempts {
        parts.push(Phrase::new().say("attempts kept", Meaning::Plain));
    }
    (!parts.is_empty()).then(|| Phrase::fitting(parts, ", ", usize::MAX))
}
