//! One filter language for the command line's `--where`, for what is typed on the dashboard, and for
//! what the broker selects for a Watch.
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

pub use evaluate::{Subject, inside};
pub use expression::Filter;
pub use field::{Field, Filtered, Kind, Open, Path, Schema};
pub use parser::{field, parse};
pub use problem::Problem;
pub use value::Value;
