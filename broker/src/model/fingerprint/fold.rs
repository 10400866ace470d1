//! A reason as a pattern: what varies from message to message gives way to a placeholder.
//!
//! ```text
//! <str>    a quoted text: "…", `…`, or '…' that begins no apostrophe
//! <addr>   a URL, an e-mail address
//! <host>   a host name with a known ending, localhost, an IP address; with its port
//! <id>     a UUID, hexadecimal digits, a long word of digits and letters mixed
//! <n>      a number, a time, a version, digits in a word
//! ```
//!
//! A status of three digits behind a word that announces one stays (`smtp 421`, `http 503`, `status=404`): it is the
//! reason. What is blank, or steers a terminal, becomes one space; a pattern ends in `…` where the reason is longer.
//! Folding a pattern gives the same pattern.

use super::word;

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 256;

/// What stands for what varies. A reason that holds such a word holds no other.
pub(super) const PLACEHOLDERS: [&str; 5] = ["<n>", "<id>", "<str>", "<host>", "<addr>"];

/// The longest text in quotes, in bytes: a quote that is not closed within it is a character like others.
const MAX_QUOTED_BYTES: usize = 4_096;
/// What ends a pattern that goes on.
const MORE: char = '…';

/// The pattern of a reason: empty for none.
pub fn pattern(reason: &str) -> String {
    let mut pattern = once(reason);
    // A round that changes anything leaves fewer characters that are no placeholder, so there are few.
    for _ in 0..MAX_PATTERN_BYTES {
        let again = once(&pattern);
        if again == pattern {
            break;
        }
        pattern = again;
    }
    pattern
}

/// One round, from left to right.
fn once(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim_matches(is_blank);
    let mut before = Before::Nothing;
    while let Some(first) = rest.chars().next() {
        let (length, piece, next) = step(rest, first, before);
        let room = (MAX_PATTERN_BYTES - MORE.len_utf8()).saturating_sub(out.len());
        if piece.as_str().len() > room {
            out.push_str(front(piece.as_str(), room));
            out.truncate(out.trim_end_matches([' ', MORE]).len());
            out.push(MORE);
            break;
        }
        out.push_str(piece.as_str());
        before = next;
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// As much of a piece as there is room for; no part of a placeholder.
fn front(piece: &str, room: usize) -> &str {
    let cut = piece
        .get(..piece.floor_char_boundary(room))
        .unwrap_or_default();
    match (cut.rfind('<'), cut.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => {
            cut.get(..open).unwrap_or_default()
        }
        _ => cut,
    }
}

/// What comes before, as far as that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or what parts words.
    Nothing,
    /// A word: a quote behind it is an apostrophe.
    Word,
    /// A word that announces a status, and what may lie between the two.
    Announced,
}

/// What is written for a part of the text.
enum Piece<'a> {
    Kept(&'a str),
    Made(String),
}

impl Piece<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Kept(text) => text,
            Self::Made(text) => text,
        }
    }
}

/// The first part of the text: its bytes, what is written for it, what is before the next one then.
fn step(rest: &str, first: char, before: Before) -> (usize, Piece<'_>, Before) {
    if is_blank(first) {
        let after = rest.trim_start_matches(is_blank);
        let next = match before {
            Before::Announced => Before::Announced,
            Before::Nothing | Before::Word => Before::Nothing,
        };
        return (rest.len() - after.len(), Piece::Kept(" "), next);
    }
    if let Some(known) = PLACEHOLDERS.iter().find(|known| rest.starts_with(*known)) {
        // As `HTTP/1.1` announces a status, so does `HTTP/<n>`.
        let next = match before {
            Before::Announced => Before::Announced,
            Before::Nothing | Before::Word => Before::Word,
        };
        return (known.len(), Piece::Kept(known), next);
    }
    if let Some(length) = quoted(rest, first, before) {
        return (length, Piece::Kept("<str>"), Before::Word);
    }
    if let Some(length) = url(rest) {
        return (length, Piece::Kept("<addr>"), Before::Word);
    }
    let length = rest.find(|c| !word::is_part(c)).unwrap_or(rest.len());
    if let Some(chunk) = rest.get(..length).filter(|chunk| !chunk.is_empty()) {
        let (made, announces) = word::fold(chunk, before == Before::Announced);
        let next = if announces {
            Before::Announced
        } else {
            Before::Word
        };
        return (length, Piece::Made(made), next);
    }
    let length = first.len_utf8();
    let next = match (before, first) {
        (Before::Announced, '=' | '(' | '[') => Before::Announced,
        _ => Before::Nothing,
    };
    let kept = rest.get(..length).unwrap_or_default();
    (length, Piece::Kept(kept), next)
}

/// The length of the quoted text that begins here, with its quotes.
fn quoted(rest: &str, quote: char, before: Before) -> Option<usize> {
    if !matches!(quote, '"' | '\'' | '`') || quote != '"' && before != Before::Nothing {
        return None;
    }
    let mut from = 1;
    loop {
        let within = rest.get(from..)?;
        let end = from
            + within
                .find(quote)
                .filter(|at| from + at <= MAX_QUOTED_BYTES)?
            + 1;
        let is_apostrophe = quote == '\'' && {
            let after = rest.get(end..).and_then(|after| after.chars().next());
            after.is_some_and(|after| after.is_alphanumeric() || after == '<')
        };
        if !is_apostrophe {
            return Some(end);
        }
        from = end;
    }
}

/// The length of the URL that begins here.
fn url(rest: &str) -> Option<usize> {
    let scheme = rest.get(..rest.find("://").filter(|at| *at <= 32)?)?;
    let mut letters = scheme.chars();
    let is_scheme = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme {
        return None;
    }
    let ends = |c: char| is_blank(c) || "\"'`<>()[]{},;|".contains(c);
    let from = scheme.len() + 3;
    let end = rest.get(from..)?.find(ends);
    let whole = rest.get(..end.map_or(rest.len(), |end| from + end))?;
    let whole = whole.trim_end_matches(['.', ':', '!', '?']);
    (whole.len() > from).then_some(whole.len())
}

/// Space, whatever steers a terminal, and what is not seen.
fn is_blank(c: char) -> bool {
    let is_unseen = matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    );
    c.is_whitespace() || c.is_control() || is_unseen
}
