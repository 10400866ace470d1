//! What a broker keeps only so that operations can be undone: a part of the document of `status`.

use prost_types::Timestamp;
use serde::Serialize;
use weir_proto::v1;

use super::units;

/// What is kept for undo.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UndoDocument {
    /// Messages that are stored for nothing else.
    pub(crate) kept: u64,
    pub(crate) kept_bytes: u64,
    /// Null if nothing is known about the disk.
    pub(crate) limit_bytes: Option<u64>,
    /// 0 if nothing is put aside.
    pub(crate) grace_seconds: f64,
    /// Those that are over and need messages that could go otherwise, now or later.
    pub(crate) operations: u32,
    /// When the first and the last of them can be undone no more; null if there is none.
    pub(crate) first_end_time: Option<String>,
    pub(crate) last_end_time: Option<String>,
    /// The same as seconds from the sample on.
    #[serde(skip)]
    left: Option<(f64, f64)>,
}

impl UndoDocument {
    /// What was kept when the broker answered.
    pub(crate) fn new(stats: &v1::UndoStats, sampled: Option<&Timestamp>) -> Self {
        let (first, last) = (stats.first_end_time.as_ref(), stats.last_end_time.as_ref());
        let left = |end| units::seconds_between(sampled, end).map(|left| left.max(0.0));
        Self {
            kept: stats.kept,
            kept_bytes: stats.kept_bytes,
            limit_bytes: stats.limit_bytes,
            grace_seconds: stats.grace_seconds,
            operations: stats.operation_count,
            first_end_time: units::rfc3339(first),
            last_end_time: units::rfc3339(last),
            left: left(first).zip(left(last)),
        }
    }

    /// The same for people: how much, of how much at most, and for how long.
    pub(crate) fn words(&self) -> String {
        if self.grace_seconds <= 0.0 {
            return "nothing: the undo grace of this broker is 0".to_owned();
        }
        let most = self.limit_bytes.map(units::bytes);
        let most = most.map_or_else(String::new, |most| format!(" of {most}"));
        if self.operations == 0 && self.kept == 0 {
            let grace = units::seconds(self.grace_seconds);
            return format!("nothing{most}; an operation can be undone for {grace}");
        }
        let (messages, bytes) = (units::messages(self.kept), units::bytes(self.kept_bytes));
        let end = match self.left {
            None => String::new(),
            Some((_, last)) if self.operations == 1 => {
                format!(", which can be undone for {}", units::seconds(last))
            }
            Some((first, last)) => format!(
                ", the first of which can be undone for {}, the last for {}",
                units::seconds(first),
                units::seconds(last)
            ),
        };
        let operations = units::counted(self.operations.into(), "operation", "operations");
        format!("{messages}, {bytes}{most}, of {operations}{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn words(stats: &v1::UndoStats) -> String {
        UndoDocument::new(stats, Some(&at(1_000))).words()
    }

    #[test]
    fn it_is_said_how_much_is_kept_of_how_much_and_for_how_long() {
        let mut stats = v1::UndoStats {
            kept: 31_204,
            kept_bytes: 9_541_000,
            limit_bytes: Some(12 << 30),
            grace_seconds: 86_400.0,
            operation_count: 2,
            first_end_time: Some(at(1_700)),
            last_end_time: Some(at(80_000)),
        };
        assert_eq!(
            words(&stats),
            "31,204 messages, 9.1 MiB of 12.0 GiB, of 2 operations, the first of which can be \
             undone for 11m40s, the last for 21h56m"
        );
        let json = serde_json::to_value(UndoDocument::new(&stats, Some(&at(1_000)))).unwrap();
        assert_eq!(json["first_end_time"], "1970-01-01T00:28:20.000000Z");
        assert_eq!(json["kept_bytes"], 9_541_000);
        assert!(json.get("left").is_none());
        stats.operation_count = 1;
        stats.limit_bytes = None;
        assert_eq!(
            words(&stats),
            "31,204 messages, 9.1 MiB, of 1 operation, which can be undone for 21h56m"
        );
    }

    #[test]
    fn a_broker_that_keeps_nothing_says_why_or_for_how_long_it_would() {
        let stats = v1::UndoStats {
            limit_bytes: Some(12 << 30),
            grace_seconds: 86_400.0,
            ..v1::UndoStats::default()
        };
        assert_eq!(
            words(&stats),
            "nothing of 12.0 GiB; an operation can be undone for 1d00h"
        );
        let none = v1::UndoStats::default();
        assert_eq!(words(&none), "nothing: the undo grace of this broker is 0");
    }
}
