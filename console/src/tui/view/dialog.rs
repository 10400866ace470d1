//! A question over the page: what it is about, what can be chosen, the plan, the buttons.
//!
//! Where height is short blank lines go first, then what matters least of the plan; fields and buttons stay.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use super::planned::planned;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::deed::{Control, Deed};
use crate::tui::state::dialog::{Button, Dialog, Off, Reach, Stop, Waits};
use crate::tui::state::fetch::Cause;
use crate::tui::state::field::{Field, Name, Value};

/// The width of a dialog with a plan, if there is room for it: it does not change when the plan comes.
const WIDE: u16 = 96;
/// Cells of the name of a field.
const LABEL_CELLS: usize = 12;
/// Cells of what is typed.
const TYPED_CELLS: usize = 8;
/// Cells of the longest text that is shown whole.
const LONGEST_CELLS: usize = 48;
/// The rank of blank lines: they go first.
const BLANK: u8 = 9;

/// A line of a dialog.
enum Line {
    Said(Phrase),
    /// The field with this place.
    Field(usize),
    Buttons,
}

/// Draws the question in the middle of the screen.
pub(crate) fn dialog(pen: &mut Pen<'_>, screen: Rect, (dialog, state): (&Dialog, &State)) {
    let most = screen.width.saturating_sub(6);
    let wide = if dialog.is_planned() {
        WIDE.min(most)
    } else {
        narrow(dialog).min(most)
    };
    let room = usize::from(screen.height.saturating_sub(2));
    let rows = fitted(rows(dialog, state, (wide, pen.look)), room);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let (width, height) = (
        (wide + 4).min(screen.width),
        height.saturating_add(2).min(screen.height),
    );
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    pen.wipe(area);
    let title = Phrase::new().add(dialog.title.clone(), Meaning::Strong);
    let inner = pen.frame(area, &title, &Phrase::new());
    let inner = Rect {
        width: inner.width.saturating_sub(2),
        ..skip_left(inner, 1)
    };
    for (line, row) in lines(inner).zip(&rows) {
        match row {
            Line::Said(phrase) => drop(pen.phrase(line, phrase)),
            Line::Field(at) => field(pen, line, (dialog, *at)),
            Line::Buttons => buttons(pen, line, (dialog, state)),
        }
    }
}

/// As wide as it takes to say everything.
fn narrow(dialog: &Dialog) -> u16 {
    let said = dialog.said.iter().map(SafeText::width);
    let widest = said.max().unwrap_or(0).max(dialog.title.width() + 4);
    let with_fields = if dialog.fields.is_empty() { 40 } else { 70 };
    u16::try_from(widest.max(with_fields)).unwrap_or(u16::MAX)
}

fn rows(dialog: &Dialog, state: &State, (width, look): (u16, Look)) -> Vec<(u8, Line)> {
    let blank = || (BLANK, Line::Said(Phrase::new()));
    let said = |phrase| Line::Said(phrase);
    let mut rows: Vec<(u8, Line)> = Vec::new();
    for text in &dialog.said {
        for line in text.wrap(usize::from(width).max(1)) {
            rows.push((0, said(Phrase::new().add(line, Meaning::Plain))));
        }
    }
    let fields = |wanted: fn(&Field) -> bool| {
        let all = dialog.fields.iter().enumerate();
        all.filter(move |(_, field)| wanted(field) && dialog.shows(field))
            .map(|(at, _)| (0, Line::Field(at)))
    };
    rows.extend(fields(Field::is_planned_with));
    let plan = planned(dialog, state, (width, look));
    if !plan.is_empty() {
        rows.push(blank());
        rows.extend(plan.into_iter().map(|(rank, phrase)| (rank, said(phrase))));
    }
    let is_option = |field: &Field| !field.is_planned_with() && field.name != Name::Confirm;
    let options: Vec<_> = fields(is_option).collect();
    if !options.is_empty() {
        rows.push(blank());
        rows.extend(options);
    }
    if let Some(problem) = &dialog.problem {
        rows.push(blank());
        let text = problem
            .text
            .wrap(usize::from(width).saturating_sub(2).max(1));
        for (at, line) in text.into_iter().take(3).enumerate() {
            let sign = if at == 0 {
                look.pick("✖ ", "x ")
            } else {
                "  "
            };
            let phrase = Phrase::new().say(sign, Meaning::Act);
            rows.push((0, said(phrase.add(line, Meaning::Act))));
        }
        rows.push((0, said(way_out(dialog, problem.cause))));
    }
    rows.push(blank());
    rows.extend(fields(|field| field.name == Name::Confirm));
    rows.push((0, Line::Buttons));
    if let Some(off) = dialog
        .off(state.now)
        .and_then(|off| why(dialog, off, state))
    {
        rows.push((1, said(off)));
    }
    rows
}

/// What to do about a problem.
fn way_out(dialog: &Dialog, cause: Cause) -> Phrase {
    let phrase = Phrase::new().say("  ", Meaning::Plain);
    if !dialog.is_planned() {
        return phrase.say("esc leaves it as it is", Meaning::Label);
    }
    if cause == Cause::Unreachable && dialog.plan.is_some() {
        return phrase.say(
            "it may have been done: the same plan applied again is the same operation",
            Meaning::Label,
        );
    }
    phrase
        .say("ctrl-r", Meaning::Key)
        .say(" plans again; nothing was done", Meaning::Label)
}

/// Why the last button is off, in words.
fn why(dialog: &Dialog, off: Off, state: &State) -> Option<Phrase> {
    let phrase = Phrase::new().say("off: ", Meaning::Label);
    Some(match off {
        Off::Waiting => {
            let (Waits::ForDeed, since) = dialog.waits? else {
                return None;
            };
            let waited = state.now.saturating_sub(since);
            Phrase::new()
                .say("the broker is told… ", Meaning::Progress)
                .add(figures::whole_seconds(waited), Meaning::Plain)
        }
        Off::NoPlan if dialog.problem.is_some() => return None,
        Off::NoPlan => phrase.say("there is no plan of this yet", Meaning::Label),
        Off::Expired => phrase.say("the plan has expired, ctrl-r plans again", Meaning::Watch),
        Off::Nothing => phrase.say("nothing would be changed", Meaning::Watch),
        Off::Field(Name::Confirm) => phrase.say("until the name is typed", Meaning::Watch),
        Off::Field(name) => {
            let label = dialog.field(name).map_or("", Field::label);
            phrase
                .say(label, Meaning::Strong)
                .say(" is not right yet", Meaning::Watch)
        }
    })
}

/// What of the rows fits: those of the highest rank go first, the last of them before the others.
fn fitted(mut rows: Vec<(u8, Line)>, room: usize) -> Vec<Line> {
    while rows.len() > room {
        let last = rows.iter().enumerate().max_by_key(|(at, row)| (row.0, *at));
        match last {
            Some((at, (1.., _))) => drop(rows.remove(at)),
            _ => break,
        }
    }
    rows.into_iter().map(|(_, line)| line).collect()
}

fn field(pen: &mut Pen<'_>, line: Rect, (dialog, at): (&Dialog, usize)) {
    let Some(field) = dialog.fields.get(at) else {
        return;
    };
    let has_focus = dialog.stop() == Stop::Field(at);
    let sign = if has_focus {
        pen.look.pick("›", ">")
    } else {
        " "
    };
    let label = SafeText::new(format!("{:<LABEL_CELLS$} ", field.label()));
    let head = Phrase::new()
        .say(sign, Meaning::Key)
        .say(" ", Meaning::Plain)
        .add(label, Meaning::Label);
    let rest = skip_left(line, pen.phrase(line, &head));
    let used = pen.phrase(rest, &value(field, pen.look));
    if has_focus {
        pen.select(Rect {
            width: used,
            ..rest
        });
    }
    let meaning = if field.is_right() || field.name == Name::Confirm {
        Meaning::Dim
    } else {
        Meaning::Act
    };
    let rest = skip_left(rest, used + 1);
    pen.say(rest, field.hint(), meaning);
}

/// The end of what is typed, which is where letters go.
fn end_of(text: &str) -> SafeText {
    let whole = SafeText::new(text);
    if whole.width() <= LONGEST_CELLS {
        return whole;
    }
    let mut cut = text;
    while let Some((at, _)) = cut.char_indices().nth(1) {
        cut = &cut[at..];
        if SafeText::new(cut).width() < LONGEST_CELLS {
            break;
        }
    }
    let mut end = SafeText::literal("…");
    end.push(&SafeText::new(cut));
    end
}

fn value(field: &Field, look: Look) -> Phrase {
    let typed = |text: &str| {
        let text = SafeText::new(format!("{:<TYPED_CELLS$}", end_of(text)));
        Phrase::new()
            .say("[ ", Meaning::Plain)
            .add(text, Meaning::Strong)
            .say(" ]", Meaning::Plain)
    };
    match &field.value {
        Value::Flag(true) => Phrase::new().say(look.pick("[x]", "[x]"), Meaning::Strong),
        Value::Flag(false) => Phrase::new().say("[ ]", Meaning::Plain),
        Value::Choice { labels, at } => {
            let label = labels.get(*at).cloned().unwrap_or_default();
            let phrase = Phrase::new()
                .say(look.pick("‹ ", "< "), Meaning::Key)
                .add(label, Meaning::Strong)
                .say(look.pick(" ›", " >"), Meaning::Key);
            let count = SafeText::new(format!("  {} of {}", at + 1, labels.len()));
            phrase.add(count, Meaning::Dim)
        }
        Value::Number(text) | Value::Span(text) | Value::Text(text) => typed(text),
        Value::Exactly {
            wanted,
            typed: text,
        } => {
            let text = SafeText::new(format!("{:<1$}", SafeText::new(text), wanted.width()));
            Phrase::new()
                .add(wanted.clone(), Meaning::Strong)
                .say("  [ ", Meaning::Plain)
                .add(text, Meaning::Strong)
                .say(" ]", Meaning::Plain)
        }
    }
}

fn buttons(pen: &mut Pen<'_>, line: Rect, (dialog, state): (&Dialog, &State)) {
    let is_off = dialog.off(state.now).is_some();
    let mut rest = line;
    for stop in dialog.stops() {
        let Stop::Button(button) = stop else {
            continue;
        };
        let label = match button {
            Button::Cancel => SafeText::literal("Cancel"),
            Button::Copy => SafeText::literal("Copy command"),
            Button::Apply => label(dialog),
        };
        let meaning = match button {
            Button::Apply if is_off => Meaning::Dim,
            Button::Apply if dialog.has_command() => Meaning::Act,
            _ => Meaning::Strong,
        };
        let phrase = Phrase::new()
            .say("[ ", Meaning::Plain)
            .add(label, meaning)
            .say(" ]", Meaning::Plain);
        let used = pen.phrase(rest, &phrase);
        if dialog.stop() == stop {
            pen.select(Rect {
                width: used,
                ..rest
            });
        }
        rest = skip_left(rest, used + 2);
    }
}

/// What the last button does, with how many messages.
fn label(dialog: &Dialog) -> SafeText {
    let what = dialog.field(Name::What).map(Field::chosen);
    let mut label = SafeText::literal(match &dialog.deed {
        Deed::Requeue { .. } => match dialog.reach() {
            Reach::Back => "Requeue",
            Reach::All => "Publish anew",
            Reach::Elsewhere => "Move",
        },
        Deed::Discard { .. } => "Discard",
        Deed::Move { .. } => "Move",
        Deed::Edit { .. } => "Edit and requeue",
        Deed::Drop { .. } if what == Some(3) => "Delete",
        Deed::Drop { .. } => "Purge",
        Deed::Seek { .. } => "Seek",
        Deed::DeleteTopic { .. } => "Delete",
        Deed::Undo { .. } => "Take back",
        Deed::Pause { .. } => "Pause",
        Deed::Resume { .. } => "Resume",
        Deed::Disconnect { .. } => "Disconnect",
        Deed::Control { control, .. } => match control {
            Control::Pause => "Hold it",
            Control::Resume => "Go on",
            Control::Cancel => "End it here",
        },
        Deed::Overwrite { .. } => "Replace",
        Deed::Unlock => "Unlock",
    });
    let is_counted = !matches!(dialog.deed, Deed::Seek { .. } | Deed::Edit { .. });
    if let Some(plan) = dialog.current_plan().filter(|_| is_counted) {
        label.push(&SafeText::literal(" "));
        label.push(&figures::count(plan.affected));
    }
    label
}
