//! The topology as a whole: made as declared, and told.

use std::sync::Arc;

use super::handle::Handle;
use crate::core::{Declaration, Differences, DryRun, Route, SubscriptionView, TopicView};
use crate::model::Refusal;

impl Handle {
    /// Makes topics and subscriptions be as declared, or only says what would change.
    pub async fn apply_topology(
        &self,
        declaration: Declaration,
        dry_run: DryRun,
    ) -> Result<Differences, Refusal> {
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let differences = core.apply_topology(&declaration, dry_run, now)?;
            let created = differences.topics.iter().filter(|one| one.before.is_none());
            // After a dry run there is nothing of these names.
            for view in created.filter_map(|one| core.topic(&one.name).ok()) {
                let route = Route {
                    topic: view.id,
                    partitions: view.settings.partitions,
                };
                shared.routes_mut().insert(view.name, route);
            }
            Ok(differences)
        })
        .await
    }

    /// Every topic and subscription, each in order of name, at one moment.
    pub async fn topology(&self) -> Result<(Vec<TopicView>, Vec<SubscriptionView>), Refusal> {
        self.act(move |core, _now| {
            let subscriptions = core.subscriptions(None, None, usize::MAX)?;
            Ok((core.topics(None, usize::MAX), subscriptions))
        })
        .await
    }
}
