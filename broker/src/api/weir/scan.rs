//! The strict scan of a published message: takes exactly what every decoder takes and reads the same way, so that
//! nothing a publisher sends can break a consumer or be read in two ways.
//!
//! Known fields only, each with its wire type; a singular field at most once; texts valid UTF-8; the keys of
//! attributes unique and each entry with one key and one value at most; no groups; sizes within limits. A tag or length
//! written longer than needed is refused, too.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Refusal;

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

/// `payload`, length-delimited.
const PAYLOAD: u64 = (1 << 3) | 2;
/// `attributes`, length-delimited; within an entry 1 is the key and 2 the value.
const ATTRIBUTES: u64 = (2 << 3) | 2;
/// `ordering_key`, length-delimited.
const ORDERING_KEY: u64 = (3 << 3) | 2;
const ENTRY_KEY: u64 = (1 << 3) | 2;
const ENTRY_VALUE: u64 = (2 << 3) | 2;

/// Checks message `index` of a batch and gives the hash of its ordering key, 0 if it has none.
pub(crate) fn scan(index: usize, message: &[u8]) -> Result<u64, Refusal> {
    let malformed = |detail: &str| Refusal::MessageMalformed {
        index,
        detail: detail.to_owned(),
    };
    let mut rest = message;
    let (mut payload, mut key) = (false, None);
    let mut attributes: Vec<&[u8]> = Vec::new();
    while !rest.is_empty() {
        let tag = number(&mut rest).ok_or_else(|| malformed("a tag is cut or too long"))?;
        if !matches!(tag, PAYLOAD | ATTRIBUTES | ORDERING_KEY) {
            return Err(malformed(&unknown(tag)));
        }
        let value = delimited(&mut rest).ok_or_else(|| malformed("a field is cut"))?;
        match tag {
            PAYLOAD if payload => return Err(malformed("payload occurs twice")),
            PAYLOAD => {
                payload = true;
                at_most("message.payload", value, MAX_PAYLOAD_BYTES)?;
            }
            ORDERING_KEY if key.is_some() => {
                return Err(malformed("ordering_key occurs twice"));
            }
            ORDERING_KEY => {
                at_most("message.ordering_key", value, MAX_ORDERING_KEY_BYTES)?;
                text(value).ok_or_else(|| malformed("ordering_key is not UTF-8"))?;
                key = Some(value);
            }
            _ => {
                attributes.push(attribute(index, value)?);
                if attributes.len() > MAX_ATTRIBUTES {
                    let limit = MAX_ATTRIBUTES as u64;
                    return Err(Refusal::TooManyAttributes { index, limit });
                }
            }
        }
    }
    if !are_unique(&attributes) {
        return Err(malformed("an attribute key occurs twice"));
    }
    Ok(key
        .filter(|key| !key.is_empty())
        .map_or(0, |key| xxh3_64(key).max(1)))
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

/// A varint in its shortest form.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return (byte != 0 || shift == 0).then_some(value);
        }
    }
    None
}

fn delimited<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (value, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
