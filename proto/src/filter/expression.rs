//! A filter that was read: comparisons and how they are put together. Written out it reads as the
//! same filter again.

use std::fmt;

use super::comparison::Comparison;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(super) root: Expression,
}

/// Comparisons put together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// One.
    One(Comparison),
    /// Not this.
    Not(Box<Self>),
    /// All of these, at least two.
    All(Vec<Self>),
    /// Any of these, at least two.
    Any(Vec<Self>),
}

impl Expression {
    /// How tightly it binds: what binds less than what is around it stands in parentheses.
    fn strength(&self) -> u8 {
        match self {
            Self::Any(_) => 0,
            Self::All(_) => 1,
            Self::Not(_) | Self::One(_) => 2,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(comparison) => comparison.fmt(f),
            Self::Not(inner) => write!(f, "not {}", Inside(inner, 2)),
            Self::All(parts) => joined(f, parts, " and ", 2),
            Self::Any(parts) => joined(f, parts, " or ", 1),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], word: &str, least: u8) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        f.write_str(if at > 0 { word } else { "" })?;
        write!(f, "{}", Inside(part, least))?;
    }
    Ok(())
}

/// A part of an expression, which needs parentheses if it binds less than this.
struct Inside<'a>(&'a Expression, u8);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(part, least) = self;
        if part.strength() < *least {
            write!(f, "({part})")
        } else {
            part.fmt(f)
        }
    }
}
