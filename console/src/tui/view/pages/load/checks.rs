//! What is wrong with a run, if anything is: messages lost, doubled or out of order, errors, objectives that are
//! missed; and who keeps it from going faster.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::super::now::percent;
use super::super::parts::{boxed, say_lines, titled};
use crate::load::slo::Verdict;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::load::{Bound, LoadState, Phase};
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it, what matters most first.
pub(in crate::tui::view) fn checks(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let inner = boxed(pen, area, &titled("Checks"), &Phrase::new());
    let look = pen.look;
    let mut said = vec![integrity(state, look)];
    let bounds = state.bounds();
    said.extend(bounds.iter().map(|one| bound(*one, state, look)));
    let judged = objectives(&state.verdicts(), look);
    let is_judged = judged.is_some();
    said.extend(judged);
    let errors = &state.shown().sight.errors;
    said.extend(errors.iter().map(|(what, count)| {
        Phrase::new()
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" ", Meaning::Plain)
            .add(figures::count(*count), Meaning::Act)
            .say(" met: ", Meaning::Label)
            .add(what.clone(), Meaning::Plain)
    }));
    if !is_judged {
        said.push(no_objectives(state));
    }
    say_lines(pen, inner, &said);
}

fn no_objectives(state: &LoadState) -> Phrase {
    let text = if state.about.objectives.is_some() {
        "objectives: nothing is measured yet"
    } else {
        "no objectives: --slo FILE names some"
    };
    Phrase::new()
        .say("  ", Meaning::Plain)
        .say(text, Meaning::Dim)
}

/// `● lost: known when the rest is taken · duplicates 0 · out of order 0 · errors 0`.
fn integrity(state: &LoadState, look: Look) -> Phrase {
    let sight = &state.shown().sight;
    let errors = sight.errors.iter();
    let errors = errors.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    let is_whole = sight.duplicates == 0 && sight.out_of_order == 0 && errors == 0;
    let mut said = if is_whole {
        Phrase::new().say(look.pick("●", "o"), Meaning::Fine)
    } else {
        Phrase::new().say(look.pick("✖", "x"), Meaning::Act)
    };
    said = said.say(" ", Meaning::Plain);
    for (label, count) in [
        ("duplicates", sight.duplicates),
        ("out of order", sight.out_of_order),
        ("errors", errors),
    ] {
        let meaning = if count > 0 {
            Meaning::Act
        } else {
            Meaning::Plain
        };
        said = said
            .value(label, figures::count(count), meaning)
            .say("  ", Meaning::Plain);
    }
    if sight.failed > 0 {
        said = said
            .value(
                "failed on purpose",
                figures::count(sight.failed),
                Meaning::Plain,
            )
            .say("  ", Meaning::Plain);
    }
    said.then(lost(state))
}

/// Only when all is taken it is known what is lost; until then, what is still to come.
fn lost(state: &LoadState) -> Phrase {
    let sight = &state.shown().sight;
    if state.about.plan.consumers == 0 {
        return Phrase::new().say("lost: nobody consumes", Meaning::Dim);
    }
    match state.phase() {
        Phase::TakingTheRest | Phase::Draining => Phrase::new()
            .value(
                "still to come",
                figures::count(sight.confirmed.saturating_sub(sight.acked)),
                Meaning::Strong,
            )
            .say(", else lost", Meaning::Label),
        _ => Phrase::new().say("lost: known at the end", Meaning::Label),
    }
}

/// Who keeps the run from going faster.
fn bound(bound: Bound, state: &LoadState, look: Look) -> Phrase {
    let sight = &state.shown().sight;
    let watch = |text| {
        Phrase::new()
            .say(look.pick("▲", "!"), Meaning::Watch)
            .say(text, Meaning::Plain)
    };
    match bound {
        Bound::Nothing => Phrase::new().say(look.pick("●", "o"), Meaning::Fine).say(
            " neither generator, broker nor consumers are the limit",
            Meaning::Plain,
        ),
        Bound::Confirmations => Phrase::new().say(look.pick("●", "o"), Meaning::Fine).say(
            " the generator sends as fast as the broker confirms",
            Meaning::Plain,
        ),
        Bound::Consumers => watch(" the consumers are the limit: they do not keep up"),
        Bound::Broker => watch(" the broker is the limit: producers waited for room ")
            .add(percent(sight.held_part), Meaning::Strong)
            .say(" of their time", Meaning::Plain),
        Bound::Generator => watch(" the generator is the limit: it sent ")
            .add(late_part(sight.late, sight.published), Meaning::Strong)
            .say(" late while the broker had room", Meaning::Plain),
    }
}

fn late_part(late: u64, published: u64) -> SafeText {
    percent(late as f64 / (published as f64).max(1.0))
}

/// How many objectives are met so far, and those that are not.
fn objectives(verdicts: &[Verdict], look: Look) -> Option<Phrase> {
    let missed: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.is_met).collect();
    let count = |count: usize| figures::count(count as u64);
    if verdicts.is_empty() {
        return None;
    }
    if missed.is_empty() {
        return Some(
            Phrase::new()
                .say(look.pick("●", "o"), Meaning::Fine)
                .say(" all ", Meaning::Plain)
                .add(count(verdicts.len()), Meaning::Strong)
                .say(" objectives are met so far", Meaning::Plain),
        );
    }
    let texts: Vec<SafeText> = missed.iter().map(|one| SafeText::new(&one.text)).collect();
    let texts = SafeText::join(&SafeText::literal("; "), &texts);
    Some(
        Phrase::new()
            .say(look.pick("✖", "x"), Meaning::Act)
            .say(" ", Meaning::Plain)
            .add(count(missed.len()), Meaning::Act)
            .say(" of ", Meaning::Label)
            .add(count(verdicts.len()), Meaning::Plain)
            .say(" objectives missed so far: ", Meaning::Label)
            .add(texts, Meaning::Plain),
    )
}
