//! Where things are on a screen of a given size. Every row of the terminal belongs to something.
//!
//! ```text
//! header   one to three lines: connection, totals, process
//! tabs     one line: the tabs, or where one is below a tab
//! list     a box; at least one row as long as there is room at all
//! detail   a box on large screens or on demand, else
//! glance   a box of three lines about the selected subscription
//! footer   one line: keys, or the filter being typed
//! ```

use ratatui::layout::Rect;

/// Borders and column titles of the list.
const LIST_FRAME: u16 = 3;
/// The list keeps this much when the detail pane is open.
const LIST_LEAST: u16 = 7;
/// A detail pane below this height would not say more than a glance.
const DETAIL_LEAST: u16 = 9;
/// From this height on it shows a consumer, too.
const DETAIL_USEFUL: u16 = 11;
/// The glance with its borders.
const GLANCE: u16 = 5;
/// Between list and footer there is a glance from this many rows on.
const GLANCE_FROM: u16 = 12;
/// The line of tabs is there from this height on.
const TABS_FROM: u16 = 10;

/// The parts of the screen; a part without room has no height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) header: Rect,
    pub(crate) tabs: Rect,
    pub(crate) list: Rect,
    pub(crate) detail: Option<Rect>,
    pub(crate) glance: Option<Rect>,
    pub(crate) footer: Rect,
}

impl Layout {
    /// All between tabs and footer, for what takes the place of the list.
    pub(crate) fn body(&self) -> Rect {
        let below = self.detail.or(self.glance).unwrap_or(self.list);
        self.list.union(below)
    }
}

/// Divides a screen; `rows` is the length of the list.
pub(crate) fn layout(size: (u16, u16), has_detail: bool, rows: usize) -> Layout {
    let (width, height) = size;
    let header_height = match height {
        0..3 => 0,
        3..10 => 1,
        10..16 => 2,
        _ => 3,
    };
    let footer_height = u16::from(height >= 4);
    let tabs_height = u16::from(height >= TABS_FROM);
    let body = height - header_height - tabs_height - footer_height;
    let at = |y: u16, height: u16| Rect::new(0, y, width, height);
    let detail_height = if has_detail {
        detail_height(body, rows)
    } else {
        0
    };
    let glance_height = if detail_height == 0 && body >= GLANCE_FROM {
        GLANCE
    } else {
        0
    };
    let list_height = body - detail_height - glance_height;
    let list_top = header_height + tabs_height;
    let below = list_top + list_height;
    Layout {
        header: at(0, header_height),
        tabs: at(header_height, tabs_height),
        list: at(list_top, list_height),
        detail: (detail_height > 0).then(|| at(below, detail_height)),
        glance: (glance_height > 0).then(|| at(below, glance_height)),
        footer: at(height - footer_height, footer_height),
    }
}

/// Whether a list is so short that a useful detail pane fits below it.
pub(crate) fn has_spare_rows(size: (u16, u16), rows: usize) -> bool {
    let (header, tabs, footer) = (3, 1, 1);
    let around = LIST_FRAME + DETAIL_USEFUL + header + tabs + footer;
    let needed = rows.saturating_add(usize::from(around));
    rows > 0 && needed <= usize::from(size.1)
}

/// The detail pane gets what a short list leaves, and about half beside a long one.
fn detail_height(body: u16, rows: usize) -> u16 {
    let room = body.saturating_sub(LIST_LEAST);
    if room < DETAIL_LEAST {
        return 0;
    }
    let list = u16::try_from(rows)
        .unwrap_or(u16::MAX)
        .saturating_add(LIST_FRAME);
    body.saturating_sub(list)
        .clamp((body / 2).max(DETAIL_LEAST).min(room), room)
}
