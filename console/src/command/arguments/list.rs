//! What every list takes, and the filters that messages are selected by.

use std::marker::PhantomData;

use clap::Args;

use crate::present::list::{Choice, Order};
use crate::present::message::MessageDocument;
use weir_proto::filter::{self, Filter, Filtered, Path, Problem};

/// Which rows of a list, in which order, with which fields.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to list")]
pub(crate) struct ListArgs<T: Filtered + 'static> {
    /// Only what this is true of, for example 'name ~ "^shop/" and not name = shop/test'; filtered
    /// here, not by the broker
    #[arg(long = "where", value_name = "EXPR", value_parser = filter_of::<T>)]
    pub(crate) filter: Option<Filter>,

    /// In the order of a field: numbers from the largest, texts from the first; FIELD:reverse for
    /// the other way around
    #[arg(long, value_name = "FIELD", value_parser = order_of::<T>)]
    pub(crate) sort: Option<Order>,

    /// Only these fields, by their names in JSON, with commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = field_of::<T>)]
    pub(crate) columns: Vec<Path>,

    /// At most so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,

    /// Leave the header of the table out
    #[arg(long)]
    pub(crate) no_headers: bool,

    /// What is listed.
    #[arg(skip)]
    pub(crate) of: PhantomData<T>,
}

impl<T: Filtered> ListArgs<T> {
    /// Whether the table has its header.
    pub(crate) fn header(&self) -> Header {
        if self.no_headers {
            Header::LeftOut
        } else {
            Header::Shown
        }
    }

    /// The rows asked for.
    pub(crate) fn choice(&self) -> Choice<'_> {
        let limit = self.limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        Choice {
            filter: self.filter.as_ref(),
            order: self.sort.as_ref(),
            limit,
        }
    }
}

/// Whether a table has its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// With it.
    Shown,
    /// Rows only.
    LeftOut,
}

/// Reads a filter over messages.
pub(crate) fn message_filter(text: &str) -> Result<Filter, Problem> {
    filter_of::<MessageDocument>(text)
}

fn filter_of<T: Filtered>(text: &str) -> Result<Filter, Problem> {
    filter::parse(text, T::schema())
}

fn field_of<T: Filtered>(text: &str) -> Result<Path, Problem> {
    filter::field(text, T::schema())
}

fn order_of<T: Filtered>(text: &str) -> Result<Order, Problem> {
    let (field, is_reversed) = match text.strip_suffix(":reverse") {
        Some(field) => (field, true),
        None => (text, false),
    };
    let path = field_of::<T>(field)?;
    Ok(Order { path, is_reversed })
}
