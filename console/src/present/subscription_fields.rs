//! What subscriptions are filtered and sorted by.

use super::subscription::SubscriptionNumbers;
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::words::{DRAINS, SEVERITIES, VERDICTS};

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("name", Kind::Text),
        Field::new("topic", Kind::Text),
        Field::new("topic_durability", Kind::Text),
        Field::new("ready", Kind::Count),
        Field::new("leased", Kind::Count),
        Field::new("waiting", Kind::Count),
        Field::new("scheduled", Kind::Count),
        Field::new("dead", Kind::Count),
        Field::new("backlog", Kind::Count),
        Field::new("lag_seconds", Kind::Seconds).called(&["age", "oldest", "lag"]),
        Field::new("publish_rate", Kind::Rate).called(&["in"]),
        Field::new("ack_rate", Kind::Rate),
        Field::new("consumers", Kind::Count),
        Field::new("conservation_error", Kind::Count).called(&["error"]),
        Field::new("subscription_id", Kind::Count).called(&["id"]),
        Field::new("lag_messages", Kind::Count),
        Field::new("oldest_ready_seconds", Kind::Seconds),
        Field::new("deliver_rate", Kind::Rate),
        Field::new("redeliver_rate", Kind::Rate),
        Field::new("fail_rate", Kind::Rate),
        Field::new("dead_rate", Kind::Rate),
        Field::new("drain", Kind::Word(DRAINS)).called(&["state"]),
        Field::new("drain_seconds", Kind::Seconds),
        Field::new("verdict", Kind::Word(VERDICTS)),
        Field::new("severity", Kind::Word(SEVERITIES)),
        Field::new("reason", Kind::Text),
        Field::new("entered", Kind::Count),
        Field::new("acked", Kind::Count),
        Field::new("dropped", Kind::Count),
        Field::new("handling_p50_seconds", Kind::Seconds).called(&["handling_p50"]),
        Field::new("handling_p99_seconds", Kind::Seconds).called(&["handling_p99"]),
        Field::new("queueing_p99_seconds", Kind::Seconds).called(&["queueing_p99"]),
        Field::new("unjudged", Kind::Count),
        Field::new("filter", Kind::Text),
        Field::new("sample_time", Kind::Time),
    ],
    open: &[],
};

impl Filtered for SubscriptionNumbers {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}
