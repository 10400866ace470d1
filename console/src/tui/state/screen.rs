//! The whole state of the dashboard: the numbers, and what the operator chose to see.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::layout::{Layout, has_spare_rows, layout};
use super::link::{Freshness, Link};
use super::listing::Listing;
use super::picture::{Picture, Row};
use super::reading::Moment;

/// From this height on the detail pane is open unless the operator closed it; below it, if the
/// list leaves the room.
const ROOMY_HEIGHT: u16 = 30;

/// Everything a frame is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The time of the last message.
    pub(crate) now: Moment,
    /// Width and height of the terminal in cells.
    pub(crate) size: (u16, u16),
    /// Where the broker is.
    pub(crate) server: SafeText,
    /// What this session is, if it is not an ordinary one: `demo`.
    pub(crate) badge: Option<SafeText>,
    pub(crate) link: Link,
    /// The newest numbers, recorded also while the screen is frozen.
    pub(crate) live: Picture,
    /// What the screen shows instead, while it is frozen.
    pub(crate) frozen: Option<Box<Frozen>>,
    pub(crate) listing: Listing,
    pub(crate) mode: Mode,
    /// Whether the detail pane is open; `None` leaves it to the size of the screen.
    pub(crate) detail: Option<bool>,
}

/// The numbers at the moment of the freeze.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    pub(crate) picture: Picture,
    pub(crate) since: Moment,
}

/// Who gets the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The list.
    List,
    /// The line in which a filter is typed.
    Filter,
    /// The overlay that explains the keys.
    Help,
}

impl State {
    /// A dashboard that has seen nothing yet.
    pub(crate) fn new(server: SafeText, badge: Option<SafeText>, size: (u16, u16)) -> Self {
        Self {
            now: Duration::ZERO,
            size,
            server,
            badge,
            link: Link::Connecting,
            live: Picture::default(),
            frozen: None,
            listing: Listing::new(),
            mode: Mode::List,
            detail: None,
        }
    }

    /// The numbers on the screen.
    pub(crate) fn shown(&self) -> &Picture {
        self.frozen
            .as_ref()
            .map_or(&self.live, |frozen| &frozen.picture)
    }

    /// How fresh the newest numbers are; a frozen screen says that it is frozen besides.
    pub(crate) fn freshness(&self) -> Freshness {
        Freshness::of(&self.link, self.live.arrived, self.now)
    }

    /// The selected subscription.
    pub(crate) fn selected(&self) -> Option<&Row> {
        self.shown().rows.get(&self.listing.selected?)
    }

    /// Whether the detail pane is open.
    pub(crate) fn has_detail(&self) -> bool {
        self.detail.unwrap_or_else(|| {
            self.size.1 >= ROOMY_HEIGHT || has_spare_rows(self.size, self.listing.order.len())
        })
    }

    /// Where things are on the screen.
    pub(crate) fn layout(&self) -> Layout {
        layout(self.size, self.has_detail(), self.listing.order.len())
    }

    /// Works out order and scrolling again, after anything changed that they depend on.
    pub(crate) fn arrange(&mut self) {
        let mut listing = std::mem::replace(&mut self.listing, Listing::new());
        listing.refresh(self.shown());
        self.listing = listing;
        let visible = self.layout().visible_rows();
        self.listing.scroll(visible);
    }
}
