//! Turns bytes into printable text, and keeps which parts of it are escapes.
//!
//! The table of what is shown how stands on top of `safe_text.rs`; which characters it concerns
//! stands in `printable.rs`. What comes out is printable whatever came in.

use std::fmt;
use std::ops::Range;

use crate::printable::{MAX_MARKS, attaches, is_harmful, needs_base};

/// The sign that something was cut off; one cell wide.
pub(crate) const CUT: &str = "…";

/// Printable text, and where it holds signs of ours instead of the sender's characters.
pub(crate) struct Escaped {
    pub(crate) text: String,
    /// In order and apart from each other.
    pub(crate) signs: Vec<Range<usize>>,
}

/// Escapes at most `cap_bytes` of the input, and says in the end how much is not shown.
pub(crate) fn escape(input: &[u8], cap_bytes: usize) -> Escaped {
    let shown = shown_part(input, cap_bytes);
    let mut filter = Filter::with_capacity(shown.len());
    filter.bytes(shown);
    if shown.len() < input.len() {
        let rest = amount(input.len() - shown.len());
        filter.sign(format_args!("{CUT} {rest} more"));
    }
    Escaped {
        text: filter.text,
        signs: filter.signs,
    }
}

/// Notes a sign; neighbours become one.
pub(crate) fn add_sign(signs: &mut Vec<Range<usize>>, sign: Range<usize>) {
    match signs.last_mut() {
        Some(last) if last.end == sign.start => last.end = sign.end,
        _ => signs.push(sign),
    }
}

/// Builds a text from bytes, one character after the other.
struct Filter {
    text: String,
    signs: Vec<Range<usize>>,
    /// The character that marks would attach to, and how many it already has.
    base: Option<(char, usize)>,
}

impl Filter {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            signs: Vec::new(),
            base: None,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            chunk.valid().chars().for_each(|c| self.character(c));
            for byte in chunk.invalid() {
                self.sign(format_args!("\\x{byte:02x}"));
            }
        }
    }

    fn character(&mut self, c: char) {
        match c {
            '\n' => self.sign(format_args!("\\n")),
            '\t' => self.sign(format_args!("\\t")),
            '\r' => self.sign(format_args!("\\r")),
            ' '..='~' => self.base(c),
            c if c.is_control() => self.sign(format_args!("\\x{:02x}", u32::from(c))),
            c if is_harmful(c) => self.code_point(c),
            c => match self.base {
                Some((base, marks)) if attaches(base, c) && marks < MAX_MARKS => {
                    self.base = Some((base, marks + 1));
                    self.text.push(c);
                }
                _ if needs_base(c) => self.code_point(c),
                _ => self.base(c),
            },
        }
    }

    fn base(&mut self, c: char) {
        self.base = Some((c, 0));
        self.text.push(c);
    }

    fn code_point(&mut self, c: char) {
        self.sign(format_args!("\\u{{{:x}}}", u32::from(c)));
    }

    fn sign(&mut self, sign: fmt::Arguments<'_>) {
        let start = self.text.len();
        self.text.push_str(&sign.to_string());
        add_sign(&mut self.signs, start..self.text.len());
        // A mark must not decorate an escape; so after the ninth mark the tenth is escaped as well.
        self.base = None;
    }
}

/// The input up to the cap, without cutting a character in two.
fn shown_part(input: &[u8], cap_bytes: usize) -> &[u8] {
    if input.len() <= cap_bytes {
        return input;
    }
    let is_boundary = |at: &usize| !matches!(input.get(*at), Some(0x80..=0xbf));
    let near = cap_bytes.saturating_sub(3)..=cap_bytes;
    let cut = near.rev().find(is_boundary).unwrap_or(cap_bytes);
    &input[..cut]
}

/// A count of bytes as people write it: `6 B`, `1.2 MiB`.
fn amount(bytes: usize) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, "KiB");
    for larger in ["MiB", "GiB"] {
        // 1023.95 would be printed as 1024.0 of the smaller unit.
        if value >= 1023.95 {
            (value, unit) = (value / 1024.0, larger);
        }
    }
    format!("{value:.1} {unit}")
}
