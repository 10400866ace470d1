//! What helps to look: the line on a chart, what is new, the delay, notices beside the keys, the letters of charts.

use std::time::Duration;

use crossterm::event::KeyCode;
use weir_proto::safe_text::SafeText;

use super::fixture::{SHAPES, live, numbers, press, sample, say, subscription, type_text};
use super::night::{Words, at};
use crate::tui::look::{Look, Script};
use crate::tui::message::{Draw, Effect, Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::mode::Mode;
use crate::tui::state::notices::Level;
use crate::tui::state::place::{Place, Tab};
use crate::tui::update::update;
use crate::tui::view::tests::{screen, text};

const AS_IT_IS: Words<'_> = Words::AsTheyAre;

#[test]
fn the_line_on_a_chart_says_what_was_so_then_and_what_happened() {
    let place = Place::Subscription {
        name: SafeText::literal("fulfilment"),
    };
    let mut state = at((120, 36), Tab::Subscriptions, Some(&place), AS_IT_IS);
    press(&mut state, KeyCode::Char('x'));
    assert_eq!(state.mode, Mode::Cursor);
    let newest = state.cursor().expect("it stands at the newest");
    for _ in 0..12 {
        press(&mut state, KeyCode::Left);
    }
    let then = state.cursor().expect("it stands");
    assert!(newest - then > 60.0, "{newest} {then}");
    insta::assert_snapshot!("chart_cursor_120x36", screen(&state));
    // It stands at its time, while the chart moves on.
    let now = state.now + Duration::from_secs(1);
    update(&mut state, now, Message::Second);
    assert_eq!(state.cursor(), Some(then));
    press(&mut state, KeyCode::Home);
    let oldest = state.cursor();
    press(&mut state, KeyCode::Left);
    assert_eq!(state.cursor(), oldest, "there is nothing before");
    press(&mut state, KeyCode::Esc);
    assert_eq!((state.mode, state.cursor()), (Mode::Page, None));
    assert_eq!(state.trail().len(), 2, "esc took only the line away");
}

#[test]
fn a_chart_without_a_past_has_no_line() {
    let mut state = live((120, 36));
    press(&mut state, KeyCode::Char('x'));
    assert_eq!(state.mode, Mode::Page);
    assert!(screen(&state).contains("no past to look at yet"));
}

#[test]
fn what_died_since_the_last_look_is_marked_until_the_next_one() {
    let mut state = live((120, 36));
    press(&mut state, KeyCode::Char('4'));
    assert!(!screen(&state).contains('✦'), "nothing is new at first");
    press(&mut state, KeyCode::Char('1'));
    let mut rows: Vec<_> = SHAPES.iter().map(|shape| subscription(shape, 70)).collect();
    rows[4].dead += 2;
    let sample = Message::Sample(numbers(sample(70, rows)));
    say(&mut state, 70, sample);
    press(&mut state, KeyCode::Char('4'));
    let seen = screen(&state);
    let marked: Vec<&str> = seen.lines().filter(|line| line.contains('✦')).collect();
    assert!(marked.len() == 1 && marked[0].contains("ledger"), "{seen}");
    assert!(seen.contains("new since "), "{seen}");
    press(&mut state, KeyCode::Char('1'));
    press(&mut state, KeyCode::Char('4'));
    assert!(!screen(&state).contains('✦'), "it was seen");
}

#[test]
fn the_delay_is_measured_from_time_to_time_and_shown_where_there_is_room() {
    let mut state = live((120, 36));
    let pings = |outcome: &Outcome| outcome.effects.contains(&Effect::Ping);
    // One was made with the first sample; it is still under way.
    let at = state.now + Duration::from_millis(30);
    let pong = update(&mut state, at, Message::Pong { is_answered: true });
    assert!(!pings(&pong) && pong.draw == Draw::Soon);
    let header = |state: &State| screen(state).lines().next().unwrap().to_owned();
    assert!(header(&state).contains(" · rtt "), "{}", header(&state));
    state.size = (80, 24);
    assert!(!header(&state).contains("rtt"), "{}", header(&state));
}

#[test]
fn a_notice_leaves_room_for_the_keys_where_there_is_some() {
    let mut state = live((120, 36));
    state.say(
        Level::Done,
        SafeText::literal("212 bytes written to rows.jsonl"),
    );
    let footer = |state: &State| screen(state).lines().last().unwrap().to_owned();
    let wide = footer(&state);
    assert!(
        wide.contains("q quit") && wide.ends_with("written to rows.jsonl"),
        "{wide}"
    );
    state.size = (50, 24);
    let narrow = footer(&state);
    assert!(
        narrow.contains("written to rows.jsonl") && !narrow.contains("q quit"),
        "{narrow}"
    );
}

#[test]
fn charts_are_of_blocks_if_asked_and_never_where_only_ascii_was_asked_for() {
    let is_braille = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
    let mut state = at((120, 36), Tab::Overview, None, AS_IT_IS);
    assert!(screen(&state).contains(is_braille));
    type_text(&mut state, ":charts blocks");
    press(&mut state, KeyCode::Enter);
    let seen = text(&state, state.look);
    assert!(!seen.contains(is_braille) && seen.contains('█'), "{seen}");
    state.look = Look {
        script: Script::Ascii,
        ..state.look
    };
    type_text(&mut state, ":charts braille");
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.look.script, Script::Ascii);
}
