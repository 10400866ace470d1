//! Topics and subscriptions as a file.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use weir_proto::v1::{Subscription, Topic};

use super::settings::{SUBSCRIPTION, TOPIC, of};
use super::value::{Value, quoted};

const HEAD: &str = "\
# Topics and subscriptions; `weir apply -f FILE` makes a broker have them.
# A key that is left out means its default. What is not declared is left alone.
";

/// The file that declares these, with each setting that is set.
pub(crate) fn written(topics: &[Topic], subscriptions: &[Subscription]) -> String {
    let mut text = HEAD.to_owned();
    for topic in topics {
        table(
            &mut text,
            "topic",
            &[("name", &topic.name)],
            &of(TOPIC, topic),
        );
    }
    for one in subscriptions {
        let names = [("name", one.name.as_str()), ("topic", one.topic.as_str())];
        table(&mut text, "subscription", &names, &of(SUBSCRIPTION, one));
    }
    text
}

fn table(text: &mut String, kind: &str, names: &[(&str, &str)], values: &[(&str, Value)]) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(text, "\n[[{kind}]]");
    for (key, name) in names {
        let _infallible = writeln!(text, "{key} = {}", quoted(name));
    }
    for (key, value) in values {
        let _infallible = writeln!(text, "{key} = {}", value.written());
    }
}

/// Topics and subscriptions as one object: the file's keys and values in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TopologyDocument {
    topic: Vec<Map<String, Json>>,
    subscription: Vec<Map<String, Json>>,
}

impl TopologyDocument {
    /// What [`written`] writes as TOML.
    pub(crate) fn new(topics: &[Topic], subscriptions: &[Subscription]) -> Self {
        let topic = |topic: &Topic| object(&[("name", &topic.name)], of(TOPIC, topic));
        let subscription = |one: &Subscription| {
            let names = [("name", one.name.as_str()), ("topic", one.topic.as_str())];
            object(&names, of(SUBSCRIPTION, one))
        };
        Self {
            topic: topics.iter().map(topic).collect(),
            subscription: subscriptions.iter().map(subscription).collect(),
        }
    }
}

fn object(names: &[(&str, &str)], values: Vec<(&str, Value)>) -> Map<String, Json> {
    let names = names
        .iter()
        .map(|(key, name)| ((*key).to_owned(), (*name).into()));
    let values = values
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.json()));
    names.chain(values).collect()
}
