//! One topic's numbers with those of its subscriptions, as `topic stats` prints them.

use serde::Serialize;
use weir_proto::v1;

use super::subscription::{SubscriptionNumbers, subscription_table};
use super::topic::TopicDocument;

/// A topic and its subscriptions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TopicStatsDocument {
    #[serde(flatten)]
    pub(crate) topic: TopicDocument,
    pub(crate) subscriptions: Vec<SubscriptionNumbers>,
}

impl TopicStatsDocument {
    /// The topic, with those subscriptions of the sample that are its own.
    pub(crate) fn new(topic: TopicDocument, sample: &v1::GetStatsResponse) -> Self {
        let mut subscriptions = SubscriptionNumbers::all(sample);
        subscriptions.retain(|subscription| subscription.topic == topic.name);
        Self {
            topic,
            subscriptions,
        }
    }

    /// The numbers in two columns, the subscriptions below.
    pub(crate) fn text(&self, is_colored: bool) -> String {
        let mut text = self.topic.fields().render(is_colored);
        if !self.subscriptions.is_empty() {
            text.push('\n');
            text.push_str(&subscription_table(&self.subscriptions, false).render(is_colored));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_subscriptions_stand_below_a_topic() {
        let stats = |name: &str, topic: &str| v1::SubscriptionStats {
            name: name.to_owned(),
            topic: topic.to_owned(),
            backlog: 12,
            ..v1::SubscriptionStats::default()
        };
        let sample = v1::GetStatsResponse {
            subscriptions: vec![stats("billing", "orders"), stats("other", "clicks")],
            ..v1::GetStatsResponse::default()
        };
        let topic = TopicDocument {
            name: "orders".to_owned(),
            ..TopicDocument::default()
        };
        let document = TopicStatsDocument::new(topic, &sample);
        let text = document.text(false);
        assert!(text.starts_with("name             orders\n"), "{text}");
        assert!(text.contains("\n\nNAME "), "{text}");
        assert!(text.contains("billing  orders       12"), "{text}");
        assert!(!text.contains("other"), "{text}");
        let json = serde_json::to_value(&document).expect("JSON");
        assert_eq!(json["name"], "orders");
        assert_eq!(json["subscriptions"][0]["backlog"], 12);
    }
}
