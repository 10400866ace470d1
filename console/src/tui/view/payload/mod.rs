//! The payload of a message as text, as a tree of JSON, or byte by byte.
//!
//! A payload is what anybody may send: it is cut to a bound before it is read, all of it goes through
//! `SafeText`, and only the lines that are seen are made. Read in this order.

mod hex;

mod text;

pub(crate) mod viewer;

#[cfg(test)]
mod tests;
