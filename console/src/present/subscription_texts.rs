//! What tables and fields say of a subscription's numbers where a number alone would not do.

use super::subscription::SubscriptionNumbers;
use super::units;

impl SubscriptionNumbers {
    /// The topic, with a word if what is published to it is confirmed before it is durable.
    pub(super) fn topic_text(&self) -> String {
        match self.topic_durability {
            Some("relaxed") => format!("{} (relaxed)", self.topic),
            _ => self.topic.clone(),
        }
    }

    /// The backlog, or the least that it can be while the filter has not seen all.
    pub(super) fn backlog_text(&self) -> String {
        let count = units::count(self.backlog);
        if self.unjudged == 0 {
            count
        } else {
            format!("{count}+")
        }
    }

    /// What becomes of the backlog: a span or a word.
    pub(super) fn drain_text(&self) -> String {
        match self.drain_seconds {
            Some(seconds) => units::seconds(seconds),
            None => self.drain.to_owned(),
        }
    }
}
