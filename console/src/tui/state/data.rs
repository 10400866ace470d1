//! What was fetched for a page: a part for each sort of call, and what is made of the answers.

use weir_proto::safe_text::SafeText;

use super::advice::Advice;
use super::ask::{Reply, Slot};
use super::audit::Record;
use super::beyond::{Found, Noun, Worst};
use super::client::Clients;
use super::dead_groups::DeadGroups;
use super::fetch::{Failure, Fetch};
use super::letter::{Biography, Letters};
use super::operation::Operations;
use super::past::Past;
use super::reading::Moment;
use super::subscription::Subscription;
use super::timeline::Timeline;
use super::topic::Topic;

/// What was fetched for a page; what its place does not need stays empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    pub(crate) past: Fetch<Past>,
    pub(crate) subscription: Fetch<Box<Subscription>>,
    pub(crate) topic: Fetch<Box<Topic>>,
    pub(crate) advice: Fetch<Box<Advice>>,
    pub(crate) groups: Fetch<DeadGroups>,
    pub(crate) letters: Fetch<Letters>,
    pub(crate) message: Fetch<Box<Biography>>,
    pub(crate) clients: Fetch<Clients>,
    pub(crate) events: Fetch<Timeline>,
    pub(crate) operations: Fetch<Operations>,
    pub(crate) audit: Fetch<Record>,
    /// The past of the subscription that is named.
    pub(crate) reader: Fetch<(SafeText, Past)>,
    pub(crate) worst: Fetch<Worst>,
    pub(crate) names: Fetch<Found>,
    /// What it gives goes to the rows.
    pub(super) trends: Fetch<()>,
    /// The word whose names were asked for last.
    pub(super) named: Option<(Noun, String)>,
}

impl Data {
    /// Whether any call is under way for it.
    pub(crate) fn under_way(&self) -> usize {
        [
            self.past.is_asked(),
            self.subscription.is_asked(),
            self.topic.is_asked(),
            self.advice.is_asked(),
            self.groups.is_asked(),
            self.letters.is_asked(),
            self.message.is_asked(),
            self.clients.is_asked(),
            self.events.is_asked(),
            self.operations.is_asked(),
            self.audit.is_asked(),
            self.reader.is_asked(),
            self.worst.is_asked(),
            self.names.is_asked(),
            self.trends.is_asked(),
        ]
        .into_iter()
        .filter(|is_asked| *is_asked)
        .count()
    }

    pub(super) fn is_due(&self, slot: Slot, now: Moment) -> bool {
        let period = slot.period();
        match slot {
            Slot::Past => self.past.is_due(now, period),
            Slot::Subscription => self.subscription.is_due(now, period),
            Slot::Topic => self.topic.is_due(now, period),
            Slot::Advice => self.advice.is_due(now, period),
            Slot::Groups => self.groups.is_due(now, period),
            Slot::Letters => self.letters.is_due(now, period),
            Slot::Message => self.message.is_due(now, period),
            Slot::Clients => self.clients.is_due(now, period),
            Slot::Events => self.events.is_due(now, period),
            Slot::Operations => self.operations.is_due(now, period),
            Slot::Audit => self.audit.is_due(now, period),
            Slot::Reader => self.reader.is_due(now, period),
            Slot::Worst => self.worst.is_due(now, period),
            Slot::Names => self.names.is_due(now, period),
            Slot::Trends => self.trends.is_due(now, period),
        }
    }

    pub(super) fn ask(&mut self, slot: Slot, now: Moment) {
        match slot {
            Slot::Past => self.past.ask(now),
            Slot::Subscription => self.subscription.ask(now),
            Slot::Topic => self.topic.ask(now),
            Slot::Advice => self.advice.ask(now),
            Slot::Groups => self.groups.ask(now),
            Slot::Letters => self.letters.ask(now),
            Slot::Message => self.message.ask(now),
            Slot::Clients => self.clients.ask(now),
            Slot::Events => self.events.ask(now),
            Slot::Operations => self.operations.ask(now),
            Slot::Audit => self.audit.ask(now),
            Slot::Reader => self.reader.ask(now),
            Slot::Worst => self.worst.ask(now),
            Slot::Names => self.names.ask(now),
            Slot::Trends => self.trends.ask(now),
        }
    }

    pub(super) fn end(&mut self, now: Moment, slot: Slot, result: Result<Reply, Failure>) {
        /// Hands a reply of the right sort to its part; one of another sort is never sent.
        macro_rules! end {
            ($part:ident, $sort:ident, $merge:expr) => {
                match result {
                    Ok(Reply::$sort(new)) => self.$part.end(now, Ok(new), $merge),
                    Ok(_) => {}
                    Err(failure) => self.$part.end(now, Err(failure), $merge),
                }
            };
        }
        let past = |old: Option<Past>, new| old.unwrap_or_default().followed_by(new);
        let events = |old: Option<Timeline>, new| old.unwrap_or_default().followed_by(new);
        let audit = |old: Option<Record>, new| old.unwrap_or_default().followed_by(new);
        match slot {
            Slot::Past => end!(past, Past, past),
            Slot::Subscription => end!(subscription, Subscription, newest),
            Slot::Topic => end!(topic, Topic, newest),
            Slot::Advice => end!(advice, Advice, newest),
            Slot::Groups => end!(groups, Groups, newest),
            Slot::Letters => end!(letters, Letters, newest),
            Slot::Message => end!(message, Message, newest),
            Slot::Clients => end!(clients, Clients, newest),
            Slot::Events => end!(events, Events, events),
            Slot::Operations => end!(operations, Operations, newest),
            Slot::Audit => end!(audit, Audit, audit),
            Slot::Reader => {
                let reader = result.map(|reply| match reply {
                    Reply::Reader(name, past) => Some((name, past)),
                    _ => None,
                });
                if let Some(reader) = reader.transpose() {
                    self.reader.end(now, reader, reader_of);
                }
            }
            Slot::Worst => end!(worst, Worst, newest),
            Slot::Names => end!(names, Names, newest),
            Slot::Trends => self.trends.end(now, result.map(drop), newest),
        }
    }
}

/// Later points of the same subscription follow, those of another one take their place.
fn reader_of(old: Option<(SafeText, Past)>, (name, later): (SafeText, Past)) -> (SafeText, Past) {
    match old {
        Some((known, past)) if known == name => (name, past.followed_by(later)),
        _ => (name, later),
    }
}

fn newest<T>(_old: Option<T>, new: T) -> T {
    new
}
