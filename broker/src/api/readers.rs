//! What reads bytes from outside before anything else does, as plain functions: for tests that feed
//! them everything.

use super::page;
use super::weir::scan;
use crate::model::{Refusal, Time};

/// The strict scan of one published message; gives the hash of its ordering key, 0 if it has none.
pub fn published_message(bytes: &[u8]) -> Result<u64, Refusal> {
    scan::scan(0, bytes, Time(0)).map(|marks| marks.key)
}

/// Where the page begins that a token of a list of topics asks for; `None` for the first page.
pub fn page_token(text: &str) -> Result<Option<Vec<u8>>, Refusal> {
    page::place(&["topics"], text)
}
