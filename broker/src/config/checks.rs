//! How a written value becomes one, or the sentence that says what is wrong with it.

use std::net::{SocketAddr, ToSocketAddrs as _};

/// The smallest segment: it holds the largest restatement of state several times.
const MIN_SEGMENT_BYTES: u64 = 1 << 20;
/// The largest segment: recovery may have to read one as a whole.
const MAX_SEGMENT_BYTES: u64 = 1 << 30;

/// The largest part of the disk for what can be undone: the rest is for messages that somebody waits for.
const MAX_UNDO_PERCENT: u64 = 50;
/// The longest time in which operations can be undone: 30 days.
const MAX_UNDO_GRACE: u64 = 30 * 24 * 3_600;

/// `HOST:PORT` as an address; the first one if a name has several.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text
        .to_socket_addrs()
        .map_err(|error| format!("{text} is no address to listen on: {error}"))?
        .next();
    found.ok_or_else(|| format!("{text} has no address"))
}

/// A size of segments within its range.
pub(super) fn segment_bytes(text: &str) -> Result<u64, String> {
    number_of_bytes(text).and_then(checked_segment_bytes)
}

/// A number of bytes.
pub(super) fn number_of_bytes(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("{text} is no number of bytes: {error}"))
}

/// A number of bytes within the range of segments.
pub(super) fn checked_segment_bytes(bytes: u64) -> Result<u64, String> {
    if (MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&bytes) {
        return Ok(bytes);
    }
    Err(format!(
        "a segment has {MIN_SEGMENT_BYTES} to {MAX_SEGMENT_BYTES} bytes, not {bytes}"
    ))
}

/// A part of the disk for what can be undone.
pub(super) fn undo_percent(text: &str) -> Result<u64, String> {
    number(text).and_then(checked_undo_percent)
}

/// The same as a number.
pub(super) fn checked_undo_percent(percent: u64) -> Result<u64, String> {
    if percent <= MAX_UNDO_PERCENT {
        return Ok(percent);
    }
    Err(format!(
        "what can be undone takes 0 to {MAX_UNDO_PERCENT} percent of the disk, not {percent}"
    ))
}

/// How long operations can be undone, in seconds.
pub(super) fn undo_grace(text: &str) -> Result<u64, String> {
    number(text).and_then(checked_undo_grace)
}

/// The same as a number.
pub(super) fn checked_undo_grace(seconds: u64) -> Result<u64, String> {
    if seconds <= MAX_UNDO_GRACE {
        return Ok(seconds);
    }
    Err(format!(
        "operations can be undone for 0 to {MAX_UNDO_GRACE} seconds, not {seconds}"
    ))
}

/// A number.
pub(super) fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("{text} is no number: {error}"))
}

/// True or false, as it is written.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_neither| format!("write true or false, not {text}"))
}
