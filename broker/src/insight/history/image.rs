//! All of a history as bytes. Made and read whole; a checksum tells bytes that a crash cut short.

use std::collections::HashMap;

use super::calendar::Calendar;
use super::ledger::{Key, Ledger, MINUTES, SECONDS, Track};
use super::series::Series;
use super::varint;
use crate::model::{SubscriptionId, TopicId};

/// What it begins with; the last byte is the version.
const MAGIC: [u8; 8] = *b"WEIRHIS\x01";

impl Ledger {
    /// All of it as bytes. The minute that is not whole yet begins anew when it is read.
    pub fn image(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        self.seconds.put(&mut bytes);
        self.minutes.put(&mut bytes);
        varint::put(&mut bytes, self.tracks.len() as u64);
        for (key, track) in &self.tracks {
            let (kind, id) = match key {
                Key::Broker => (0, 0),
                Key::Topic(id) => (1, id.0),
                Key::Subscription(id) => (2, id.0),
            };
            for number in [kind, id, track.cut, track.minutes_cut] {
                varint::put(&mut bytes, number);
            }
            track.seconds.put(&mut bytes);
            track.minutes.put(&mut bytes);
        }
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The history that an image is of; `None` if it is of another version, or damaged.
    pub fn of_image(image: &[u8]) -> Option<Self> {
        let (bytes, checksum) = image.split_last_chunk()?;
        if crc32c::crc32c(bytes) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut bytes = bytes.strip_prefix(&MAGIC)?;
        let bytes = &mut bytes;
        let mut ledger = Self::default();
        ledger.seconds = Calendar::take(bytes, SECONDS)?;
        ledger.minutes = Calendar::take(bytes, MINUTES)?;
        let count = varint::take(bytes)?;
        let mut tracks = HashMap::new();
        for _ in 0..count {
            let (key, track) = take_track(bytes, &ledger)?;
            tracks.insert(key, Box::new(track));
        }
        ledger.tracks = tracks;
        bytes.is_empty().then_some(ledger)
    }
}

fn take_track(bytes: &mut &[u8], ledger: &Ledger) -> Option<(Key, Track)> {
    let mut number = || varint::take(bytes);
    let (kind, id) = (number()?, number()?);
    let (cut, minutes_cut) = (number()?, number()?);
    let key = match kind {
        0 => Key::Broker,
        1 => Key::Topic(TopicId(id)),
        2 => Key::Subscription(SubscriptionId(id)),
        _ => return None,
    };
    let track = Track {
        seconds: Series::take(bytes, ledger.seconds.next())?,
        minutes: Series::take(bytes, ledger.minutes.next())?,
        cut,
        minutes_cut,
        ..Track::default()
    };
    Some((key, track))
}
