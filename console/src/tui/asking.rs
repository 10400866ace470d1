//! From a key that would change the broker to the dialog that asks about it: what it is about, what can be
//! chosen, and what is planned with to begin with.

use weir_proto::safe_text::SafeText;

use super::answering;
use super::editing;
use super::keys::Action;
use super::locking;
use super::message::{Draw, Outcome};
use super::reaching::reaches;
use super::state::State;
use super::state::dead_groups::DeadGroup;
use super::state::deed::{Chosen, Control, Deed};
use super::state::dialog::Dialog;
use super::state::field::{Field, Name, Value};
use super::state::mode::Mode;
use super::state::notices::Level;
use super::state::operation::Operation;
use super::state::place::{Group, Place};
use super::state::row::Row;
use super::state::row_id::RowId;
use super::state::standing::Standing;
use super::state::wish::{PLACES, WHATS};
use crate::present::units;

/// A canary of usual size; fewer messages than that are their own.
const CANARY: u64 = 20;
const NOTHING: &str = "nothing is selected here";
const NO_DEAD: &str = "no dead message is selected here";

/// Opens the dialog that a key asks for.
pub(super) fn open(state: &mut State, action: Action) -> Outcome {
    if action == Action::Lock {
        locking::lock(state);
        return Outcome::draw(Draw::Now);
    }
    if !state.freshness().is_live() {
        let text =
            "nothing is done while the numbers are old: the broker may be another one by now";
        state.say(Level::Trouble, SafeText::literal(text));
        return Outcome::draw(Draw::Now);
    }
    let dialog = match action {
        Action::Requeue | Action::Discard | Action::Move => dead(state, action).ok_or(NO_DEAD),
        Action::Edit => editing::edit(state).ok_or(NO_DEAD),
        Action::Purge => subscription(state).map(|name| drop_of(state, name)),
        Action::Seek => subscription(state).map(|name| seek_of(state, name)),
        Action::HoldSubscription => subscription(state).map(|name| hold(state, name)),
        Action::DeleteTopic => topic(state).map(|name| topic_deletion(state, name)),
        Action::Disconnect => disconnect(state).ok_or(NOTHING),
        _ => operation(state, action),
    };
    let mut dialog = match dialog {
        Ok(dialog) => dialog,
        Err(why) => {
            state.say(Level::Note, SafeText::literal(why));
            return Outcome::draw(Draw::Now);
        }
    };
    if let Some(wanted) = confirmed_name(state, &dialog) {
        let typed = String::new();
        let value = Value::Exactly { wanted, typed };
        dialog.fields.push(Field::new(Name::Confirm, value));
    }
    dialog.focus_on_cancel();
    state.dialog = Some(dialog);
    state.mode = Mode::Dialog;
    Outcome {
        effects: answering::plan(state, false).into_iter().collect(),
        draw: Draw::Now,
    }
}

/// What must be typed before something is done where people depend on the broker.
fn confirmed_name(state: &State, dialog: &Dialog) -> Option<SafeText> {
    state.badge.as_ref().filter(|badge| badge.is_production())?;
    match &dialog.deed {
        Deed::Requeue { subscription }
        | Deed::Discard { subscription }
        | Deed::Move { subscription }
        | Deed::Edit { subscription, .. }
        | Deed::Drop { subscription }
        | Deed::Seek { subscription } => Some(subscription.clone()),
        Deed::DeleteTopic { topic } => Some(topic.clone()),
        // The operation's number says nothing about what is at stake.
        Deed::Undo { about, .. } => Some(about.clone()),
        _ => None,
    }
}

/// A dialog about dead messages: those of the page that are marked, pass its filter, or are selected.
fn dead(state: &mut State, action: Action) -> Option<Dialog> {
    let (subscription, choices) = chosen(state)?;
    let few = match choices.first() {
        Some(Chosen::Ids(ids)) => Some(ids.len() as u64),
        Some(Chosen::Groups(groups)) => count_of(state, groups),
        _ => None,
    };
    let about = subscription.clone();
    let (deed, title) = match action {
        Action::Requeue => (Deed::Requeue { subscription }, "Requeue dead messages of "),
        Action::Move => (Deed::Move { subscription }, "Move dead messages of "),
        _ => (Deed::Discard { subscription }, "Discard dead messages of "),
    };
    let mut dialog = Dialog::new(state.next_serial(), deed, titled(title, &about));
    let labels = choices.iter().map(Chosen::label).collect();
    let which = Value::Choice { labels, at: 0 };
    dialog.choices = choices;
    dialog.fields = vec![Field::new(Name::Which, which)];
    dialog.fields.extend(match action {
        Action::Requeue => {
            let mut fields = reaches(&about);
            fields.extend(careful(few.is_some_and(|few| few <= CANARY)));
            fields
        }
        Action::Move => vec![
            Field::new(Name::Target, Value::Text(String::new())),
            Field::new(Name::SkipRequeued, Value::Flag(false)),
            Field::new(Name::Rate, number(0)),
        ],
        _ => vec![Field::new(Name::Final, Value::Flag(false))],
    });
    Some(dialog)
}

/// How carefully dead messages go back; few are their own canary.
fn careful(are_few: bool) -> Vec<Field> {
    vec![
        Field::new(Name::SkipRequeued, Value::Flag(false)),
        Field::new(Name::Canary, number(if are_few { 0 } else { CANARY })),
        Field::new(Name::CanaryWait, Value::Span("10s".to_owned())),
        Field::new(Name::Rate, number(200)),
        Field::new(Name::Brake, number(5)),
        Field::new(Name::KeepAttempts, Value::Flag(false)),
    ]
}

fn number(number: u64) -> Value {
    Value::Number(number.to_string())
}

/// How many messages some groups of the page hold, as far as that is known.
fn count_of(state: &State, groups: &[Group]) -> Option<u64> {
    let all = state.page().data.groups.value()?;
    let mut counts = groups.iter().map(|group| {
        let found = all.get(group.fingerprint.as_str())?;
        Some(found.count)
    });
    counts.try_fold(0_u64, |sum, count| sum.checked_add(count?))
}

fn group_of(group: &DeadGroup) -> Group {
    Group {
        fingerprint: group.fingerprint.clone(),
        pattern: group.pattern.clone(),
    }
}

/// The subscription of the page, and which of its dead messages can be meant; what is most likely first.
fn chosen(state: &State) -> Option<(SafeText, Vec<Chosen>)> {
    let listing = state.listing();
    let marked = || {
        let text = |id: &RowId| match id {
            RowId::Text(id) => Some(SafeText::new(id.as_bytes())),
            RowId::Number(_) => None,
        };
        listing.marks.iter().filter_map(text).collect::<Vec<_>>()
    };
    let mut choices = Vec::new();
    match &state.page().place {
        Place::DeadGroups { subscription } => {
            let all = state.page().data.groups.value()?;
            let marked: Vec<Group> = marked()
                .iter()
                .filter_map(|id| all.get(id.as_str()))
                .map(group_of)
                .collect();
            if !marked.is_empty() {
                choices.push(Chosen::Groups(marked));
            } else if let Some(Row::Group(group)) = state.selected_row() {
                choices.push(Chosen::Groups(vec![group_of(group)]));
            }
            if !all.groups.is_empty() {
                choices.push(Chosen::All);
            }
            (!choices.is_empty()).then(|| (subscription.clone(), choices))
        }
        Place::DeadMessages {
            subscription,
            group,
        } => {
            let marked = marked();
            if !marked.is_empty() {
                choices.push(Chosen::Ids(marked));
            }
            if let Some(filter) = listing.filter.held() {
                choices.push(Chosen::Matching {
                    group: group.clone(),
                    filter: SafeText::new(filter),
                });
            }
            if let Some(Row::Letter(letter)) = state.selected_row() {
                choices.push(Chosen::Ids(vec![letter.id.clone()]));
                choices.push(match group {
                    Some(group) => Chosen::Groups(vec![group.clone()]),
                    None => Chosen::All,
                });
            }
            (!choices.is_empty()).then(|| (subscription.clone(), choices))
        }
        Place::Message { id } => {
            let one = state.page().data.message.value()?;
            let (subscription, is_dead) = one.holder()?;
            is_dead.then(|| (subscription.clone(), vec![Chosen::Ids(vec![id.clone()])]))
        }
        _ => None,
    }
}

/// The subscription that the page is about, or that is selected.
fn subscription(state: &State) -> Result<SafeText, &'static str> {
    match (&state.page().place, state.selected_row()) {
        (Place::Subscription { name }, _) => Ok(name.clone()),
        (_, Some(Row::Subscription(row))) => Ok(row.now.name.clone()),
        _ => Err(NOTHING),
    }
}

fn topic(state: &State) -> Result<SafeText, &'static str> {
    match state.selected_row() {
        Some(Row::Topic(row)) => Ok(row.now.name.clone()),
        _ => Err(NOTHING),
    }
}

fn drop_of(state: &mut State, subscription: SafeText) -> Dialog {
    let title = titled("Drop of ", &subscription);
    let mut dialog = Dialog::new(state.next_serial(), Deed::Drop { subscription }, title);
    dialog.fields = vec![
        Field::new(Name::What, choice(&WHATS)),
        Field::new(Name::Age, Value::Span("1h".to_owned())),
        Field::new(Name::Keep, Value::Number("1000".to_owned())),
        Field::new(Name::Final, Value::Flag(false)),
    ];
    dialog
}

fn seek_of(state: &mut State, subscription: SafeText) -> Dialog {
    let title = titled("Seek ", &subscription);
    let mut dialog = Dialog::new(state.next_serial(), Deed::Seek { subscription }, title);
    dialog.fields = vec![
        Field::new(Name::Place, choice(&PLACES)),
        Field::new(Name::Back, Value::Span("15m".to_owned())),
    ];
    dialog
}

fn topic_deletion(state: &mut State, topic: SafeText) -> Dialog {
    let title = titled("Delete topic ", &topic);
    let mut dialog = Dialog::new(state.next_serial(), Deed::DeleteTopic { topic }, title);
    dialog.fields = vec![Field::new(Name::WithSubscriptions, Value::Flag(false))];
    dialog
}

/// Holds a subscription; one that is held goes on.
fn hold(state: &mut State, subscription: SafeText) -> Dialog {
    let mut rows = state.shown().rows.values().map(|row| &row.now);
    let own = state.page().data.subscription.value().map(|one| &**one);
    let found = own.or_else(|| rows.find(|one| one.name == subscription));
    let is_paused = found.is_some_and(|one| Standing::of(one).is_paused);
    let (deed, title, said) = if is_paused {
        let title = titled("Resume ", &subscription);
        let said = "What waits is handed out from then on.";
        (Deed::Resume { subscription }, title, said)
    } else {
        let title = titled("Pause ", &subscription);
        let said = "Nothing is handed out until it is resumed; what is held may be acknowledged.";
        (Deed::Pause { subscription }, title, said)
    };
    let mut dialog = Dialog::new(state.next_serial(), deed, title);
    dialog.said = vec![SafeText::literal(said)];
    dialog
}

fn disconnect(state: &mut State) -> Option<Dialog> {
    let Some(Row::Client(client)) = state.selected_row() else {
        return None;
    };
    let (id, leased) = (client.id, client.leased());
    let mut who = SafeText::new(format!("client {id} "));
    who.push(&client.name);
    who.push(&SafeText::literal(" at "));
    who.push(&client.peer);
    let title = titled("Disconnect ", &who);
    let mut dialog = Dialog::new(state.next_serial(), Deed::Disconnect { client: id }, title);
    let said = match leased {
        0 => "It holds no message.".to_owned(),
        leased => format!(
            "It holds {}: back they go as if it was lost, which counts an attempt.",
            units::messages(leased)
        ),
    };
    dialog.said = vec![
        SafeText::literal("Its streams and its connection end; it may connect again."),
        SafeText::new(said),
    ];
    Some(dialog)
}

/// The operation that is selected; on a page of dead messages, the newest on them that can be undone.
fn operated(state: &State) -> Result<&Operation, &'static str> {
    match (&state.page().place, state.selected_row()) {
        (Place::DeadGroups { .. }, _) => {
            let all = state.page().data.operations.value();
            let newest = all.and_then(|all| all.undoable_on_dead(state.shown().sampled));
            newest.ok_or("no operation on these dead messages can be undone; 7 lists all")
        }
        (_, Some(Row::Operation(one))) => Ok(one),
        _ => Err(NOTHING),
    }
}

fn operation(state: &mut State, action: Action) -> Result<Dialog, &'static str> {
    let one = operated(state)?;
    let (operation, is_over) = (one.id.clone(), one.is_over());
    let is_paused = one.state_word() == "paused";
    let mut about = SafeText::literal(one.verb());
    about.push(&SafeText::literal(" of "));
    about.push(one.about());
    let (affected, selected) = (units::count(one.affected), units::count(one.selected));
    let done = format!("{affected} of {selected} are done");
    let (deed, title, said) = match action {
        Action::Undo => {
            let about = one.about().clone();
            let deed = Deed::Undo { operation, about };
            (deed, "Undo operation ", String::new())
        }
        _ if is_over => return Err("this operation is over; U takes it back"),
        Action::CancelOperation => {
            let control = Control::Cancel;
            let said = format!("{done}: these stay, and can be undone. The rest is left as it is.");
            let deed = Deed::Control { operation, control };
            (deed, "Cancel operation ", said)
        }
        _ if is_paused => {
            let control = Control::Resume;
            let deed = Deed::Control { operation, control };
            (
                deed,
                "Resume operation ",
                format!("{done}; it goes on with the rest."),
            )
        }
        _ => {
            let control = Control::Pause;
            let said = format!("{done}; it is held between two messages until it is resumed.");
            (
                Deed::Control { operation, control },
                "Pause operation ",
                said,
            )
        }
    };
    let mut name = SafeText::default();
    if let Deed::Undo { operation, .. } | Deed::Control { operation, .. } = &deed {
        name = operation.clone();
    }
    let mut dialog = Dialog::new(state.next_serial(), deed, titled(title, &name));
    dialog.said = vec![about];
    if !said.is_empty() {
        dialog.said.push(SafeText::new(said));
    }
    Ok(dialog)
}

fn titled(title: &'static str, name: &SafeText) -> SafeText {
    let mut text = SafeText::literal(title);
    text.push(name);
    text
}

fn choice(labels: &[&'static str]) -> Value {
    let labels = labels.iter().map(|label| SafeText::literal(label));
    Value::Choice {
        labels: labels.collect(),
        at: 0,
    }
}
