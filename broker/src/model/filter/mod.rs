//! The filter language of subscriptions: which messages belong to one, by their attributes. It is Pub/Sub's.
//!
//! ```text
//! filter   = part { "AND" part } | part { "OR" part }
//! part     = ( "NOT" | "-" ) part | "(" filter ")" | term
//! term     = "attributes:" key | "attributes." key ( "=" | "!=" ) text
//!          | "hasPrefix(" "attributes." key "," text ")"
//! key      = one or more letters, digits, "-" and "_" of ASCII | text
//! text     = '"' { any character but '"' and '\' | '\"' | '\\' } '"'
//! ```
//!
//! AND and OR do not stand side by side without parentheses. Words and values are told apart by case. `!=` is true of
//! a message without the key, too. What is no filter is refused with the place and what is expected there.

mod attributes;

mod expression;

mod parser;

mod selection;

mod sieve;

#[cfg(test)]
mod tests;

pub use attributes::{Attributes, ordering_key};
pub use expression::FilterError;
pub use selection::Filter;
pub use sieve::{Filters, Sieved};
