//! What each message and each key does to the state.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::fixture::{
    SHAPES, fresh, live, names, numbers, press, sample, say, selected, subscription, type_text,
    watched,
};
use crate::tui::message::{Draw, Effect, Message, Outcome};
use crate::tui::state::place::Tab;
use crate::tui::state::screen::Mode;

const BY_SEVERITY: [&str; 6] = [
    "smtp",
    "fulfilment",
    "ledger",
    "analytics",
    "billing",
    "mainframe",
];

#[test]
fn dashboard_begins_by_watching() {
    let mut state = fresh((80, 24));
    let outcome = say(&mut state, 0, Message::Started);
    assert!(matches!(outcome.effects.as_slice(), [Effect::Watch(_)]));
}

#[test]
fn urgent_subscriptions_come_first_and_idle_ones_last() {
    let state = live((80, 24));
    assert_eq!(names(&state)[0], "smtp", "stuck");
    assert_eq!(
        names(&state)[1],
        "fulfilment",
        "growing and older than the unheard one"
    );
    assert_eq!(
        names(&state)[2],
        "ledger",
        "nobody listens, for a short while"
    );
    assert_eq!(names(&state)[5], "mainframe", "idle");
}

#[test]
fn q_and_ctrl_c_and_signals_quit() {
    let mut state = live((80, 24));
    assert_eq!(
        press(&mut state, KeyCode::Char('q')),
        Outcome::effect(Effect::Quit)
    );
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let quit = Outcome::effect(Effect::Quit);
    assert_eq!(say(&mut state, 61, Message::Key(ctrl_c)), quit);
    assert_eq!(say(&mut state, 61, Message::Terminated), quit);
}

#[test]
fn ctrl_z_and_ctrl_l_and_signals_act_on_the_terminal() {
    let mut state = live((80, 24));
    let ctrl = |letter| Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    assert_eq!(
        say(&mut state, 61, ctrl('z')),
        Outcome::effect(Effect::Suspend)
    );
    assert_eq!(
        say(&mut state, 61, Message::Stopped),
        Outcome::effect(Effect::Suspend)
    );
    assert_eq!(
        say(&mut state, 61, Message::Continued),
        Outcome::effect(Effect::Retake)
    );
    assert_eq!(
        say(&mut state, 61, ctrl('l')),
        Outcome::effect(Effect::Redraw)
    );
}

#[test]
fn selection_moves_and_stops_at_the_ends() {
    let mut state = live((80, 24));
    let order = names(&state)
        .iter()
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>();
    assert_eq!(selected(&state), BY_SEVERITY[0]);
    press(&mut state, KeyCode::Char('j'));
    assert_eq!(selected(&state), order[1]);
    press(&mut state, KeyCode::Down);
    assert_eq!(selected(&state), order[2]);
    press(&mut state, KeyCode::Char('k'));
    press(&mut state, KeyCode::Up);
    press(&mut state, KeyCode::Up);
    assert_eq!(selected(&state), order[0]);
    press(&mut state, KeyCode::Char('G'));
    assert_eq!(selected(&state), order[5]);
    press(&mut state, KeyCode::Char('j'));
    assert_eq!(selected(&state), order[5]);
    press(&mut state, KeyCode::Char('g'));
    assert_eq!(selected(&state), order[0]);
    press(&mut state, KeyCode::End);
    assert_eq!(selected(&state), order[5]);
    press(&mut state, KeyCode::Home);
    assert_eq!(selected(&state), order[0]);
}

#[test]
fn pages_are_as_long_as_the_list_and_the_selected_row_stays_visible() {
    let shapes: Vec<_> = (0..100)
        .map(|id| super::fixture::Shape { id, ..SHAPES[2] })
        .collect();
    let mut state = watched((80, 24), &shapes, 1);
    let visible = state.visible_rows();
    for code in [
        KeyCode::PageDown,
        KeyCode::PageDown,
        KeyCode::PageUp,
        KeyCode::End,
    ] {
        press(&mut state, code);
        let place = state.listing().place().unwrap();
        let first = state.listing().offset;
        assert!(
            (first..first + visible).contains(&place),
            "{place} is out of view"
        );
    }
    press(&mut state, KeyCode::Home);
    press(&mut state, KeyCode::PageDown);
    assert_eq!(state.listing().place(), Some(visible - 1));
}

#[test]
fn selection_follows_its_subscription_when_the_order_changes() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('j'));
    let before = selected(&state).to_owned();
    press(&mut state, KeyCode::Char('r'));
    assert_eq!(selected(&state), before);
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(selected(&state), before);
    assert_eq!(names(&state)[0], "smtp", "by name, reversed");
}

#[test]
fn selection_moves_on_when_its_subscription_is_gone() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('G'));
    let rows = SHAPES[..5]
        .iter()
        .map(|shape| subscription(shape, 60))
        .collect();
    say(&mut state, 60, Message::Sample(numbers(sample(60, rows))));
    assert_eq!(names(&state).len(), 5);
    assert_eq!(selected(&state), names(&state)[4]);
    say(
        &mut state,
        61,
        Message::Sample(numbers(sample(61, Vec::new()))),
    );
    assert_eq!(state.listing().selected, None);
    press(&mut state, KeyCode::Char('j'));
    assert_eq!(state.listing().selected, None);
}

#[test]
fn s_goes_round_all_orders() {
    let mut state = live((80, 24));
    let mut seen = Vec::new();
    for _ in 0..7 {
        seen.push(state.listing().sorted_by().unwrap().title);
        press(&mut state, KeyCode::Char('s'));
    }
    assert_eq!(state.listing().sorted_by().unwrap().title, seen[0]);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[test]
fn sorting_by_backlog_and_dead_puts_the_largest_first() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(names(&state)[0], "analytics", "by name");
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(names(&state)[0], "fulfilment", "by backlog");
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(names(&state)[0], "fulfilment", "by oldest");
    press(&mut state, KeyCode::Char('s'));
    assert_eq!(names(&state)[..2], ["smtp", "ledger"], "by dead");
}

#[test]
fn typed_filter_selects_by_name_or_topic_and_esc_clears_it() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('/'));
    assert_eq!(state.mode, Mode::Filter);
    type_text(&mut state, "ORDERSq");
    assert_eq!(names(&state), [""; 0], "q is a letter here");
    press(&mut state, KeyCode::Backspace);
    assert_eq!(names(&state).len(), 3, "three subscriptions of the topic");
    press(&mut state, KeyCode::Down);
    assert_eq!(selected(&state), names(&state)[1]);
    press(&mut state, KeyCode::Enter);
    assert_eq!((state.mode, names(&state).len()), (Mode::Page, 3));
    press(&mut state, KeyCode::Esc);
    assert_eq!(names(&state).len(), 6);
}

#[test]
fn esc_while_typing_clears_the_filter_and_leaves_it() {
    let mut state = live((80, 24));
    type_text(&mut state, "/zzz");
    press(&mut state, KeyCode::Esc);
    assert_eq!((state.mode, names(&state).len()), (Mode::Page, 6));
}

#[test]
fn p_opens_and_closes_the_pane() {
    let shapes: Vec<_> = (0..20)
        .map(|id| super::fixture::Shape { id, ..SHAPES[2] })
        .collect();
    let mut small = watched((80, 24), &shapes, 1);
    assert!(
        small.layout().detail.is_none(),
        "a long list needs the room"
    );
    press(&mut small, KeyCode::Char('p'));
    assert!(small.layout().detail.is_some());
    let short = watched((80, 24), &shapes[..4], 1);
    assert!(
        short.layout().detail.is_some(),
        "a short list leaves the room"
    );
    let mut large = live((120, 36));
    assert!(large.layout().detail.is_some());
    press(&mut large, KeyCode::Char('p'));
    assert!(large.layout().detail.is_none());
}

#[test]
fn help_takes_the_keys_until_it_is_closed() {
    let mut state = live((80, 24));
    for close in [
        KeyCode::Char('?'),
        KeyCode::Char('q'),
        KeyCode::Esc,
        KeyCode::Enter,
    ] {
        press(&mut state, KeyCode::Char('?'));
        assert_eq!(state.mode, Mode::Help);
        assert_eq!(
            press(&mut state, KeyCode::Char('s')),
            Outcome::draw(Draw::No)
        );
        assert_eq!(press(&mut state, close).effects, []);
        assert_eq!(state.mode, Mode::Page);
    }
}

#[test]
fn frozen_screen_shows_the_moment_and_records_on() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('z'));
    let before = state.shown().rows[&1].now.acked;
    let rows = vec![subscription(&SHAPES[0], 60)];
    let sample = Message::Sample(numbers(sample(60, rows)));
    assert_eq!(say(&mut state, 60, sample), Outcome::draw(Draw::No));
    assert_eq!(state.shown().rows[&1].now.acked, before);
    assert_eq!(names(&state).len(), 6);
    press(&mut state, KeyCode::Char('z'));
    assert!(state.shown().rows[&1].now.acked > before);
    assert_eq!(names(&state).len(), 1);
}

#[test]
fn data_is_drawn_with_the_next_frame_and_keys_at_once() {
    let mut state = live((80, 24));
    let rows = vec![subscription(&SHAPES[0], 60)];
    let sample = Message::Sample(numbers(sample(60, rows)));
    assert_eq!(say(&mut state, 60, sample).draw, Draw::Soon);
    assert_eq!(say(&mut state, 61, Message::Second).draw, Draw::Soon);
    assert_eq!(press(&mut state, KeyCode::Char('j')).draw, Draw::Now);
    assert_eq!(press(&mut state, KeyCode::F(5)).draw, Draw::No);
    assert_eq!(say(&mut state, 61, Message::Resized(10, 3)).draw, Draw::Now);
}

#[test]
fn escape_and_a_key_that_come_as_one_are_both_obeyed() {
    let mut state = live((80, 24));
    press(&mut state, KeyCode::Char('3'));
    press(&mut state, KeyCode::Char('?'));
    assert_eq!(state.mode, Mode::Help);
    let both = KeyEvent::new(KeyCode::Char('2'), KeyModifiers::ALT);
    assert_eq!(say(&mut state, 61, Message::Key(both)).draw, Draw::Now);
    assert_eq!((state.mode, state.tab), (Mode::Page, Tab::Topics));
}
