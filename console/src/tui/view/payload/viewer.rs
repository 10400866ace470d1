//! The lines of a payload that are seen, in the shape that was chosen.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::{hex, text};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::json_tree::{Node, Tree, Value};
use crate::tui::state::page::PayloadView;
use crate::tui::view::figures;
use crate::tui::view::pen::{Pen, lines};
use crate::tui::view::phrase::Phrase;

/// A payload and how it is looked at.
pub(crate) struct Viewer<'a> {
    pub(crate) payload: &'a [u8],
    /// The size of all of it, of which `payload` may be the beginning.
    pub(crate) size: u64,
    pub(crate) view: PayloadView,
    /// Nodes of the tree of JSON that hide what is in them.
    pub(crate) folded: &'a BTreeSet<usize>,
    /// How many lines are above the first one that is seen.
    pub(crate) scroll: usize,
}

/// The shape that a payload has on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Json,
    Text,
    Hex,
}

impl Shape {
    /// The shape in which a payload is shown, and whether it is the one that was asked for.
    pub(crate) fn of(payload: &[u8], view: PayloadView) -> (Self, bool) {
        let tree = || Tree::read(payload);
        match view {
            PayloadView::Auto if tree().is_some_and(|tree| tree.is_nested()) => (Self::Json, true),
            PayloadView::Auto if text::is_text(payload) => (Self::Text, true),
            PayloadView::Auto | PayloadView::Hex => (Self::Hex, true),
            PayloadView::Json if tree().is_some() => (Self::Json, true),
            PayloadView::Json => (Self::Text, false),
            PayloadView::Text => (Self::Text, true),
        }
    }

    /// Its name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }
}

/// What a payload is, for the title of its box: `json 3.0 KiB`.
pub(crate) fn remark(viewer: &Viewer<'_>) -> Phrase {
    let (shape, is_asked) = Shape::of(viewer.payload, viewer.view);
    let phrase = Phrase::new().add(figures::bytes(Some(viewer.size)), Meaning::Plain);
    let phrase = phrase
        .say(" as ", Meaning::Label)
        .say(shape.word(), Meaning::Plain);
    if is_asked {
        phrase
    } else {
        phrase.say(" (no JSON)", Meaning::Watch)
    }
}

/// Draws what is seen of a payload.
pub(crate) fn payload(pen: &mut Pen<'_>, area: Rect, viewer: &Viewer<'_>) {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    if width == 0 || height == 0 {
        return;
    }
    if viewer.size == 0 {
        pen.say(area, "(empty)", Meaning::Dim);
        return;
    }
    let (mut said, has_more) = match Shape::of(viewer.payload, viewer.view).0 {
        Shape::Json => json(viewer, height, pen.look),
        Shape::Text => {
            let (lines, has_more) = text::lines(viewer.payload, width, viewer.scroll, height);
            let plain = |line| Phrase::new().add(line, Meaning::Plain);
            (lines.into_iter().map(plain).collect(), has_more)
        }
        Shape::Hex => bytes(viewer, width, height),
    };
    if said.is_empty() {
        said.push(Phrase::new().say("this is the end of it", Meaning::Dim));
    }
    let missing = viewer.size.saturating_sub(viewer.payload.len() as u64);
    if !has_more && missing > 0 {
        said.truncate(height.saturating_sub(1));
        said.push(
            Phrase::new()
                .add(figures::bytes(Some(missing)), Meaning::Dim)
                .say(" more are not shown here", Meaning::Dim),
        );
    }
    for (line, phrase) in lines(area).zip(&said) {
        pen.phrase(line, phrase);
    }
}

fn bytes(viewer: &Viewer<'_>, width: usize, height: usize) -> (Vec<Phrase>, bool) {
    let each = hex::bytes_a_line(width);
    let first = viewer.scroll * each;
    let said = (0..height)
        .map(|line| first + line * each)
        .take_while(|offset| *offset < viewer.payload.len())
        .map(|offset| hex::line(viewer.payload, offset, each))
        .collect();
    (said, first + height * each < viewer.payload.len())
}

fn json(viewer: &Viewer<'_>, height: usize, look: Look) -> (Vec<Phrase>, bool) {
    let Some(tree) = Tree::read(viewer.payload) else {
        return (Vec::new(), false);
    };
    let last = tree.lines(viewer.folded).count().saturating_sub(1);
    let scroll = viewer.scroll.min(last);
    let mut seen = tree.lines(viewer.folded).skip(scroll);
    let said = seen
        .by_ref()
        .take(height)
        .map(|(at, node)| node_line(node, viewer.folded.contains(&at), look))
        .collect();
    (said, seen.next().is_some())
}

fn node_line(node: &Node, is_folded: bool, look: Look) -> Phrase {
    const WIDEST_INDENT: usize = 40;
    let indent = " ".repeat((node.depth * 2).min(WIDEST_INDENT));
    let mut line = Phrase::new().add(SafeText::new(indent), Meaning::Plain);
    if let Some(key) = &node.key {
        line = line
            .add(key.clone(), Meaning::Label)
            .say(": ", Meaning::Label);
    }
    let line = match &node.value {
        Value::Scalar { text, is_string } => {
            let meaning = if *is_string {
                Meaning::Plain
            } else {
                Meaning::Strong
            };
            line.add(text.clone(), meaning)
        }
        Value::Close(bracket) => line.say(bracket.signs().1, Meaning::Plain),
        Value::Open { bracket, count, .. } if is_folded => line
            .say(bracket.signs().0, Meaning::Plain)
            .say(look.pick(" … ", " ~ "), Meaning::Key)
            .add(figures::count(*count as u64), Meaning::Dim)
            .say(" folded ", Meaning::Dim)
            .say(bracket.signs().1, Meaning::Plain),
        Value::Open { bracket, .. } => line.say(bracket.signs().0, Meaning::Plain),
    };
    if node.has_next {
        line.say(",", Meaning::Plain)
    } else {
        line
    }
}
