//! A list as the operator sees it: order, filter, selection, marks and scrolling.
//!
//! The selection is an id, never a row number: it stays on its row when the order changes. Places are
//! counted in the whole list, of which only a window may be here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use weir_proto::filter::{Path, Subject as _, Value, field};

use super::filter::Filter;
use super::place::Place;
use super::row::Row;
use super::row_id::RowId;
use super::table::{Sort, Table};

/// Order, filter, selection, marks and scrolling.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) table: Option<&'static Table>,
    /// The place of the sort in the table's.
    pub(crate) sort: usize,
    pub(crate) is_reversed: bool,
    pub(crate) filter: Filter,
    /// The ids of the rows that are here, in order.
    pub(crate) order: Vec<RowId>,
    /// How many rows of the list come before them.
    pub(crate) before: usize,
    /// How many rows the list has: those that pass the filter.
    pub(crate) matched: usize,
    /// How many there are without a filter, as far as that is known.
    pub(crate) total: usize,
    /// The broker was asked for rows of this list, and none has come yet.
    pub(crate) is_coming: bool,
    pub(crate) selected: Option<RowId>,
    /// Rows that the operator marked, whether they are here or not.
    pub(crate) marks: BTreeSet<RowId>,
    /// The row whose mark changed last: where a range begins.
    anchor: Option<RowId>,
    /// Titles of columns that are not to be shown.
    pub(crate) hidden: BTreeSet<&'static str>,
    /// Columns that are skipped at the left, after `l`.
    pub(crate) skipped: usize,
    /// How many rows are above the first visible one.
    pub(crate) offset: usize,
    /// Where the selected row was in the list last.
    place: usize,
}

impl Listing {
    /// The list of a page, in its usual order.
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            table: place.table(),
            sort: 0,
            is_reversed: false,
            filter: Filter::default(),
            order: Vec::new(),
            before: 0,
            matched: 0,
            total: 0,
            is_coming: false,
            selected: None,
            marks: BTreeSet::new(),
            anchor: None,
            hidden: BTreeSet::new(),
            skipped: 0,
            offset: 0,
            place: 0,
        }
    }

    /// What it is sorted by.
    pub(crate) fn sorted_by(&self) -> Option<&'static Sort> {
        self.table?.sorts.get(self.sort)
    }

    /// Hides the columns that are hidden in lists of this sort.
    pub(crate) fn hide(&mut self, hidden: &BTreeMap<&'static str, BTreeSet<&'static str>>) {
        let own = self.table.and_then(|table| hidden.get(table.name));
        self.hidden = own.cloned().unwrap_or_default();
    }

    /// Whether a column is to be shown.
    pub(crate) fn shows(&self, title: &str) -> bool {
        !self.hidden.contains(title)
    }

    /// Works the order out again from all rows.
    pub(crate) fn arrange<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) {
        let mut all = 0;
        let mut chosen: Vec<Row<'a>> = rows
            .inspect(|_| all += 1)
            .filter(|row| self.filter.selects(row))
            .collect();
        if let Some((sort, path)) = self.sort_path() {
            chosen.sort_by(|one, two| compare(one, two, &path, sort, self.is_reversed));
        }
        self.total = all;
        self.take(chosen.iter().map(|row| row.id()).collect(), 0, None);
    }

    /// Waits for the first rows: what is here may be rows of another list.
    pub(crate) fn wait(&mut self) {
        self.take(Vec::new(), 0, None);
        self.is_coming = true;
    }

    /// Takes an order that was worked out elsewhere: the ids of a window, how many rows come before it,
    /// and how many there are in all.
    pub(crate) fn take(&mut self, order: Vec<RowId>, before: usize, matched: Option<usize>) {
        self.matched = matched.unwrap_or(order.len());
        self.is_coming = false;
        self.order = order;
        self.before = before;
        if let Some(place) = self.found() {
            self.place = place;
            return;
        }
        self.select(self.place);
    }

    /// Where the selected row is in the list; a row that is not here yet has its place, too.
    pub(crate) fn place(&self) -> Option<usize> {
        (self.matched > 0).then(|| self.found().unwrap_or(self.place))
    }

    /// Moves the selection to a place in the list; beyond the ends means the end. A place whose row is
    /// not here yet is remembered.
    pub(crate) fn select(&mut self, place: usize) {
        self.place = place.min(self.matched.saturating_sub(1));
        let here = self.place.checked_sub(self.before);
        self.selected = here.and_then(|here| self.order.get(here)).cloned();
    }

    /// Scrolls as little as it takes for the selected row to be among `visible` ones.
    pub(crate) fn scroll(&mut self, visible: usize) {
        let visible = visible.max(1);
        let last_offset = self.matched.saturating_sub(visible);
        self.offset = self
            .offset
            .clamp(self.place.saturating_sub(visible - 1), self.place)
            .min(last_offset);
    }

    /// The ids of the visible rows.
    pub(crate) fn visible(&self, rows: usize) -> &[RowId] {
        let from = self.offset.saturating_sub(self.before);
        let from = from.min(self.order.len());
        let to = (from + rows).min(self.order.len());
        &self.order[from..to]
    }

    /// Marks a row, or takes its mark.
    pub(crate) fn toggle_mark(&mut self, id: RowId) {
        self.anchor = Some(id.clone());
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
    }

    /// Marks all rows from the one whose mark changed last to the selected one; without one that is here, only the
    /// selected one.
    pub(crate) fn mark_range(&mut self) {
        let here = |id: &RowId| self.order.iter().position(|one| one == id);
        let Some(to) = self.selected.as_ref().and_then(here) else {
            return;
        };
        let from = self.anchor.as_ref().and_then(here).unwrap_or(to);
        let range = &self.order[from.min(to)..=from.max(to)];
        self.marks.extend(range.iter().cloned());
        self.anchor.clone_from(&self.selected);
    }

    /// The place of the next row after the selected one that is wanted, round and round, among those
    /// that are here.
    pub(crate) fn next_place(&self, is_wanted: impl Fn(&RowId) -> bool) -> Option<usize> {
        let count = self.order.len();
        let here = self.found().map_or(count, |place| place - self.before + 1);
        let mut places = (here..count).chain(0..here.min(count));
        let found = places.find(|at| is_wanted(&self.order[*at]))?;
        Some(self.before + found)
    }

    /// Where the selected row is, if it is here.
    fn found(&self) -> Option<usize> {
        let id = self.selected.as_ref()?;
        let here = self.order.iter().position(|one| one == id)?;
        Some(self.before + here)
    }

    fn sort_path(&self) -> Option<(&'static Sort, Path)> {
        let sort = self.sorted_by()?;
        let path = field(sort.field, &self.table?.schema).ok()?;
        Some((sort, path))
    }
}

/// What is not known comes last, however the list is sorted; equal rows are in order of name.
fn compare(one: &Row<'_>, two: &Row<'_>, path: &Path, sort: &Sort, is_reversed: bool) -> Ordering {
    let (a, b) = (one.look(path), two.look(path));
    let primary = match (&a, &b) {
        (Value::Unknown, Value::Unknown) => Ordering::Equal,
        (Value::Unknown, _) => Ordering::Greater,
        (_, Value::Unknown) => Ordering::Less,
        _ => {
            let rising = a.order(&b).unwrap_or(Ordering::Equal);
            if sort.begins_with_most == is_reversed {
                rising
            } else {
                rising.reverse()
            }
        }
    };
    let by_name = || {
        let rising = one.name().cmp(two.name());
        rising.then_with(|| one.id().cmp(&two.id()))
    };
    primary.then_with(by_name)
}
