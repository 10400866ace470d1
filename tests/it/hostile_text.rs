//! Bytes that try to drive a terminal, to hide, to turn round or to break out of their cells.

use rand::Rng as _;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;

/// Colours are those that [`weir_tests::drawn::CANARY`] knows.
const FRAGMENTS: [&str; 26] = [
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]2;owned\u{1b}\\",
    "\u{1b}]52;c;b3duZWQ=\u{7}",
    "\u{1b}]8;;http://owned\u{1b}\\link",
    "\u{1b}[38;5;213m",
    "\u{1b}[48;5;213m",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[?1049l\u{1b}[?25h",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_apc\u{1b}\\",
    "\u{1b}[6n\u{1b}[c",
    "\u{1b}c",
    "\u{1b}",
    "\u{9b}38;5;213m",
    "\u{9d}0;owned\u{9c}",
    "a\nb\rc\td\u{8}e\u{7f}\u{0}\u{7}",
    "\u{202e}txt.exe",
    "\u{2066}isolate\u{2069}\u{200f}\u{61c}",
    "zero\u{200b}width\u{200d}\u{feff}\u{fe0f}\u{ad}\u{2060}",
    "\u{e0041}\u{e0042}\u{2028}\u{2029}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{301}\u{20dd}",
    "日本語の名前",
    "👨\u{200d}👩\u{200d}👧 👍\u{1f3fd}",
    "\u{fdfd}\u{12031}",
    "{\"a\": [1, \"\u{1b}[31m\", null]}",
];

/// A text of some of them, between ordinary letters.
pub(crate) fn text(random: &mut SmallRng) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(0..5) {
        match random.random_range(0..8) {
            0 => text.push(char::from_u32(random.random_range(0..0x11_0000)).unwrap_or('\u{85}')),
            1 => text.push(char::from(random.random_range(0..0xff))),
            2 | 3 => text.extend((0..8).map(|_| char::from(random.random_range(b'a'..=b'z')))),
            4 if random.random_ratio(1, 200) => text.push_str(&"\u{301}".repeat(10_000)),
            _ => text.push_str(FRAGMENTS.choose(random).unwrap()),
        }
    }
    text
}

/// The same, and bytes that are no text.
pub(crate) fn bytes(random: &mut SmallRng) -> Vec<u8> {
    let mut bytes = text(random).into_bytes();
    if random.random() {
        let at = random.random_range(0..=bytes.len());
        let invalid: [&[u8]; 4] = [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\x9b38;5;213m"];
        let invalid = invalid.choose(random).unwrap();
        bytes.splice(at..at, invalid.iter().copied());
    }
    bytes
}
