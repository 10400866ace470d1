//! The list of subscriptions as the operator sees it: order, filter, selection and scrolling.
//!
//! The selection is an id, never a row number: it stays on its subscription when the order changes.

use std::cmp::Ordering;

use super::picture::{Picture, Row};
use super::verdict::Verdict;

/// What the list is sorted by. Each begins with what wants attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// The most urgent first, then the oldest.
    Severity,
    Name,
    Backlog,
    Oldest,
    Dead,
    Inflow,
    Acked,
}

/// Order, filter, selection and scrolling.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) sort: SortKey,
    pub(crate) is_reversed: bool,
    /// Shows only subscriptions whose name or topic contains this. As typed, without line breaks.
    pub(crate) filter: String,
    /// The ids of the rows that pass the filter, in order.
    pub(crate) order: Vec<u64>,
    pub(crate) selected: Option<u64>,
    /// How many rows are above the first visible one.
    pub(crate) offset: usize,
}

impl SortKey {
    const ALL: [Self; 7] = [
        Self::Severity,
        Self::Name,
        Self::Backlog,
        Self::Oldest,
        Self::Dead,
        Self::Inflow,
        Self::Acked,
    ];

    /// The one after it, round and round.
    pub(crate) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Its name for the title of the list.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Severity => "severity, then oldest",
            Self::Name => "name",
            Self::Backlog => "backlog",
            Self::Oldest => "oldest",
            Self::Dead => "dead",
            Self::Inflow => "in",
            Self::Acked => "acked",
        }
    }

    fn compare(self, a: &Row, b: &Row) -> Ordering {
        let by_name = || a.now.name.as_str().cmp(b.now.name.as_str());
        let rate = |row: &Row, pick: fn(&Row) -> Option<f64>| pick(row).unwrap_or(-1.0);
        let more = |pick: fn(&Row) -> Option<f64>| rate(b, pick).total_cmp(&rate(a, pick));
        let primary = match self {
            Self::Severity => {
                let rank = |row: &Row| Verdict::of(&row.now).severity().rank();
                rank(a)
                    .cmp(&rank(b))
                    .then_with(|| age_step(b).cmp(&age_step(a)))
            }
            Self::Name => Ordering::Equal,
            Self::Backlog => b.now.backlog.cmp(&a.now.backlog),
            Self::Oldest => more(|row| row.now.lag),
            Self::Dead => b.now.dead.cmp(&a.now.dead),
            Self::Inflow => more(|row| row.now.fast?.publish),
            Self::Acked => more(|row| row.now.fast?.ack),
        };
        primary.then_with(by_name).then(a.now.id.cmp(&b.now.id))
    }
}

impl Listing {
    /// An empty list, the most urgent first.
    pub(crate) fn new() -> Self {
        Self {
            sort: SortKey::Severity,
            is_reversed: false,
            filter: String::new(),
            order: Vec::new(),
            selected: None,
            offset: 0,
        }
    }

    /// Works the order out again. A selected row that is gone hands on to the one in its place.
    pub(crate) fn refresh(&mut self, picture: &Picture) {
        let place = self.place().unwrap_or(0);
        let wanted = self.filter.to_lowercase();
        let mut rows: Vec<&Row> = picture
            .rows
            .values()
            .filter(|row| wanted.is_empty() || matches(row, &wanted))
            .collect();
        rows.sort_by(|a, b| self.sort.compare(a, b));
        if self.is_reversed {
            rows.reverse();
        }
        self.order = rows.iter().map(|row| row.now.id).collect();
        if self.place().is_none() {
            let last = self.order.len().saturating_sub(1);
            self.selected = self.order.get(place.min(last)).copied();
        }
    }

    /// Where the selected row is in the order.
    pub(crate) fn place(&self) -> Option<usize> {
        let id = self.selected?;
        self.order.iter().position(|one| *one == id)
    }

    /// Moves the selection to a row of the order; beyond the ends means the end.
    pub(crate) fn select(&mut self, place: usize) {
        let last = self.order.len().saturating_sub(1);
        self.selected = self.order.get(place.min(last)).copied();
    }

    /// Scrolls as little as it takes for the selected row to be among `visible` ones.
    pub(crate) fn scroll(&mut self, visible: usize) {
        let visible = visible.max(1);
        let place = self.place().unwrap_or(0);
        let last_offset = self.order.len().saturating_sub(visible);
        self.offset = self
            .offset
            .clamp(place.saturating_sub(visible - 1), place)
            .min(last_offset);
    }

    /// The ids of the visible rows.
    pub(crate) fn visible(&self, rows: usize) -> &[u64] {
        let from = self.offset.min(self.order.len());
        let to = (from + rows).min(self.order.len());
        &self.order[from..to]
    }
}

/// Whether a row passes a filter, which is in small letters already.
fn matches(row: &Row, wanted: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(wanted);
    contains(row.now.name.as_str()) || contains(row.now.topic.as_str())
}

/// Ages in coarse steps, each twice as long as the one before and the first one second: rows with
/// about the same age keep their places instead of dancing with each sample.
fn age_step(row: &Row) -> u32 {
    let mut step = 0;
    let mut bound = 1.0;
    let age = row.now.lag.unwrap_or(0.0);
    while age >= bound && step < 64 {
        step += 1;
        bound *= 2.0;
    }
    step
}
