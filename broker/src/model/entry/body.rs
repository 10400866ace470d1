//! The body of a published batch: columns about the messages, then the messages as they go on the wire.
//!
//! ```text
//! count        number
//! flags        number        1: all messages have one size; 2, 4, 8, 16: these columns follow the sizes, in this order
//! sizes        number        once if flag 1, else one for each message: bytes of the encoded message
//! keys         u64 LE        if flag 2, one for each message: hash of its ordering key, 0 = none
//! dues         u64 LE        if flag 4, one for each message: when it is due, µs since 1970, 0 = at once
//! lives        u64 LE        if flag 8, one for each message: how long it lives from its publishing, µs, 0 = not said
//! dedup hashes u128 LE       if flag 16, one for each message: hash of its dedup id, 0 = none
//! messages     for each message  0x12, size as number, the encoded `weir.v1.Message`
//! ```
//!
//! A message is written as field 2 of whatever holds it, so any run of messages is one slice of the body that can be
//! put into a `DeliveryRun` as it is. A body with a flag beyond 2 makes its `Published` entry one of version 2.

use std::ops::Range;

use bytes::Bytes;

use super::bytes::{DecodeError, Reader, Writer};
use crate::model::filter::Sieved;
use crate::model::{Span, Time};

/// The tag before each message: field 2, length-delimited.
pub const MESSAGE_TAG: u8 = 0x12;

const UNIFORM: u64 = 1;
const KEYED: u64 = 2;
const DUE: u64 = 4;
const LIVING: u64 = 8;
const DEDUPED: u64 = 16;

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
    /// When they are due, in microseconds since 1970, 0 for at once; `None` if all are due at once.
    pub dues: Option<Box<[u64]>>,
    /// How long they live from their publishing, in microseconds, 0 if not said; `None` if none says it.
    pub lives: Option<Box<[u64]>>,
    /// Hashes of their dedup ids, 0 for none; `None` if no message has one.
    pub dedup: Option<Box<[u128]>>,
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
        if count == 0 || flags > (UNIFORM | KEYED | DUE | LIVING | DEDUPED) {
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
        let messages = count as usize;
        let mut numbers = |flag, what| match flags & flag {
            0 => Ok(None),
            _ => read_numbers(&mut reader, messages, what).map(Some),
        };
        let keys = numbers(KEYED, "the keys of a batch")?;
        let dues = numbers(DUE, "the due times of a batch")?;
        let lives = numbers(LIVING, "the lives of a batch")?;
        let dedup = match flags & DEDUPED {
            0 => None,
            _ => Some(read_hashes(&mut reader, messages)?),
        };
        Ok(Self {
            count,
            sizes,
            keys,
            dues,
            lives,
            dedup,
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

    /// The messages of the body, without tags and lengths, in order.
    pub fn messages<'a>(&'a self, body: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut at = self.messages_start;
        (0..self.count as usize).map(move |index| {
            let size = self.sizes.get(index);
            at += framed_len(size);
            body.get(at - size as usize..at).unwrap_or_default()
        })
    }

    /// The bytes of all messages, without tags and lengths.
    pub fn message_bytes(&self) -> u64 {
        self.sizes.sum(0, self.count as usize)
    }

    /// Whether it has columns that the first version of a batch cannot say.
    pub fn is_marked(&self) -> bool {
        self.dues.is_some() || self.lives.is_some() || self.dedup.is_some()
    }

    /// What is said of message `index`.
    pub fn marks(&self, index: usize) -> Marks {
        let number = |column: &Option<Box<[u64]>>| {
            let column = column.as_deref().unwrap_or(&[]);
            column.get(index).copied().unwrap_or(0)
        };
        let hashes = self.dedup.as_deref().unwrap_or(&[]);
        Marks {
            key: number(&self.keys),
            due: Time(number(&self.dues)),
            life: Span(number(&self.lives)),
            dedup: hashes.get(index).copied().unwrap_or(0),
        }
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

fn read_numbers(
    reader: &mut Reader<'_>,
    count: usize,
    what: &'static str,
) -> Result<Box<[u64]>, DecodeError> {
    let size = count.checked_mul(8).ok_or(DecodeError::Invalid(what))?;
    let (numbers, _) = reader.bytes(size, what)?.as_chunks::<8>();
    Ok(numbers.iter().map(|n| u64::from_le_bytes(*n)).collect())
}

fn read_hashes(reader: &mut Reader<'_>, count: usize) -> Result<Box<[u128]>, DecodeError> {
    let what = "the dedup hashes of a batch";
    let size = count.checked_mul(16).ok_or(DecodeError::Invalid(what))?;
    let (hashes, _) = reader.bytes(size, what)?.as_chunks::<16>();
    Ok(hashes.iter().map(|n| u128::from_le_bytes(*n)).collect())
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
    /// What the topic's filters leave out, as far as they were asked.
    pub sieved: Sieved,
}

impl Body {
    /// The same batch without some of its messages, which are named in order; `None` if none is left.
    pub fn without(&self, left_out: &[usize]) -> Option<Self> {
        let mut builder = BodyBuilder::default();
        let mut left_out = left_out.iter().copied().peekable();
        let mut end = self.columns.messages_start;
        for index in 0..self.columns.count as usize {
            let size = self.columns.sizes.get(index);
            end += framed_len(size);
            if left_out.next_if_eq(&index).is_none() {
                let message = self.bytes.get(end - size as usize..end)?;
                builder.push_marked(message, self.columns.marks(index));
            }
        }
        builder.finish()
    }
}

/// What a batch says of one message besides its size.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// The hash of its ordering key, 0 for none.
    pub key: u64,
    /// When it is due; 0 for at once.
    pub due: Time,
    /// How long it lives from its publishing; 0 if it does not say.
    pub life: Span,
    /// The hash of its dedup id, 0 for none.
    pub dedup: u128,
}

/// Collects the messages of one batch for one partition.
#[derive(Debug, Default)]
pub struct BodyBuilder {
    sizes: Vec<u32>,
    marks: Vec<Marks>,
    messages: Writer,
    flags: u64,
}

impl BodyBuilder {
    /// Adds an encoded message; `key` is the hash of its ordering key, 0 for none.
    pub fn push(&mut self, message: &[u8], key: u64) {
        let marks = Marks {
            key,
            ..Marks::default()
        };
        self.push_marked(message, marks);
    }

    /// Adds an encoded message.
    pub fn push_marked(&mut self, message: &[u8], marks: Marks) {
        self.sizes
            .push(u32::try_from(message.len()).unwrap_or(u32::MAX));
        self.marks.push(marks);
        let said = [
            (KEYED, marks.key != 0),
            (DUE, marks.due.0 != 0),
            (LIVING, marks.life.0 != 0),
            (DEDUPED, marks.dedup != 0),
        ];
        for (flag, _) in said.into_iter().filter(|(_, is_said)| *is_said) {
            self.flags |= flag;
        }
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
        let flags = self.flags | if uniform { UNIFORM } else { 0 };
        let mut head = Writer(Vec::with_capacity(
            self.messages.0.len() + 16 + self.sizes.len() * 10,
        ));
        head.number(u64::from(count)).number(flags);
        let sizes = if uniform {
            head.number(u64::from(first));
            Sizes::Uniform(first)
        } else {
            for &size in &self.sizes {
                head.number(u64::from(size));
            }
            Sizes::Each(self.sizes.into())
        };
        let marks = &self.marks;
        let mut column = |flag, of: fn(&Marks) -> u64| -> Option<Box<[u64]>> {
            (flags & flag != 0).then(|| {
                let numbers: Box<[u64]> = marks.iter().map(of).collect();
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
                head.0.extend(bytes);
                numbers
            })
        };
        let keys = column(KEYED, |marks| marks.key);
        let dues = column(DUE, |marks| marks.due.0);
        let lives = column(LIVING, |marks| marks.life.0);
        let dedup = (flags & DEDUPED != 0).then(|| {
            let hashes: Box<[u128]> = marks.iter().map(|marks| marks.dedup).collect();
            head.0
                .extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
            hashes
        });
        let messages_start = head.0.len();
        head.0.extend_from_slice(&self.messages.0);
        let bytes = Bytes::from(head.0);
        let crc = crc32c::crc32c(&bytes);
        Some(Body {
            bytes,
            crc,
            columns: Columns {
                count,
                sizes,
                keys,
                dues,
                lives,
                dedup,
                messages_start,
            },
            sieved: Sieved::default(),
        })
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
