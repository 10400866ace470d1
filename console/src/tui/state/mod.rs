//! What the dashboard knows: the broker's numbers as they came, and what the operator chose to see.
//!
//! Everything here is plain data with pure functions: no clock, no channel, no terminal. Text from
//! outside becomes [`weir_proto::safe_text::SafeText`] when it enters, so no other text is here.
//! Read in this order.
#![expect(dead_code, reason = "the pages that show the rest come one by one")]

pub(crate) mod reading;

pub(crate) mod latency;
pub(crate) mod diagnosis;

pub(crate) mod consumer;
pub(crate) mod partition;
pub(crate) mod subscription;

pub(crate) mod topic;

pub(crate) mod settings;

pub(crate) mod event;

pub(crate) mod advice;

pub(crate) mod client;

pub(crate) mod dead_group;
pub(crate) mod message;

pub(crate) mod verdict;

pub(crate) mod history;
pub(crate) mod past;

pub(crate) mod broker;

pub(crate) mod picture;

pub(crate) mod link;

pub(crate) mod listing;

pub(crate) mod screen;

pub(crate) mod layout;

pub(crate) use screen::State;
