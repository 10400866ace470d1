//! The keys of the screen of a load test, and what it says of a run.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::{mpsc, watch};

use super::load_fixture::{about, objectives, press, running, say, sight, started};
use crate::load::end::End;
use crate::load::gauges::Gauges;
use crate::load::offered::{RateChange, Turn};
use crate::load::plan::Plan;
use crate::load::shape::Shape;
use crate::load::stage::{Progress, Stage};
use crate::tui::inlets::Inlets;
use crate::tui::load_screen::{Followed, LoadLoop, Reins};
use crate::tui::load_update::{Asked, take_sight};
use crate::tui::message::Message;
use crate::tui::state::baseline::Source;
use crate::tui::state::load::{Bound, LoadState, Phase, Series};
use crate::tui::state::remark::Remark;

const SIZE: (u16, u16) = (120, 36);

#[test]
fn the_first_q_ends_the_run_and_the_second_one_at_once() {
    let mut state = running(SIZE, about(), 84);
    assert_eq!((state.end, state.phase()), (End::InTime, Phase::Measuring));
    press(&mut state, KeyCode::Char('q'), false);
    assert_eq!((state.end, state.phase()), (End::Early, Phase::Ending));
    press(&mut state, KeyCode::Char('q'), false);
    assert_eq!((state.end, state.is_interrupted), (End::AtOnce, false));
    let mut state = running(SIZE, about(), 84);
    press(&mut state, KeyCode::Char('c'), true);
    assert_eq!((state.end, state.is_interrupted), (End::Early, true));
}

#[test]
fn q_closes_the_help_before_it_ends_anything() {
    let mut state = running(SIZE, about(), 84);
    press(&mut state, KeyCode::Char('?'), false);
    assert!(state.has_help);
    press(&mut state, KeyCode::Char('q'), false);
    assert_eq!((state.has_help, state.end), (false, End::InTime));
}

#[test]
fn a_signal_leaves_the_screen_and_ends_the_run() {
    let mut state = running(SIZE, about(), 84);
    assert_eq!(say(&mut state, 85, Message::Terminated), Asked::Leave);
    assert_eq!((state.end, state.is_interrupted), (End::Early, true));
    assert_eq!(say(&mut state, 85, Message::Stopped), Asked::Suspend);
    assert_eq!(say(&mut state, 85, Message::Continued), Asked::Retake);
    assert_eq!(press(&mut state, KeyCode::Char('z'), true), Asked::Suspend);
}

#[test]
fn a_frozen_picture_stays_while_the_run_goes_on() {
    let mut state = running(SIZE, about(), 84);
    let depth = |state: &LoadState| state.shown().lag.now.as_ref().unwrap().backlog;
    for key in [' ', 'p', 'z'] {
        let (before, seen) = (depth(&state), state.shown().sight.elapsed);
        press(&mut state, KeyCode::Char(key), false);
        let later = running(SIZE, about(), 120);
        state.live = later.live;
        assert_eq!((depth(&state), state.shown().sight.elapsed), (before, seen));
        press(&mut state, KeyCode::Char(key), false);
        assert_eq!(state.shown().sight.elapsed, Duration::from_mins(2));
        state = running(SIZE, about(), 84);
    }
    press(&mut state, KeyCode::Char('t'), false);
    assert_eq!(state.series, Series::Age);
}

#[test]
fn a_run_goes_through_its_phases() {
    let at = |seconds: u64, plan: &Plan, is_settling: bool| {
        let mut about = about();
        about.plan = plan.clone();
        let mut state = started(SIZE, about);
        let mut seen = sight(seconds, plan);
        seen.is_settling = is_settling;
        take_sight(&mut state, Duration::from_secs(seconds), seen);
        (state.phase(), state.part())
    };
    let plan = about().plan;
    assert_eq!(at(0, &plan, false), (Phase::WarmUp, 0.0));
    assert_eq!(at(1, &plan, false).0, Phase::Measuring);
    assert_eq!(at(181, &plan, false), (Phase::Measuring, 1.0));
    assert_eq!(at(181, &plan, true).0, Phase::TakingTheRest);
    let drain = Plan {
        backlog: Some(200_000),
        ..plan
    };
    assert_eq!(at(5, &drain, false), (Phase::Filling, 0.5));
    assert_eq!(at(5, &drain, true).0, Phase::Draining);
}

#[test]
fn who_is_the_limit_is_said_by_what_is_seen() {
    let mut behind = running(SIZE, about(), 84);
    assert_eq!(behind.bounds(), [Bound::Consumers]);
    behind.live.sight.is_generator_limited = true;
    assert_eq!(behind.bounds(), [Bound::Consumers, Bound::Generator]);
    let mut state = running(SIZE, about(), 40);
    assert_eq!(state.bounds(), [Bound::Nothing]);
    state.live.sight.held_part = 0.4;
    assert_eq!(state.bounds(), [Bound::Broker]);
    let mut most = about();
    most.plan.shape = Shape::Most;
    assert_eq!(running(SIZE, most, 40).bounds(), [Bound::Confirmations]);
}

#[test]
fn objectives_are_held_against_what_is_measured_so_far() {
    let mut wanted = about();
    wanted.objectives = Some(objectives());
    let state = running(SIZE, wanted.clone(), 84);
    let met: Vec<bool> = state.verdicts().iter().map(|one| one.is_met).collect();
    assert_eq!(met, [true, false, true]);
    assert!(
        running(SIZE, wanted, 1).verdicts().is_empty(),
        "in the warm-up"
    );
}

#[test]
fn plus_and_minus_ask_for_another_rate_only_where_there_is_one() {
    let mut state = running(SIZE, about(), 84);
    for (key, turn) in [
        ('+', Turn::Faster),
        ('=', Turn::Faster),
        ('-', Turn::Slower),
    ] {
        assert_eq!(
            press(&mut state, KeyCode::Char(key), false),
            Asked::Turn(turn)
        );
    }
    press(&mut state, KeyCode::Char('q'), false);
    assert_eq!(press(&mut state, KeyCode::Char('+'), false), Asked::Nothing);
    assert!(matches!(state.remark, Some(Remark::Nothing(why)) if why.contains("published")));
    let mut ramp = about();
    ramp.plan.shape = Shape::Ramp { from: 1.0, to: 9.0 };
    let mut state = running(SIZE, ramp, 84);
    assert_eq!(press(&mut state, KeyCode::Char('-'), false), Asked::Nothing);
    assert!(matches!(state.remark, Some(Remark::Nothing(why)) if why.contains("constant")));
    press(&mut state, KeyCode::Char('t'), false);
    assert_eq!(state.remark, None, "the next key takes it away");
}

#[test]
fn what_is_asked_for_is_what_it_was_changed_to() {
    let mut state = running(SIZE, about(), 84);
    assert_eq!(state.asked(), Some(20_000.0));
    state.live.sight.changes = vec![RateChange {
        at: 83.0,
        from: 20_000.0,
        to: 25_000.0,
    }];
    assert_eq!(state.asked(), Some(25_000.0));
}

#[test]
fn the_run_so_far_becomes_the_baseline_once_it_is_measured() {
    let mut state = running(SIZE, about(), 1);
    press(&mut state, KeyCode::Char('b'), false);
    assert_eq!(state.baseline, None);
    assert!(matches!(state.remark, Some(Remark::Nothing(_))));
    let mut state = running(SIZE, about(), 40);
    press(&mut state, KeyCode::Char('b'), false);
    let taken = state.baseline.clone().unwrap();
    assert_eq!(taken.source, Source::Moment(Duration::from_secs(40)));
    assert_eq!(taken.consume, state.live.sight.consume.quantiles.p99);
    state.live = running(SIZE, about(), 84).live;
    assert_eq!(state.baseline, Some(taken), "it stays until it is set anew");
}

#[test]
fn uncorrected_latencies_are_shown_only_where_they_can_differ() {
    let mut state = running(SIZE, about(), 84);
    press(&mut state, KeyCode::Char('u'), false);
    assert!(state.shows_uncorrected);
    press(&mut state, KeyCode::Char('u'), false);
    assert!(!state.shows_uncorrected);
    let mut most = about();
    most.plan.shape = Shape::Most;
    let mut state = running(SIZE, most, 84);
    press(&mut state, KeyCode::Char('u'), false);
    assert!(!state.shows_uncorrected && state.remark.is_some());
}

#[tokio::test]
async fn a_turn_reaches_the_run_and_what_it_made_of_it_the_screen() {
    let gauges = Arc::new(Gauges::begin(7, about().plan));
    let seen = Progress {
        gauges: Arc::clone(&gauges),
        stage: Stage::Publishing,
    };
    let (_see, progress) = watch::channel(Some(seen));
    let (followed, _, _) = follow("++-q", End::Early, progress).await;
    assert_eq!(followed.done, Some("measured"));
    let to: Vec<f64> = gauges.offered.changes().iter().map(|one| one.to).collect();
    assert_eq!(to, [25_000.0, 30_000.0, 25_000.0]);
}

/// Runs the loop over some keys with a run that ends when it is told to end so urgently; what it was told, and how the
/// screen was left.
async fn keys(letters: &str, until: End) -> (Followed<&'static str>, End, String) {
    let (_see, progress) = watch::channel(None);
    follow(letters, until, progress).await
}

/// The same with a run that can be seen.
async fn follow(
    letters: &str,
    until: End,
    progress: watch::Receiver<Option<Progress>>,
) -> (Followed<&'static str>, End, String) {
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    let (_urgent, urgent) = mpsc::channel(1);
    let (_sender, messages) = mpsc::channel(1);
    let events: Vec<io::Result<Event>> = letters
        .chars()
        .map(|letter| {
            let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            Ok(Event::Key(key))
        })
        .collect();
    let input = tokio_stream::StreamExt::chain(tokio_stream::iter(events), tokio_stream::pending());
    let inlets = Inlets {
        urgent,
        input,
        messages,
    };
    let state = running(SIZE, about(), 84);
    let mut screen = LoadLoop::new(terminal, state, inlets);
    let (end, mut ended) = watch::channel(End::InTime);
    let mut work = Box::pin(async move {
        ended.wait_for(|end| *end >= until).await.unwrap();
        "measured"
    });
    let reins = Reins {
        progress: &progress,
        end: &end,
    };
    let followed = screen.run((&mut work, reins), |_| Ok(())).await.unwrap();
    let told = *end.borrow();
    (followed, told, screen.terminal.backend().to_string())
}

#[tokio::test]
async fn the_screen_ends_with_the_run_that_its_key_ended() {
    for (letters, until) in [("q", End::Early), ("ppqq", End::AtOnce)] {
        let (followed, told, _) = keys(letters, until).await;
        assert_eq!(
            (followed.done, followed.is_interrupted),
            (Some("measured"), false)
        );
        assert_eq!(told, until);
    }
}

#[tokio::test]
async fn a_terminal_that_is_gone_leaves_the_run_to_its_end() {
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    let (_urgent, urgent) = mpsc::channel(1);
    let (_sender, messages) = mpsc::channel(1);
    let inlets = Inlets {
        urgent,
        input: tokio_stream::iter([Err(io::Error::other("hung up"))]),
        messages,
    };
    let state = running(SIZE, about(), 84);
    let mut screen = LoadLoop::new(terminal, state, inlets);
    let (end, _ended) = watch::channel(End::InTime);
    let (_see, progress) = watch::channel(None);
    let reins = Reins {
        progress: &progress,
        end: &end,
    };
    let mut work = std::future::pending::<()>();
    let followed = screen.run((&mut work, reins), |_| Ok(())).await.unwrap();
    assert_eq!((followed.done, followed.is_interrupted), (None, true));
    assert_eq!(*end.borrow(), End::Early);
}

#[test]
fn every_key_of_the_table_has_its_own_letters() {
    use crate::tui::load_keys::{KEYS, action};
    let letters = "abcdefghijklmnopqrstuvwxyz?! +=-_".chars();
    let all = letters.flat_map(|letter| {
        [KeyModifiers::NONE, KeyModifiers::CONTROL]
            .map(|with| KeyEvent::new(KeyCode::Char(letter), with))
    });
    let found: Vec<_> = all.filter_map(action).collect();
    for key in &KEYS {
        let is_escape = key.shown == "esc";
        assert!(is_escape || found.contains(&key.action), "{}", key.shown);
    }
    assert_eq!(found.len(), 16, "and no letter means anything else");
}
