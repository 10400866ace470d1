//! A plan in lines: what would be done, what would not and why, how long it takes, how it is undone.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::OperationAct;

use super::bars::bar_of;
use super::figures;
use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::dialog::{Dialog, Waits};
use crate::tui::state::field::{Field, Name};
use crate::tui::state::plan::{Change, Plan, skip_words};

/// Cells of the name of a fact.
const NAME_CELLS: usize = 14;
/// Cells of a figure.
const FIGURE_CELLS: usize = 9;
/// Cells of the bar that shows how much of the selection is affected.
const BAR_CELLS: usize = 24;

/// The rank of what goes before even a blank line does.
const SPARE: u8 = 10;

/// A line, and how soon it goes when height is short: 0 stays.
pub(super) type Ranked = (u8, Phrase);

/// What there is to say of the plan of a dialog in a width.
pub(super) fn planned(dialog: &Dialog, state: &State, (width, look): (u16, Look)) -> Vec<Ranked> {
    if let Some((Waits::ForPlan, since)) = dialog.waits {
        let waited = figures::whole_seconds(state.now.saturating_sub(since));
        let phrase = Phrase::new()
            .say(look.pick("◌", "~"), Meaning::Progress)
            .say(" the broker counts, and changes nothing: ", Meaning::Plain)
            .add(waited, Meaning::Plain);
        return vec![(0, phrase)];
    }
    let Some(plan) = dialog.current_plan() else {
        return Vec::new();
    };
    let mut said = vec![(0, heading(dialog, state, look))];
    said.extend(counts(plan, look));
    said.extend(
        plan.changes
            .iter()
            .map(|one| (0, change(one, (width, look)))),
    );
    said.extend(touched(plan));
    said.extend(around(plan, state));
    if let Some(takes) = takes(dialog, plan) {
        said.push((1, fact("takes", takes)));
    }
    said.extend(undo(plan, (width, look)));
    for warning in &plan.warnings {
        let room = usize::from(width).saturating_sub(2);
        let lines = warning.wrap(room.max(1)).into_iter().take(2);
        for (at, line) in lines.enumerate() {
            let sign = if at == 0 {
                look.pick("▲ ", "! ")
            } else {
                "  "
            };
            let phrase = Phrase::new().say(sign, Meaning::Watch);
            said.push((1, phrase.add(line, Meaning::Watch)));
        }
    }
    said
}

fn heading(dialog: &Dialog, state: &State, look: Look) -> Phrase {
    let phrase = Phrase::new().say("The broker's plan", Meaning::Strong);
    match dialog.left(state.now) {
        Some(left) => phrase
            .say(". Nothing has changed yet. It holds for ", Meaning::Label)
            .add(figures::whole_seconds(left), Meaning::Plain),
        None => phrase
            .say(" ", Meaning::Plain)
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" has expired", Meaning::Act)
            .say("  ctrl-r", Meaning::Key)
            .say(" plans again", Meaning::Label),
    }
}

/// What would be changed, and what would be left.
fn counts(plan: &Plan, look: Look) -> Vec<Ranked> {
    let does = match plan.act {
        OperationAct::Requeue => "will requeue",
        OperationAct::Discard => "will discard",
        OperationAct::Purge => "will purge",
        OperationAct::Seek => "will skip",
        OperationAct::Undo if plan.brings_back() => "will bring back",
        OperationAct::Undo => "will take back",
        OperationAct::Move if plan.target == plan.topic => "will republish",
        OperationAct::Move => "will move",
        OperationAct::Edit => "will edit",
        OperationAct::DeleteTopic | OperationAct::DeleteSubscription => "will drop",
        _ => "will change",
    };
    let mut affected = figure(plan.affected);
    if plan.selected != plan.affected {
        affected = affected
            .say(" of ", Meaning::Label)
            .add(figures::count(plan.selected), Meaning::Plain);
    }
    if plan.bytes > 0 {
        affected = affected
            .say("  ", Meaning::Plain)
            .add(figures::bytes(Some(plan.bytes)), Meaning::Plain);
    }
    if plan.selected > 0 && !plan.skips.is_empty() {
        let share = plan.affected as f64 / plan.selected as f64;
        let bar = SafeText::new(bar_of(share.min(1.0), BAR_CELLS, look.script));
        affected = affected
            .say("  ", Meaning::Plain)
            .add(bar, Meaning::Progress);
    }
    let mut said = vec![(0, fact(does, affected))];
    for (cause, count) in &plan.skips {
        let why = figure(*count)
            .say("  ", Meaning::Plain)
            .say(skip_words(*cause), Meaning::Watch);
        said.push((0, fact("leaves", why)));
    }
    if !plan.delivered.is_empty() {
        let ids = SafeText::join(&SafeText::literal(" "), plan.delivered.iter());
        let ids = Phrase::new().add(ids.clamp(64), Meaning::Label);
        said.push((2, fact("", ids)));
    }
    said
}

/// `payload  {"a": 1} → {"a": 2}`: as much of each as there is room for.
fn change(one: &Change, (width, look): (u16, Look)) -> Phrase {
    let room = usize::from(width).saturating_sub(NAME_CELLS + 6) / 2;
    let side = |text: &Option<SafeText>| match text {
        Some(text) => (text.clamp(room), Meaning::Plain),
        None => (SafeText::literal("(not there)"), Meaning::Dim),
    };
    let (before, after) = (side(&one.before), side(&one.after));
    let name = one.field.clamp(NAME_CELLS);
    Phrase::new()
        .add(
            SafeText::new(format!("  {name:<NAME_CELLS$} ")),
            Meaning::Label,
        )
        .add(before.0, before.1)
        .say(look.pick(" → ", " > "), Meaning::Key)
        .add(after.0, after.1)
}

/// What else it touches.
fn touched(plan: &Plan) -> Vec<Ranked> {
    let mut said = Vec::new();
    if plan.restored > 0 {
        let again = figure(plan.restored).say("  finished ones, ready again", Meaning::Watch);
        said.push((0, fact("restores", again)));
    }
    if plan.ended_leases > 0 {
        let leases = figure(plan.ended_leases).say("  end: their acks are stale", Meaning::Watch);
        said.push((0, fact("leases", leases)));
    }
    if plan.keys > 0 {
        let mut keys = figure(plan.keys);
        // A warning of the broker says it better.
        if plan.overtaken_keys > 0 && plan.warnings.is_empty() {
            keys = keys
                .say("  ", Meaning::Plain)
                .add(figures::count(plan.overtaken_keys), Meaning::Watch)
                .say(" of them have newer messages", Meaning::Watch);
        }
        said.push((1, fact("keys", keys)));
    }
    let consumers = figure(plan.consumers.into()).say("  connected", Meaning::Label);
    said.push((2, fact("consumers", consumers)));
    said
}

/// What is good to know of an act on dead messages where there is room for it.
fn around(plan: &Plan, state: &State) -> Vec<Ranked> {
    let is_on_dead = matches!(
        plan.act,
        OperationAct::Requeue | OperationAct::Discard | OperationAct::Move
    );
    if !is_on_dead {
        return Vec::new();
    }
    let mut said = Vec::new();
    if plan.act == OperationAct::Move {
        let all = Phrase::new()
            .add(plan.target.clone(), Meaning::Plain)
            .say(": new messages, for each that reads it", Meaning::Label);
        said.push((SPARE, fact("goes to", all)));
    }
    if plan.act == OperationAct::Requeue {
        let alone = Phrase::new()
            .add(plan.subscription.clone(), Meaning::Plain)
            .say(" alone, and no other of the topic", Meaning::Label);
        said.push((SPARE, fact("goes to", alone)));
        let mut rows = state.shown().rows.values();
        let row = rows.find(|row| row.now.name == plan.subscription);
        if let Some(row) = row {
            let grows = Phrase::new()
                .say("+", Meaning::Plain)
                .add(figures::count(plan.affected), Meaning::Plain)
                .say(" to ", Meaning::Label)
                .add(figures::count(row.now.backlog), Meaning::Plain);
            said.push((SPARE, fact("backlog", grows)));
        }
    }
    let frozen = Phrase::new()
        .say("as ", Meaning::Label)
        .add(plan.id.clone(), Meaning::Plain)
        .say(": what dies from now on is not in it", Meaning::Label);
    said.push((SPARE, fact("frozen", frozen)));
    said
}

/// How long it takes at the rate that is chosen, with the canary.
fn takes(dialog: &Dialog, plan: &Plan) -> Option<Phrase> {
    let rate = dialog.number(Name::Rate);
    let seconds = if rate > 0 {
        plan.affected as f64 / rate as f64
    } else {
        plan.seconds?
    };
    let wait = dialog.field(Name::CanaryWait).and_then(Field::span);
    let wait = wait.map_or(0.0, |wait| wait.as_secs_f64());
    let mut phrase = Phrase::new()
        .say("about ", Meaning::Label)
        .add(figures::age(Some(seconds + wait)), Meaning::Plain);
    if wait > 0.0 {
        phrase = phrase.say(" in all with the canary", Meaning::Label);
    }
    Some(phrase)
}

fn undo(plan: &Plan, (width, look): (u16, Look)) -> Vec<Ranked> {
    let room = usize::from(width).saturating_sub(NAME_CELLS + 3).max(8);
    let mut text = SafeText::default();
    if let Some(seconds) = plan.undo_seconds.filter(|_| plan.is_undoable) {
        text.push(&SafeText::literal("for "));
        text.push(&figures::age(Some(seconds)));
        text.push(&SafeText::literal(": "));
    }
    text.push(&plan.undo_note);
    if text.is_empty() {
        return Vec::new();
    }
    let meaning = if plan.is_undoable {
        Meaning::Plain
    } else {
        Meaning::Act
    };
    let sign = if plan.is_undoable {
        ""
    } else {
        look.pick("✖ ", "x ")
    };
    let lines = text.wrap(room.saturating_sub(sign.len())).into_iter();
    let lines = lines.take(2).enumerate();
    lines
        .map(|(at, line)| {
            let phrase = Phrase::new();
            let (name, phrase) = if at == 0 {
                ("undo", phrase.say(sign, meaning))
            } else {
                ("", phrase)
            };
            (0, fact(name, phrase.add(line, meaning)))
        })
        .collect()
}

fn figure(count: u64) -> Phrase {
    let figure = SafeText::new(format!("{:>FIGURE_CELLS$}", figures::count(count)));
    Phrase::new().add(figure, Meaning::Strong)
}

fn fact(name: &'static str, value: Phrase) -> Phrase {
    let name = SafeText::new(format!("  {name:<NAME_CELLS$}"));
    Phrase::new()
        .add(name, Meaning::Label)
        .say(" ", Meaning::Plain)
        .then(value)
}
