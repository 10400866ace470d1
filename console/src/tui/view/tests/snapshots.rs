//! What the operator sees, as text.

use std::time::Duration;

use weir_proto::safe_text::SafeText;
use weir_proto::v1::BrokerHealth;

use super::{ASCII, screen, text};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::link::Link;
use crate::tui::state::row_id::RowId;
use crate::tui::state::screen::Mode;
use crate::tui::tests::fixture::{
    SHAPES, broker, fresh, live, numbers, press, sample, say, subscription, type_text, watched,
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn each_size(name: &str, make: impl Fn((u16, u16)) -> State) {
    for size in SIZES {
        let state = make(size);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), screen(&state));
    }
}

fn lost(state: &mut State, second: u64) {
    let waiting = Link::Waiting {
        retry_at: Duration::from_secs(second + 3),
        reason: SafeText::literal("the broker cannot be reached: Connection refused"),
        tries: 4,
    };
    say(state, second, Message::Link(waiting));
}

#[test]
fn live_dashboard() {
    each_size("live", live);
}

#[test]
fn stale_dashboard() {
    each_size("stale", |size| {
        let mut state = live(size);
        lost(&mut state, 71);
        state
    });
}

#[test]
fn no_broker() {
    each_size("no_broker", |size| {
        let mut state = fresh(size);
        lost(&mut state, 9);
        state
    });
}

#[test]
fn no_subscriptions() {
    each_size("empty", |size| {
        let mut state = watched(size, &[], 2);
        let mut nothing = sample(2, Vec::new());
        nothing.broker = Some(weir_proto::v1::BrokerStats {
            topic_count: 0,
            subscription_count: 0,
            backlog: 0,
            dead: 0,
            ..broker()
        });
        say(&mut state, 2, Message::Sample(numbers(nothing)));
        state
    });
}

#[test]
fn filtered_to_nothing() {
    each_size("filtered_out", |size| {
        let mut state = live(size);
        type_text(&mut state, "/zebra");
        state
    });
}

#[test]
fn hostile_names() {
    each_size("hostile", |size| {
        let mut state = watched(size, &SHAPES[..2], 3);
        let mut rows: Vec<_> = SHAPES.iter().map(|shape| subscription(shape, 3)).collect();
        "a\x1b]0;owned\x07b".clone_into(&mut rows[0].name);
        "\u{202e}gnillib\u{202c}".clone_into(&mut rows[1].name);
        "tab\tnew\nline\r\u{9b}2J\u{200b}".clone_into(&mut rows[1].topic);
        rows[1].consumers[0].name = "\x1b[2J\x1b[31mroot#\u{7f}".to_owned();
        rows[2].name = "x".repeat(300);
        "日本語の名前".clone_into(&mut rows[3].name);
        say(&mut state, 4, Message::Sample(numbers(sample(4, rows))));
        state.listing_mut().selected = Some(RowId::Number(2));
        state
    });
}

#[test]
fn connecting_and_frozen_and_poisoned() {
    insta::assert_snapshot!("connecting_80x24", screen(&fresh((80, 24))));
    let mut frozen = live((80, 24));
    press(&mut frozen, crossterm::event::KeyCode::Char('z'));
    say(&mut frozen, 71, Message::Second);
    insta::assert_snapshot!("frozen_80x24", screen(&frozen));
    let mut poisoned = live((80, 24));
    let mut last = sample(60, vec![subscription(&SHAPES[0], 60)]);
    let mut broker = broker();
    broker.set_health(BrokerHealth::Poisoned);
    "a sync of the journal failed: Input/output error".clone_into(&mut broker.health_detail);
    last.broker = Some(broker);
    last.dropped_updates = 3;
    say(&mut poisoned, 60, Message::Sample(numbers(last)));
    insta::assert_snapshot!("poisoned_80x24", screen(&poisoned));
}

#[test]
fn small_screens_keep_what_matters() {
    insta::assert_snapshot!("live_40x12", screen(&live((40, 12))));
    let mut detail = live((80, 24));
    detail.detail = Some(true);
    insta::assert_snapshot!("detail_80x24", screen(&detail));
}

#[test]
fn help_overlay() {
    let mut state = live((80, 24));
    state.mode = Mode::Help;
    insta::assert_snapshot!("help_80x24", screen(&state));
}

#[test]
fn ascii_fallback() {
    for size in SIZES {
        let shown = text(&live(size), ASCII);
        assert!(shown.is_ascii(), "{shown}");
        insta::assert_snapshot!(format!("ascii_{}x{}", size.0, size.1), shown);
    }
}
