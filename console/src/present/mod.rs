//! What the broker says, as people and programs read it.
//!
//! `calendar` and `units` write single values, `table` aligns them, `json` writes documents; then a file for each
//! noun holds the document of the JSON schema and the rows of the tables. Everything that came from
//! outside leaves here as `SafeText` or as escaped JSON.

pub(crate) mod calendar;
pub(crate) mod color;
pub(crate) mod format;
pub(crate) mod json;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod units;

pub(crate) mod list;

pub(crate) mod dead_groups;
pub(crate) mod diagnosis;
pub(crate) mod dead_set;
pub(crate) mod message;
pub(crate) mod message_fields;
pub(crate) mod message_printer;
pub(crate) mod operation;
pub(crate) mod operations;
pub(crate) mod plan;
pub(crate) mod setting;
pub(crate) mod status;
pub(crate) mod undo;
pub(crate) mod subscription_settings;

pub(crate) mod consumer;
pub(crate) mod subscription;
pub(crate) mod subscription_fields;
mod subscription_texts;
pub(crate) mod topic;
pub(crate) mod topic_stats;
pub(crate) mod verdict;

pub(crate) mod advice;
pub(crate) mod audit;
pub(crate) mod client;
pub(crate) mod event;
pub(crate) mod sentences;
