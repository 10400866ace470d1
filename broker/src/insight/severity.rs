//! How much something matters to who is on duty.

/// How much something matters, the least first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// As it should be.
    #[default]
    Fine,
    /// To be watched.
    Watch,
    /// Somebody must act.
    Act,
}

impl Severity {
    /// Every one, the least first.
    pub const ALL: [Self; 3] = [Self::Fine, Self::Watch, Self::Act];

    /// One step more; there is none above [`Self::Act`].
    pub fn raised(self) -> Self {
        match self {
            Self::Fine => Self::Watch,
            Self::Watch | Self::Act => Self::Act,
        }
    }
}
