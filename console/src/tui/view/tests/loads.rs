//! The screen of a load test as the operator sees it.

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use weir_proto::safe_text::SafeText;

use super::cells::is_harmful;
use super::{ASCII, COLORED, lines_of};
use crate::load::offered::RateChange;
use crate::load::summary::Summary;
use crate::tui::look::Look;
use crate::tui::message::Message;
use crate::tui::state::baseline::Baseline;
use crate::tui::state::load::LoadState;
use crate::tui::state::remark::Remark;
use crate::tui::tests::load_fixture::{about, objectives, press, running, say, started};
use crate::tui::view::load_frame::draw;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn cells(state: &LoadState, look: Look) -> Buffer {
    let (width, height) = state.base.size;
    let mut state = state.clone();
    state.base.look = look;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &state)).unwrap();
    terminal.backend().buffer().clone()
}

fn each_size(name: &str, make: impl Fn((u16, u16)) -> LoadState) {
    for size in SIZES {
        let shown = lines_of(&cells(&make(size), COLORED));
        assert_eq!(
            shown.lines().filter(|line| line.is_empty()).count(),
            0,
            "{shown}"
        );
        insta::assert_snapshot!(format!("load_{name}_{}x{}", size.0, size.1), shown);
    }
}

#[test]
fn a_run_whose_consumers_fall_behind() {
    each_size("behind", |size| running(size, about(), 84));
}

#[test]
fn a_run_that_warms_up_has_measured_nothing() {
    each_size("warm_up", |size| {
        let mut about = about();
        about.plan.warm_up = std::time::Duration::from_secs(5);
        running(size, about, 3)
    });
}

#[test]
fn a_run_without_consumers_has_no_lag() {
    each_size("publishing", |size| {
        let mut about = about();
        about.plan.consumers = 0;
        about.subscription = None;
        about.is_durable = false;
        running(size, about, 40)
    });
}

#[test]
fn a_run_with_everything_wrong_says_so() {
    each_size("wrong", |size| {
        let mut about = about();
        about.objectives = Some(objectives());
        let mut state = running(size, about, 84);
        let sight = &mut state.live.sight;
        sight.duplicates = 2;
        sight.out_of_order = 17;
        sight.late = 24_113;
        sight.is_generator_limited = true;
        sight.errors = vec![(SafeText::literal("the topic is full (TOPIC_FULL)"), 1_200)];
        state
    });
}

#[test]
fn a_rate_that_was_changed_a_baseline_and_uncorrected_latencies() {
    each_size("compared", |size| {
        let mut state = running(size, about(), 84);
        state.live.sight.changes = vec![RateChange {
            at: 60.0,
            from: 16_000.0,
            to: 20_000.0,
        }];
        state.baseline = running(size, about(), 40).so_far();
        press(&mut state, KeyCode::Char('u'), false);
        state
    });
}

#[test]
fn a_stored_baseline_has_its_name_and_what_a_key_did_is_said_below() {
    let mut state = running(SIZES[0], about(), 84);
    let stored = Summary {
        consumers: 1,
        confirm_seconds: state.live.sight.confirm.quantiles,
        ..Summary::default()
    };
    let name = SafeText::literal("before the upgrade");
    state.baseline = Some(Baseline::of(name, &stored));
    for (at, remark) in [
        Remark::Changed(RateChange {
            at: 84.2,
            from: 20_000.0,
            to: 25_000.0,
        }),
        Remark::Exported {
            stem: SafeText::literal("weir-load-1"),
            directory: SafeText::literal("/home/op/tests"),
        },
        Remark::NotExported(SafeText::literal(
            "cannot write /var/log/weir-load-1.json: permission denied, as it was before",
        )),
    ]
    .into_iter()
    .enumerate()
    {
        state.remark = Some(remark);
        let shown = lines_of(&cells(&state, COLORED));
        insta::assert_snapshot!(format!("load_remark_{at}_80x24"), shown);
    }
}

#[test]
fn the_rest_is_taken_after_q() {
    each_size("ending", |size| {
        let mut state = running(size, about(), 84);
        press(&mut state, KeyCode::Char('q'), false);
        state.live.sight.is_settling = true;
        state
    });
}

#[test]
fn frozen_with_another_chart_and_before_anything_is_known() {
    let mut frozen = running(SIZES[1], about(), 84);
    press(&mut frozen, KeyCode::Char('p'), false);
    press(&mut frozen, KeyCode::Char('t'), false);
    say(&mut frozen, 91, Message::Second);
    insta::assert_snapshot!("load_frozen_120x36", lines_of(&cells(&frozen, COLORED)));
    let none = started(SIZES[1], about());
    insta::assert_snapshot!("load_started_120x36", lines_of(&cells(&none, COLORED)));
}

#[test]
fn help_and_ascii() {
    let mut state = running(SIZES[0], about(), 84);
    press(&mut state, KeyCode::Char('?'), false);
    insta::assert_snapshot!("load_help_80x24", lines_of(&cells(&state, COLORED)));
    for size in SIZES {
        let shown = lines_of(&cells(&running(size, about(), 84), ASCII));
        assert!(shown.is_ascii(), "{shown}");
        insta::assert_snapshot!(format!("load_ascii_{}x{}", size.0, size.1), shown);
    }
}

#[test]
fn every_size_can_be_drawn_and_no_error_drives_the_terminal() {
    let hostile = SafeText::new("\x1b[2J\x1b]0;owned\x07\u{202e}\u{9b}31m");
    let mut state = running(SIZES[0], about(), 84);
    state.live.sight.errors = vec![(hostile, u64::MAX)];
    let sizes = (1..=44)
        .flat_map(|width| (1..=40).map(move |height| (width * 3, height)))
        .chain(SIZES)
        .chain([
            (500, 1),
            (1, 200),
            (300, 100),
            (99, 40),
            (100, 32),
            (116, 31),
        ]);
    for (width, height) in sizes {
        state.base.size = (width, height);
        for has_help in [false, true] {
            state.has_help = has_help;
            state.shows_uncorrected = has_help;
            state.baseline = state.so_far().filter(|_| has_help);
            for cell in cells(&state, COLORED).content() {
                assert!(!cell.symbol().contains(is_harmful));
            }
        }
    }
}
