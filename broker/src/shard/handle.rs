//! The way in: what every other thread may ask of the shard.
//!
//! Long because: every question that has no file of its own has its method here.
//!
//! A handle is cheap to clone. An answer arrives when what it confirms is durable. After a write
//! failed, every call ends with `LOG_POISONED`; while the broker stops, with `DRAINING`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};

use tokio::sync::{mpsc, oneshot, watch};

use super::bodies::ColdBodies;
use super::budget::Budget;
use super::chronicle::Chronicle;
use super::clock::Clock;
use super::command::{Act, Command, Promise, SampleOrder, Which};
use super::doorbell::Doorbell;
use super::holds::Holds;

use super::{Health, Sample};
use crate::core::{
    AckId, Core, Deleted, DryRun, Nack, NewSubscription, Purge, PurgeScope, Route, Seek, Selection,
    Sought, Start, SubscriptionView, Summary, TopicView,
};
use crate::insight::history::Ledger;
use crate::journal::{Poisoned, Watermark};
use crate::model::entry::Who;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Name, Now, Refusal, Span, Time};

/// The way to a shard.
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
    /// On whose behalf; nobody's if the broker does it by itself.
    pub(super) who: Option<Arc<Who>>,
}

/// What handles, sessions and the owner share.
pub(super) struct Shared {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) budget: Budget,
    pub(super) doorbell: Arc<Doorbell>,
    pub(super) bodies: ColdBodies,
    pub(super) watermark: Watermark,
    pub(super) clock: Clock,
    pub(super) health: watch::Sender<Health>,
    pub(super) samples: watch::Sender<Arc<Sample>>,
    pub(super) history: Arc<Mutex<Ledger>>,
    pub(super) chronicle: Arc<Chronicle>,
    pub(super) holds: Holds,
    /// Changes when there may be dead messages to forward.
    pub(super) forwarding: watch::Sender<u64>,
    /// Changes when an operation has gone on, or an act was put on record.
    pub(super) operated: watch::Sender<u64>,
    /// Kept by the owner, so that a publish takes one trip instead of two.
    pub(super) routes: RwLock<HashMap<Name, Route>>,
    /// Largest head plus body of a frame, in bytes.
    pub(super) max_frame: usize,
}

impl Handle {
    /// A way to the shard for what the broker does by itself.
    pub(super) fn of_nobody(shared: Arc<Shared>) -> Self {
        Self { shared, who: None }
    }

    /// The time by the broker's clock.
    pub fn time(&self) -> Time {
        self.shared.clock.now().wall
    }

    /// How the broker is.
    pub fn health(&self) -> Health {
        self.shared.health.borrow().clone()
    }

    /// Follows how the broker is.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// Follows the numbers: a new sample each second; the newest wins. The first one may be empty
    /// (number 0).
    pub fn watch_samples(&self) -> watch::Receiver<Arc<Sample>> {
        self.shared.samples.subscribe()
    }

    /// The numbers now, of everything, of one topic and its subscriptions, or of one subscription.
    pub async fn sample(
        &self,
        topic: Option<Name>,
        subscription: Option<Name>,
    ) -> Result<Sample, Refusal> {
        let (answer, answered) = oneshot::channel();
        let order = SampleOrder {
            which: Which::Named(topic, subscription),
            answer,
        };
        self.send(Command::Sample(order)).await?;
        answered.await.unwrap_or_else(|_gone| Err(self.gone()))
    }

    /// What a publisher needs to make bodies for a topic. Does not go to the owner.
    pub fn route(&self, topic: &Name) -> Result<Route, Refusal> {
        let routes = self.shared.routes.read();
        let routes = routes.unwrap_or_else(PoisonError::into_inner);
        routes.get(topic).cloned().ok_or_else(|| {
            let topic = topic.clone();
            Refusal::TopicNotFound { topic }
        })
    }

    /// Creates a topic.
    pub async fn create_topic(
        &self,
        name: Name,
        settings: TopicSettings,
    ) -> Result<TopicView, Refusal> {
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let created = core.create_topic(name, settings, now)?;
            shared.add_route(core, &created.name);
            Ok(created)
        })
        .await
    }

    /// Shows a topic.
    pub async fn topic(&self, name: Name) -> Result<TopicView, Refusal> {
        self.act(move |core, _now| core.topic(&name)).await
    }

    /// Lists topics in order of name, after a name, at most `limit`.
    pub async fn topics(
        &self,
        after: Option<Name>,
        limit: usize,
    ) -> Result<Vec<TopicView>, Refusal> {
        self.act(move |core, _now| Ok(core.topics(after.as_ref(), limit)))
            .await
    }

    /// Deletes a topic, with its subscriptions if asked.
    pub async fn delete_topic(
        &self,
        name: Name,
        with_subscriptions: bool,
    ) -> Result<Deleted, Refusal> {
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let deleted = core.delete_topic(&name, with_subscriptions, now)?;
            shared.routes_mut().remove(&name);
            Ok(deleted)
        })
        .await
    }

    /// Changes the settings of a topic; with an etag, only if it still names them.
    pub async fn update_topic(
        &self,
        name: Name,
        etag: Option<String>,
        change: impl FnOnce(&TopicSettings) -> Result<TopicSettings, Refusal> + Send + 'static,
    ) -> Result<TopicView, Refusal> {
        self.act(move |core, now| core.update_topic(&name, etag.as_deref(), Box::new(change), now))
            .await
    }

    /// Changes the settings of a subscription; with an etag, only if it still names them.
    pub async fn update_subscription(
        &self,
        name: Name,
        etag: Option<String>,
        change: impl FnOnce(&SubscriptionSettings) -> Result<SubscriptionSettings, Refusal>
        + Send
        + 'static,
    ) -> Result<SubscriptionView, Refusal> {
        self.act(move |core, now| {
            core.update_subscription(&name, etag.as_deref(), Box::new(change), now)
        })
        .await
    }

    /// Creates a subscription.
    pub async fn create_subscription(
        &self,
        name: Name,
        topic: Name,
        settings: SubscriptionSettings,
        start: Start,
    ) -> Result<SubscriptionView, Refusal> {
        self.act(move |core, now| {
            let new = NewSubscription {
                name,
                topic: &topic,
                settings,
                start,
            };
            core.create_subscription(new, now)
        })
        .await
    }

    /// Lets a subscription go on from elsewhere, or only counts.
    pub async fn seek(
        &self,
        subscription: Name,
        target: Start,
        dry_run: DryRun,
    ) -> Result<Sought, Refusal> {
        self.act(move |core, now| {
            let seek = Seek {
                subscription: &subscription,
                target: &target,
            };
            core.seek(seek, dry_run, now)
        })
        .await
    }

    /// Shows a subscription.
    pub async fn subscription(&self, name: Name) -> Result<SubscriptionView, Refusal> {
        self.act(move |core, _now| core.subscription(&name)).await
    }

    /// Lists subscriptions in order of name, after a name, at most `limit`; of one topic if named.
    pub async fn subscriptions(
        &self,
        topic: Option<Name>,
        after: Option<Name>,
        limit: usize,
    ) -> Result<Vec<SubscriptionView>, Refusal> {
        self.act(move |core, _now| core.subscriptions(topic.as_ref(), after.as_ref(), limit))
            .await
    }

    /// Deletes a subscription; its consumers' streams end with `SUBSCRIPTION_DELETED`.
    pub async fn delete_subscription(&self, name: Name) -> Result<Deleted, Refusal> {
        self.act(move |core, now| core.delete_subscription(&name, now))
            .await
    }

    /// Finishes messages; a result for each, in order, when that is durable.
    pub async fn acknowledge(&self, ids: Vec<AckId>) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        self.act(move |core, now| Ok(core.acknowledge(&ids, now)))
            .await
    }

    /// Gives messages back; a result for each, in order, when that is durable.
    pub async fn nack(
        &self,
        changes: Vec<(AckId, Nack)>,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        self.act(move |core, now| Ok(core.nack(&changes, now)))
            .await
    }

    /// Moves ack deadlines, counted from now; a result for each, in order.
    pub async fn extend(
        &self,
        changes: Vec<(AckId, Span)>,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        self.act(move |core, now| Ok(core.extend(&changes, now)))
            .await
    }

    /// Makes dead messages ready again.
    pub async fn requeue(
        &self,
        subscription: Name,
        selection: Selection,
        dry_run: DryRun,
    ) -> Result<Summary, Refusal> {
        self.name_dead(!selection.fingerprints.is_empty(), &subscription)
            .await?;
        self.act(move |core, now| core.requeue(&subscription, &selection, dry_run, now))
            .await
    }

    /// Lets a key, named by its hash, go on without its dead messages; gives how many there were.
    pub async fn release_key(
        &self,
        subscription: Name,
        key: u64,
        dry_run: DryRun,
    ) -> Result<u64, Refusal> {
        self.act(move |core, now| core.release_key(&subscription, key, dry_run, now))
            .await
    }

    /// Drops messages of a subscription; never leased ones.
    pub async fn purge(
        &self,
        subscription: Name,
        selection: Selection,
        scope: PurgeScope,
        dry_run: DryRun,
    ) -> Result<Summary, Refusal> {
        self.name_dead(!selection.fingerprints.is_empty(), &subscription)
            .await?;
        self.act(move |core, now| {
            let purge = Purge {
                subscription: &subscription,
                selection: &selection,
                scope,
            };
            core.purge(purge, dry_run, now)
        })
        .await
    }

    /// Runs `decide` on the core and answers when all it decided, and all it may have seen, is
    /// durable. A refusal leaves at once.
    pub(super) async fn act<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Core, Now) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let who = self.who.clone();
        let (act, answered) = promised(move |core: &mut Core, now| {
            core.set_who(who.as_deref().cloned());
            let outcome = decide(core, now);
            core.set_who(None);
            outcome
        });
        self.send(Command::Act(act)).await?;
        answered.await.unwrap_or_else(|_gone| Err(self.gone()))
    }

    /// The same for a thread that waits.
    pub(super) fn act_here<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Core, Now) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (act, answered) = promised(decide);
        let sent = self.shared.commands.blocking_send(Command::Act(act));
        sent.map_err(|_closed| self.gone())?;
        let answer = answered.blocking_recv();
        answer.unwrap_or_else(|_gone| Err(self.gone()))
    }

    pub(super) async fn send(&self, command: Command) -> Result<(), Refusal> {
        let sent = self.shared.commands.send(command).await;
        sent.map_err(|_closed| self.gone())
    }

    /// Why there is no owner any more.
    pub(super) fn gone(&self) -> Refusal {
        let health = self.shared.health.borrow();
        health.refusal().unwrap_or(Refusal::Draining)
    }
}

impl Shared {
    /// Lets publishers find a topic.
    pub(super) fn add_route(&self, core: &Core, topic: &Name) {
        if let Ok(route) = core.route(topic) {
            self.routes_mut().insert(topic.clone(), route);
        }
    }

    /// A topic is gone.
    pub(super) fn forget_route(&self, topic: &str) {
        self.routes_mut().retain(|name, _| name.as_str() != topic);
    }

    /// Takes over what has changed for publishers.
    pub(super) fn reroute(&self, routes: Vec<(Name, Route)>) {
        if !routes.is_empty() {
            self.routes_mut().extend(routes);
        }
    }

    fn routes_mut(&self) -> RwLockWriteGuard<'_, HashMap<Name, Route>> {
        self.routes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// An act, and where its outcome arrives.
fn promised<T: Send + 'static>(
    decide: impl FnOnce(&mut Core, Now) -> Result<T, Refusal> + Send + 'static,
) -> (Act, oneshot::Receiver<Result<T, Refusal>>) {
    let (answer, answered) = oneshot::channel();
    let act: Act = Box::new(move |core, now| {
        let outcome = decide(core, now);
        let is_refused = outcome.is_err();
        let deferred = Box::new(move |durable: Result<(), Poisoned>| {
            let outcome = match durable {
                Ok(()) => outcome,
                Err(poisoned) => Err(poisoning(&poisoned)),
            };
            // The asker may have gone; then nobody waits for the answer.
            drop(answer.send(outcome));
        });
        if is_refused {
            Promise::Now(deferred)
        } else {
            Promise::Durable(deferred)
        }
    });
    (act, answered)
}

/// What a caller is told of a poisoned journal.
pub(super) fn poisoning(poisoned: &Poisoned) -> Refusal {
    Refusal::LogPoisoned {
        detail: poisoned.reason.to_string(),
    }
}
