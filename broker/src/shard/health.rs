//! How the broker is, as everyone may see it.

/// How the broker is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Health {
    /// Everything works.
    #[default]
    Serving,
    /// The disk has no room for another segment: publishing is refused, all else goes on.
    DiskFull,
    /// Shutting down: publishes, new consumers and Pulls are refused, acks are taken.
    Draining,
    /// A write or sync failed, or the core refused its own entry: nothing more is acknowledged.
    Poisoned(String),
    /// Stopped: the journal is closed.
    Stopped,
}

impl Health {
    /// Why publishing does not go on, if it does not.
    pub(crate) fn refusal(&self) -> Option<crate::model::Refusal> {
        use crate::model::Refusal;
        match self {
            Self::Serving => None,
            Self::DiskFull => Some(Refusal::DiskFull),
            Self::Draining | Self::Stopped => Some(Refusal::Draining),
            Self::Poisoned(detail) => Some(Refusal::LogPoisoned {
                detail: detail.clone(),
            }),
        }
    }
}
