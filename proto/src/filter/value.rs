//! What a field holds at one moment, and how two such values compare.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, or not there.
    Unknown,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// A text that somebody else owns.
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A text that may be missing.
    pub fn maybe_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Unknown, Self::text)
    }

    /// A count.
    pub fn count(count: impl Into<u64>) -> Self {
        Self::Whole(i128::from(count.into()))
    }

    /// A value of JSON; arrays and objects are their text.
    pub fn of_json(json: &'a serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Unknown,
            serde_json::Value::Bool(flag) => Self::Flag(*flag),
            serde_json::Value::String(text) => Self::text(text),
            serde_json::Value::Number(number) => match (number.as_i128(), number.as_f64()) {
                (Some(whole), _) => Self::Whole(whole),
                (None, Some(real)) => Self::Real(real),
                (None, None) => Self::Unknown,
            },
            other => Self::Text(Cow::Owned(other.to_string())),
        }
    }

    /// How it compares; `None` if the two are of different sorts or one is unknown.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Flag(one), Self::Flag(two)) => Some(one.cmp(two)),
            (Self::Whole(one), Self::Whole(two)) => Some(one.cmp(two)),
            _ => self.real()?.partial_cmp(&other.real()?),
        }
    }

    /// What a pattern is tried on: scalars as they are written.
    pub fn written(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Unknown => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Flag(flag) => Some(Cow::Owned(flag.to_string())),
            Self::Whole(whole) => Some(Cow::Owned(whole.to_string())),
            Self::Real(real) => Some(Cow::Owned(real.to_string())),
        }
    }

    fn real(&self) -> Option<f64> {
        match self {
            Self::Whole(whole) => Some(*whole as f64),
            Self::Real(real) => Some(*real),
            _ => None,
        }
    }
}
