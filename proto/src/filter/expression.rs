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

impl Filter {
    /// The texts of which a field equals one in all that the filter selects, if it says so outright;
    /// and whether that is all it says. Whoever can select by that field needs not look at everything.
    pub fn requires(&self, field: &str) -> Option<(Vec<&str>, bool)> {
        match &self.root {
            Expression::All(parts) => {
                let texts = parts.iter().find_map(|part| part.texts(field));
                texts.map(|texts| (texts, false))
            }
            whole => whole.texts(field).map(|texts| (texts, true)),
        }
    }
}

impl Expression {
    /// The texts of which a field must equal one; `None` if it says anything else.
    fn texts(&self, field: &str) -> Option<Vec<&str>> {
        match self {
            Self::One(one) if one.path().name == field => one.text().map(|text| vec![text]),
            Self::Any(parts) => {
                let each = parts.iter().map(|part| part.texts(field));
                let each: Option<Vec<Vec<&str>>> = each.collect();
                each.map(|texts| texts.concat())
            }
            Self::One(_) | Self::Not(_) | Self::All(_) => None,
        }
    }

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
