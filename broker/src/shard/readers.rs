//! Those who have read all there is of a topic and wait for news of it: one sender each, nothing else.

use std::collections::HashMap;

use super::command::News;
use crate::model::TopicId;

/// Those who have read all there is.
#[derive(Debug, Default)]
pub(super) struct Readers {
    waiting: HashMap<TopicId, Vec<News>>,
}

impl Readers {
    /// Keeps one who waits.
    pub(super) fn wait(&mut self, topic: TopicId, news: News) {
        self.waiting.entry(topic).or_default().push(news);
    }

    /// Those who wait for news of a topic.
    pub(super) fn take(&mut self, topic: TopicId) -> Vec<News> {
        self.waiting.remove(&topic).unwrap_or_default()
    }

    /// Forgets those who have gone.
    pub(super) fn prune(&mut self) {
        self.waiting.retain(|_topic, waiting| {
            waiting.retain(|news| !news.is_closed());
            !waiting.is_empty()
        });
    }

    /// Wakes all.
    pub(super) fn wake_all(&mut self) {
        self.waiting.clear();
    }
}
