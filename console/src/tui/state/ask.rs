//! What pages ask the broker for while they are open, what comes back, and how often.
//!
//! The loop asks ([`super::page::Page::next_asks`]); a task outside of it waits for the answer, which
//! comes back as a [`Reply`] made of safe text and numbers. Nothing here waits.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::advice::Advice;
use super::audit::Record;
use super::beyond::{Found, Noun, Worst};
use super::client::Clients;
use super::dead_groups::DeadGroups;
use super::letter::{Biography, Letters};
use super::operation::Operations;
use super::past::Past;
use super::place::Place;
use super::subscription::Subscription;
use super::timeline::Timeline;
use super::topic::Topic;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    /// The past of something, after a time if some of it is there already.
    Past {
        of: Subject,
        /// Seconds since the epoch by the broker's clock.
        after: Option<f64>,
        is_by_minute: bool,
    },
    Subscription {
        name: SafeText,
    },
    Topic {
        name: SafeText,
    },
    Advice {
        subscription: SafeText,
    },
    Groups {
        subscription: SafeText,
    },
    /// Dead messages, all or those of a group.
    Letters {
        subscription: SafeText,
        fingerprint: Option<SafeText>,
    },
    Message {
        id: SafeText,
    },
    Clients,
    Events {
        of: Subject,
        after: Option<u64>,
    },
    /// The newest operations, all or those on a subscription.
    Operations {
        on: Option<SafeText>,
    },
    /// Administrative acts, all that are remembered or those after one.
    Audit {
        after: Option<u64>,
    },
    /// The past of the selected subscription, beside that of its topic.
    Reader {
        name: SafeText,
        after: Option<f64>,
        is_by_minute: bool,
    },
    /// The worst rows of all.
    Worst,
    /// Names that have a text in them.
    Names {
        noun: Noun,
        part: String,
    },
    /// What rows did before they came, from a time on.
    Trends {
        of: Vec<(u64, SafeText)>,
        after: Option<f64>,
    },
}

/// What a past or a timeline is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Broker,
    Topic(SafeText),
    Subscription(SafeText),
}

/// What a call gave.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Past(Past),
    Subscription(Box<Subscription>),
    Topic(Box<Topic>),
    Advice(Box<Advice>),
    Groups(DeadGroups),
    Letters(Letters),
    Message(Box<Biography>),
    Clients(Clients),
    Events(Timeline),
    Operations(Operations),
    Audit(Record),
    /// The past of a subscription, and its name.
    Reader(SafeText, Past),
    Worst(Worst),
    Names(Found),
    /// By the ids of the rows.
    Trends(Vec<(u64, Past)>),
}

/// Which part of a page's data a call is for: one call at a time each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Past,
    Subscription,
    Topic,
    Advice,
    Groups,
    Letters,
    Message,
    Clients,
    Events,
    Operations,
    Audit,
    Reader,
    Worst,
    Names,
    Trends,
}

/// What somebody waits for who is typing.
const AT_ONCE: Duration = Duration::from_millis(100);
/// Numbers that move while one looks.
const OFTEN: Duration = Duration::from_secs(1);
/// What takes the broker more work, or moves less.
const SELDOM: Duration = Duration::from_secs(2);
/// What is held for a while anyway.
const RARELY: Duration = Duration::from_secs(5);

impl Ask {
    /// The part of the data that it is for.
    pub(crate) fn slot(&self) -> Slot {
        match self {
            Self::Past { .. } => Slot::Past,
            Self::Subscription { .. } => Slot::Subscription,
            Self::Topic { .. } => Slot::Topic,
            Self::Advice { .. } => Slot::Advice,
            Self::Groups { .. } => Slot::Groups,
            Self::Letters { .. } => Slot::Letters,
            Self::Message { .. } => Slot::Message,
            Self::Clients => Slot::Clients,
            Self::Events { .. } => Slot::Events,
            Self::Operations { .. } => Slot::Operations,
            Self::Audit { .. } => Slot::Audit,
            Self::Reader { .. } => Slot::Reader,
            Self::Worst => Slot::Worst,
            Self::Names { .. } => Slot::Names,
            Self::Trends { .. } => Slot::Trends,
        }
    }
}

impl Slot {
    /// How long after one answer the next call is made.
    pub(crate) fn period(self) -> Duration {
        match self {
            Self::Past
            | Self::Subscription
            | Self::Topic
            | Self::Clients
            | Self::Events
            | Self::Operations
            | Self::Reader => OFTEN,
            Self::Groups | Self::Letters | Self::Message | Self::Audit | Self::Worst => SELDOM,
            Self::Names | Self::Trends => AT_ONCE,
            Self::Advice => RARELY,
        }
    }
}

impl Place {
    /// What its past and its timeline are about.
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Self::Topic { name } => Subject::Topic(name.clone()),
            Self::Subscription { name } => Subject::Subscription(name.clone()),
            Self::DeadGroups { subscription } | Self::DeadMessages { subscription, .. } => {
                Subject::Subscription(subscription.clone())
            }
            _ => Subject::Broker,
        }
    }

    /// The parts of data that its page needs.
    pub(crate) fn slots(&self) -> &'static [Slot] {
        match self {
            Self::Overview => &[Slot::Past, Slot::Events, Slot::Worst],
            Self::Topics | Self::Subscriptions | Self::DeadLetters => &[],
            Self::Topic { .. } => &[Slot::Topic, Slot::Past, Slot::Events, Slot::Reader],
            Self::Subscription { .. } => {
                &[Slot::Subscription, Slot::Past, Slot::Advice, Slot::Events]
            }
            Self::DeadGroups { .. } => &[Slot::Groups, Slot::Letters, Slot::Operations],
            Self::DeadMessages { .. } => &[Slot::Letters],
            Self::Message { .. } => &[Slot::Message],
            Self::Clients => &[Slot::Clients],
            Self::Events => &[Slot::Events],
            Self::Operations => &[Slot::Operations],
            Self::Audit => &[Slot::Audit],
        }
    }
}
