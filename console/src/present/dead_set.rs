//! Dead sets: the document of `dlq ls` and its table.

use serde::Serialize;
use weir_proto::v1;

use super::subscription::SubscriptionNumbers;
use super::table::{Table, cell, number, text};
use super::units::{self, known};
use weir_proto::filter::{Field, Filtered, Kind, Schema};

/// The dead set of a subscription, as `dlq ls` prints it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DeadSetDocument {
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) dead: u64,
    pub(crate) dead_rate: Option<f64>,
    pub(crate) backlog: u64,
    pub(crate) max_attempts: u32,
}

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("name", Kind::Text),
        Field::new("topic", Kind::Text),
        Field::new("dead", Kind::Count),
        Field::new("dead_rate", Kind::Rate),
        Field::new("backlog", Kind::Count),
        Field::new("max_attempts", Kind::Count).called(&["attempts"]),
    ],
    open: &[],
};

impl Filtered for DeadSetDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl DeadSetDocument {
    /// The dead set of one subscription.
    pub(crate) fn new(stats: &v1::SubscriptionStats) -> Self {
        let numbers = SubscriptionNumbers::new(stats, None);
        Self {
            name: numbers.name,
            topic: numbers.topic,
            dead: numbers.dead,
            dead_rate: numbers.dead_rate,
            backlog: numbers.backlog,
            max_attempts: stats.max_attempts,
        }
    }
}

/// Dead sets in columns.
pub(crate) fn dead_set_table(sets: &[DeadSetDocument]) -> Table {
    let mut table = Table::new(vec![
        text("NAME"),
        text("TOPIC"),
        number("DEAD"),
        number("DEAD/S"),
        number("BACKLOG"),
        number("ATTEMPTS"),
    ]);
    for set in sets {
        table.push(vec![
            cell(&set.name),
            cell(&set.topic),
            cell(units::count(set.dead)),
            cell(known(set.dead_rate, units::rate)),
            cell(units::count(set.backlog)),
            cell(units::count(set.max_attempts.into())),
        ]);
    }
    table
}
