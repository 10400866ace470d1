//! What the dashboard knows: the broker's numbers as they came, and what the operator chose to see.
//!
//! Everything here is plain data with pure functions: no clock, no channel, no terminal. Text from
//! outside becomes [`weir_proto::safe_text::SafeText`] when it enters, so no other text is here.
//! Read in this order.

pub(crate) mod reading;

pub(crate) mod consumer;
pub(crate) mod subscription;

pub(crate) mod verdict;

pub(crate) mod history;

pub(crate) mod broker;

pub(crate) mod picture;

pub(crate) mod link;

pub(crate) mod listing;

pub(crate) mod screen;

pub(crate) mod layout;

pub(crate) use screen::State;
