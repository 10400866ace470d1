//! All events as bytes. Made and read whole; a checksum tells bytes that a crash cut short.
//!
//! ```text
//! "WEIREVT" version | next number | how many | events | CRC32C of all before, u32 LE
//! event: number, time µs, kind, severity, count, merged, operation (0 none), topic, subscription, actor, text
//! ```
//! Numbers as in protobuf, a text as its length and its bytes. What is held back is not in it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::{Event, EventKind, Happening};
use super::ring::{KEPT, Timeline};
use crate::insight::Severity;
use crate::insight::history::varint;
use crate::model::{Name, OperationId, Time};

/// What it begins with; the last byte is the version.
const MAGIC: [u8; 8] = *b"WEIREVT\x01";

/// The events of a timeline on their way into an image, so that it is not held while that is made.
#[derive(Debug, Clone)]
pub struct Copied {
    events: Vec<Arc<Event>>,
    next: u64,
}

impl Timeline {
    /// What goes into an image.
    pub fn copied(&self) -> Copied {
        Copied {
            events: self.events.iter().map(Arc::clone).collect(),
            next: self.next,
        }
    }

    /// The timeline that an image is of; `None` if it is of another version, or damaged.
    pub fn of_image(image: &[u8]) -> Option<Self> {
        let (bytes, checksum) = image.split_last_chunk()?;
        if crc32c::crc32c(bytes) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut bytes = bytes.strip_prefix(&MAGIC)?;
        let bytes = &mut bytes;
        let (next, count) = (varint::take(bytes)?, varint::take(bytes)?);
        let mut events = VecDeque::new();
        let mut newest = 0;
        for _ in 0..count.min(KEPT as u64) {
            let event = take_event(bytes)?;
            if event.sequence <= newest || event.sequence >= next {
                return None;
            }
            newest = event.sequence;
            events.push_back(Arc::new(event));
        }
        (bytes.is_empty() && next > 0).then(|| Self::of(events, next))
    }
}

impl Copied {
    /// All of it as bytes.
    pub fn image(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        varint::put(&mut bytes, self.next);
        varint::put(&mut bytes, self.events.len() as u64);
        for event in &self.events {
            put_event(&mut bytes, event);
        }
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

fn put_event(bytes: &mut Vec<u8>, event: &Event) {
    let of = &event.happening;
    let numbers = [
        event.sequence,
        of.time.0,
        of.kind.index() as u64,
        of.severity as u64,
        of.count,
        of.merged,
        of.operation.map_or(0, |operation| operation.0),
    ];
    for number in numbers {
        varint::put(bytes, number);
    }
    let name = |name: &Option<Name>| name.as_ref().map_or(String::new(), Name::to_string);
    for text in [
        &name(&of.topic),
        &name(&of.subscription),
        &of.actor,
        &of.text,
    ] {
        varint::put(bytes, text.len() as u64);
        bytes.extend_from_slice(text.as_bytes());
    }
}

fn take_event(bytes: &mut &[u8]) -> Option<Event> {
    let mut number = || varint::take(bytes);
    let (sequence, time) = (number()?, Time(number()?));
    let kind = *EventKind::ALL.get(usize::try_from(number()?).ok()?)?;
    let severity = *Severity::ALL.get(usize::try_from(number()?).ok()?)?;
    let (count, merged, operation) = (number()?, number()?, number()?);
    let topic = take_name(bytes).ok()?;
    let subscription = take_name(bytes).ok()?;
    let (actor, text) = (take_text(bytes)?, take_text(bytes)?);
    Some(Event {
        sequence,
        happening: Happening {
            time,
            kind,
            severity,
            topic,
            subscription,
            actor: actor.to_owned(),
            text: text.to_owned(),
            count,
            merged,
            operation: Some(OperationId(operation)).filter(|id| id.0 > 0),
        },
    })
}

/// The bytes are no name, and no lack of one either.
#[derive(Debug)]
struct NoName;

/// A name or none.
fn take_name(bytes: &mut &[u8]) -> Result<Option<Name>, NoName> {
    match take_text(bytes).ok_or(NoName)? {
        "" => Ok(None),
        text => Name::parse(text).ok().map(Some).ok_or(NoName),
    }
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(varint::take(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}
