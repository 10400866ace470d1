//! Which columns the list has at a given width.
//!
//! NAME, BACKLOG, OLDEST and DEAD always stay. The others go in the order TREND, DRAIN, IN, ACKED,
//! NET, CONS, TOPIC when width is short, and come back the other way round.

use weir_proto::safe_text::SafeText;

use super::figures;
use super::spark::spark;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::history::Series;
use crate::tui::state::listing::Listing;
use crate::tui::state::picture::{Picture, Row};
use crate::tui::state::subscription::{Drain, Subscription};

/// A column; the order is the one on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Name,
    Topic,
    Backlog,
    Net,
    Inflow,
    Acked,
    Oldest,
    Drain,
    Dead,
    Consumers,
    Trend,
}

/// A column with the cells it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) column: Column,
    pub(crate) width: usize,
}

/// All of them, in the order of the screen.
const ORDER: [Column; 11] = [
    Column::Name,
    Column::Topic,
    Column::Backlog,
    Column::Net,
    Column::Inflow,
    Column::Acked,
    Column::Oldest,
    Column::Drain,
    Column::Dead,
    Column::Consumers,
    Column::Trend,
];

/// Cells between two columns.
pub(crate) const GAP: usize = 1;

const ALWAYS: [Column; 4] = [Column::Name, Column::Backlog, Column::Oldest, Column::Dead];

/// The first one goes last.
const OPTIONAL: [Column; 7] = [
    Column::Topic,
    Column::Consumers,
    Column::Net,
    Column::Acked,
    Column::Inflow,
    Column::Drain,
    Column::Trend,
];

/// Names and topics give up cells down to this width before a column goes.
const NARROW_NAME: usize = 14;
const NARROW_TOPIC: usize = 10;
/// No trend needs more cells than three minutes have.
const WIDEST_TREND: usize = 36;

impl Column {
    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Topic => "TOPIC",
            Self::Backlog => "BACKLOG",
            Self::Net => "NET",
            Self::Inflow => "IN",
            Self::Acked => "ACKED",
            Self::Oldest => "OLDEST",
            Self::Drain => "DRAIN",
            Self::Dead => "DEAD",
            Self::Consumers => "CONS",
            Self::Trend => "TREND",
        }
    }

    /// Whether it holds words, which stand at the left, and not figures.
    pub(crate) fn holds_words(self) -> bool {
        matches!(self, Self::Name | Self::Topic | Self::Trend)
    }

    /// The cells it needs at least.
    fn least(self, picture: &Picture) -> usize {
        match self {
            Self::Name => picture.widest_name.clamp(4, NARROW_NAME),
            Self::Topic => picture.widest_topic.clamp(5, NARROW_TOPIC),
            Self::Backlog => 9,
            Self::Net | Self::Inflow | Self::Acked | Self::Oldest | Self::Drain => 7,
            Self::Dead => 6,
            Self::Consumers => 4,
            Self::Trend => 12,
        }
    }

    /// What it says of a row.
    pub(crate) fn value(self, row: &Row, cell: &Cell) -> (SafeText, Meaning) {
        let one = &row.now;
        let fast = one.fast;
        match self {
            Self::Name => (one.name.clone(), Meaning::Plain),
            Self::Topic => (one.topic.clone(), topic_meaning(one.is_relaxed)),
            Self::Backlog => (figures::count(one.backlog), Meaning::Plain),
            Self::Net => (figures::net(one.net()), Meaning::Plain),
            Self::Inflow => (figures::rate(fast.and_then(|r| r.publish)), Meaning::Plain),
            Self::Acked => (figures::rate(fast.and_then(|r| r.ack)), Meaning::Plain),
            Self::Oldest => (figures::age(one.lag_at(cell.sampled)), Meaning::Plain),
            Self::Drain => drain(one),
            Self::Dead if one.dead > 0 => (figures::count(one.dead), Meaning::Watch),
            Self::Dead => (figures::count(one.dead), Meaning::Plain),
            Self::Consumers => (figures::count(one.consumers.len() as u64), Meaning::Plain),
            Self::Trend => (
                spark(&row.history, Series::Backlog, cell.width, cell.look),
                Meaning::Backlog,
            ),
        }
    }
}

/// Where a value goes and what it depends on besides the row.
pub(crate) struct Cell {
    pub(crate) width: usize,
    pub(crate) look: Look,
    /// The broker's time of the newest sample.
    pub(crate) sampled: Option<f64>,
}

/// What becomes of the backlog, in a word.
pub(crate) fn drain(one: &Subscription) -> (SafeText, Meaning) {
    match one.drain {
        Drain::Unknown => (SafeText::literal("?"), Meaning::Dim),
        Drain::Empty => (figures::unknown(), Meaning::Dim),
        Drain::Draining(None) => (SafeText::literal("?"), Meaning::Progress),
        Drain::Draining(Some(seconds)) if seconds < 1.0 => {
            (SafeText::literal("<1s"), Meaning::Progress)
        }
        Drain::Draining(seconds) => (figures::age(seconds), Meaning::Progress),
        Drain::Never => (SafeText::literal("never"), Meaning::Watch),
        Drain::Stuck => (SafeText::literal("stuck"), Meaning::Act),
        Drain::Idle => (SafeText::literal("idle"), Meaning::Dim),
        Drain::Paused => (SafeText::literal("paused"), Meaning::Watch),
    }
}

/// The columns that fit into `width` cells, in the order of the screen. Those that are hidden, and those
/// that are skipped at the left, leave their cells to others.
pub(crate) fn columns(width: usize, picture: &Picture, listing: &Listing) -> Vec<Slot> {
    let is_wanted = |column: &Column| {
        let place = ORDER.iter().position(|one| one == column).unwrap_or(0);
        *column == Column::Name || place > listing.skipped && listing.shows(column.title())
    };
    let mut chosen: Vec<Column> = ALWAYS.into_iter().filter(is_wanted).collect();
    let needed = |columns: &[Column]| -> usize {
        let cells: usize = columns.iter().map(|column| column.least(picture)).sum();
        cells + GAP * columns.len().saturating_sub(1)
    };
    for column in OPTIONAL.into_iter().filter(is_wanted) {
        chosen.push(column);
        if needed(&chosen) > width {
            chosen.pop();
            break;
        }
    }
    let mut spare = width.saturating_sub(needed(&chosen));
    chosen.sort_unstable();
    let mut slots: Vec<Slot> = chosen
        .iter()
        .map(|&column| Slot {
            column,
            width: column.least(picture),
        })
        .collect();
    let wanted = |column: Column| match column {
        Column::Name => picture.widest_name.max(4),
        Column::Topic => picture.widest_topic.max(5),
        Column::Trend => WIDEST_TREND,
        _ => 0,
    };
    for column in [Column::Name, Column::Topic, Column::Trend] {
        if let Some(slot) = slots.iter_mut().find(|slot| slot.column == column) {
            let more = wanted(column).saturating_sub(slot.width).min(spare);
            slot.width += more;
            spare -= more;
        }
    }
    spread(&mut slots, spare);
    slots
}

/// What nobody needs goes in front of the figures, so that the list fills its width evenly.
fn spread(slots: &mut [Slot], spare: usize) {
    const MOST: usize = 4;
    let figures = slots
        .iter()
        .filter(|slot| !slot.column.holds_words())
        .count();
    let each = (spare / figures.max(1)).min(MOST);
    for slot in slots.iter_mut().filter(|slot| !slot.column.holds_words()) {
        slot.width += each;
    }
}

/// What is confirmed before it is durable must not look like the rest.
pub(crate) fn topic_meaning(is_relaxed: bool) -> Meaning {
    if is_relaxed {
        Meaning::Act
    } else {
        Meaning::Plain
    }
}
