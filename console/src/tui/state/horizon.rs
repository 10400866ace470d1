//! What the page that is seen needs from beyond its window: found out here, asked for by [`super::page`].

use weir_proto::safe_text::SafeText;

use super::ask::Ask;
use super::beyond::Beyond;
use super::mode::Mode;
use super::place::Place;
use super::row_id::RowId;
use super::screen::State;
use super::standing::Standing;

/// The most rows whose past is asked for at once.
const TRENDS: usize = 16;

impl State {
    /// What the page that is seen needs from beyond its window now.
    pub(crate) fn beyond(&self) -> Beyond {
        let is_typed = self.mode == Mode::Command;
        Beyond {
            worst: self.page().place == Place::Overview && !self.has_worst(),
            names: self.command.argument().filter(|_| is_typed),
            trends: self.without_past(),
            selected: self.selected().map(|row| row.now.name.clone()),
            sampled: self.shown().sampled,
        }
    }

    /// Whether the rows that want attention most are here: all rows are, or the window begins with the worst and ends
    /// with one that is well.
    pub(crate) fn has_worst(&self) -> bool {
        let picture = self.shown();
        let (Some(rows), Some(window)) =
            (&picture.subscription_rows, &picture.windows.subscriptions)
        else {
            return true;
        };
        let matched = usize::try_from(rows.matched_count).unwrap_or(usize::MAX);
        let last = rows.ids.last().and_then(|id| picture.rows.get(id));
        let is_over = last.is_none_or(|row| !Standing::severity_of(&row.now).is_problem());
        window.filter.is_empty()
            && window.offset == 0
            && (rows.ids.len() >= matched || window.order_by == "urgency desc" && is_over)
    }

    /// Takes note of what was asked for once and for all.
    pub(crate) fn note_asked(&mut self, ask: &Ask) {
        let Ask::Trends { of, .. } = ask else {
            return;
        };
        for (id, _) in of {
            if let Some(row) = self.live.rows.get_mut(id) {
                row.has_past = true;
            }
        }
    }

    /// Rows that are seen whose past was never asked for, at most so many as are asked for at once.
    fn without_past(&self) -> Vec<(u64, SafeText)> {
        let picture = self.shown();
        let listing = self.listing();
        if !self.page().lists_watched_subscriptions() || listing.is_coming {
            return Vec::new();
        }
        let seen = listing.visible(self.visible_rows());
        let rows = seen.iter().filter_map(RowId::number);
        let rows = rows.filter_map(|id| Some((id, picture.rows.get(&id)?)));
        rows.filter(|(_, row)| !row.has_past)
            .map(|(id, row)| (id, row.now.name.clone()))
            .take(TRENDS)
            .collect()
    }
}
