//! A payload byte by byte: offset, bytes, and the letters among them.

use std::fmt::Write as _;

use weir_proto::safe_text::SafeText;

use crate::tui::look::Meaning;
use crate::tui::view::phrase::Phrase;

/// Bytes in a line of so many cells: as many as fit of 16, 8 and 4.
pub(crate) fn bytes_a_line(width: usize) -> usize {
    [16, 8]
        .into_iter()
        .find(|bytes| cells(*bytes) <= width)
        .unwrap_or(4)
}

/// Offset, two spaces, three cells a byte, a gap, and the letters between bars.
fn cells(bytes: usize) -> usize {
    8 + 2 + bytes * 3 + usize::from(bytes > 8) + 1 + bytes + 2
}

/// A line of the bytes from `offset` on.
pub(crate) fn line(payload: &[u8], offset: usize, bytes: usize) -> Phrase {
    let end = payload.len().min(offset + bytes);
    let shown = payload.get(offset..end).unwrap_or_default();
    let mut figures = String::new();
    for at in 0..bytes {
        if at == 8 {
            figures.push(' ');
        }
        match shown.get(at) {
            // Writing into a string cannot fail.
            Some(byte) => drop(write!(figures, "{byte:02x} ")),
            None => figures.push_str("   "),
        }
    }
    let letters: String = shown
        .iter()
        .map(|byte| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        })
        .collect();
    Phrase::new()
        .add(SafeText::new(format!("{offset:08x}  ")), Meaning::Dim)
        .add(SafeText::new(figures), Meaning::Plain)
        .say(" |", Meaning::Dim)
        .add(SafeText::new(letters), Meaning::Plain)
        .say("|", Meaning::Dim)
}
