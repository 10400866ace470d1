//! Which rows the broker is to send: those that are on the screen, and some around them, so that ten
//! thousand subscriptions cost what a screen costs.
//!
//! The windows are those of the page that is seen; where it lists no subscriptions, of the page below
//! that does, so that going back finds its rows and their trends.

use std::time::Duration;

use weir_proto::v1::WatchedRows;

use super::listing::Listing;
use super::page::Page;
use super::place::Place;
use super::row_id::RowId;
use super::screen::State;
use super::window::{Window, Windows};

/// A window moves by so many rows at once, and has so many above and below the screen at least.
const STEP: usize = 64;
/// The most rows that the broker sends for a window.
const MOST: usize = 1_000;
/// Windows change at most so often while somebody types or scrolls.
const PACE: Duration = Duration::from_millis(250);

impl Page {
    /// The window that its list needs, if `visible` rows of it are seen.
    fn window(&self, visible: usize) -> Window {
        let listing = &self.listing;
        let base = match &self.place {
            Place::DeadLetters => "dead > 0".to_owned(),
            Place::Topic { name } => format!("topic = \"{name}\""),
            _ => String::new(),
        };
        let filter = match (listing.filter.held(), base.as_str()) {
            (None, _) => base,
            (Some(typed), "") => typed.to_owned(),
            (Some(typed), base) => format!("{base} and ({typed})"),
        };
        let offset = (listing.offset / STEP * STEP).saturating_sub(STEP);
        let limit = (visible + 4 * STEP).next_multiple_of(STEP).min(MOST);
        Window {
            filter,
            order_by: order_by(listing),
            offset,
            limit,
        }
    }

    /// Whether the rows of its list are subscriptions of the samples.
    pub(super) fn lists_watched_subscriptions(&self) -> bool {
        self.place.lists_subscriptions() || matches!(self.place, Place::Topic { .. })
    }
}

fn order_by(listing: &Listing) -> String {
    let Some(sort) = listing.sorted_by() else {
        return String::new();
    };
    if sort.begins_with_most == listing.is_reversed {
        sort.field.to_owned()
    } else {
        format!("{} desc", sort.field)
    }
}

impl State {
    /// The windows that are to be watched from now on, if they are others than those that are.
    pub(crate) fn next_windows(&mut self) -> Option<Windows> {
        if self.frozen.is_some() {
            return None;
        }
        let windows = self.windows();
        let rests = self.now < self.windows_asked + PACE;
        let is_first = self.watching.is_none();
        if self.watching.as_ref() == Some(&windows) || rests && !is_first {
            return None;
        }
        self.watching = Some(windows.clone());
        self.windows_asked = self.now;
        Some(windows)
    }

    /// Takes the order of the broker's window for the list that is seen; false if there is none that
    /// fits, as while a new filter is on its way.
    pub(super) fn take_window(&mut self) -> bool {
        let Some((watched, rows)) = self.watched() else {
            return false;
        };
        let order = rows.ids.iter().map(|id| RowId::Number(*id)).collect();
        let before = watched.offset;
        let matched = usize::try_from(rows.matched_count).unwrap_or(usize::MAX);
        let total = self.total();
        let listing = self.listing_mut();
        listing.total = if listing.filter.is_empty() {
            matched
        } else {
            total.unwrap_or(listing.total).max(matched)
        };
        listing.take(order, before, Some(matched));
        true
    }

    /// The window of the list that is seen and its rows, once they have come.
    fn watched(&self) -> Option<(&Window, &WatchedRows)> {
        let page = self.page();
        let picture = self.shown();
        let (watched, rows) = match &page.place {
            Place::Topics => (&picture.windows.topics, &picture.topic_rows),
            _ if page.lists_watched_subscriptions() => {
                (&picture.windows.subscriptions, &picture.subscription_rows)
            }
            _ => return None,
        };
        let watched = watched.as_ref()?;
        let is_it = watched.is_of_the_list_of(&page.window(0));
        rows.as_ref().filter(|_| is_it).map(|rows| (watched, rows))
    }

    /// Whether the rows of the list that is seen are on their way. A broker that sends no windows sends all rows.
    fn awaits_window(&self) -> bool {
        let page = self.page();
        let is_windowed = page.place == Place::Topics || page.lists_watched_subscriptions();
        is_windowed && self.shown().subscription_rows.is_some() && self.watched().is_none()
    }

    /// Puts the rows that are here in order: all of them, or those that are seen until a window comes.
    pub(super) fn arrange_here(&mut self) {
        let is_coming = self.awaits_window();
        let empty = Listing::of(&self.page().place);
        let mut listing = std::mem::replace(self.listing_mut(), empty);
        let total = listing.total;
        if is_coming && listing.order.is_empty() {
            listing.wait();
        } else {
            listing.arrange(self.rows());
            if is_coming {
                // Rows beyond the window count, too.
                listing.total = listing.total.max(total);
                listing.is_coming = true;
            }
        }
        *self.listing_mut() = listing;
    }

    /// How many rows the list that is seen has without a filter, if the broker says.
    fn total(&self) -> Option<usize> {
        let broker = self.shown().broker.as_ref()?;
        let count = match &self.page().place {
            Place::Overview | Place::Subscriptions => broker.subscription_count,
            Place::Topics => broker.topic_count,
            _ => return None,
        };
        usize::try_from(count).ok()
    }

    fn windows(&self) -> Windows {
        // The same on every page, so that opening one does not change what is watched.
        let visible = usize::from(self.size.1);
        let trail = self.trail();
        let lister = trail
            .iter()
            .rev()
            .find(|page| page.lists_watched_subscriptions());
        let topics = trail.iter().rev().find(|page| page.place == Place::Topics);
        Windows {
            subscriptions: Some(lister.unwrap_or_else(|| self.overview()).window(visible)),
            topics: topics.map(|page| page.window(visible)),
        }
    }
}
