//! Numbers, texts and ranges as bytes: unsigned LEB128 numbers; a text is its length and its bytes; ranges are
//! deltas. Reading never panics, never allocates more than the input is long, and refuses what writing never makes.

use crate::model::{Offset, OffsetRange};

/// Bytes that are no entry of this broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the entry ends within {0}")]
    Short(&'static str),
    /// A value that is never written.
    #[error("{0} has a value that is never written")]
    Invalid(&'static str),
    /// Bytes are left over.
    #[error("{0} bytes follow the entry")]
    Trailing(usize),
    /// A kind or version that this release does not know.
    #[error("kind {kind} version {version} is not known to this release; a newer one wrote it")]
    Unknown {
        /// The kind.
        kind: u8,
        /// The version.
        version: u8,
    },
    /// A setting of a topic or subscription that this release does not know.
    #[error("setting {0} is not known to this release; a newer one wrote it")]
    UnknownSetting(u64),
}

/// Appends to a buffer.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, mut value: u64) -> &mut Self {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.0.push(low & 0x7f);
                return self;
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Ranges that are in order and disjoint.
    pub(super) fn ranges(&mut self, ranges: &[OffsetRange]) -> &mut Self {
        self.number(ranges.len() as u64);
        let mut at = 0;
        for range in ranges {
            self.number(range.start.0 - at).number(range.count());
            at = range.end.0;
        }
        self
    }
}

/// Takes from a slice.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(DecodeError::Short(what))?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Invalid(what));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Invalid(what))
    }

    pub(super) fn number_u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        u32::try_from(self.number(what)?).map_err(|_large| DecodeError::Invalid(what))
    }

    pub(super) fn bytes(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(DecodeError::Short(what))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        let length = self.length(what)?;
        std::str::from_utf8(self.bytes(length, what)?).map_err(|_error| DecodeError::Invalid(what))
    }

    /// A number of elements, each of which takes at least one byte of what is left.
    pub(super) fn length(&mut self, what: &'static str) -> Result<usize, DecodeError> {
        let length = self.number(what)?;
        usize::try_from(length)
            .ok()
            .filter(|&length| length <= self.0.len())
            .ok_or(DecodeError::Short(what))
    }

    pub(super) fn ranges(&mut self, what: &'static str) -> Result<Vec<OffsetRange>, DecodeError> {
        let count = self.length(what)?;
        let mut ranges = Vec::with_capacity(count);
        let mut at = 0u64;
        for _ in 0..count {
            let range = self.range_after(at, what)?;
            at = range.end.0;
            ranges.push(range);
        }
        Ok(ranges)
    }

    /// A range that begins at or after `at`, written as its distance and its length.
    pub(super) fn range_after(
        &mut self,
        at: u64,
        what: &'static str,
    ) -> Result<OffsetRange, DecodeError> {
        let start = at.checked_add(self.number(what)?);
        let length = self.number(what)?;
        let end = start.and_then(|start| start.checked_add(length));
        match (start, end) {
            (Some(start), Some(end)) if length > 0 => Ok(OffsetRange {
                start: Offset(start),
                end: Offset(end),
            }),
            _ => Err(DecodeError::Invalid(what)),
        }
    }

    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing(self.0.len()))
        }
    }
}
