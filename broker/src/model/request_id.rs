//! Ids that callers give to their requests: UUIDs, as text outside and as 16 bytes inside.

use std::fmt;

/// A UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u128);

/// Where a UUID has its dashes, by character.
const DASHES: [usize; 4] = [8, 13, 18, 23];
/// Characters of a UUID.
const CHARACTERS: usize = 36;

impl RequestId {
    /// Parses `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in digits of either case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != CHARACTERS {
            return None;
        }
        let mut value = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if DASHES.contains(&at) {
                if byte != b'-' {
                    return None;
                }
                continue;
            }
            let digit = char::from(byte).to_digit(16)?;
            value = value << 4 | u128::from(digit);
        }
        Some(Self(value))
    }

    /// The first and the second 64 bits.
    pub fn halves(self) -> [u64; 2] {
        let bytes = self.0.to_be_bytes();
        let (halves, _none) = bytes.as_chunks::<8>();
        let mut all = halves.iter().map(|half| u64::from_be_bytes(*half));
        [
            all.next().unwrap_or_default(),
            all.next().unwrap_or_default(),
        ]
    }

    /// The id of these halves.
    pub fn of_halves([high, low]: [u64; 2]) -> Self {
        Self(u128::from(high) << 64 | u128::from(low))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", self.0);
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        let parts = parts.into_iter().filter_map(|part| digits.get(part));
        f.write_str(&parts.collect::<Vec<_>>().join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_read_in_either_case_and_written_in_one() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        for given in [text.to_owned(), text.to_uppercase()] {
            let id = RequestId::parse(&given).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(RequestId::of_halves(id.halves()), id);
        }
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in [
            "",
            "00112233445566778899aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeef",
            "00112233-4455-6677-8899-aabbccddeeffa",
            "00112233-4455-6677-8899-aabbccddeefg",
            "0011223344-55-6677-8899-aabbccddeeff",
            "+0112233-4455-6677-8899-aabbccddeeff",
            "{00112233-4455-6677-8899-aabbccddeef",
        ] {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
    }
}
