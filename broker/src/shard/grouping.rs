//! Groups of dead messages: the owner hands over what is dead, another thread counts it and reads the words.
//!
//! Failures that an older release recorded have no fingerprint: whoever asks first reads their texts once, and the
//! owner keeps what was found.

use std::collections::HashMap;

use tokio::task::spawn_blocking;

use super::Handle;
use super::bodies::internal;
use super::peeking::{DeadText, dead_text};
use crate::core::DeadMessages;
use crate::insight::dead_groups::{Ask, Death, Gathered, gather};
use crate::journal::Reader;
use crate::model::{Fingerprint, Name, Position, Refusal, SubscriptionId, Time, TopicId};

/// What groups are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOrder {
    /// The subscription.
    pub subscription: Name,
    /// Its topic, if that is to be checked.
    pub topic: Option<Name>,
    /// How many groups, at least 1.
    pub limit: usize,
    /// How many messages to name of each.
    pub samples: usize,
}

/// Groups with their words.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadGroups {
    /// The topic.
    pub topic: TopicId,
    /// When they were counted.
    pub now: Time,
    /// The groups.
    pub gathered: Gathered,
    /// The words of the newest message of each of the largest ones.
    pub words: Vec<DeadText>,
}

type Names = HashMap<Position, Fingerprint>;

impl Handle {
    /// All dead messages of a subscription by what they died of.
    pub async fn dead_groups(&self, order: GroupOrder) -> Result<DeadGroups, Refusal> {
        let (name, topic) = (order.subscription.clone(), order.topic.clone());
        let dead = self.act(move |core, now| core.dead_messages(&name, topic.as_ref(), now));
        let dead = dead.await?;
        let subscription = dead.subscription;
        let reader = self.shared.bodies.reader();
        let counted = spawn_blocking(move || {
            let names = find_names(&reader, &dead);
            let groups = group(&reader, &dead, &names, &order)?;
            Ok::<_, Refusal>((groups, names))
        });
        let (groups, names) = counted.await.map_err(internal)??;
        self.keep_names(subscription, names).await?;
        Ok(groups)
    }

    /// Before an act on groups, if it is on any: all dead messages of a subscription get their fingerprint.
    pub(super) async fn name_dead(&self, is_on_groups: bool, name: &Name) -> Result<(), Refusal> {
        if !is_on_groups {
            return Ok(());
        }
        let name = name.clone();
        let dead = self
            .act(move |core, now| core.dead_messages(&name, None, now))
            .await?;
        let subscription = dead.subscription;
        let reader = self.shared.bodies.reader();
        let found = spawn_blocking(move || find_names(&reader, &dead)).await;
        self.keep_names(subscription, found.map_err(internal)?)
            .await
    }

    async fn keep_names(&self, subscription: SubscriptionId, names: Names) -> Result<(), Refusal> {
        if names.is_empty() {
            return Ok(());
        }
        self.act(move |core, _now| {
            core.name_dead(subscription, &names);
            Ok(())
        })
        .await
    }
}

/// The fingerprints that are missing, by the position of the text.
fn find_names(reader: &Reader, dead: &DeadMessages) -> Names {
    let runs = dead.parts.iter().flat_map(|(_, dead)| dead.runs());
    let nameless = runs.filter(|run| run.record.fingerprint.is_none());
    let mut names = Names::new();
    for text in nameless.map(|run| run.record.text) {
        names.entry(text).or_insert_with(|| {
            // What cannot be read says nothing; the messages are dead all the same.
            let words = dead_text(reader, text).unwrap_or_default();
            Fingerprint::of(&words.class, &words.reason)
        });
    }
    names
}

fn group(
    reader: &Reader,
    dead: &DeadMessages,
    names: &Names,
    order: &GroupOrder,
) -> Result<DeadGroups, Refusal> {
    let ask = Ask {
        now: dead.now,
        limit: order.limit,
        samples: order.samples.max(1),
    };
    let mut gathered = gather(|| deaths(dead, names), &ask);
    let mut words = Vec::with_capacity(gathered.largest.len());
    for group in &mut gathered.largest {
        let text = group
            .samples
            .first()
            .map(|sample| dead_text(reader, sample.text));
        words.push(text.transpose()?.unwrap_or_default());
        group.samples.truncate(order.samples);
    }
    Ok(DeadGroups {
        topic: dead.topic,
        now: dead.now,
        gathered,
        words,
    })
}

fn deaths<'a>(dead: &'a DeadMessages, names: &'a Names) -> impl Iterator<Item = Death> + 'a {
    dead.parts.iter().flat_map(move |(partition, dead)| {
        dead.runs().filter_map(move |run| {
            let record = run.record;
            let known = record.fingerprint;
            Some(Death {
                partition: *partition,
                range: run.range,
                fingerprint: known.or_else(|| names.get(&record.text).copied())?,
                time: record.last_failure,
                bytes: run.bytes,
                requeued_before: run.requeued_before,
                text: record.text,
            })
        })
    })
}
