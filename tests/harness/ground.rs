//! What is loaded: a topic, its subscriptions, and which messages are theirs.

use super::payload::Mark;

/// What is loaded: one topic and its subscriptions.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The topic.
    pub topic: &'static str,
    /// Its subscriptions.
    pub subscriptions: &'static [Reader],
}

/// A subscription under load.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Its name.
    pub name: &'static str,
    /// Whether it promises order within a key.
    pub is_ordered: bool,
    /// Whether [`HALF`] is its filter.
    pub is_half: bool,
}

/// The filter that lets every second message of each producer pass.
pub const HALF: &str = "attributes.half = \"first\"";

impl Reader {
    /// One that gets everything, in any order.
    pub const fn plain(name: &'static str) -> Self {
        Self {
            name,
            is_ordered: false,
            is_half: false,
        }
    }

    /// One that promises order within a key.
    pub const fn ordered(name: &'static str) -> Self {
        Self {
            is_ordered: true,
            ..Self::plain(name)
        }
    }

    /// One with the filter [`HALF`].
    pub const fn half(name: &'static str) -> Self {
        Self {
            is_half: true,
            ..Self::plain(name)
        }
    }

    /// Whether a message is one of its.
    pub fn wants(self, mark: Mark) -> bool {
        !self.is_half || mark.sequence.is_multiple_of(2)
    }
}

/// The attribute of a message that [`HALF`] looks at.
pub fn half(mark: Mark) -> (String, String) {
    let half = if mark.sequence.is_multiple_of(2) {
        "first"
    } else {
        "second"
    };
    ("half".to_owned(), half.to_owned())
}
