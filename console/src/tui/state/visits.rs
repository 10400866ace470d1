//! What is new since the operator last looked: at the events, at the dead letters, at the groups of one subscription.
//!
//! A visit lasts from opening a page to leaving it; while it lasts, what was new when it began stays new.

use std::collections::BTreeMap;

use super::place::Place;

/// When the operator looked at what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visits {
    pub(super) known: BTreeMap<Page, Visit>,
    /// The page that is looked at.
    pub(super) here: Option<Page>,
}

/// A page that is visited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Page {
    Events,
    Dead,
    Groups(String),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    /// What was seen when the visit before this one ended.
    pub(super) before: Option<Seen>,
    pub(super) now: Option<Seen>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When: seconds since the epoch by the broker's clock.
    pub(super) time: f64,
    /// How many messages were dead, by subscription.
    pub(super) dead: BTreeMap<u64, u64>,
}

impl Page {
    pub(super) fn of(place: &Place) -> Option<Self> {
        Some(match place {
            Place::Events => Self::Events,
            Place::DeadLetters => Self::Dead,
            Place::DeadGroups { subscription } => Self::Groups(subscription.as_str().to_owned()),
            _ => return None,
        })
    }
}
