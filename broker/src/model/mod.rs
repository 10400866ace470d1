//! The words of the broker as pure values: names, ids, settings, messages, entries.

pub mod ids;
