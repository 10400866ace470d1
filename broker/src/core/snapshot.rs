//! The whole state as it is at a moment, to be written as a checkpoint elsewhere.
//!
//! Taking one costs a step for each object and page, not for each message with a history: what is large is shared until
//! it changes. What is left, encoding, is for whoever writes it.

use std::sync::Arc;

use super::output::OutFrame;
use super::state::Core;
use super::trail::Packed;
use crate::delivery;
use crate::model::entry::{Entry, Operated, OperationPart};
use crate::model::{Partition, SubscriptionId};

/// The whole state, but for messages, which are found in data replay.
#[derive(Debug)]
pub struct Snapshot(Vec<Told>);

/// What is said of a thing.
#[derive(Debug)]
enum Told {
    Entry(Box<Entry>),
    Part(Arc<OperationPart>),
    Act(Packed),
    Pages(SubscriptionId, Partition, delivery::Snapshot),
}

impl Core {
    /// The whole state, as of `last_position`.
    pub fn snapshot(&self) -> Snapshot {
        let mut all = vec![told(Entry::BrokerState(self.objects.broker.clone()))];
        let requests = self.objects.requests.all();
        all.extend(requests.map(|requested| told(Entry::Requested(requested.clone()))));
        for operation in self.objects.operations.all.values() {
            all.push(told(Entry::Operated(Operated::State(
                operation.state.clone(),
            ))));
            let parts = operation.parts.iter();
            all.extend(parts.map(|part| Told::Part(Arc::clone(&part.said))));
        }
        for (&id, put) in &self.objects.aside.deletions {
            all.push(told(Entry::Operated(Operated::SetAside(put.state(id)))));
        }
        all.extend(self.objects.trail.shared().map(Told::Act));
        for topic in self.objects.all_topics() {
            all.extend(topic.statement().into_iter().map(told));
            let states = topic.producers.states(topic.record.id, None);
            all.extend(states.map(|state| told(Entry::ProducerState(state))));
        }
        for subscription in self.objects.all_subscriptions() {
            all.extend(subscription.whole_state().into_iter().map(told));
            let parts = subscription.parts();
            let id = subscription.record.id;
            all.extend(
                parts.map(|(partition, machine)| Told::Pages(id, partition, machine.snapshot())),
            );
        }
        Snapshot(all)
    }

    /// The whole state as frames.
    #[cfg(test)]
    pub(crate) fn checkpoint(&self) -> Vec<OutFrame> {
        self.snapshot().frames()
    }
}

impl Snapshot {
    /// It as frames.
    pub fn frames(self) -> Vec<OutFrame> {
        let mut frames = Vec::new();
        for told in self.0 {
            match told {
                Told::Entry(entry) => frames.push(OutFrame::lazy(&entry)),
                Told::Part(part) => {
                    let part = Operated::Part(Arc::unwrap_or_clone(part));
                    frames.push(OutFrame::lazy(&Entry::Operated(part)));
                }
                Told::Act(act) => frames.push(OutFrame::lazy(&Entry::Audited(act.act()))),
                Told::Pages(id, partition, pages) => {
                    let states = pages.states(id, partition);
                    frames.extend(states.map(|state| OutFrame::lazy(&Entry::PageState(state))));
                }
            }
        }
        frames
    }
}

fn told(entry: Entry) -> Told {
    Told::Entry(Box::new(entry))
}
