//! How a run ends: by itself, or because somebody wants it.

/// How a run is to end; a later one is more urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// When its time is over.
    #[default]
    InTime,
    /// Nothing more is published, and what is on its way is taken.
    Early,
    /// At once: what is on its way is left where it is.
    AtOnce,
}

impl End {
    /// What is meant by somebody who asks for the end once more.
    pub(crate) fn sooner(self) -> Self {
        match self {
            Self::InTime => Self::Early,
            Self::Early | Self::AtOnce => Self::AtOnce,
        }
    }
}
