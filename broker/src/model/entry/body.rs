//! The body of a published batch: columns about the messages, then the messages as they go on the wire.
//!
//! ```text
//! count        number
//! flags        number        1: all messages have one size; 2: keys follow the sizes
//! sizes        number        once if flag 1, else one for each message: bytes of the encoded message
//! keys         u64 LE        if flag 2, one for each message: hash of its ordering key, 0 = none
//! messages     for each message  0x12, size as number, the encoded `weir.v1.Message`
//! ```
//!
//! A message is written as field 2 of whatever holds it, so any run of messages is one slice of the body that can be
//! put into a `DeliveryRun` as it is.

use std::ops::Range;

use bytes::Bytes;

use super::bytes::{DecodeError, Reader, Writer};

/// The tag before each message: field 2, length-delimited.
pub const MESSAGE_TAG: u8 = 0x12;

const UNIFORM: u64 = 1;
const KEYED: u64 = 2;

/// The sizes of the encoded messages of a batch, in bytes, without tag and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sizes {
    /// All have this size.
    Uniform(u32),
    /// One each.
    Each(Box<[u32]>),
}

impl Sizes {
    /// The size of message `index` of the batch; 0 if there is none.
    pub fn get(&self, index: usize) -> u32 {
        match self {
            Self::Uniform(size) => *size,
            Self::Each(sizes) => sizes.get(index).copied().unwrap_or(0),
        }
    }

    /// The sum of the sizes of `count` messages from `first` on.
    pub fn sum(&self, first: usize, count: usize) -> u64 {
        match self {
            Self::Uniform(size) => u64::from(*size) * count as u64,
            Self::Each(sizes) => sizes
                .iter()
                .skip(first)
                .take(count)
                .map(|&size| u64::from(size))
                .sum(),
        }
    }
}

/// What a batch says of its messages without their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// How many messages, at least 1.
    pub count: u32,
    /// Their sizes.
    pub sizes: Sizes,
    /// Hashes of their ordering keys, 0 for none; `None` if no message has a key.
    pub keys: Option<Box<[u64]>>,
    /// Where in the body the first message begins.
    pub messages_start: usize,
}

impl Columns {
    /// Reads the columns of a body and checks that the messages fill the rest of it exactly.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let columns = Self::parse_front(body)?;
        let count = columns.count as usize;
        // A message takes more than one byte, so a count beyond the bytes need not be multiplied.
        if count <= body.len() && columns.slice(0, count).end == body.len() {
            Ok(columns)
        } else {
            Err(DecodeError::Invalid("the size of a batch"))
        }
    }

    /// Reads the columns of a body of which the messages may be missing.
    pub fn parse_front(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader(body);
        let count = reader.number_u32("the number of messages")?;
        let flags = reader.number("the flags of a batch")?;
        if count == 0 || flags > (UNIFORM | KEYED) {
            return Err(DecodeError::Invalid("the head of a batch"));
        }
        let sizes = if flags & UNIFORM == 0 {
            let sizes: Result<Box<[u32]>, _> = (0..count)
                .map(|_| reader.number_u32("the sizes of a batch"))
                .collect();
            Sizes::Each(sizes?)
        } else {
            Sizes::Uniform(reader.number_u32("the size of a batch")?)
        };
        let keys = if flags & KEYED == 0 {
            None
        } else {
            Some(read_keys(&mut reader, count as usize)?)
        };
        Ok(Self {
            count,
            sizes,
            keys,
            messages_start: body.len() - reader.0.len(),
        })
    }

    /// Where in the body `count` messages from `first` on are, tags and lengths included.
    pub fn slice(&self, first: usize, count: usize) -> Range<usize> {
        let start = self.messages_start + self.framed(0, first);
        start..start + self.framed(first, count)
    }

    /// Where in the body the content of message `index` is, without tag and length.
    pub fn message(&self, index: usize) -> Range<usize> {
        let framed = self.slice(index, 1);
        framed.end - self.sizes.get(index) as usize..framed.end
    }

    /// The bytes of all messages, without tags and lengths.
    pub fn message_bytes(&self) -> u64 {
        self.sizes.sum(0, self.count as usize)
    }

    fn framed(&self, first: usize, count: usize) -> usize {
        match &self.sizes {
            Sizes::Uniform(size) => framed_len(*size) * count,
            Sizes::Each(sizes) => sizes
                .iter()
                .skip(first)
                .take(count)
                .copied()
                .map(framed_len)
                .sum(),
        }
    }
}

fn read_keys(reader: &mut Reader<'_>, count: usize) -> Result<Box<[u64]>, DecodeError> {
    let what = "the keys of a batch";
    let size = count.checked_mul(8).ok_or(DecodeError::Invalid(what))?;
    let (keys, _) = reader.bytes(size, what)?.as_chunks::<8>();
    Ok(keys.iter().map(|key| u64::from_le_bytes(*key)).collect())
}

/// The bytes of a message of `size` bytes with tag and length.
fn framed_len(size: u32) -> usize {
    1 + number_len(u64::from(size)) + size as usize
}

fn number_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// A finished body.
#[derive(Debug, Clone)]
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    /// CRC32C of the bytes.
    pub crc: u32,
    /// Its columns.
    pub columns: Columns,
}

/// Collects the messages of one batch for one partition.
#[derive(Debug, Default)]
pub struct BodyBuilder {
    sizes: Vec<u32>,
    keys: Vec<u64>,
    messages: Writer,
    keyed: bool,
}

impl BodyBuilder {
    /// Adds an encoded message; `key` is the hash of its ordering key, 0 for none.
    pub fn push(&mut self, message: &[u8], key: u64) {
        self.sizes
            .push(u32::try_from(message.len()).unwrap_or(u32::MAX));
        self.keys.push(key);
        self.keyed |= key != 0;
        self.messages.0.push(MESSAGE_TAG);
        self.messages.number(message.len() as u64);
        self.messages.0.extend_from_slice(message);
    }

    /// How many messages it has.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The body; `None` without a message.
    pub fn finish(self) -> Option<Body> {
        let first = *self.sizes.first()?;
        let count = u32::try_from(self.sizes.len()).ok()?;
        let uniform = self.sizes.iter().all(|&size| size == first);
        let flags = if uniform { UNIFORM } else { 0 } | if self.keyed { KEYED } else { 0 };
        let mut head = Writer(Vec::with_capacity(
            self.messages.0.len() + 16 + self.sizes.len() * 10,
        ));
        head.number(u64::from(count)).number(flags);
        let sizes = if uniform {
            Sizes::Uniform(first)
        } else {
            Sizes::Each(self.sizes.into())
        };
        match &sizes {
            Sizes::Uniform(size) => {
                head.number(u64::from(*size));
            }
            Sizes::Each(sizes) => {
                for &size in sizes {
                    head.number(u64::from(size));
                }
            }
        }
        if self.keyed {
            self.keys
                .iter()
                .for_each(|key| head.0.extend_from_slice(&key.to_le_bytes()));
        }
        let messages_start = head.0.len();
        head.0.extend_from_slice(&self.messages.0);
        let keys = self.keyed.then(|| self.keys.into());
        let bytes = Bytes::from(head.0);
        let crc = crc32c::crc32c(&bytes);
        Some(Body {
            bytes,
            crc,
            columns: Columns {
                count,
                sizes,
                keys,
                messages_start,
            },
        })
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
