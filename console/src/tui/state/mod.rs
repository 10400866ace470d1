//! What the console knows: the broker's numbers as they came, the pages that are open, and what the
//! operator chose to see.
//!
//! Everything here is plain data with pure functions: no clock, no channel, no terminal. Text from
//! outside becomes [`weir_proto::safe_text::SafeText`] when it enters, so no other text is here.
//! Read in this order: what the broker says, what is known of it, how it is listed, where one is; last, a load test.

pub(crate) mod reading;

pub(crate) mod latency;
pub(crate) mod consumer;
pub(crate) mod topic;
pub(crate) mod advice;
pub(crate) mod subscription;

pub(crate) mod verdict;
pub(crate) mod standing;

pub(crate) mod history;

pub(crate) mod broker;

pub(crate) mod window;
pub(crate) mod picture;

pub(crate) mod past;
pub(crate) mod timeline;
pub(crate) mod dead_groups;
pub(crate) mod letter;
pub(crate) mod json_tree;
pub(crate) mod client;
pub(crate) mod operation;
pub(crate) mod audit;
pub(crate) mod plan;

pub(crate) mod link;
pub(crate) mod delay;
pub(crate) mod badge;
pub(crate) mod lock;

pub(crate) mod place;
pub(crate) mod mode;

pub(crate) mod row_id;
pub(crate) mod row;
pub(crate) mod table;
pub(crate) mod filter;
pub(crate) mod listing;

pub(crate) mod fetch;
pub(crate) mod beyond;
pub(crate) mod ask;
pub(crate) mod data;
pub(crate) mod page;

pub(crate) mod layout;
pub(crate) mod areas;

pub(crate) mod notices;
pub(crate) mod field;
pub(crate) mod deed;
mod visits;
pub(crate) mod dialog;
pub(crate) mod wish;
mod spoken;
pub(crate) mod command;

pub(crate) mod screen;

mod watching;

mod horizon;

mod cursor;

mod visiting;

mod export;

pub(crate) mod running;

pub(crate) mod baseline;
pub(crate) mod remark;
pub(crate) mod load;

pub(crate) use screen::State;
