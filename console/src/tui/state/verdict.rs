//! How a subscription is, in a word, and how urgent that is.
//!
//! The rules look at one sample only and are few, so that an operator can hold them in the head.
//! Programs that only pull are not connected between two calls: as long as they keep up, a
//! subscription without consumers is none to worry about. The rules say what is seen, not why;
//! advice with its inputs is a matter of the broker.

use weir_proto::urgency::Rank;

use super::subscription::{Drain, Subscription};

/// A backlog that grows is worth a look once its oldest message is this old, in seconds. Below
/// that, a healthy subscription between two batches would be reported.
const GROWING_AFTER: f64 = 5.0;

/// A backlog without any consumer is urgent once its oldest message is this old, in seconds: a
/// restart of a service takes less.
const UNHEARD_AFTER: f64 = 60.0;

/// How a subscription is. The order is the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// An independent recount differs from the books.
    BooksWrong,
    /// Consumers are connected and nothing is acknowledged.
    Stuck,
    /// A backlog, and for a while nobody to work on it.
    Abandoned,
    /// A backlog, and at the moment nobody to work on it.
    Unheard,
    /// Messages die.
    Dying,
    /// The backlog grows.
    Growing,
    /// An operator holds it.
    Paused,
    /// The backlog shrinks.
    Draining,
    /// Work comes and is done.
    Fine,
    /// No backlog and no traffic.
    Idle,
    /// The broker does not say yet.
    Unknown,
}

/// How urgent it is. The order is the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Act,
    Watch,
    Progress,
    Fine,
    Idle,
    Unknown,
}

impl Verdict {
    /// The verdict on a subscription.
    pub(crate) fn of(one: &Subscription) -> Self {
        let age = one.lag.unwrap_or(0.0);
        let dies = one.fast.and_then(|rates| rates.dead).unwrap_or(0.0) > 0.0;
        let is_alone = one.backlog > 0 && one.consumers.is_empty();
        match one.drain {
            _ if one.conservation_error > 0 => Self::BooksWrong,
            Drain::Paused => Self::Paused,
            Drain::Stuck => Self::Stuck,
            Drain::Idle | Drain::Never if is_alone && age >= UNHEARD_AFTER => Self::Abandoned,
            Drain::Idle | Drain::Never if is_alone => Self::Unheard,
            _ if dies => Self::Dying,
            Drain::Never if age >= GROWING_AFTER => Self::Growing,
            Drain::Draining(_) => Self::Draining,
            Drain::Empty | Drain::Idle if is_quiet(one) => Self::Idle,
            Drain::Empty | Drain::Idle | Drain::Never => Self::Fine,
            Drain::Unknown => Self::Unknown,
        }
    }

    /// How urgent it is.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::BooksWrong | Self::Stuck | Self::Abandoned => Severity::Act,
            Self::Unheard | Self::Dying | Self::Growing | Self::Paused => Severity::Watch,
            Self::Draining => Severity::Progress,
            Self::Fine => Severity::Fine,
            Self::Idle => Severity::Idle,
            Self::Unknown => Severity::Unknown,
        }
    }

    /// In a word or two.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BooksWrong => "books wrong",
            Self::Stuck => "stuck",
            Self::Abandoned | Self::Unheard => "nobody listens",
            Self::Dying => "messages die",
            Self::Growing => "growing",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Fine => "fine",
            Self::Idle => "idle",
            Self::Unknown => "not known",
        }
    }

    /// What it means, for the detail.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::BooksWrong => "the books do not add up: report this with the data directory",
            Self::Stuck => "stuck: nothing is acknowledged",
            Self::Abandoned => "nobody listens, and the backlog ages",
            Self::Unheard => "no consumer is connected at the moment",
            Self::Dying => "messages die: see why before adding consumers",
            Self::Growing => "growing: more comes in than is acknowledged",
            Self::Paused => "paused: nothing is handed out until it is resumed",
            Self::Draining => "draining",
            Self::Fine => "fine",
            Self::Idle => "idle: nothing to do and nothing coming in",
            Self::Unknown => "not known yet",
        }
    }
}

impl Severity {
    /// Whether somebody should look.
    pub(crate) fn is_problem(self) -> bool {
        matches!(self, Self::Act | Self::Watch)
    }

    /// The rank in a list that begins with the urgent: the broker's windows go by it too. Draining and fine rank
    /// alike, so that rows do not change places each time a backlog turns round.
    pub(crate) fn rank(self) -> Rank {
        match self {
            Self::Act => Rank::Act,
            Self::Watch => Rank::Watch,
            Self::Progress | Self::Fine => Rank::Fine,
            Self::Unknown => Rank::Unknown,
            Self::Idle => Rank::Idle,
        }
    }
}

/// Whether nothing came in and nothing was handed out lately.
fn is_quiet(one: &Subscription) -> bool {
    one.fast
        .is_some_and(|rates| rates.publish == Some(0.0) && rates.deliver == Some(0.0))
}
