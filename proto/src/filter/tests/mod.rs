//! What can be written, what it selects, and what is said of everything else.

mod random;
mod reading;
mod selecting;

use super::{Field, Kind, Open, Schema};

const STATES: &[&str] = &["ready", "dead"];

/// A noun with a field of each kind.
pub(super) const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("name", Kind::Text).called(&["id"]),
        Field::new("state", Kind::Word(STATES)),
        Field::new("backlog", Kind::Count),
        Field::new("size_bytes", Kind::Bytes).called(&["size"]),
        Field::new("lag_seconds", Kind::Seconds).called(&["age", "oldest"]),
        Field::new("ack_rate", Kind::Rate),
        Field::new("publish_time", Kind::Time),
        Field::new("is_paused", Kind::Any),
        Field::new("dead_letter.reason", Kind::Text).called(&["reason"]),
    ],
    open: &[
        Open {
            field: Field::new("attributes", Kind::Any).called(&["header"]),
            example: "attributes.NAME",
        },
        Open {
            field: Field::new("body", Kind::Any),
            example: "body.PATH",
        },
    ],
};
