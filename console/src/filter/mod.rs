//! One filter language for the command line's `--where` and for what is typed on the dashboard.
//!
//! `lag_seconds > 5m and not (name ~ "^test" or state = stuck)`: comparisons of a field with a value, put
//! together by `and`, `or`, `not` and parentheses. The noun says which fields there are and what
//! each one measures, so a wrong name, unit or comparison is refused when the text is read, with
//! the place in it. Pure and bounded: length, depth and the size of patterns have limits.
//!
//! - What is compared: `value` and its units in `quantity`, `field` with the noun's schema.
//! - What is typed: `problem` for what is wrong with it, `lexer`, `expression`, `parser`.
//! - What it selects: `evaluate`.

mod value;

mod quantity;

mod field;

mod problem;

mod lexer;

mod comparison;

mod expression;

mod parser;

mod evaluate;

#[cfg(test)]
mod tests;

pub(crate) use evaluate::{Subject, inside};
pub(crate) use expression::Filter;
pub(crate) use field::{Field, Filtered, Kind, Open, Path, Schema};
pub(crate) use parser::{field, parse};
pub(crate) use problem::Problem;
pub(crate) use value::Value;
