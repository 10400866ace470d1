//! A question that takes the keys until it is answered. What does nothing has the focus first, and the
//! list behind does not change its order meanwhile.
//!
//! What changes the broker is planned by it first: the dialog shows the plan, and its last button carries
//! out exactly that.

use weir_proto::safe_text::SafeText;

use super::deed::{Chosen, Deed};
use super::fetch::Failure;
use super::field::{Field, Name};
use super::plan::{Held, Plan};
use super::reading::Moment;

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    /// Tells what it asked for last from everything before: late answers find nobody.
    pub(crate) serial: u64,
    pub(crate) deed: Deed,
    pub(crate) title: SafeText,
    pub(crate) said: Vec<SafeText>,
    /// What [`Name::Which`] chooses from.
    pub(crate) choices: Vec<Chosen>,
    pub(crate) fields: Vec<Field>,
    /// What would be done; only of deeds that are planned.
    pub(crate) plan: Option<Held>,
    /// What went wrong last.
    pub(crate) problem: Option<Failure>,
    /// What it waits for, since when.
    pub(crate) waits: Option<(Waits, Moment)>,
    /// Which stop has the focus: the visible fields, then the buttons.
    pub(crate) focus: usize,
}

/// What a dialog waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    ForPlan,
    ForDeed,
}

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    /// Does nothing.
    Cancel,
    /// Copies the command that does the same.
    Copy,
    /// Does it.
    Apply,
}

/// What has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The field with this place.
    Field(usize),
    Button(Button),
}

/// Where dead messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Back to the subscription in which they died, as they are.
    Back,
    /// To their topic once more, as new messages for all of its subscriptions.
    All,
    /// To another topic.
    Elsewhere,
}

/// Why the last button is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Off {
    Waiting,
    /// There is no plan, or one of something else.
    NoPlan,
    Expired,
    Nothing,
    /// A field is not as it must be.
    Field(Name),
}

impl Dialog {
    /// A question about a deed; cancelling has the focus.
    pub(crate) fn new(serial: u64, deed: Deed, title: SafeText) -> Self {
        let mut dialog = Self {
            serial,
            deed,
            title,
            said: Vec::new(),
            choices: Vec::new(),
            fields: Vec::new(),
            plan: None,
            problem: None,
            waits: None,
            focus: 0,
        };
        dialog.focus_on_cancel();
        dialog
    }

    /// Asks whether a file may be replaced.
    pub(crate) fn overwrite(path: String, text: String) -> Self {
        let mut said = SafeText::new(&path);
        said.push(&SafeText::literal(" is there already."));
        let deed = Deed::Overwrite { path, text };
        let mut dialog = Self::new(0, deed, SafeText::literal("Export"));
        dialog.said = vec![
            said,
            SafeText::literal("Replacing it cannot be taken back."),
        ];
        dialog
    }

    /// Gives the focus to what does nothing.
    pub(crate) fn focus_on_cancel(&mut self) {
        let stops = self.stops();
        let cancel = Stop::Button(Button::Cancel);
        self.focus = stops.iter().position(|stop| *stop == cancel).unwrap_or(0);
    }

    /// Whether it is planned by the broker before it is done.
    pub(crate) fn is_planned(&self) -> bool {
        matches!(
            self.deed,
            Deed::Requeue { .. }
                | Deed::Discard { .. }
                | Deed::Move { .. }
                | Deed::Edit { .. }
                | Deed::Drop { .. }
                | Deed::Seek { .. }
                | Deed::DeleteTopic { .. }
                | Deed::Undo { .. }
        )
    }

    /// Whether there is a command that does the same.
    pub(crate) fn has_command(&self) -> bool {
        !matches!(self.deed, Deed::Overwrite { .. } | Deed::Unlock)
    }

    /// The field of a name, if it is seen.
    pub(crate) fn field(&self, name: Name) -> Option<&Field> {
        let mut seen = self.fields.iter().filter(|field| self.shows(field));
        seen.find(|field| field.name == name)
    }

    /// Whether a field matters with what the others hold.
    pub(crate) fn shows(&self, field: &Field) -> bool {
        let chosen = |name| {
            let mut fields = self.fields.iter();
            fields.find(|field| field.name == name).map(Field::chosen)
        };
        let goes_with = |name, at: usize| chosen(name) == Some(at);
        match field.name {
            Name::Age => goes_with(Name::What, 0),
            Name::Keep => goes_with(Name::What, 1),
            // A subscription that goes leaves nothing to be put aside.
            Name::Final => chosen(Name::What).is_none_or(|at| at < 3),
            Name::Back => goes_with(Name::Place, 0),
            // What is published anew is not watched for dying again.
            Name::Canary | Name::Brake | Name::KeepAttempts => self.reach() == Reach::Back,
            Name::CanaryWait => {
                let mut fields = self.fields.iter();
                self.reach() == Reach::Back
                    && fields.any(|field| field.name == Name::Canary && field.number() > 0)
            }
            Name::Target => chosen(Name::Reach).is_none() || self.reach() == Reach::Elsewhere,
            _ => true,
        }
    }

    /// Where the dead messages of a requeue go.
    pub(crate) fn reach(&self) -> Reach {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.name == Name::Reach);
        match field.map_or(0, Field::chosen) {
            0 => Reach::Back,
            1 => Reach::All,
            _ => Reach::Elsewhere,
        }
    }

    /// Turns to the next of these, if the dialog has them. What had the focus keeps it, or what does nothing gets it: a
    /// key that changes which fields there are must not lead to another button.
    pub(crate) fn turn_reach(&mut self) {
        let focused = self.stop();
        let mut fields = self.fields.iter_mut();
        if let Some(field) = fields.find(|field| field.name == Name::Reach) {
            field.turn(true);
            match self.stops().iter().position(|stop| *stop == focused) {
                Some(at) => self.focus = at,
                None => self.focus_on_cancel(),
            }
        }
    }

    /// Everything that can have the focus, in order.
    pub(crate) fn stops(&self) -> Vec<Stop> {
        let fields = self.fields.iter().enumerate();
        let fields = fields.filter(|(_, field)| self.shows(field));
        let mut stops: Vec<Stop> = fields.map(|(at, _)| Stop::Field(at)).collect();
        stops.push(Stop::Button(Button::Cancel));
        if self.has_command() {
            stops.push(Stop::Button(Button::Copy));
        }
        stops.push(Stop::Button(Button::Apply));
        stops
    }

    /// What has the focus.
    pub(crate) fn stop(&self) -> Stop {
        let stops = self.stops();
        let last = Stop::Button(Button::Apply);
        stops.get(self.focus).copied().unwrap_or(last)
    }

    /// Moves the focus on, or back, round and round.
    pub(crate) fn step(&mut self, is_forward: bool) {
        let count = self.stops().len().max(1);
        let step = if is_forward { 1 } else { count - 1 };
        self.focus = (self.focus + step) % count;
    }

    /// The field that has the focus.
    pub(crate) fn focused(&mut self) -> Option<&mut Field> {
        match self.stop() {
            Stop::Field(at) => self.fields.get_mut(at),
            Stop::Button(_) => None,
        }
    }

    /// The plan, if it is of what the fields hold.
    pub(crate) fn current_plan(&self) -> Option<&Plan> {
        let is_of_this = !self.has_changed();
        self.plan
            .as_ref()
            .filter(|_| is_of_this)
            .map(|held| &*held.plan)
    }

    /// Whether something else is wanted than what was planned.
    pub(crate) fn has_changed(&self) -> bool {
        let mut seen = self.fields.iter().filter(|field| self.shows(field));
        seen.any(Field::has_changed)
    }

    /// Why it cannot be done now; `None` if it can.
    pub(crate) fn off(&self, now: Moment) -> Option<Off> {
        if self.waits.is_some() {
            return Some(Off::Waiting);
        }
        let seen = self.fields.iter().filter(|field| self.shows(field));
        let wrong = seen
            .filter(|field| !field.is_right())
            .map(|field| field.name);
        let wrong: Vec<Name> = wrong.collect();
        if let Some(name) = wrong.iter().find(|name| **name != Name::Confirm) {
            return Some(Off::Field(*name));
        }
        if self.is_planned() {
            let Some(plan) = self.current_plan() else {
                return Some(Off::NoPlan);
            };
            if self.left(now).is_none() {
                return Some(Off::Expired);
            }
            if !plan.does_something() {
                return Some(Off::Nothing);
            }
        }
        wrong.first().map(|name| Off::Field(*name))
    }

    /// For how long the plan still holds.
    pub(crate) fn left(&self, now: Moment) -> Option<Moment> {
        let until = self.plan.as_ref()?.until;
        until.checked_sub(now).filter(|left| !left.is_zero())
    }
}
