//! Payloads that say who sent them: 8 bytes producer, 8 bytes sequence, 4 bytes CRC32C of all the rest, and filler
//! that follows from both.

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Who published it.
    pub producer: u64,
    /// Its number among those of the producer.
    pub sequence: u64,
}

const HEAD: usize = 20;

impl Mark {
    /// A payload of `size` bytes, at least 20.
    pub fn payload(self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(size.max(HEAD));
        bytes.extend_from_slice(&self.producer.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        let mut state = self.producer ^ self.sequence.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15;
        while bytes.len() < size {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            bytes.push((state >> 56) as u8);
        }
        let sum = crc(&bytes);
        bytes[16..HEAD].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The mark of a payload; `None` if it is not whole.
    pub fn of(payload: &[u8]) -> Option<Self> {
        let (head, _) = payload.split_first_chunk::<HEAD>()?;
        let number =
            |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap_or_default());
        let sum = u32::from_le_bytes(head[16..HEAD].try_into().unwrap_or_default());
        let mut zeroed = payload.to_vec();
        zeroed[16..HEAD].fill(0);
        (crc(&zeroed) == sum).then(|| Self {
            producer: number(0),
            sequence: number(8),
        })
    }
}

fn crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_gives_its_mark_back_and_a_changed_one_does_not() {
        let mark = Mark {
            producer: 3,
            sequence: 1 << 40,
        };
        let mut payload = mark.payload(64);
        assert_eq!(Mark::of(&payload), Some(mark));
        for at in 0..payload.len() {
            payload[at] ^= 1;
            assert_eq!(Mark::of(&payload), None, "byte {at}");
            payload[at] ^= 1;
        }
    }
}
