//! What a file declares, and the parts in which it is sent.

use std::collections::BTreeMap;

use weir_proto::v1::{ApplyTopologyResponse, Subscription, Topic};

/// The namespace that is not written.
const DEFAULT_NAMESPACE: &str = "default/";

/// What a file declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Declared {
    /// The topics, in order.
    pub(crate) topics: Vec<Topic>,
    /// The line of each.
    pub(crate) topic_lines: Vec<usize>,
    /// The subscriptions, in order.
    pub(crate) subscriptions: Vec<Subscription>,
    /// The line of each.
    pub(crate) subscription_lines: Vec<usize>,
}

/// What is sent at once, by its places in the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Places of topics.
    pub(crate) topics: Vec<usize>,
    /// Places of subscriptions.
    pub(crate) subscriptions: Vec<usize>,
}

impl Declared {
    /// Parts of at most `limit` topics and subscriptions. A topic is in one part with its subscriptions, so that each
    /// part can be judged alone; only a topic with more of them makes a larger part.
    pub(crate) fn parts(&self, limit: usize) -> Vec<Part> {
        let mut of_topic: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, one) in self.subscriptions.iter().enumerate() {
            of_topic.entry(short(&one.topic)).or_default().push(at);
        }
        let mut parts = Vec::new();
        let mut part = Part::default();
        for (at, topic) in self.topics.iter().enumerate() {
            let own = of_topic.remove(short(&topic.name)).unwrap_or_default();
            part.close_before(1 + own.len(), limit, &mut parts);
            part.topics.push(at);
            part.subscriptions.extend(own);
        }
        // Those of topics that are not declared, in the order of the file.
        let mut others: Vec<usize> = of_topic.into_values().flatten().collect();
        others.sort_unstable();
        for at in others {
            part.close_before(1, limit, &mut parts);
            part.subscriptions.push(at);
        }
        part.close_before(limit, limit, &mut parts);
        parts
    }

    /// Notes the state of the settings that a dry run saw.
    pub(crate) fn note(&mut self, answer: &ApplyTopologyResponse) {
        let topics = answer
            .topics
            .iter()
            .filter_map(|change| change.before.as_ref());
        let topics: BTreeMap<_, _> = topics.map(|topic| (&*topic.name, &*topic.etag)).collect();
        for topic in &mut self.topics {
            if let Some(etag) = topics.get(short(&topic.name)) {
                topic.etag = (*etag).to_owned();
            }
        }
        let before = answer.subscriptions.iter();
        let before = before.filter_map(|change| change.before.as_ref());
        let before: BTreeMap<_, _> = before.map(|one| (&*one.name, &*one.etag)).collect();
        for one in &mut self.subscriptions {
            if let Some(etag) = before.get(short(&one.name)) {
                one.etag = (*etag).to_owned();
            }
        }
    }
}

impl Part {
    /// Ends the part if `more` would make it larger than `limit`.
    fn close_before(&mut self, more: usize, limit: usize, parts: &mut Vec<Self>) {
        let size = self.topics.len() + self.subscriptions.len();
        if size > 0 && size + more > limit {
            parts.push(std::mem::take(self));
        }
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix(DEFAULT_NAMESPACE).unwrap_or(name)
}
