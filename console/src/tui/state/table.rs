//! What lists are of: the fields that they are filtered and sorted by, and their columns.
//!
//! The fields of topics and subscriptions are those of the broker's windows, those of operations and acts the same as
//! on the command line, so that a filter means the same wherever it is evaluated; all but the first are evaluated here.

use weir_proto::filter::{Field, Kind, Schema};
use weir_proto::words::{DRAINS, SEVERITIES, VERDICTS};

use super::place::Place;
use crate::present::{audit, operations};

/// What a list is of.
#[derive(Debug)]
pub(crate) struct Table {
    /// What the file of preferences calls it.
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    /// The fields in which a plain word is looked for.
    pub(crate) words: &'static [&'static str],
    /// What `s` goes through; the first one is the usual one.
    pub(crate) sorts: &'static [Sort],
    /// The titles of the columns that can be hidden.
    pub(crate) columns: &'static [&'static str],
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) field: &'static str,
    pub(crate) title: &'static str,
    /// Whether the largest comes first, unless reversed.
    pub(crate) begins_with_most: bool,
}

const fn most(field: &'static str, title: &'static str) -> Sort {
    Sort {
        field,
        title,
        begins_with_most: true,
    }
}

const fn least(field: &'static str, title: &'static str) -> Sort {
    Sort {
        field,
        title,
        begins_with_most: false,
    }
}

const SUBSCRIPTIONS: Table = Table {
    name: "subscriptions",
    schema: Schema {
        fields: &[
            Field::new("name", Kind::Text),
            Field::new("topic", Kind::Text),
            Field::new("urgency", Kind::Count),
            Field::new("backlog", Kind::Count),
            Field::new("lag_seconds", Kind::Seconds).called(&["age", "oldest", "lag"]),
            Field::new("dead", Kind::Count),
            Field::new("publish_rate", Kind::Rate).called(&["in"]),
            Field::new("ack_rate", Kind::Rate),
            Field::new("consumers", Kind::Count),
            Field::new("ready", Kind::Count),
            Field::new("leased", Kind::Count),
            Field::new("waiting", Kind::Count),
            Field::new("scheduled", Kind::Count),
            Field::new("drain", Kind::Word(DRAINS)).called(&["state"]),
            Field::new("drain_seconds", Kind::Seconds),
            Field::new("verdict", Kind::Word(VERDICTS)),
            Field::new("severity", Kind::Word(SEVERITIES)),
            Field::new("oldest_ready_seconds", Kind::Seconds),
            Field::new("deliver_rate", Kind::Rate),
            Field::new("redeliver_rate", Kind::Rate),
            Field::new("fail_rate", Kind::Rate),
            Field::new("dead_rate", Kind::Rate),
            Field::new("conservation_error", Kind::Count).called(&["error"]),
            Field::new("entered", Kind::Count),
            Field::new("acked", Kind::Count),
            Field::new("dropped", Kind::Count),
            Field::new("subscription_id", Kind::Count).called(&["id"]),
        ],
        open: &[],
    },
    words: &["name", "topic"],
    sorts: &[
        most("urgency", "severity, then oldest"),
        least("name", "name"),
        most("backlog", "backlog"),
        most("lag_seconds", "oldest"),
        most("dead", "dead"),
        most("publish_rate", "in"),
        most("ack_rate", "acked"),
    ],
    columns: &["TOPIC", "NET", "IN", "ACKED", "DRAIN", "CONS", "TREND"],
};

const TOPICS: Table = Table {
    name: "topics",
    schema: Schema {
        fields: &[
            Field::new("name", Kind::Text),
            Field::new("publish_rate", Kind::Rate).called(&["in"]),
            Field::new("stored", Kind::Count),
            Field::new("stored_bytes", Kind::Bytes).called(&["size"]),
            Field::new("published", Kind::Count),
            Field::new("partition_count", Kind::Count).called(&["partitions"]),
            Field::new("subscription_count", Kind::Count).called(&["subscriptions", "subs"]),
            Field::new("topic_id", Kind::Count).called(&["id"]),
        ],
        open: &[],
    },
    words: &["name"],
    sorts: &[
        least("name", "name"),
        most("publish_rate", "in"),
        most("stored", "stored"),
        most("stored_bytes", "size"),
        most("subscription_count", "subscriptions"),
    ],
    columns: &[
        "IN",
        "IN 5M",
        "STORED",
        "SIZE",
        "PUBLISHED",
        "PARTS",
        "SUBS",
    ],
};

const CONSUMERS: Table = Table {
    name: "consumers",
    schema: Schema {
        fields: &[
            Field::new("name", Kind::Text),
            Field::new("peer", Kind::Text).called(&["address"]),
            Field::new("client_version", Kind::Text).called(&["version"]),
            Field::new("leased", Kind::Count),
            Field::new("ack_rate", Kind::Rate).called(&["acked"]),
            Field::new("fail_rate", Kind::Rate).called(&["failed"]),
            Field::new("redeliver_rate", Kind::Rate),
            Field::new("p50_seconds", Kind::Seconds).called(&["p50"]),
            Field::new("p99_seconds", Kind::Seconds).called(&["p99"]),
            Field::new("slowness", Kind::Count),
            Field::new("consumer_id", Kind::Count).called(&["id"]),
        ],
        open: &[],
    },
    words: &["name", "peer"],
    sorts: &[
        least("name", "name"),
        most("leased", "in flight"),
        most("ack_rate", "acked"),
        most("p99_seconds", "p99"),
        most("slowness", "slowest"),
    ],
    columns: &[
        "ADDRESS", "VERSION", "SINCE", "ACKED", "P50", "P99", "FAILED", "REDELIV", "LAST ACK",
        "STATE",
    ],
};

const DEAD_GROUPS: Table = Table {
    name: "dead_groups",
    schema: Schema {
        fields: &[
            Field::new("pattern", Kind::Text).called(&["reason"]),
            Field::new("reason_class", Kind::Text).called(&["class"]),
            Field::new("count", Kind::Count),
            Field::new("bytes", Kind::Bytes).called(&["size"]),
            Field::new("requeued_before_count", Kind::Count).called(&["requeued"]),
            Field::new("first_death_time", Kind::Time).called(&["first"]),
            Field::new("last_death_time", Kind::Time).called(&["last"]),
            Field::new("fingerprint", Kind::Text),
        ],
        open: &[],
    },
    words: &["pattern", "reason_class"],
    sorts: &[
        most("count", "count"),
        most("last_death_time", "last death"),
        most("first_death_time", "first death"),
        most("bytes", "size"),
        least("pattern", "reason"),
    ],
    columns: &["%", "TREND", "LAST", "SIZE"],
};

const DEAD_MESSAGES: Table = Table {
    name: "dead_messages",
    schema: Schema {
        fields: &[
            Field::new("message_id", Kind::Text).called(&["id"]),
            Field::new("ordering_key", Kind::Text).called(&["key"]),
            Field::new("reason", Kind::Text),
            Field::new("error_class", Kind::Text).called(&["class"]),
            Field::new("attempts", Kind::Count),
            Field::new("size", Kind::Bytes),
            Field::new("last_failure_time", Kind::Time).called(&["failed"]),
            Field::new("publish_time", Kind::Time).called(&["published"]),
            Field::new("consumer", Kind::Text),
            Field::new("partition", Kind::Count),
        ],
        open: &[],
    },
    words: &["message_id", "ordering_key", "reason"],
    sorts: &[
        most("last_failure_time", "newest first"),
        most("attempts", "tries"),
        most("size", "size"),
        least("ordering_key", "key"),
    ],
    columns: &["KEY", "FAILED", "TRIES", "SIZE", "REASON"],
};

const CLIENTS: Table = Table {
    name: "clients",
    schema: Schema {
        fields: &[
            Field::new("name", Kind::Text),
            Field::new("peer", Kind::Text).called(&["address"]),
            Field::new("client_version", Kind::Text).called(&["version"]),
            Field::new("consumers", Kind::Count),
            Field::new("leased", Kind::Count),
            Field::new("publish_rate", Kind::Rate).called(&["in"]),
            Field::new("connect_time", Kind::Time).called(&["since"]),
            Field::new("client_id", Kind::Count).called(&["id"]),
        ],
        open: &[],
    },
    words: &["name", "peer"],
    sorts: &[
        least("name", "name"),
        most("leased", "in flight"),
        most("publish_rate", "publishing"),
        most("consumers", "consumers"),
        least("connect_time", "since"),
    ],
    columns: &[
        "ADDRESS",
        "VERSION",
        "SINCE",
        "CONS",
        "IN FLIGHT",
        "PUBLISHES",
        "WHAT",
    ],
};

const EVENTS: Table = Table {
    name: "events",
    schema: Schema {
        fields: &[
            Field::new("sequence", Kind::Count).called(&["id"]),
            Field::new("time", Kind::Time),
            Field::new("kind", Kind::Text),
            Field::new("severity", Kind::Text),
            Field::new("topic", Kind::Text),
            Field::new("subscription", Kind::Text),
            Field::new("actor", Kind::Text).called(&["who"]),
            Field::new("text", Kind::Text),
            Field::new("count", Kind::Count),
            Field::new("operation", Kind::Text),
        ],
        open: &[],
    },
    words: &["text", "subscription", "topic", "actor", "kind"],
    sorts: &[most("sequence", "newest first")],
    columns: &["KIND", "WHERE", "WHO"],
};

const OPERATIONS: Table = Table {
    name: "operations",
    schema: operations::SCHEMA,
    words: &[
        "operation",
        "act",
        "subscription",
        "topic",
        "actor",
        "state",
    ],
    sorts: &[
        most("start_time", "newest first"),
        most("affected", "done"),
        least("actor", "who"),
    ],
    columns: &["WHEN", "WHO", "PROGRESS", "RATE", "STATE", "UNDO"],
};

const AUDIT: Table = Table {
    name: "audit",
    schema: audit::SCHEMA,
    words: &[
        "verb",
        "subscription",
        "topic",
        "actor",
        "detail",
        "operation",
    ],
    sorts: &[most("sequence", "newest first")],
    columns: &["WHO", "FROM", "WHERE", "OP", "COUNT"],
};

const ALL: [&Table; 9] = [
    &SUBSCRIPTIONS,
    &TOPICS,
    &CONSUMERS,
    &DEAD_GROUPS,
    &DEAD_MESSAGES,
    &CLIENTS,
    &EVENTS,
    &OPERATIONS,
    &AUDIT,
];

impl Table {
    /// The one with a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|table| table.name == name)
    }

    /// All names, for a refusal.
    pub(crate) fn names() -> String {
        ALL.map(|table| table.name).join(", ")
    }
}

impl Place {
    /// What its list is of, if it has one.
    pub(crate) fn table(&self) -> Option<&'static Table> {
        Some(match self {
            Self::Overview | Self::Subscriptions | Self::DeadLetters | Self::Topic { .. } => {
                &SUBSCRIPTIONS
            }
            Self::Topics => &TOPICS,
            Self::Subscription { .. } => &CONSUMERS,
            Self::DeadGroups { .. } => &DEAD_GROUPS,
            Self::DeadMessages { .. } => &DEAD_MESSAGES,
            Self::Clients => &CLIENTS,
            Self::Events => &EVENTS,
            Self::Operations => &OPERATIONS,
            Self::Audit => &AUDIT,
            Self::Message { .. } => return None,
        })
    }
}
