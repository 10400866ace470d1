//! The strict scan of a published message: takes exactly what every decoder takes and reads the same way, so that
//! nothing a publisher sends can break a consumer or be read in two ways.
//!
//! Known fields only, each with its wire type; a singular field at most once; texts valid UTF-8; the keys of
//! attributes unique and each entry with one key and one value at most; no groups; sizes within limits. A tag or length
//! written longer than needed is refused, too.

use std::collections::HashSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::scan_time;
use super::varint::{delimited, number};
use crate::model::entry::Marks;
use crate::model::{Refusal, Span, Time};

/// The largest payload, in bytes.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 10 << 20;
/// The most attributes of a message.
pub(crate) const MAX_ATTRIBUTES: usize = 100;
/// The largest attribute key, in bytes.
pub(crate) const MAX_ATTRIBUTE_KEY_BYTES: usize = 256;
/// The largest attribute value, in bytes.
pub(crate) const MAX_ATTRIBUTE_VALUE_BYTES: usize = 1_024;
/// The largest ordering key, in bytes.
pub(crate) const MAX_ORDERING_KEY_BYTES: usize = 1_024;
/// The largest dedup id, in bytes.
pub(crate) const MAX_DEDUP_ID_BYTES: usize = 255;

/// `payload`, length-delimited.
const PAYLOAD: u64 = (1 << 3) | 2;
/// `attributes`, length-delimited; within an entry 1 is the key and 2 the value.
const ATTRIBUTES: u64 = (2 << 3) | 2;
/// `ordering_key`, length-delimited.
const ORDERING_KEY: u64 = (3 << 3) | 2;
/// `deliver_time`, a message.
const DELIVER_TIME: u64 = (4 << 3) | 2;
/// `delay`, a message.
const DELAY: u64 = (5 << 3) | 2;
/// `time_to_live`, a message.
const TIME_TO_LIVE: u64 = (6 << 3) | 2;
/// `dedup_id`, length-delimited.
const DEDUP_ID: u64 = (7 << 3) | 2;
const ENTRY_KEY: u64 = (1 << 3) | 2;
const ENTRY_VALUE: u64 = (2 << 3) | 2;

/// Checks message `index` of a batch and gives what the broker takes from it. A delay counts from `now`.
pub(crate) fn scan(index: usize, message: &[u8], now: Time) -> Result<Marks, Refusal> {
    let malformed = |detail: &str| Refusal::MessageMalformed {
        index,
        detail: detail.to_owned(),
    };
    let mut rest = message;
    let mut found = Fields::default();
    let mut attributes: Vec<&[u8]> = Vec::new();
    while !rest.is_empty() {
        let tag = number(&mut rest).ok_or_else(|| malformed("a tag is cut or too long"))?;
        if tag != ATTRIBUTES && found.name_and_place(tag).is_none() {
            return Err(malformed(&unknown(tag)));
        }
        let value = delimited(&mut rest).ok_or_else(|| malformed("a field is cut"))?;
        if let Some((name, place)) = found.name_and_place(tag) {
            if place.replace(value).is_some() {
                return Err(malformed(&format!("{name} occurs twice")));
            }
        } else {
            attributes.push(attribute(index, value)?);
            if attributes.len() > MAX_ATTRIBUTES {
                let limit = MAX_ATTRIBUTES as u64;
                return Err(Refusal::TooManyAttributes { index, limit });
            }
        }
    }
    if !are_unique(&attributes) {
        return Err(malformed("an attribute key occurs twice"));
    }
    found.marks(index, now)
}

/// The hash of an ordering key, 0 if it is empty. Frozen: it is stored.
pub(super) fn key_hash(key: &[u8]) -> u64 {
    if key.is_empty() {
        0
    } else {
        xxh3_64(key).max(1)
    }
}

/// The singular fields of a message, as they were found.
#[derive(Debug, Default)]
struct Fields<'a> {
    payload: Option<&'a [u8]>,
    key: Option<&'a [u8]>,
    deliver_time: Option<&'a [u8]>,
    delay: Option<&'a [u8]>,
    time_to_live: Option<&'a [u8]>,
    dedup_id: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    /// The field of a tag, and its place.
    fn name_and_place(&mut self, tag: u64) -> Option<(&'static str, &mut Option<&'a [u8]>)> {
        match tag {
            PAYLOAD => Some(("payload", &mut self.payload)),
            ORDERING_KEY => Some(("ordering_key", &mut self.key)),
            DELIVER_TIME => Some(("deliver_time", &mut self.deliver_time)),
            DELAY => Some(("delay", &mut self.delay)),
            TIME_TO_LIVE => Some(("time_to_live", &mut self.time_to_live)),
            DEDUP_ID => Some(("dedup_id", &mut self.dedup_id)),
            _ => None,
        }
    }

    /// Checks what was found.
    fn marks(&self, index: usize, now: Time) -> Result<Marks, Refusal> {
        let malformed = |detail: &str| Refusal::MessageMalformed {
            index,
            detail: detail.to_owned(),
        };
        let payload = self.payload.unwrap_or(&[]);
        at_most("message.payload", payload, MAX_PAYLOAD_BYTES)?;
        let key = self.key.unwrap_or(&[]);
        at_most("message.ordering_key", key, MAX_ORDERING_KEY_BYTES)?;
        text(key).ok_or_else(|| malformed("ordering_key is not UTF-8"))?;
        let dedup_id = self.dedup_id.unwrap_or(&[]);
        at_most("message.dedup_id", dedup_id, MAX_DEDUP_ID_BYTES)?;
        text(dedup_id).ok_or_else(|| malformed("dedup_id is not UTF-8"))?;
        let due = match (self.deliver_time, self.delay) {
            (Some(_), Some(_)) => {
                return Err(malformed("deliver_time and delay exclude one another"));
            }
            (Some(time), None) => scan_time::time(index, "message.deliver_time", time, now)?,
            (None, Some(delay)) => match scan_time::span(index, "message.delay", delay)? {
                Span::ZERO => Time(0),
                delay => now.plus(delay),
            },
            (None, None) => Time(0),
        };
        let life = match self.time_to_live {
            // What lives for no time at all ends as soon as that is looked at.
            Some(life) => scan_time::span(index, "message.time_to_live", life)?.max(Span(1)),
            None => Span::ZERO,
        };
        Ok(Marks {
            key: key_hash(key),
            due,
            dedup: if dedup_id.is_empty() {
                0
            } else {
                xxh3_128(dedup_id).max(1)
            },
            life,
        })
    }
}

/// Checks one entry of the attributes and gives its key.
fn attribute(index: usize, entry: &[u8]) -> Result<&[u8], Refusal> {
    let malformed = |detail: &str| Refusal::MessageMalformed {
        index,
        detail: detail.to_owned(),
    };
    let mut rest = entry;
    let (mut key, mut value) = (None, None);
    while !rest.is_empty() {
        let tag = number(&mut rest).ok_or_else(|| malformed("an attribute's tag is cut"))?;
        let place = match tag {
            ENTRY_KEY => &mut key,
            ENTRY_VALUE => &mut value,
            _ => return Err(malformed("an attribute holds more than a key and a value")),
        };
        let bytes = delimited(&mut rest).ok_or_else(|| malformed("an attribute is cut"))?;
        text(bytes).ok_or_else(|| malformed("an attribute is not UTF-8"))?;
        if place.replace(bytes).is_some() {
            return Err(malformed("an attribute holds a key or value twice"));
        }
    }
    let key = key
        .filter(|key| !key.is_empty())
        .ok_or_else(|| malformed("an attribute key is empty"))?;
    at_most("message.attributes.key", key, MAX_ATTRIBUTE_KEY_BYTES)?;
    at_most(
        "message.attributes.value",
        value.unwrap_or(&[]),
        MAX_ATTRIBUTE_VALUE_BYTES,
    )?;
    Ok(key)
}

fn unknown(tag: u64) -> String {
    format!(
        "field {} with wire type {} is not a field of a message",
        tag >> 3,
        tag & 7
    )
}

fn at_most(field: &'static str, value: &[u8], limit: usize) -> Result<(), Refusal> {
    if value.len() <= limit {
        return Ok(());
    }
    Err(Refusal::MessageTooLarge {
        field,
        size: value.len() as u64,
        limit: limit as u64,
    })
}

fn are_unique(keys: &[&[u8]]) -> bool {
    /// Up to here comparing each with each is cheaper than a set.
    const FEW: usize = 8;
    if keys.len() <= FEW {
        return keys
            .iter()
            .enumerate()
            .all(|(at, key)| !keys.iter().take(at).any(|k| k == key));
    }
    let mut seen = HashSet::with_capacity(keys.len());
    keys.iter().all(|key| seen.insert(*key))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
