//! The dead messages of a subscription: by reason, and those of one reason with what is in them.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::dead_operations::{dead_operations, newest};
use super::letters::{brief, history, letter_facts, letters, payload_box};
use super::now::percent;
use super::parts::{
    boxed, cell, fact, filtered_out, loaded, now, say_lines, say_middle, seen, sentence,
};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::{Areas, areas};
use crate::tui::state::dead_groups::{DeadGroup, DeadGroups};
use crate::tui::state::place::Place;
use crate::tui::state::row_id::RowId;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::grid::{Field, grid};
use crate::tui::view::list::remark;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;
use crate::tui::view::spark::steps;

/// The columns of the groups.
const FIELDS: &[Field<DeadGroup>] = &[
    Field::<DeadGroup>::words("REASON", (22, 90), |group, _| reason(group)).by("pattern"),
    Field::<DeadGroup>::figures("COUNT", 9, |group, _| {
        (figures::count(group.count), Meaning::Strong)
    })
    .by("count"),
    Field::<DeadGroup>::figures("%", 5, |group, cell| {
        (percent(group.share(cell.total)), Meaning::Plain)
    })
    .rank(2),
    Field::<DeadGroup>::words("TREND", (8, 8), |group, cell| {
        let values = group.trend.iter().map(|count| Some(*count as f64));
        (steps(values, cell.look), Meaning::Backlog)
    })
    .rank(3),
    Field::<DeadGroup>::figures("LAST", 8, |group, cell| {
        (clock::since(group.last_death, cell.now), Meaning::Plain)
    })
    .by("last_death_time")
    .rank(1),
    Field::<DeadGroup>::figures("SIZE", 9, |group, _| {
        (figures::bytes(Some(group.bytes)), Meaning::Plain)
    })
    .by("bytes")
    .rank(4),
];

/// Draws it between the tabs and the footer.
pub(crate) fn dead(pen: &mut Pen<'_>, state: &State) {
    if matches!(state.page().place, Place::DeadMessages { .. }) {
        messages(pen, state);
    } else {
        groups(pen, state);
    }
}

fn groups(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let fetch = &state.page().data.groups;
    let title = fetch.value().map_or_else(Phrase::new, |all| {
        Phrase::new()
            .say("Reasons: ", Meaning::Strong)
            .add(figures::count(all.group_count.into()), Meaning::Plain)
            .say(", messages: ", Meaning::Label)
            .add(figures::count(all.total), Meaning::Plain)
            .say(", ", Meaning::Label)
            .add(figures::bytes(Some(all.bytes)), Meaning::Plain)
    });
    let inner = boxed(pen, areas.list, &title, &remark(state));
    let Some(all) = loaded(pen, inner, fetch, state) else {
        boxed(pen, areas.side, &Phrase::new(), &Phrase::new());
        boxed(pen, areas.foot, &Phrase::new(), &Phrase::new());
        dead_operations(pen, areas.middle, state);
        return;
    };
    if all.total == 0 {
        let well = Phrase::new()
            .say(pen.look.pick("●", "o"), Meaning::Fine)
            .say(" No message of this subscription is dead", Meaning::Strong);
        say_middle(pen, inner, &[well]);
    } else if state.listing().matched == 0 {
        say_middle(pen, inner, &filtered_out(state));
    } else {
        let look = pen.look;
        let rows = seen(
            state,
            inner.height,
            |id| find(all, id),
            |group| sign(group, look),
        );
        let fields = (FIELDS, Some(state.listing()));
        let cell = cell(state, look, all.total);
        grid(pen, inner, fields, rows.into_iter(), cell);
    }
    let selected = state
        .listing()
        .selected
        .as_ref()
        .and_then(|id| find(all, id));
    facts(pen, &areas, (selected, all), state);
    dead_operations(pen, areas.middle, state);
    sample(pen, areas.foot, selected, state);
}

fn find<'a>(all: &'a DeadGroups, id: &RowId) -> Option<&'a DeadGroup> {
    match id {
        RowId::Text(fingerprint) => all.get(fingerprint),
        RowId::Number(_) => None,
    }
}

fn sign(group: &DeadGroup, look: Look) -> (&'static str, Meaning) {
    if group.is_arriving {
        (look.pick("▲", "!"), Meaning::Watch)
    } else {
        (look.pick("·", "."), Meaning::Dim)
    }
}

fn reason(group: &DeadGroup) -> (SafeText, Meaning) {
    if group.pattern.is_empty() {
        let mut text = SafeText::literal("(none given)");
        if !group.class.is_empty() {
            text.push(&SafeText::literal(" "));
            text.push(&group.class);
        }
        (text, Meaning::Dim)
    } else {
        (group.pattern.clone(), Meaning::Plain)
    }
}

/// What there is to say about a group: whether it still arrives comes first.
fn facts(
    pen: &mut Pen<'_>,
    areas: &Areas,
    (group, all): (Option<&DeadGroup>, &DeadGroups),
    state: &State,
) {
    let title = Phrase::new().say("This reason", Meaning::Strong);
    let inner = boxed(pen, areas.side, &title, &Phrase::new());
    let Some(group) = group else {
        return;
    };
    let plain = |text| Phrase::new().add(text, Meaning::Plain);
    let mut said = vec![arriving(group, now(state), pen.look)];
    said.extend(sentence(&reason(group).0, inner.width, 2, Meaning::Strong));
    said.push(fact(
        "first, last",
        plain(clock::time_of_day(group.first_death, now(state)))
            .say("  to  ", Meaning::Label)
            .add(
                clock::time_of_day(group.last_death, now(state)),
                Meaning::Plain,
            ),
    ));
    said.push(fact(
        "messages",
        plain(figures::count(group.count))
            .say(" of ", Meaning::Label)
            .add(figures::count(all.total), Meaning::Plain)
            .say(", ", Meaning::Label)
            .add(figures::bytes(Some(group.bytes)), Meaning::Plain),
    ));
    said.push(fact("came back", came_back(group)));
    if areas.middle.height == 0 {
        said.extend(newest(state));
    }
    if !group.class.is_empty() {
        said.push(fact("class", plain(group.class.clone())));
    }
    said.push(fact("fingerprint", plain(group.fingerprint.clone())));
    said.push(
        Phrase::new()
            .say("enter", Meaning::Key)
            .say(" shows its messages", Meaning::Label),
    );
    say_lines(pen, inner, &said);
}

fn arriving(group: &DeadGroup, now: Option<f64>, look: Look) -> Phrase {
    if group.is_arriving {
        return Phrase::new()
            .say(look.pick("▲", "!"), Meaning::Watch)
            .say(" still arriving: ", Meaning::Watch)
            .say("the last one died ", Meaning::Plain)
            .add(clock::ago(group.last_death, now), Meaning::Strong);
    }
    Phrase::new()
        .say(look.pick("●", "o"), Meaning::Fine)
        .say(" quiet: ", Meaning::Plain)
        .say("the last one died ", Meaning::Plain)
        .add(clock::ago(group.last_death, now), Meaning::Strong)
}

fn came_back(group: &DeadGroup) -> Phrase {
    if group.requeued_before == 0 {
        return Phrase::new().say("none was requeued before", Meaning::Dim);
    }
    Phrase::new()
        .add(figures::count(group.requeued_before), Meaning::Watch)
        .say(" had been requeued, and died again", Meaning::Plain)
}

/// One message of the group, if one is at hand.
fn sample(pen: &mut Pen<'_>, area: Rect, group: Option<&DeadGroup>, state: &State) {
    let all = state.page().data.letters.value();
    let letter = group.zip(all).and_then(|(group, all)| {
        let mut samples = group.samples.iter();
        samples.find_map(|id| all.get(id.as_str()))
    });
    match letter {
        Some(letter) => payload_box(pen, area, letter, state),
        None => drop(boxed(
            pen,
            area,
            &Phrase::new().say("A message of it", Meaning::Strong),
            &Phrase::new(),
        )),
    }
}

/// The history of a message takes a line for each thing that happened from this height on.
const ROOMY: u16 = 5;

fn messages(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let Some(letter) = letters(pen, areas.list, state) else {
        boxed(pen, areas.side, &Phrase::new(), &Phrase::new());
        boxed(pen, areas.foot, &Phrase::new(), &Phrase::new());
        return;
    };
    payload_box(pen, areas.side, letter, state);
    let title = Phrase::new().say("History and attributes", Meaning::Strong);
    let inner = boxed(pen, areas.foot, &title, &Phrase::new());
    let mut said = if inner.height < ROOMY {
        brief(letter, now(state), inner.width)
    } else {
        history(letter, now(state), inner.width)
    };
    said.extend(letter_facts(letter, inner.width));
    say_lines(pen, inner, &said);
}
