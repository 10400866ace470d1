//! Promises about every cell of every frame.

use crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};

use super::{ASCII, COLORED, MONO, cells, screen, text};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::screen::Mode;
use crate::tui::tests::fixture::{
    SHAPES, broker, fresh, live, numbers, press, sample, say, subscription, type_text, watched,
};

/// Strings that try to drive a terminal or to hide.
const HOSTILE: [&str; 16] = [
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b[2J\x1b[H",
    "\x1bP+q544e\x1b\\",
    "\u{9b}31m",
    "\u{9d}0;x\u{9c}",
    "a\nb\rc\td\x08e\x7f",
    "\u{202e}txt.exe",
    "\u{2066}isolate\u{2069}",
    "zero\u{200b}width\u{200d}joiner\u{feff}",
    "tag\u{e0041}\u{e0042}",
    "soft\u{ad}hyphen\u{2060}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{2028}line\u{2029}paragraph",
    "日本語\u{1f468}\u{200d}\u{1f469}",
    "\u{0}null",
];

pub(super) fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn hostile(size: (u16, u16), text: &str) -> State {
    let mut state = watched(size, &SHAPES, 2);
    let mut rows: Vec<_> = SHAPES.iter().map(|shape| subscription(shape, 2)).collect();
    for row in &mut rows {
        row.name = format!("{text}{}", row.subscription_id);
        text.clone_into(&mut row.topic);
        for consumer in &mut row.consumers {
            text.clone_into(&mut consumer.name);
            text.clone_into(&mut consumer.peer);
        }
    }
    let mut sample = sample(2, rows);
    let mut broker = broker();
    text.clone_into(&mut broker.version);
    text.clone_into(&mut broker.health_detail);
    broker.set_health(weir_proto::v1::BrokerHealth::Poisoned);
    sample.broker = Some(broker);
    say(&mut state, 2, Message::Sample(numbers(sample)));
    state
}

#[test]
fn no_byte_from_outside_reaches_a_cell_as_a_control() {
    for text in HOSTILE {
        for size in [(80, 24), (120, 36), (200, 60)] {
            for look in [COLORED, ASCII] {
                let mut state = hostile(size, text);
                type_text(&mut state, &format!("/{text}"));
                press(&mut state, KeyCode::Esc);
                let buffer = cells(&state, look);
                for cell in buffer.content() {
                    let symbol = cell.symbol();
                    assert!(!symbol.contains(is_harmful), "{text:?} became {symbol:?}");
                    assert!(symbol.chars().count() <= 9, "{text:?} became {symbol:?}");
                }
            }
        }
    }
}

#[test]
fn hostile_names_are_shown_and_not_swallowed() {
    let shown = screen(&hostile((200, 60), "\x1b[2J\u{202e}"));
    assert!(shown.contains(r"\x1b[2J\u{202e}"), "{shown}");
}

#[test]
fn without_colors_no_cell_has_one() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        for cell in cells(&live(size), MONO).content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
    }
}

#[test]
fn no_background_is_painted() {
    for cell in cells(&live((120, 36)), COLORED).content() {
        assert_eq!(cell.bg, Color::Reset);
    }
}

#[test]
fn severity_is_a_glyph_and_not_only_a_color() {
    let shown = text(&live((80, 24)), MONO);
    let row = |name: &str| shown.lines().find(|line| line.contains(name)).unwrap();
    assert!(row(" fulfilment ").contains('▲'));
    assert!(
        shown
            .lines()
            .any(|line| line.contains('✖') && line.contains("smtp"))
    );
    assert!(row(" mainframe ").contains('○'));
}

#[test]
fn stale_numbers_are_dim() {
    let mut state = live((80, 24));
    let lit = |state: &State| {
        let buffer = cells(state, COLORED);
        let lit = buffer.content().iter().filter(|cell| {
            cell.symbol().chars().all(|letter| letter.is_ascii_digit())
                && !cell.modifier.contains(Modifier::DIM)
        });
        lit.count()
    };
    let before = lit(&state);
    say(&mut state, 90, Message::Second);
    assert!(screen(&state).contains("stale 31s"));
    let after = lit(&state);
    assert!(
        before > 50 && after < 20,
        "{before} bright figures became {after}"
    );
}

#[test]
fn every_size_can_be_drawn() {
    let sizes = (1..=40)
        .flat_map(|width| (1..=40).map(move |height| (width, height)))
        .chain([
            (80, 24),
            (79, 23),
            (300, 100),
            (500, 200),
            (500, 1),
            (1, 200),
        ]);
    let mut full = hostile((80, 24), "n\x1b\u{202e}日本");
    let mut empty = fresh((80, 24));
    for (width, height) in sizes {
        for state in [&mut full, &mut empty] {
            say(state, 3, Message::Resized(width, height));
            for mode in [Mode::Page, Mode::Filter, Mode::Help] {
                state.mode = mode;
                for detail in [None, Some(true)] {
                    state.detail = detail;
                    cells(state, COLORED);
                }
            }
            cells(state, ASCII);
        }
    }
}

#[test]
fn a_frame_that_does_not_fit_its_terminal_is_cut() {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    let mut state = live((200, 60));
    state.mode = Mode::Help;
    for (width, height) in [(1, 1), (3, 50), (120, 2), (40, 20)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| super::super::frame::draw(frame, &state, COLORED))
            .unwrap();
    }
}

#[test]
fn screen_fills_its_height() {
    for size in [(80, 24), (120, 36), (200, 60), (80, 50)] {
        let shown = screen(&live(size));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), usize::from(size.1));
        let blank = lines.iter().filter(|line| line.is_empty()).count();
        assert_eq!(blank, 0, "{shown}");
    }
}
