//! What names a row of a list for as long as it lives: selection and marks are these, never numbers of
//! rows.

use std::sync::Arc;

/// The id of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RowId {
    /// Of a topic, a subscription, a client or an event.
    Number(u64),
    /// Of a message, or a fingerprint.
    Text(Arc<str>),
}

impl RowId {
    /// The id of something that is named by a text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}
