//! Where the parts of each page are, between the line of tabs and the footer.
//!
//! Every row of a page belongs to something at every size; a part without room has no height. How many
//! rows of a list are seen follows from here, so that scrolling and drawing agree.

use ratatui::layout::Rect;

use super::layout::Layout;
use super::place::Place;

/// From this width on parts stand side by side.
const WIDE: u16 = 100;
/// From these heights on there is room for the usual parts, and for all of them.
const MEDIUM: u16 = 28;
const TALL: u16 = 48;
/// Borders and column titles of a list.
pub(crate) const LIST_FRAME: u16 = 3;

/// The parts of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    /// What is going on, in words.
    pub(crate) banner: Rect,
    pub(crate) chart: Rect,
    /// What stands beside or below the chart or the list.
    pub(crate) side: Rect,
    pub(crate) middle: Rect,
    pub(crate) list: Rect,
    pub(crate) foot: Rect,
}

impl Areas {
    /// How many rows of the list are seen at once.
    pub(crate) fn visible_rows(&self) -> usize {
        usize::from(self.list.height.saturating_sub(LIST_FRAME))
    }
}

/// Divides what is between tabs and footer.
pub(crate) fn areas(place: &Place, layout: &Layout) -> Areas {
    let body = layout.body();
    match place {
        Place::Overview => overview(body),
        Place::Subscription { .. } => subscription(body),
        Place::Topic { .. } => topic(body),
        Place::DeadGroups { .. } => dead_groups(body),
        Place::DeadMessages { .. } => dead_messages(body),
        Place::Message { .. } => message(body),
        Place::Subscriptions
        | Place::Topics
        | Place::DeadLetters
        | Place::Clients
        | Place::Operations => Areas {
            list: layout.list,
            foot: layout.detail.or(layout.glance).unwrap_or_default(),
            ..Areas::default()
        },
        Place::Events | Place::Audit => Areas {
            list: body,
            ..Areas::default()
        },
    }
}

fn overview(body: Rect) -> Areas {
    let mut rest = body;
    let top = match body.height {
        ..14 => 0,
        14..MEDIUM => 7,
        MEDIUM..TALL => 9,
        _ => 14,
    };
    let top = cut_top(&mut rest, top);
    let foot = match body.height {
        ..MEDIUM => 0,
        MEDIUM..TALL => 7,
        _ => 13,
    };
    let foot = cut_bottom(&mut rest, foot);
    let (chart, side) = match body.width {
        ..70 => (Rect::default(), top),
        70..WIDE => split(top, 30),
        _ => split(top, top.width / 2),
    };
    Areas {
        chart,
        side,
        list: rest,
        foot,
        ..Areas::default()
    }
}

fn subscription(body: Rect) -> Areas {
    let mut rest = body;
    let (banner, top, middle) = match body.height {
        ..10 => (3, 0, 0),
        10..16 => (4, 0, 0),
        16..MEDIUM => (4, 7, 0),
        MEDIUM..TALL => (4, 14, 6),
        _ => (5, 24, 8),
    };
    let banner = cut_top(&mut rest, banner);
    let top = cut_top(&mut rest, top);
    let middle = cut_top(&mut rest, middle);
    let (chart, side) = beside(top);
    Areas {
        banner,
        chart,
        side,
        middle,
        list: rest,
        foot: Rect::default(),
    }
}

fn topic(body: Rect) -> Areas {
    let mut rest = body;
    let (top, foot) = match body.height {
        ..14 => (0, 0),
        14..MEDIUM => (8, 4),
        MEDIUM..TALL => (14, 8),
        _ => (22, 14),
    };
    let top = cut_top(&mut rest, top);
    let foot = cut_bottom(&mut rest, foot);
    let (chart, side) = beside(top);
    Areas {
        chart,
        side,
        list: rest,
        foot,
        ..Areas::default()
    }
}

fn dead_groups(body: Rect) -> Areas {
    let mut rest = body;
    let middle = match body.height {
        ..20 => 0,
        20..MEDIUM => 5,
        MEDIUM..TALL => 8,
        _ => 14,
    };
    // What was done about them, below all else.
    let middle = cut_bottom(&mut rest, middle);
    let upper = rest.height;
    if body.width >= WIDE {
        let (list, side) = split(rest, rest.width * 11 / 20);
        let mut rest = side;
        let side = cut_top(&mut rest, if upper < 20 { 8 } else { 11 });
        return Areas {
            list,
            side,
            middle,
            foot: rest,
            ..Areas::default()
        };
    }
    let side = cut_bottom(&mut rest, if upper < 16 { 0 } else { 8 });
    Areas {
        side,
        middle,
        list: rest,
        ..Areas::default()
    }
}

fn dead_messages(body: Rect) -> Areas {
    let mut rest = body;
    if body.width >= WIDE {
        let (list, right) = split(body, body.width * 9 / 20);
        rest = right;
        let foot = cut_bottom(&mut rest, body.height * 2 / 5);
        return Areas {
            list,
            side: rest,
            foot,
            ..Areas::default()
        };
    }
    let list = cut_top(&mut rest, if body.height < 16 { body.height } else { 7 });
    let foot = cut_bottom(&mut rest, if body.height < 16 { 0 } else { 5 });
    Areas {
        list,
        side: rest,
        foot,
        ..Areas::default()
    }
}

fn message(body: Rect) -> Areas {
    let mut rest = body;
    let banner = cut_top(&mut rest, if body.height < 14 { 3 } else { 5 });
    let (middle, side) = if body.width >= WIDE {
        split(rest, rest.width / 2)
    } else {
        let half = rest.height / 2;
        let middle = cut_top(&mut rest, half);
        (middle, rest)
    };
    let mut rest = side;
    let foot = cut_bottom(
        &mut rest,
        if side.height < 16 { 0 } else { side.height / 3 },
    );
    Areas {
        banner,
        middle,
        side: rest,
        foot,
        ..Areas::default()
    }
}

/// A chart with figures beside it, which need about as much at any width.
fn beside(top: Rect) -> (Rect, Rect) {
    match top.width {
        ..60 => (Rect::default(), top),
        60..WIDE => split(top, top.width - 38),
        _ => split(top, top.width - 44),
    }
}

fn cut_top(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let top = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    top
}

fn cut_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect {
        y: rest.bottom(),
        height,
        ..*rest
    }
}

/// A rectangle in two, the first with so many columns.
pub(crate) fn split(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    let first = Rect {
        width: left,
        ..area
    };
    let second = Rect {
        x: area.x + left,
        width: area.width - left,
        ..area
    };
    (first, second)
}

#[cfg(test)]
mod tests {
    use weir_proto::safe_text::SafeText;

    use super::*;
    use crate::tui::state::layout::layout;

    fn places() -> [Place; 13] {
        let name = SafeText::literal("orders");
        [
            Place::Overview,
            Place::Topics,
            Place::Topic { name: name.clone() },
            Place::Subscriptions,
            Place::Subscription { name: name.clone() },
            Place::DeadLetters,
            Place::DeadGroups {
                subscription: name.clone(),
            },
            Place::DeadMessages {
                subscription: name.clone(),
                group: None,
            },
            Place::Message { id: name },
            Place::Clients,
            Place::Events,
            Place::Operations,
            Place::Audit,
        ]
    }

    #[test]
    fn every_cell_of_a_page_belongs_to_exactly_one_part() {
        for place in places() {
            for (width, height) in [(80, 19), (120, 31), (200, 55), (60, 12), (99, 27), (3, 2)] {
                let layout = layout((width, height + 5), height > 28, 6);
                let body = layout.body();
                let all = areas(&place, &layout);
                let parts = [
                    all.banner, all.chart, all.side, all.middle, all.list, all.foot,
                ];
                let cells: u32 = parts.iter().map(|part| part.area()).sum();
                assert_eq!(cells, body.area(), "{place:?} at {width}x{height}: {all:?}");
                for part in parts.iter().filter(|part| part.area() > 0) {
                    assert_eq!(part.intersection(body), *part, "{place:?}");
                }
            }
        }
    }

    #[test]
    fn a_page_with_a_list_shows_some_of_it_at_the_usual_sizes() {
        for place in places().iter().filter(|place| place.table().is_some()) {
            for (width, height, least) in [(80, 19, 4), (120, 31, 4), (200, 55, 9)] {
                let layout = layout((width, height + 5), height > 28, 1_000);
                let rows = areas(place, &layout).visible_rows();
                assert!(rows >= least, "{place:?} shows {rows} at {width}x{height}");
            }
        }
    }
}
