//! What the broker says, as people and programs read it.
//!
//! `units` writes single values, `table` aligns them, `json` writes documents; then a file for each
//! noun holds the document of the JSON schema and the rows of the tables. Everything that came from
//! outside leaves here as `SafeText` or as escaped JSON.

pub(crate) mod color;
pub(crate) mod format;
