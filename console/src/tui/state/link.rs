//! The connection to the broker, and how old what is on the screen is.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::reading::Moment;

/// Samples come each second; without one for this long, the numbers are stale. A broker that hangs is
/// seen within this.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// The connection as its task last reported it.
#[derive(Clone, Debug)]
pub(crate) enum Link {
    /// The first try, or one after a wait, is under way.
    Connecting,
    /// Samples come.
    Live,
    /// The last try failed or the connection broke; there is a next try at `retry_at`.
    Waiting {
        retry_at: Moment,
        reason: SafeText,
        /// How many tries in a row have failed.
        tries: u32,
    },
}

/// What the screen says about its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Freshness {
    /// There are no numbers yet, and no reason to worry.
    Connecting,
    /// There are no numbers yet, and no broker answers.
    NoBroker {
        retry_in: Duration,
        reason: SafeText,
        tries: u32,
    },
    Live,
    /// The numbers are this old; `retry_in` is set while the connection is lost.
    Stale {
        age: Duration,
        retry_in: Option<Duration>,
    },
}

impl Freshness {
    /// How fresh the numbers that arrived last are.
    pub(crate) fn of(link: &Link, arrived: Option<Moment>, now: Moment) -> Self {
        let Some(arrived) = arrived else {
            return match link {
                Link::Connecting | Link::Live => Self::Connecting,
                Link::Waiting {
                    retry_at,
                    reason,
                    tries,
                } => Self::NoBroker {
                    retry_in: retry_at.saturating_sub(now),
                    reason: reason.clone(),
                    tries: *tries,
                },
            };
        };
        let age = now.saturating_sub(arrived);
        match link {
            Link::Live if age < STALE_AFTER => Self::Live,
            Link::Live | Link::Connecting => Self::Stale {
                age,
                retry_in: None,
            },
            Link::Waiting { retry_at, .. } => Self::Stale {
                age,
                retry_in: Some(retry_at.saturating_sub(now)),
            },
        }
    }

    /// Whether the numbers are those of now.
    pub(crate) fn is_live(&self) -> bool {
        *self == Self::Live
    }
}
