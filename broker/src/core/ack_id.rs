//! Ack ids: a lease as text that describes itself, valid on any connection and across restarts.
//!
//! ```text
//! "1" then URL-safe base64 without padding of: subscription, epoch, incarnation, partition, offset, attempt, serial
//! as LEB128 numbers, then CRC32C of those bytes, u32 LE
//! ```
//!
//! At most 75 bytes. The check finds mangled ids; it is no proof of permission.

use std::fmt;
use std::str::FromStr;

use crate::model::{Epoch, Incarnation, LeaseSerial, Offset, Partition, Refusal, SubscriptionId};

/// The longest text that is looked at.
pub const MAX_ACK_ID: usize = 164;

/// One leased message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AckId {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The seek epoch.
    pub epoch: Epoch,
    /// The incarnation that granted the lease.
    pub incarnation: Incarnation,
    /// The partition.
    pub partition: Partition,
    /// The message.
    pub offset: Offset,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// The number of the grant.
    pub serial: LeaseSerial,
}

const VERSION: u8 = b'1';
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl AckId {
    fn numbers(&self) -> [u64; 7] {
        [
            self.subscription.0,
            self.epoch.0.into(),
            self.incarnation.0,
            self.partition.0.into(),
            self.offset.0,
            self.attempt.into(),
            self.serial.0,
        ]
    }
}

impl fmt::Display for AckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(40);
        for number in self.numbers() {
            write_number(&mut bytes, number);
        }
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        let mut text = String::with_capacity(1 + bytes.len().div_ceil(3) * 4);
        text.push(char::from(VERSION));
        for chunk in bytes.chunks(3) {
            let group = (0..3).fold(0u32, |group, at| {
                group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
            });
            for at in 0..=chunk.len() {
                let sextet = group >> (18 - 6 * at) & 0x3f;
                text.push(char::from(ALPHABET[sextet as usize]));
            }
        }
        f.write_str(&text)
    }
}

impl FromStr for AckId {
    type Err = Refusal;

    /// Exactly what `Display` writes; anything else is malformed.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        parse(text)
            .filter(|id| id.to_string() == text)
            .ok_or(Refusal::AckIdMalformed)
    }
}

fn parse(text: &str) -> Option<AckId> {
    if text.len() > MAX_ACK_ID {
        return None;
    }
    let (&version, sextets) = text.as_bytes().split_first()?;
    if version != VERSION {
        return None;
    }
    let bytes = decode_base64(sextets)?;
    let (numbers, crc) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(numbers) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut rest = numbers;
    let mut number = || read_number(&mut rest);
    let id = AckId {
        subscription: SubscriptionId(number()?),
        epoch: Epoch(u32::try_from(number()?).ok()?),
        incarnation: Incarnation(number()?),
        partition: Partition(u32::try_from(number()?).ok()?),
        offset: Offset(number()?),
        attempt: u32::try_from(number()?).ok()?,
        serial: LeaseSerial(number()?),
    };
    // An offset at the very end has no successor, so no range could hold it.
    (rest.is_empty() && id.offset.0 < u64::MAX).then_some(id)
}

fn decode_base64(sextets: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(sextets.len() * 3 / 4);
    for chunk in sextets.chunks(4) {
        let mut group = 0u32;
        for at in 0..4 {
            let sextet = match chunk.get(at) {
                Some(&letter) => sextet(letter)?,
                None => 0,
            };
            group = group << 6 | sextet;
        }
        let [_, decoded @ ..] = group.to_be_bytes();
        bytes.extend_from_slice(decoded.get(..chunk.len().checked_sub(1)?)?);
    }
    Some(bytes)
}

fn sextet(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

fn write_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        let [low, ..] = value.to_le_bytes();
        bytes.push(low | 0x80);
        value >>= 7;
    }
    let [low, ..] = value.to_le_bytes();
    bytes.push(low);
}

fn read_number(rest: &mut &[u8]) -> Option<u64> {
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
            return Some(value);
        }
    }
    None
}
