//! `SafeText`: the only way a byte from outside reaches a terminal or a log line.
//!
//! Whoever may publish chooses bytes that an operator will look at. This file turns any bytes into
//! text that a terminal can only print: no control sequence, no reordering, nothing invisible, and
//! nothing removed in silence. What could do harm is shown as an escape instead:
//!
//! | input | shown as |
//! | --- | --- |
//! | newline, tab, carriage return | `\n`, `\t`, `\r` |
//! | other C0 controls, DEL, and C1 controls (in UTF-8 too) | `\x1b`, `\x7f`, `\x9d` |
//! | a byte that is not UTF-8 | `\xff` |
//! | bidi controls, zero-width, tag and other ignorable characters, line and paragraph separators, noncharacters | `\u{202e}` |
//! | a combining mark with nothing to combine with, or beyond the eighth on one base | `\u{301}` |
//!
//! Variation selectors and joiners are ignorable characters as well, so an emoji sequence is shown
//! in its parts; in exchange the width of a text is the same on every terminal.
//!
//! A backslash stays as it is, since JSON and paths are full of them. The escapes are for the eye
//! and not for reading back: what is ours and what was sent is told apart by [`SafeText::pieces`],
//! which views use to dim the escapes. Whoever needs the exact bytes has the hex and JSON views.
//!
//! What it does not do: it does not reorder or isolate right-to-left letters, which terminals treat
//! differently, and it does not tell letters that look alike from each other.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

use crate::escape::{CUT, Escaped, add_sign, escape};
use crate::printable::is_harmful;

/// How many bytes of the input are shown unless the caller names another cap.
///
/// It is many screens long, and keeps a payload of 10 MiB from becoming 40 MiB of escapes.
pub const DEFAULT_CAP_BYTES: usize = 64 * 1024;

/// Text that a terminal or a log line can take as it is.
///
/// There is no way to build one without the filter, except from constants of the program
/// ([`SafeText::literal`]). Views and log lines accept this type instead of `&str`, so that the
/// compiler finds the place where the filter was forgotten.
///
/// Formatting honours width, alignment and fill in terminal cells, and a precision clamps.
///
/// # Examples
///
/// ```
/// use weir_proto::safe_text::SafeText;
///
/// let name = SafeText::new("orders\x1b]0;owned\x07");
/// assert_eq!(name.as_ref(), r"orders\x1b]0;owned\x07");
/// assert_eq!(name.clamp(10).as_ref(), "orders…");
/// assert_eq!(format!("[{:>6}]", SafeText::new("weir")), "[  weir]");
/// assert_eq!(SafeText::capped(b"0123456789", 4).as_ref(), "0123… 6 B more");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SafeText {
    text: Cow<'static, str>,
    /// Where `text` holds signs of ours instead of the sender's characters; neighbours are merged.
    signs: Vec<Range<usize>>,
}

/// A part of a [`SafeText`], told apart by who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters as they were sent.
    Sent(&'a str),
    /// Escapes and cut marks that the filter wrote; views dim them.
    Sign(&'a str),
}

impl SafeText {
    /// Filters bytes or text; beyond [`DEFAULT_CAP_BYTES`] it ends in "… 1.2 MiB more".
    #[must_use]
    pub fn new(input: impl AsRef<[u8]>) -> Self {
        Self::capped(input.as_ref(), DEFAULT_CAP_BYTES)
    }

    /// Filters at most `cap_bytes` of the input, and says in the end how much is not shown.
    #[must_use]
    pub fn capped(input: &[u8], cap_bytes: usize) -> Self {
        let Escaped { text, signs } = escape(input, cap_bytes);
        Self {
            text: Cow::Owned(text),
            signs,
        }
    }

    /// Filters what a value displays, for example an error with its sources.
    #[must_use]
    pub fn of(value: &impl fmt::Display) -> Self {
        Self::new(value.to_string())
    }

    /// Takes a constant of the program as it is. It must be clean; tests would notice if not.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        debug_assert!(
            Self::new(text).as_str() == text,
            "a literal that needs the filter"
        );
        Self {
            text: Cow::Borrowed(text),
            signs: Vec::new(),
        }
    }

    /// The text, ready for a terminal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nothing would be printed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends another text. A mark at its start was escaped when it was built, so joining is safe.
    pub fn push(&mut self, other: &Self) {
        let offset = self.text.len();
        self.text.to_mut().push_str(&other.text);
        for sign in &other.signs {
            add_sign(&mut self.signs, sign.start + offset..sign.end + offset);
        }
    }

    /// Texts one after the other with `separator` between them.
    #[must_use]
    pub fn join<'a>(separator: &Self, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                joined.push(separator);
            }
            joined.push(part);
        }
        joined
    }

    /// Width in terminal cells, never less than what a terminal uses.
    ///
    /// Characters count one by one: a terminal that draws two of them as one ligature needs less.
    #[must_use]
    pub fn width(&self) -> usize {
        width_of(&self.text)
    }

    /// The text in at most `cells` cells; if something had to go, the last cell is `…`.
    ///
    /// Escapes and characters with their marks are kept whole or left out whole.
    #[must_use]
    pub fn clamp(&self, cells: usize) -> Self {
        let room = cells.saturating_sub(width_of(CUT));
        let (mut width, mut keep) = (0, 0);
        for (start, unit) in self.units() {
            width += width_of(unit);
            if width <= room {
                keep = start + unit.len();
            }
            if width > cells {
                return self.cut_at(keep, cells);
            }
        }
        self.clone()
    }

    /// The text in lines of at most `cells` cells, broken at spaces where there are any.
    ///
    /// Escapes and characters with their marks are kept whole: one that is wider than a line has a
    /// line of its own, which is too long. An empty text is one empty line.
    ///
    /// ```
    /// use weir_proto::safe_text::SafeText;
    ///
    /// let lines = SafeText::new("one message holds its key").wrap(12);
    /// let lines: Vec<&str> = lines.iter().map(SafeText::as_str).collect();
    /// assert_eq!(lines, ["one message", "holds its", "key"]);
    /// ```
    #[must_use]
    pub fn wrap(&self, cells: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let (mut from, mut width) = (0, 0);
        // Where the last space of the line is, and where the line goes on after it.
        let mut space = None;
        'units: for (start, unit) in self.units() {
            let needed = width_of(unit);
            // Twice where what stands since the last space leaves no room either.
            while width + needed > cells && start > from {
                let (to, next) = match (unit, space) {
                    (" ", _) => (start, start + 1),
                    (_, Some((to, next))) => (to, next),
                    _ => (start, start),
                };
                lines.push(self.part(from..to));
                from = next;
                space = None;
                width = width_of(self.text.get(from..start).unwrap_or_default());
                if unit == " " {
                    continue 'units;
                }
            }
            if unit == " " && start > from {
                space = Some((start, start + 1));
            }
            width += needed;
        }
        lines.push(self.part(from..self.text.len()));
        lines
    }

    /// A part that is bounded by units.
    fn part(&self, range: Range<usize>) -> Self {
        let mut signs = Vec::new();
        for sign in &self.signs {
            let (from, to) = (sign.start.max(range.start), sign.end.min(range.end));
            if from < to {
                signs.push(from - range.start..to - range.start);
            }
        }
        Self {
            text: Cow::Owned(self.text.get(range).unwrap_or_default().to_owned()),
            signs,
        }
    }

    /// The parts in order, told apart into what was sent and what the filter wrote.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let tail = self.signs.last().map_or(0, |sign| sign.end);
        let mut from = 0;
        self.signs
            .iter()
            .flat_map(move |sign| {
                let sent = Piece::Sent(&self.text[from..sign.start]);
                from = sign.end;
                [sent, Piece::Sign(&self.text[sign.clone()])]
            })
            .chain([Piece::Sent(&self.text[tail..])])
            .filter(|piece| !piece.as_str().is_empty())
    }

    /// What must not be cut apart, each with its start: an escape, or a base with its marks.
    fn units(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut from = 0;
        self.pieces().flat_map(move |piece| {
            let start = from;
            from += piece.as_str().len();
            let units: Box<dyn Iterator<Item = (usize, &str)>> = match piece {
                Piece::Sent(sent) => Box::new(sent.grapheme_indices(true)),
                Piece::Sign(sign) => Box::new(escapes(sign)),
            };
            units.map(move |(at, unit)| (start + at, unit))
        })
    }

    /// The first `keep` bytes and the sign of the cut, if there is a cell for it.
    fn cut_at(&self, keep: usize, cells: usize) -> Self {
        if cells == 0 {
            return Self::default();
        }
        let mut signs: Vec<Range<usize>> = Vec::new();
        for sign in self.signs.iter().filter(|sign| sign.start < keep) {
            signs.push(sign.start..sign.end.min(keep));
        }
        add_sign(&mut signs, keep..keep + CUT.len());
        Self {
            text: Cow::Owned([&self.text[..keep], CUT].concat()),
            signs,
        }
    }
}

impl<'a> Piece<'a> {
    /// The text of the part, whoever wrote it.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Sent(text) | Self::Sign(text) => text,
        }
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<&[u8]> for SafeText {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamped = f.precision().map(|cells| self.clamp(cells));
        let text = clamped.as_ref().unwrap_or(self);
        let Some(cells) = f.width() else {
            return f.write_str(&text.text);
        };
        let missing = cells.saturating_sub(text.width());
        let before = match f.align() {
            Some(fmt::Alignment::Right) => missing,
            Some(fmt::Alignment::Center) => missing / 2,
            Some(fmt::Alignment::Left) | None => 0,
        };
        let fill = f.fill();
        (0..before).try_for_each(|_| f.write_char(fill))?;
        f.write_str(&text.text)?;
        (before..missing).try_for_each(|_| f.write_char(fill))
    }
}

/// Makes serialised JSON safe to print, without changing what it means.
///
/// A serialiser escapes C0 controls in strings but writes the rest as it is. This replaces every
/// character that a terminal could act upon, or that nobody would see, by its `\u` escape. Outside
/// of strings JSON is printable ASCII and line breaks, which stay.
///
/// ```
/// use weir_proto::safe_text::json_escape;
///
/// assert_eq!(json_escape("{\"name\":\"a\u{202e}b\u{9b}\"}"), r#"{"name":"a\u202eb\u009b"}"#);
/// ```
#[must_use]
pub fn json_escape(json: &str) -> Cow<'_, str> {
    let harmful = |c: char| !matches!(c, '\n' | '\r' | '\t') && is_harmful(c);
    if !json.contains(harmful) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.extend(["\\u", &format!("{unit:04x}")]);
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// The single escapes of a merged sign, each with its start.
fn escapes(sign: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = sign.get(from..).filter(|rest| !rest.is_empty())?;
        let starts = |(at, c): &(usize, char)| *at > 0 && matches!(c, '\\' | '…' | ' ');
        let len = rest
            .char_indices()
            .find(starts)
            .map_or(rest.len(), |(at, _)| at);
        from += len;
        Some((from - len, &rest[..len]))
    })
}

fn width_of(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}
