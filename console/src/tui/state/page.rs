//! A page: where it is, what was fetched for it, and how the operator left it. Each page of the stack
//! keeps its own, so that going back finds everything as it was.

use std::collections::BTreeSet;

use super::advice::Advice;
use super::ask::{Ask, Reply, Slot, Subject};
use super::audit::Record;
use super::client::Clients;
use super::dead_groups::DeadGroups;
use super::fetch::{Failure, Fetch};
use super::json_tree::Tree;
use super::letter::{Biography, Letters};
use super::listing::Listing;
use super::operation::Operations;
use super::past::Past;
use super::place::Place;
use super::reading::Moment;
use super::subscription::Subscription;
use super::timeline::Timeline;
use super::topic::Topic;

/// A page of the console.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Tells it from every other page of the session, so that late answers find theirs or nobody.
    pub(crate) serial: u64,
    pub(crate) place: Place,
    /// Its list: order, filter, selection, marks.
    pub(crate) listing: Listing,
    pub(crate) data: Data,
    /// What its charts show.
    pub(crate) chart: Chart,
    /// How it shows payloads.
    pub(crate) payload: PayloadView,
    /// Nodes of a payload's tree of JSON that hide what is in them.
    pub(crate) folded: BTreeSet<usize>,
    /// How many lines of what is not a list are above the first visible one.
    pub(crate) scroll: usize,
}

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
}

/// What charts show: the series that `t` chose and the range that `[` and `]` chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chart {
    /// Counts up with each `t`; the view takes it modulo the number of its series.
    pub(crate) series: usize,
    pub(crate) range: Range,
}

/// How far back charts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Range {
    FiveMinutes,
    #[default]
    FifteenMinutes,
    Day,
}

/// How payloads are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PayloadView {
    /// JSON if it is, text if it is, else hex.
    #[default]
    Auto,
    Json,
    Text,
    Hex,
}

impl Range {
    /// Its length in seconds.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::Day => 86_400,
        }
    }

    /// Whether its points are a minute apart, and not a second.
    pub(crate) fn is_by_minute(self) -> bool {
        self == Self::Day
    }

    /// The next longer one; the longest stays.
    pub(crate) fn longer(self) -> Self {
        match self {
            Self::FiveMinutes => Self::FifteenMinutes,
            Self::FifteenMinutes | Self::Day => Self::Day,
        }
    }

    /// The next shorter one; the shortest stays.
    pub(crate) fn shorter(self) -> Self {
        match self {
            Self::Day => Self::FifteenMinutes,
            Self::FiveMinutes | Self::FifteenMinutes => Self::FiveMinutes,
        }
    }
}

impl PayloadView {
    /// The one after it, round and round.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Auto => Self::Json,
            Self::Json => Self::Text,
            Self::Text => Self::Hex,
            Self::Hex => Self::Auto,
        }
    }
}

impl Page {
    /// A page on which nothing has happened yet.
    pub(crate) fn new(serial: u64, place: Place) -> Self {
        Self {
            serial,
            listing: Listing::of(&place),
            place,
            data: Data::default(),
            chart: Chart {
                series: 0,
                range: Range::default(),
            },
            payload: PayloadView::default(),
            folded: BTreeSet::new(),
            scroll: 0,
        }
    }

    /// What is to be asked for now, at most `room` calls; they count as under way from here on.
    pub(crate) fn next_asks(&mut self, now: Moment, room: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        for slot in self.place.slots() {
            if asks.len() < room && self.data.is_due(*slot, now) {
                let Some(ask) = self.ask(*slot) else {
                    continue;
                };
                self.data.ask(*slot, now);
                asks.push(ask);
            }
        }
        asks
    }

    /// Begins with the next payload at its first line, with nothing folded.
    pub(crate) fn forget_payload(&mut self) {
        if self.place.table().is_some() {
            self.scroll = 0;
        }
        self.folded.clear();
    }

    /// Folds the first object or list of a payload that is seen, or opens it.
    pub(crate) fn fold(&mut self, payload: &[u8]) {
        let found = Tree::read(payload).and_then(|tree| tree.foldable(&self.folded, self.scroll));
        if let Some(node) = found
            && !self.folded.remove(&node)
        {
            self.folded.insert(node);
        }
    }

    /// Takes what a call gave.
    pub(crate) fn answer(&mut self, now: Moment, slot: Slot, result: Result<Reply, Failure>) {
        self.data.end(now, slot, result);
    }

    /// Forgets its past, which is of another range.
    pub(crate) fn forget_past(&mut self) {
        self.data.past = Fetch::default();
    }

    fn ask(&self, slot: Slot) -> Option<Ask> {
        let named = match self.place.subject() {
            Subject::Broker => None,
            Subject::Topic(name) | Subject::Subscription(name) => Some(name),
        };
        Some(match slot {
            Slot::Past => Ask::Past {
                of: self.place.subject(),
                after: self.data.past.value().and_then(Past::last).map(|p| p.time),
                is_by_minute: self.chart.range.is_by_minute(),
            },
            Slot::Subscription => Ask::Subscription { name: named? },
            Slot::Topic => Ask::Topic { name: named? },
            Slot::Advice => Ask::Advice {
                subscription: named?,
            },
            Slot::Groups => Ask::Groups {
                subscription: named?,
            },
            Slot::Letters => Ask::Letters {
                subscription: named?,
                fingerprint: match &self.place {
                    Place::DeadMessages { group, .. } => {
                        group.as_ref().map(|group| group.fingerprint.clone())
                    }
                    _ => None,
                },
            },
            Slot::Message => match &self.place {
                Place::Message { id } => Ask::Message { id: id.clone() },
                _ => return None,
            },
            Slot::Clients => Ask::Clients,
            Slot::Events => Ask::Events {
                of: self.place.subject(),
                after: self.data.events.value().and_then(Timeline::last),
            },
            Slot::Operations => Ask::Operations,
            Slot::Audit => Ask::Audit {
                after: self.data.audit.value().and_then(Record::last),
            },
        })
    }
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
        ]
        .into_iter()
        .filter(|is_asked| *is_asked)
        .count()
    }

    fn is_due(&self, slot: Slot, now: Moment) -> bool {
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
        }
    }

    fn ask(&mut self, slot: Slot, now: Moment) {
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
        }
    }

    fn end(&mut self, now: Moment, slot: Slot, result: Result<Reply, Failure>) {
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
        }
    }
}

fn newest<T>(_old: Option<T>, new: T) -> T {
    new
}
