//! Which characters a terminal can be trusted to print, and which of them lean on another.
//!
//! It answers for one character, or for a base and what would combine with it; the escapes are
//! written elsewhere. The widths are those of `unicode-width`, what combines is what
//! `unicode-segmentation` keeps in one grapheme.

use std::ops::RangeInclusive;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

/// How many combining marks one base character keeps; real scripts need four at most.
pub(crate) const MAX_MARKS: usize = 8;

/// What is never printed as it is, beside the controls: it reorders, or cannot be seen.
///
/// The ignorable characters of Unicode, assigned or reserved, with the separators of lines and
/// paragraphs and the format controls of a few scripts; in order of code points.
const HARMFUL: [RangeInclusive<char>; 22] = [
    '\u{ad}'..='\u{ad}',       // soft hyphen
    '\u{34f}'..='\u{34f}',     // grapheme joiner
    '\u{61c}'..='\u{61c}',     // Arabic letter mark
    '\u{115f}'..='\u{1160}',   // Hangul fillers
    '\u{17b4}'..='\u{17b5}',   // Khmer inherent vowels
    '\u{180b}'..='\u{180f}',   // Mongolian selectors
    '\u{200b}'..='\u{200f}',   // zero-width space and joiners, direction marks
    '\u{2028}'..='\u{202e}',   // separators, bidi embeddings and overrides
    '\u{2060}'..='\u{206f}',   // invisible operators, bidi isolates
    '\u{3164}'..='\u{3164}',   // Hangul filler
    '\u{fdd0}'..='\u{fdef}',   // noncharacters
    '\u{fe00}'..='\u{fe0f}',   // variation selectors
    '\u{feff}'..='\u{feff}',   // byte order mark
    '\u{ffa0}'..='\u{ffa0}',   // halfwidth Hangul filler
    '\u{fff0}'..='\u{fffb}',   // reserved ignorables, annotation anchors
    '\u{110bd}'..='\u{110bd}', // Kaithi number signs, format controls that sit on what follows
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}', // hieroglyph format controls
    '\u{16fe4}'..='\u{16fe4}', // Khitan filler
    '\u{1bca0}'..='\u{1bca3}', // shorthand format controls
    '\u{1d173}'..='\u{1d17a}', // musical format controls
    '\u{e0000}'..='\u{e0fff}', // tags and variation selectors
];

/// Whether a character is never printed as it is: it controls, reorders, or cannot be seen.
pub(crate) fn is_harmful(c: char) -> bool {
    match c {
        ' '..='~' => false,
        c if c.is_control() => true,
        c if c < '\u{ad}' => false,
        c => HARMFUL.iter().any(|range| range.contains(&c)) || is_noncharacter(c) || is_unseen(c),
    }
}

/// Whether `c` combines with `base`.
pub(crate) fn attaches(base: char, c: char) -> bool {
    is_mark(c) || (is_jamo(c) && is_hangul(base))
}

/// Whether a character means nothing alone, and would change what stands before it.
pub(crate) fn needs_base(c: char) -> bool {
    is_mark(c) || is_jamo(c)
}

/// The last two code points of each plane are promised never to be characters.
fn is_noncharacter(c: char) -> bool {
    u32::from(c) & 0xfffe == 0xfffe
}

/// Whether a character uses no cell although there is nothing it combines with.
fn is_unseen(c: char) -> bool {
    c.width() == Some(0) && !needs_base(c)
}

/// Whether a character combines with the letter before it, whichever that is.
fn is_mark(c: char) -> bool {
    if c < '\u{300}' || matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}') {
        return false;
    }
    let pair = String::from_iter(['a', c]);
    pair.graphemes(true).count() == 1
}

/// Vowels and finals that have no width of their own, because they complete a Hangul syllable.
fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1161}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7c6}' | '\u{d7cb}'..='\u{d7fb}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115e}' | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7a3}')
}
