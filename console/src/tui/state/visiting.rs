//! Visits of the page that is seen: when one begins, and what is new in it.

use super::row::Row;
use super::row_id::RowId;
use super::screen::State;
use super::visits::{Page, Seen};

/// The most pages whose visits are known; with more, those of other subscriptions are forgotten.
const KNOWN: usize = 500;

impl State {
    /// Takes note of what the operator looks at now.
    pub(super) fn note_visit(&mut self) {
        let here = Page::of(&self.page().place);
        let has_come = self.visits.here != here;
        self.visits.here.clone_from(&here);
        let (Some(here), Some(time)) = (here, self.shown().sampled) else {
            return;
        };
        let rows = self.shown().rows.values();
        let dead: Vec<(u64, u64)> = match here {
            Page::Dead => rows.map(|row| (row.now.id, row.now.dead)).collect(),
            Page::Events | Page::Groups(_) => Vec::new(),
        };
        if self.visits.known.len() >= KNOWN && !self.visits.known.contains_key(&here) {
            self.visits.known.clear();
        }
        let visit = self.visits.known.entry(here).or_default();
        if has_come {
            visit.before.clone_from(&visit.now);
        }
        let now = visit.now.get_or_insert_default();
        now.time = time;
        now.dead.extend(dead);
    }

    /// Since when things count as new on the page that is seen, if the operator was here before.
    pub(crate) fn new_since(&self) -> Option<f64> {
        self.seen_before().map(|seen| seen.time)
    }

    /// Whether a row of the page that is seen is new since the operator was here last.
    pub(crate) fn is_new(&self, id: &RowId) -> bool {
        let Some(seen) = self.seen_before() else {
            return false;
        };
        match self.rows().find(|row| row.id() == *id) {
            Some(Row::Event(event)) => event.time > seen.time,
            Some(Row::Group(group)) => group.last_death.is_some_and(|last| last > seen.time),
            Some(Row::Subscription(row)) => {
                let before = seen.dead.get(&row.now.id).copied();
                row.now.dead > before.unwrap_or(0)
            }
            _ => false,
        }
    }

    fn seen_before(&self) -> Option<&Seen> {
        let here = self.visits.here.as_ref()?;
        self.visits.known.get(here)?.before.as_ref()
    }
}
