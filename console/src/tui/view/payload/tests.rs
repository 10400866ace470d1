//! Payloads of all sorts as they are seen.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::viewer::{Shape, Viewer, payload, remark};
use crate::tui::state::json_tree::Tree;
use crate::tui::state::page::PayloadView;
use crate::tui::view::pen::Pen;
use crate::tui::view::tests::COLORED;

const RECEIPT: &[u8] = br#"{"user": 77, "template":"receipt",
    "to": ["a@b.example", "c@d.example"], "big": 12345678901234567890123, "note": "\u001b[2Jhi",
    "empty": {}, "nested": {"deep": {"deeper": [1, 2, {"x": null}]}}}"#;

fn seen(bytes: &[u8], view: PayloadView, folded: &[usize], size: (u16, u16)) -> String {
    let folded: BTreeSet<usize> = folded.iter().copied().collect();
    let viewer = Viewer {
        payload: bytes,
        size: bytes.len() as u64,
        view,
        folded: &folded,
        scroll: 0,
    };
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, COLORED);
    payload(&mut pen, area, &viewer);
    pen.phrase_right(Rect::new(0, size.1 - 1, size.0, 1), &remark(&viewer));
    let line = |y| {
        (0..size.0)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    let lines: Vec<String> = (0..size.1).map(|y| line(y).trim_end().to_owned()).collect();
    lines.join("\n")
}

#[test]
fn json_is_a_tree_that_folds() {
    insta::assert_snapshot!("json", seen(RECEIPT, PayloadView::Auto, &[], (60, 24)));
    insta::assert_snapshot!(
        "json_folded",
        seen(RECEIPT, PayloadView::Auto, &[3, 11], (60, 12))
    );
}

#[test]
fn what_is_sent_stays_as_it_was_sent() {
    let shown = seen(RECEIPT, PayloadView::Json, &[], (60, 24));
    assert!(shown.contains("12345678901234567890123"), "{shown}");
    assert!(shown.contains(r#""note": "\u001b[2Jhi""#), "{shown}");
    let order: Vec<usize> = ["user", "template", "big", "nested"]
        .iter()
        .map(|key| shown.find(*key).unwrap())
        .collect();
    assert!(order.is_sorted());
}

#[test]
fn bytes_are_shown_with_their_offsets() {
    let bytes: Vec<u8> = (0..=255).collect();
    insta::assert_snapshot!("hex_wide", seen(&bytes, PayloadView::Auto, &[], (80, 6)));
    insta::assert_snapshot!("hex_narrow", seen(RECEIPT, PayloadView::Hex, &[], (46, 4)));
}

#[test]
fn text_is_wrapped_and_its_escapes_are_seen() {
    let text = b"421 4.7.0 try again later, relay-2\nsecond\x1b[31m line\r\n\xff\xfe tail";
    insta::assert_snapshot!("text", seen(text, PayloadView::Text, &[], (24, 6)));
}

#[test]
fn shapes_are_chosen_by_what_is_there() {
    let of = |bytes: &[u8]| Shape::of(bytes, PayloadView::Auto);
    assert_eq!(of(RECEIPT), (Shape::Json, true));
    assert_eq!(of(b"12"), (Shape::Text, true));
    assert_eq!(of(b"{\"cut\": "), (Shape::Text, true));
    assert_eq!(of(&[0, 1, 2, 3, 0xff]), (Shape::Hex, true));
    let asked = Shape::of(b"{\"cut\": ", PayloadView::Json);
    assert_eq!(asked, (Shape::Text, false));
    let cut_letter = ["é".repeat(2_047).as_bytes(), b"x\xc3\xa9"].concat();
    assert_eq!(of(&cut_letter[..4_096]), (Shape::Text, true));
}

#[test]
fn json_beyond_the_bounds_is_text() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(Tree::read(deep.as_bytes()).is_none());
    let long = format!("[{}1]", "1,".repeat(5_000));
    assert!(Tree::read(long.as_bytes()).is_none());
    assert_eq!(Shape::of(long.as_bytes(), PayloadView::Auto).0, Shape::Text);
}

#[test]
fn only_objects_and_lists_can_be_folded() {
    let tree = Tree::read(RECEIPT).unwrap();
    let folded = BTreeSet::new();
    assert_eq!(tree.foldable(&folded, 0), Some(0));
    assert_eq!(
        tree.foldable(&folded, 1),
        Some(3),
        "the next one from there on"
    );
    assert_eq!(tree.foldable(&folded, 3), Some(3));
    assert_eq!(tree.foldable(&folded, 1_000), None);
    assert_eq!(tree.lines(&BTreeSet::from([0])).count(), 1);
}

#[test]
fn nothing_that_is_sent_controls_a_cell() {
    let mut bytes: Vec<u8> = (0..=255).rev().cycle().take(2_000).collect();
    bytes.extend_from_slice("\u{202e}\u{200b}\u{9b}2J\x1b]0;x\x07".as_bytes());
    for view in [
        PayloadView::Auto,
        PayloadView::Json,
        PayloadView::Text,
        PayloadView::Hex,
    ] {
        for width in [1, 7, 30, 80] {
            let shown = seen(&bytes, view, &[], (width, 40));
            let harmful = |c: char| c.is_control() && c != '\n';
            assert!(!shown.contains(harmful), "{shown:?}");
        }
    }
}
