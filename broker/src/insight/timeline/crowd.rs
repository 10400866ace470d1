//! Too many of a kind within a second become one event with a number, so that a fleet that connects at once, or one
//! that crashes again and again, does not drive everything else out of the list.
//!
//! The first few of each second are told one by one: [`EACH`] of a kind about the same thing, [`ALL`] of a kind in all.
//! The rest is held until the second is over, as one event about that thing or about none.

use std::collections::{BTreeMap, HashMap};

use super::event::{EventKind, Happening};
use crate::model::{Name, Time};

/// Happenings of a kind about one thing that are told one by one within a second.
pub(super) const EACH: u32 = 3;
/// Happenings of a kind that are told one by one within a second.
pub(super) const ALL: u32 = 10;
/// Microseconds of a second.
const SECOND: u64 = 1_000_000;

/// A kind, and the thing that it is about.
type Place = (EventKind, Option<Name>);

/// What was told in this second, and what was held back.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    second: u64,
    told: HashMap<Place, u32>,
    told_of_kind: HashMap<EventKind, u32>,
    held: BTreeMap<Place, Happening>,
}

impl Crowds {
    /// What is told of happenings held back, once their second is over.
    pub(super) fn pass(&mut self, now: Time) -> Vec<Happening> {
        let second = now.0 / SECOND;
        // A clock that is set back ends the second, too.
        if second == self.second {
            return Vec::new();
        }
        self.second = second;
        self.told.clear();
        self.told_of_kind.clear();
        let held = std::mem::take(&mut self.held);
        held.into_values().map(closed).collect()
    }

    /// Gives a happening back if it is to be told at once, in the second that was passed last.
    pub(super) fn admit(&mut self, happening: Happening) -> Option<Happening> {
        let kind = happening.kind;
        if matches!(
            kind,
            EventKind::Started | EventKind::HealthChanged | EventKind::Mark
        ) {
            return Some(happening);
        }
        let of_kind = self.told_of_kind.entry(kind).or_default();
        let about = happening.subscription.as_ref().or(happening.topic.as_ref());
        let about = about.cloned();
        if *of_kind >= ALL {
            self.hold((kind, None), happening);
            return None;
        }
        let of_thing = self.told.entry((kind, about.clone())).or_default();
        if *of_thing >= EACH {
            self.hold((kind, about), happening);
            return None;
        }
        *of_thing += 1;
        *of_kind += 1;
        Some(happening)
    }

    fn hold(&mut self, place: Place, happening: Happening) {
        let Some(held) = self.held.get_mut(&place) else {
            self.held.insert(place, happening);
            return;
        };
        if held.topic != happening.topic {
            held.topic = None;
        }
        if held.subscription != happening.subscription {
            held.subscription = None;
        }
        if held.actor != happening.actor {
            held.actor.clear();
        }
        if held.operation != happening.operation {
            held.operation = None;
        }
        held.time = held.time.max(happening.time);
        held.severity = held.severity.max(happening.severity);
        held.count = held.count.saturating_add(happening.count);
        held.merged += happening.merged;
    }
}

/// What one that was held back says at last.
fn closed(held: Happening) -> Happening {
    if held.merged == 1 {
        return held;
    }
    let what = held.kind.plural();
    Happening {
        text: format!("{} more within the same second: {what}", held.merged),
        ..held
    }
}
