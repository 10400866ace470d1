//! A filter: read once, asked about each message.

use super::attributes::Attributes;
use super::expression::{Expression, FilterError};
use super::parser;

/// Which messages belong to a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    root: Expression,
}

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let root = parser::parse(text)?;
        Ok(Self { root })
    }

    /// Whether a message with these attributes belongs to the subscription.
    pub fn selects(&self, attributes: &Attributes<'_>) -> bool {
        self.root.is_true(attributes)
    }
}
