//! What a load test writes at the start of each payload, so that it knows the message again.
//!
//! ```text
//! 0   8  the run, at random: messages of another run are passed over
//! 8   4  the producer
//! 12  8  its sequence, from 0
//! 20  8  when it was due: nanoseconds since the start of the run
//! 28  4  how long it waited from then until it was sent: microseconds
//! ```
//!
//! Numbers are little-endian; the rest of the payload is filler.

use std::time::Duration;

use bytes::Bytes;

/// The length of a stamp, and so the least size of a message.
pub(crate) const LENGTH: usize = 32;

/// Names a message of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) producer: u32,
    pub(crate) sequence: u64,
    pub(crate) due: Duration,
    /// How long after it was due it was sent.
    pub(crate) waited: Duration,
}

impl Stamp {
    /// A payload of `size` bytes, or of [`LENGTH`] if that is more.
    pub(crate) fn payload(self, run: u64, size: usize) -> Bytes {
        let mut payload = Vec::with_capacity(size.max(LENGTH));
        payload.extend_from_slice(&run.to_le_bytes());
        payload.extend_from_slice(&self.producer.to_le_bytes());
        payload.extend_from_slice(&self.sequence.to_le_bytes());
        let nanos = u64::try_from(self.due.as_nanos()).unwrap_or(u64::MAX);
        payload.extend_from_slice(&nanos.to_le_bytes());
        let micros = u32::try_from(self.waited.as_micros()).unwrap_or(u32::MAX);
        payload.extend_from_slice(&micros.to_le_bytes());
        payload.resize(size.max(LENGTH), b'.');
        payload.into()
    }

    /// The stamp of a payload of this run; `None` if it is another's.
    pub(crate) fn of(payload: &[u8], run: u64) -> Option<Self> {
        let (head, _) = payload.split_first_chunk::<LENGTH>()?;
        let number = |at: usize| {
            let bytes = head.get(at..at + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let producer = u32::from_le_bytes(head.get(8..12)?.try_into().ok()?);
        let waited = u32::from_le_bytes(head.get(28..32)?.try_into().ok()?);
        let stamp = Self {
            producer,
            sequence: number(12)?,
            due: Duration::from_nanos(number(20)?),
            waited: Duration::from_micros(waited.into()),
        };
        (number(0)? == run).then_some(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_back_and_another_run_is_passed_over() {
        let stamp = Stamp {
            producer: 3,
            sequence: 1 << 40,
            due: Duration::from_micros(1_234_567),
            waited: Duration::from_micros(89),
        };
        for size in [0, LENGTH, 1_000] {
            let payload = stamp.payload(42, size);
            assert_eq!(payload.len(), size.max(LENGTH));
            assert_eq!(Stamp::of(&payload, 42), Some(stamp));
            assert_eq!(Stamp::of(&payload, 43), None);
        }
        assert_eq!(Stamp::of(b"short", 42), None);
    }
}
