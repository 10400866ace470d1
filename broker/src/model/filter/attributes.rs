//! The attributes and the ordering key of an encoded message, found without decoding the rest of it.

/// `attributes` of a message, length-delimited; within one 1 is the key and 2 the value.
const ATTRIBUTES: u64 = (2 << 3) | 2;
const KEY: u64 = (1 << 3) | 2;
const VALUE: u64 = (2 << 3) | 2;

/// The attributes of a message.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// Those of an encoded `weir.v1.Message`. Of a message that was not checked, what cannot be read is left out.
    pub fn of(message: &'a [u8]) -> Self {
        let mut attributes = Vec::new();
        let mut rest = message;
        while let Some((tag, value)) = field(&mut rest) {
            if tag == ATTRIBUTES {
                attributes.extend(attribute(value));
            }
        }
        Self(attributes)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Attributes<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// The ordering key of an encoded `weir.v1.Message`; `None` if it has none, or one that cannot be read.
pub fn ordering_key(message: &[u8]) -> Option<&str> {
    /// `ordering_key` of a message, length-delimited.
    const ORDERING_KEY: u64 = (3 << 3) | 2;
    let mut rest = message;
    while let Some((tag, value)) = field(&mut rest) {
        if tag == ORDERING_KEY {
            return std::str::from_utf8(value).ok();
        }
    }
    None
}

fn attribute(entry: &[u8]) -> Option<(&str, &str)> {
    let (mut key, mut value) = ("", "");
    let mut rest = entry;
    while let Some((tag, bytes)) = field(&mut rest) {
        let text = std::str::from_utf8(bytes).ok()?;
        match tag {
            KEY => key = text,
            VALUE => value = text,
            _ => {}
        }
    }
    Some((key, value))
}

/// The next field: its tag, and its bytes if it has a length.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let tag = number(rest)?;
    let length = match tag & 7 {
        0 => {
            number(rest)?;
            0
        }
        1 => 8,
        2 => usize::try_from(number(rest)?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (value, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((tag, value))
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
