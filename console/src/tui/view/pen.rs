//! The one way onto the screen.
//!
//! A pen writes constants of the program and [`SafeText`], nothing else; it never writes outside of
//! the rectangle it was given; what does not fit ends in `…`. In an ASCII look it replaces what is
//! not ASCII, cell by cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_width::UnicodeWidthChar as _;
use weir_proto::safe_text::{Piece, SafeText};

use super::phrase::Phrase;
use crate::tui::look::{Look, Meaning, Script};

/// Writes into a frame.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    pub(crate) look: Look,
    /// Whether the numbers are old, and so written dim.
    pub(crate) is_stale: bool,
}

impl<'a> Pen<'a> {
    /// A pen for a frame; the ground of the look is laid.
    pub(crate) fn new(buffer: &'a mut Buffer, look: Look) -> Self {
        buffer.set_style(buffer.area, look.ground());
        Self {
            buffer,
            look,
            is_stale: false,
        }
    }

    /// Writes a text at the left of a line; returns the cells used.
    pub(crate) fn left(&mut self, area: Rect, text: &SafeText, meaning: Meaning) -> u16 {
        let style = self.style(meaning);
        self.write(area, text, style)
    }

    /// Writes a text at the right of a line.
    pub(crate) fn right(&mut self, area: Rect, text: &SafeText, meaning: Meaning) {
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        let skip = area.width.saturating_sub(width);
        self.left(skip_left(area, skip), text, meaning);
    }

    /// Writes a constant at the left of a line; returns the cells used.
    pub(crate) fn say(&mut self, area: Rect, text: &'static str, meaning: Meaning) -> u16 {
        self.left(area, &SafeText::literal(text), meaning)
    }

    /// Writes a phrase at the left of a line; returns the cells used.
    pub(crate) fn phrase(&mut self, area: Rect, phrase: &Phrase) -> u16 {
        let mut used = 0;
        for word in &phrase.words {
            used += self.left(skip_left(area, used), &word.text, word.meaning);
        }
        used
    }

    /// Writes a phrase at the right of a line, or nothing if there is no room for all of it.
    pub(crate) fn phrase_right(&mut self, area: Rect, phrase: &Phrase) {
        let width = u16::try_from(phrase.width()).unwrap_or(u16::MAX);
        if width <= area.width {
            self.phrase(skip_left(area, area.width - width), phrase);
        }
    }

    /// Writes a phrase in the middle of a line.
    pub(crate) fn phrase_centered(&mut self, area: Rect, phrase: &Phrase) {
        let width = u16::try_from(phrase.width()).unwrap_or(u16::MAX);
        let skip = area.width.saturating_sub(width) / 2;
        self.phrase(skip_left(area, skip), phrase);
    }

    /// Draws a box with a title at the left and a remark at the right; returns what is inside.
    pub(crate) fn frame(&mut self, area: Rect, title: &Phrase, remark: &Phrase) -> Rect {
        let area = area.intersection(self.buffer.area);
        let block = Block::bordered()
            .border_set(self.look.border())
            .border_style(self.look.style(Meaning::Dim));
        let inner = block.inner(area);
        block.render(area, self.buffer);
        let top = Rect {
            height: area.height.min(1),
            ..area
        };
        let top = skip_left(top, 2);
        let room = Rect {
            width: top.width.saturating_sub(2),
            ..top
        };
        let used = self.titled(room, title);
        let rest = skip_left(room, used + 1);
        if usize::from(rest.width) >= remark.width() + 2 && !remark.words.is_empty() {
            let width = u16::try_from(remark.width() + 2).unwrap_or(u16::MAX);
            self.titled(skip_left(rest, rest.width - width), remark);
        }
        inner
    }

    /// Marks a line as selected.
    pub(crate) fn select(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        self.buffer
            .set_style(area, Style::default().add_modifier(Modifier::REVERSED));
    }

    /// Empties a rectangle, for what is laid over the rest.
    pub(crate) fn wipe(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        self.buffer.set_style(area, self.look.ground());
    }

    fn titled(&mut self, area: Rect, title: &Phrase) -> u16 {
        let used = self.say(area, " ", Meaning::Plain);
        let used = used + self.phrase(skip_left(area, used), title);
        used + self.say(skip_left(area, used), " ", Meaning::Plain)
    }

    fn style(&self, meaning: Meaning) -> Style {
        let style = self.look.style(meaning);
        if self.is_stale {
            // Bold and dim at once is bright on many terminals.
            self.look.stale(style.remove_modifier(Modifier::BOLD))
        } else {
            style
        }
    }

    fn write(&mut self, area: Rect, text: &SafeText, style: Style) -> u16 {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return 0;
        }
        let clamped = text.clamp(usize::from(area.width));
        let mut x = area.x;
        for piece in clamped.pieces() {
            let style = match piece {
                Piece::Sent(_) => style,
                Piece::Sign(_) => style.add_modifier(Modifier::DIM),
            };
            let room = usize::from(area.right().saturating_sub(x));
            let spelled = match self.look.script {
                Script::Unicode | Script::Blocks => piece.as_str().into(),
                Script::Ascii => in_ascii(piece.as_str()),
            };
            (x, _) = self.buffer.set_stringn(x, area.y, spelled, room, style);
        }
        x - area.x
    }
}

/// A rectangle without its first columns.
pub(crate) fn skip_left(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    }
}

/// The lines of a rectangle from the top, each one row high.
pub(crate) fn lines(area: Rect) -> impl Iterator<Item = Rect> {
    (area.y..area.bottom()).map(move |y| Rect {
        y,
        height: 1,
        ..area
    })
}

/// The same width in ASCII: `~` for a cut, `-` for a middle dot, `?` for anything else.
fn in_ascii(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut spelled = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            _ if letter.is_ascii() => spelled.push(letter),
            '…' => spelled.push('~'),
            '·' => spelled.push('-'),
            _ => spelled.extend(std::iter::repeat_n('?', letter.width().unwrap_or(0))),
        }
    }
    spelled.into()
}
