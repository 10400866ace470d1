//! The biography of one message: what it is, and what became of it in each subscription.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{MessageState, OperationAct};

use super::letters::{letter_facts, payload_box};
use super::operations;
use super::parts::{boxed, loaded, now, say_lines, sentence, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::letter::{Biography, LetterState};
use crate::tui::state::operation::Operation;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it between the tabs and the footer.
pub(crate) fn message(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    let title = Phrase::new()
        .say("Message ", Meaning::Label)
        .add(state.page().place.title(), Meaning::Strong);
    let inner = boxed(pen, areas.banner, &title, &Phrase::new());
    let Some(one) = loaded(pen, inner, &state.page().data.message, state) else {
        for area in [areas.middle, areas.side, areas.foot] {
            boxed(pen, area, &Phrase::new(), &Phrase::new());
        }
        return;
    };
    say_lines(pen, inner, &identity(one, now(state)));
    let inner = boxed(pen, areas.middle, &titled("Its life"), &Phrase::new());
    let said = life(one, now(state), (inner.width, pen.look));
    say_lines(pen, inner, &said);
    payload_box(pen, areas.side, &one.letter, state);
    let inner = boxed(pen, areas.foot, &titled("Attributes"), &Phrase::new());
    say_lines(pen, inner, &letter_facts(&one.letter, inner.width));
}

fn identity(one: &Biography, now: Option<f64>) -> Vec<Phrase> {
    let letter = &one.letter;
    let where_it_is = Phrase::new()
        .value("topic", one.topic.clone(), Meaning::Strong)
        .say("  ", Meaning::Plain)
        .value(
            "partition",
            figures::count(letter.partition.into()),
            Meaning::Plain,
        )
        .say("  ", Meaning::Plain)
        .value("offset", figures::count(letter.offset), Meaning::Plain)
        .say("  ", Meaning::Plain)
        .value("size", figures::bytes(Some(letter.size)), Meaning::Plain);
    let when = Phrase::new()
        .value(
            "published",
            clock::time_of_day(letter.published, now),
            Meaning::Plain,
        )
        .say("  ", Meaning::Plain)
        .add(clock::ago(letter.published, now), Meaning::Label);
    let key = if letter.key.is_empty() {
        Phrase::new().say("no key", Meaning::Dim)
    } else {
        Phrase::new().value("key", letter.key.clone(), Meaning::Plain)
    };
    vec![where_it_is, when.say("  ", Meaning::Plain).then(key)]
}

/// One paragraph for each subscription, what happened in order of time.
fn life(one: &Biography, now: Option<f64>, (width, look): (u16, Look)) -> Vec<Phrase> {
    let published = Phrase::new()
        .add(
            clock::time_of_day(one.letter.published, now),
            Meaning::Label,
        )
        .say("  published to ", Meaning::Plain)
        .add(one.topic.clone(), Meaning::Strong);
    let mut said = vec![published];
    if one.letter.states.is_empty() {
        said.push(Phrase::new().say("no subscription has it", Meaning::Dim));
    }
    for state in &one.letter.states {
        said.push(Phrase::new());
        said.extend(fate(state, now, (width, look)));
    }
    if !one.operations.is_empty() {
        said.push(Phrase::new());
        said.push(Phrase::new().say("Operations on it", Meaning::Strong));
    }
    let acts = one.operations.iter();
    said.extend(acts.map(|act| operated(act, &one.operations, (now, look))));
    said
}

/// What an operation was in its life, which for a deletion and its undo is what became of where it is.
fn did(act: &Operation, all: &[Operation]) -> SafeText {
    let undone = all.iter().find(|other| other.id == act.undoes);
    let (of, end) = match (act.act, undone.map(|one| one.act)) {
        (OperationAct::DeleteTopic, _) => ("topic ", " deleted"),
        (OperationAct::DeleteSubscription, _) => ("", " deleted"),
        (OperationAct::Undo, Some(OperationAct::DeleteTopic)) => ("topic ", " brought back"),
        (OperationAct::Undo, Some(OperationAct::DeleteSubscription)) => ("", " brought back"),
        _ => return operations::what(act),
    };
    let mut text = SafeText::literal(of);
    text.push(act.about());
    text.push(&SafeText::literal(end));
    text
}

/// `▶ 14:02:31  operation 7: requeue smtp by dana, done`.
fn operated(act: &Operation, all: &[Operation], (now, look): (Option<f64>, Look)) -> Phrase {
    let (glyph, meaning) = operations::sign(act, look);
    let mut phrase = Phrase::new()
        .say(glyph, meaning)
        .say(" ", Meaning::Plain)
        .add(clock::time_of_day(act.started, now), Meaning::Label)
        .say("  operation ", Meaning::Plain)
        .add(act.id.clone(), Meaning::Strong)
        .say(": ", Meaning::Plain)
        .add(did(act, all), Meaning::Plain);
    if !act.actor.is_empty() {
        phrase = phrase
            .say(" by ", Meaning::Label)
            .add(act.actor.clone(), Meaning::Plain);
    }
    phrase
        .say(", ", Meaning::Label)
        .say(act.state_word(), meaning)
}

fn fate(state: &LetterState, now: Option<f64>, (width, look): (u16, Look)) -> Vec<Phrase> {
    let (sign, word, meaning) = sign(state.state, look);
    let mut head = Phrase::new()
        .say(sign, meaning)
        .say(" ", Meaning::Plain)
        .add(state.subscription.clone(), Meaning::Strong)
        .say(": ", Meaning::Label)
        .say(word, meaning);
    head = outlook(head, state, now);
    let mut said = vec![head];
    let time = |at| {
        Phrase::new()
            .say("  ", Meaning::Plain)
            .add(clock::time_of_day(at, now), Meaning::Label)
    };
    if let Some(death) = &state.death {
        if death.attempts > 1 {
            said.push(time(death.first_failure).say("  failed for the first time", Meaning::Plain));
        }
        let failed = if death.attempts > 1 {
            "  failed for the last time, try "
        } else {
            "  failed at once, try "
        };
        let mut last = time(death.last_failure)
            .say(failed, Meaning::Plain)
            .add(figures::count(death.attempts.into()), Meaning::Strong);
        if !death.consumer.is_empty() {
            last = last
                .say(", at ", Meaning::Label)
                .add(death.consumer.clone(), Meaning::Plain);
        }
        said.push(last);
        for line in sentence(&death.reason, width.saturating_sub(12), 3, Meaning::Act) {
            said.push(Phrase::new().say("            ", Meaning::Plain).then(line));
        }
    } else if state.failed_attempts > 0 {
        said.push(
            Phrase::new()
                .say("  ", Meaning::Plain)
                .add(figures::count(state.failed_attempts.into()), Meaning::Watch)
                .say(
                    if state.failed_attempts == 1 {
                        " try has failed so far"
                    } else {
                        " tries have failed so far"
                    },
                    Meaning::Plain,
                ),
        );
    }
    said
}

/// Who holds it and until when, or when it is tried or due.
fn outlook(head: Phrase, state: &LetterState, now: Option<f64>) -> Phrase {
    let at = |head: Phrase, word, time| {
        head.say(word, Meaning::Label)
            .add(clock::time_of_day(Some(time), now), Meaning::Plain)
    };
    let mut head = head;
    if !state.consumer.is_empty() {
        head = head
            .say(" by ", Meaning::Label)
            .add(state.consumer.clone(), Meaning::Plain);
    }
    if let Some(deadline) = state.lease_deadline {
        head = at(head, " until ", deadline);
    }
    if let Some(retry) = state.retry_time {
        head = at(head, ", tried again at ", retry);
    }
    if let Some(due) = state.due_time {
        head = at(head, ", due at ", due);
    }
    head
}

fn sign(state: MessageState, look: Look) -> (&'static str, &'static str, Meaning) {
    match state {
        MessageState::Unspecified => ("?", "not known", Meaning::Dim),
        MessageState::Scheduled => (look.pick("◌", "~"), "due later", Meaning::Dim),
        MessageState::Ready => (
            look.pick("●", "o"),
            "ready to be handed out",
            Meaning::Progress,
        ),
        MessageState::Leased => (look.pick("●", "o"), "held", Meaning::Progress),
        MessageState::Waiting => (look.pick("▲", "!"), "waits after a failure", Meaning::Watch),
        MessageState::Dead => (look.pick("✖", "x"), "dead", Meaning::Act),
        MessageState::Acked => (look.pick("●", "o"), "acknowledged", Meaning::Fine),
        MessageState::Dropped => (look.pick("○", "-"), "dropped", Meaning::Dim),
        MessageState::Finished => (look.pick("○", "-"), "finished", Meaning::Dim),
    }
}
