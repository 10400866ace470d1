//! A window of a Watch: which rows the list has, in what order, and which of them are shown.
//!
//! Choosing looks at every row of the sample once, and orders only as many as the window reaches
//! to; nothing is made for rows outside of it.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::sync::Arc;

use weir_proto::filter::{self, Filter, Path, Problem, Value};
use weir_proto::server::{WatchWindow, WatchedRows};

use super::rows::Row;
use crate::model::Refusal;

/// The most rows that a window has.
const MAX_ROWS: u32 = 1_000;
/// How many it has unless it says.
const DEFAULT_ROWS: u32 = 100;

/// The names of a window's fields in the request, for refusals.
pub(super) struct Names {
    pub(super) filter: &'static str,
    pub(super) order_by: &'static str,
    pub(super) limit: &'static str,
}

/// A window on rows of one noun.
#[derive(Debug)]
pub(super) struct Window<R> {
    filter: Option<Filter>,
    order: Option<Order>,
    offset: usize,
    limit: usize,
    rows: PhantomData<R>,
}

#[derive(Debug)]
struct Order {
    path: Path,
    is_descending: bool,
}

impl<R: Row> Window<R> {
    /// What a request says, or what is wrong with it.
    pub(super) fn read(request: &WatchWindow, names: &Names) -> Result<Self, Refusal> {
        let invalid = |field: &'static str| {
            move |problem: Problem| Refusal::FilterInvalid {
                field,
                detail: problem.sentence(),
            }
        };
        let filter = Some(request.filter.as_str()).filter(|text| !text.trim().is_empty());
        let filter = filter.map(|text| filter::parse(text, &R::SCHEMA));
        let order = Some(request.order_by.trim()).filter(|text| !text.is_empty());
        let order = order.map(|text| {
            let (name, is_descending) = match text.strip_suffix(" desc") {
                Some(name) => (name, true),
                None => (text.strip_suffix(" asc").unwrap_or(text), false),
            };
            filter::field(name.trim_end(), &R::SCHEMA).map(|path| Order {
                path,
                is_descending,
            })
        });
        let limit = match request.limit {
            0 => DEFAULT_ROWS,
            limit if limit <= MAX_ROWS => limit,
            limit => {
                return Err(Refusal::ValueOutOfRange {
                    field: names.limit,
                    value: limit.to_string(),
                    range: format!("1 to {MAX_ROWS}, or 0 for {DEFAULT_ROWS}"),
                });
            }
        };
        Ok(Self {
            filter: filter.transpose().map_err(invalid(names.filter))?,
            order: order.transpose().map_err(invalid(names.order_by))?,
            offset: usize::try_from(request.offset).unwrap_or(usize::MAX),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            rows: PhantomData,
        })
    }

    /// The rows that are shown, in order, and how many the list has.
    pub(super) fn choose(&self, rows: &[Arc<R>]) -> (Vec<Arc<R>>, WatchedRows) {
        let selected = rows.iter().filter(|row| {
            let filter = self.filter.as_ref();
            filter.is_none_or(|filter| filter.selects(row.as_ref()))
        });
        let (matched, shown) = match &self.order {
            // Rows come in order of name.
            None => {
                let mut matched = 0;
                let mut shown = Vec::new();
                for row in selected {
                    if matched >= self.offset && shown.len() < self.limit {
                        shown.push(row);
                    }
                    matched += 1;
                }
                (matched, shown)
            }
            Some(order) => self.ordered(selected, order),
        };
        let shown: Vec<_> = shown.into_iter().map(Arc::clone).collect();
        let told = WatchedRows {
            ids: shown.iter().map(|row| row.id()).collect(),
            matched_count: u32::try_from(matched).unwrap_or(u32::MAX),
        };
        (shown, told)
    }

    /// How many rows there are, and those of the window in order.
    fn ordered<'a>(
        &self,
        selected: impl Iterator<Item = &'a Arc<R>>,
        order: &Order,
    ) -> (usize, Vec<&'a Arc<R>>) {
        let mut keyed: Vec<_> = selected.map(|row| (row.rank(&order.path), row)).collect();
        let matched = keyed.len();
        let end = self.offset.saturating_add(self.limit);
        let compare = |one: &(Value<'a>, &'a Arc<R>), other: &(Value<'a>, &'a Arc<R>)| {
            order
                .compare(&one.0, &other.0)
                .then_with(|| one.1.name().cmp(other.1.name()))
        };
        if end < matched {
            keyed.select_nth_unstable_by(end, compare);
            keyed.truncate(end);
        }
        keyed.sort_unstable_by(compare);
        let shown = keyed.into_iter().skip(self.offset).map(|(_, row)| row);
        (matched, shown.collect())
    }
}

impl Order {
    /// What is not known comes last either way.
    fn compare(&self, one: &Value<'_>, other: &Value<'_>) -> Ordering {
        match (one, other) {
            (Value::Unknown, Value::Unknown) => Ordering::Equal,
            (Value::Unknown, _) => Ordering::Greater,
            (_, Value::Unknown) => Ordering::Less,
            (one, other) => {
                let rising = one.order(other).unwrap_or(Ordering::Equal);
                if self.is_descending {
                    rising.reverse()
                } else {
                    rising
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
