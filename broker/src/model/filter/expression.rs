//! A filter as it was read, what it is true of, and why a text is none.

use super::attributes::Attributes;

/// What is true of a message or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// It has the key.
    Has(String),
    /// It has the key with this value.
    Equals(String, String),
    /// It has the key with a value that begins like this.
    Begins(String, String),
    /// The other is not true.
    Not(Box<Expression>),
    /// All are true.
    All(Vec<Expression>),
    /// One is true.
    Any(Vec<Expression>),
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}, {expected} is expected and {found} is there")]
pub struct FilterError {
    /// Which character, from 1; one past the last at the end.
    pub position: u64,
    /// What would go on there.
    pub expected: &'static str,
    /// What is there.
    pub found: String,
}

impl Expression {
    /// Whether it is true of a message with these attributes.
    pub(super) fn is_true(&self, attributes: &Attributes<'_>) -> bool {
        match self {
            Self::Has(key) => attributes.get(key).is_some(),
            Self::Equals(key, value) => attributes.get(key) == Some(value),
            Self::Begins(key, prefix) => {
                let value = attributes.get(key);
                value.is_some_and(|value| value.starts_with(prefix.as_str()))
            }
            Self::Not(other) => !other.is_true(attributes),
            Self::All(parts) => parts.iter().all(|part| part.is_true(attributes)),
            Self::Any(parts) => parts.iter().any(|part| part.is_true(attributes)),
        }
    }
}
