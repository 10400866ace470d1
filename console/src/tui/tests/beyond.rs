//! What is seen, and done, while only a window of the broker's rows is here, or not even that.

use std::time::Duration;

use crossterm::event::KeyCode;
use weir_proto::v1::{Diagnosis, HistoryPoint, HistoryResponse, Severity, Verdict, WatchResponse};

use super::fixture::{numbers, press, say, subscription, type_text};
use super::windows::{answer, asked, begun, of_many, subscriptions, watching};
use crate::tui::message::{Effect, Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::ask::{Ask, Reply, Slot};
use crate::tui::state::beyond::{Found, Worst};
use crate::tui::state::history::Series;
use crate::tui::state::past::Past;
use crate::tui::state::place::Tab;
use crate::tui::state::row_id::RowId;
use crate::tui::state::subscription::Subscription;
use crate::tui::state::window::Windows;
use crate::tui::update::update;
use crate::tui::view::tests::screen;

/// The calls that an outcome makes.
fn asks(outcome: &Outcome) -> Vec<(u64, Ask)> {
    let asks = outcome.effects.iter().filter_map(|effect| match effect {
        Effect::Ask { page, ask } => Some((*page, ask.clone())),
        _ => None,
    });
    asks.collect()
}

fn later(state: &mut State, message: Message) -> Outcome {
    let now = state.now + Duration::from_secs(1);
    update(state, now, message)
}

/// The screen at a size.
fn seen(state: &mut State, size: (u16, u16)) -> String {
    state.size = size;
    state.arrange();
    screen(state)
}

fn key(state: &mut State, letter: char) -> Outcome {
    state.now += Duration::from_secs(1);
    press(state, KeyCode::Char(letter))
}

/// A sample of `many` subscriptions of which none is in the window.
fn none_of(second: u64, many: u32, windows: &Windows) -> WatchResponse {
    let mut sample = of_many(second, 0, &subscriptions(windows));
    let broker = sample.broker.get_or_insert_default();
    broker.subscription_count = many;
    sample
}

#[test]
fn a_list_whose_window_has_not_come_is_loading_and_never_empty() {
    let (mut state, _) = watching(10_000);
    let windows = asked(&key(&mut state, '4')).unwrap();
    assert_eq!(state.tab, Tab::DeadLetters);
    let text = seen(&mut state, (100, 30));
    assert!(text.contains("loading"), "{text}");
    for wrong in ["No subscriptions yet", "No message is dead", "0 · sort"] {
        assert!(!text.contains(wrong), "{wrong} in {text}");
    }
    assert_eq!(state.listing().selected, None);
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Char('d'));
    assert_eq!(state.trail().len(), 1, "there is nothing to open yet");
    say(&mut state, 5, Message::Watching(windows.clone()));
    let sample = none_of(5, 10_000, &windows);
    say(&mut state, 5, Message::Sample(numbers(sample)));
    let text = seen(&mut state, (100, 30));
    assert!(text.contains("No message is dead"), "{text}");
}

#[test]
fn topics_whose_window_has_not_come_are_loading() {
    let (mut state, _) = watching(10_000);
    key(&mut state, '2');
    let text = seen(&mut state, (100, 30));
    assert!(text.contains("loading"), "{text}");
    assert!(!text.contains("No topics"), "{text}");
}

#[test]
fn rows_beyond_the_window_are_loading_and_keys_go_on_from_their_place() {
    let (mut state, windows) = watching(10_000);
    key(&mut state, '3');
    press(&mut state, KeyCode::End);
    let text = seen(&mut state, (100, 30));
    assert!(
        text.contains("loading") && text.contains("10,000"),
        "{text}"
    );
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.trail().len(), 1, "the row is not here yet");
    press(&mut state, KeyCode::Up);
    assert_eq!(state.listing().place(), Some(9_998), "not from the top");
    press(&mut state, KeyCode::Home);
    answer(&mut state, 9, 10_000, &windows);
    assert_eq!(state.listing().selected, Some(RowId::Number(1)));
}

#[test]
fn a_filtered_list_says_how_many_of_how_many() {
    let (mut state, _) = watching(2);
    key(&mut state, '3');
    type_text(&mut state, "/billing");
    state.now += Duration::from_secs(1);
    let windows = asked(&press(&mut state, KeyCode::Enter)).unwrap();
    say(&mut state, 5, Message::Watching(windows.clone()));
    let mut sample = of_many(5, 1, &subscriptions(&windows));
    sample.broker.get_or_insert_default().subscription_count = 2;
    say(&mut state, 5, Message::Sample(numbers(sample)));
    let text = seen(&mut state, (100, 30));
    assert!(text.contains("1 of 2"), "{text}");
}

/// The row of the fixture as the broker judges it at its worst.
fn troubled(id: u64) -> Subscription {
    let shape = super::fixture::Shape {
        id,
        name: "far-away",
        ..super::fixture::SHAPES[3]
    };
    let mut stats = subscription(&shape, 1);
    stats.diagnosis = Some(Diagnosis {
        verdict: Verdict::Stuck.into(),
        severity: Severity::Act.into(),
        reason: "One message is in the way.".to_owned(),
        ..Diagnosis::default()
    });
    Subscription::new(&stats, None)
}

#[test]
fn what_wants_attention_is_asked_for_where_the_window_does_not_begin_with_it() {
    let (mut state, _) = watching(10_000);
    let is_worst = |(_, ask): &(u64, Ask)| *ask == Ask::Worst;
    assert!(
        !asks(&later(&mut state, Message::Second))
            .iter()
            .any(is_worst),
        "the window begins with the worst, and they are over before it ends"
    );
    let outcome = key(&mut state, 's');
    let windows = asked(&outcome).expect("another order");
    let outcome = answer(&mut state, 9, 10_000, &windows);
    let (page, _) = asks(&outcome).into_iter().find(is_worst).expect("asked");
    let result = Ok(Reply::Worst(Worst {
        rows: vec![troubled(9_000)],
        count: 41,
    }));
    let slot = Slot::Worst;
    later(&mut state, Message::Answer { page, slot, result });
    let text = seen(&mut state, (120, 36));
    assert!(text.contains("Needs attention (41)"), "{text}");
    assert!(text.contains("far-away  stuck"), "{text}");
}

#[test]
fn completion_asks_for_names_beyond_the_window_once_for_each_word() {
    let (mut state, windows) = watching(10_000);
    let mut waiting = Vec::new();
    let mut names = |outcome: &Outcome| {
        let found = asks(outcome).into_iter();
        waiting.extend(found.filter(|(_, ask)| matches!(ask, Ask::Names { .. })));
        waiting.pop()
    };
    let mut asked = None;
    for letter in ":sub far".chars() {
        let outcome = press(&mut state, KeyCode::Char(letter));
        asked = asked.or(names(&outcome));
    }
    // The first letter was on its way already: one call at a time.
    let mut parts = Vec::new();
    for second in 2..20 {
        let Some((page, Ask::Names { noun, part })) = asked.take() else {
            break;
        };
        parts.push(part);
        let found = vec!["far-away".to_owned()];
        let result = Ok(Reply::Names(Found { noun, names: found }));
        let slot = Slot::Names;
        let told = say(&mut state, second, Message::Answer { page, slot, result });
        let tick = answer(&mut state, second + 1, 10_000, &windows);
        asked = names(&told).or(names(&tick));
    }
    assert_eq!(parts, ["", "far"]);
    press(&mut state, KeyCode::Tab);
    assert_eq!(state.command.typed().as_str(), "sub far-away ");
}

#[test]
fn rows_that_come_bring_what_they_did_before() {
    let (mut state, windows, mut outcome) = begun(10_000);
    let mut known: Vec<u64> = Vec::new();
    for second in 2..10 {
        for (page, ask) in asks(&outcome) {
            let slot = ask.slot();
            let Ask::Trends { of, .. } = ask else {
                continue;
            };
            assert!(of.len() <= 16, "{}", of.len());
            known.extend(of.iter().map(|(id, _)| *id));
            let pasts = of.iter().map(|(id, _)| (*id, past())).collect();
            let result = Ok(Reply::Trends(pasts));
            say(&mut state, second, Message::Answer { page, slot, result });
        }
        outcome = answer(&mut state, second, 10_000, &windows);
    }
    let asked = known.len();
    known.sort_unstable();
    known.dedup();
    assert!(asked > 0 && asked == known.len(), "{known:?}");
    let row = &state.shown().rows[&known[0]];
    let backlogs: Vec<_> = row.history.last(Series::Backlog, 100).collect();
    assert!(backlogs.len() > 60, "{}", backlogs.len());
    assert_eq!(backlogs[0], Some(77.0));
}

/// The last minute before the fixture's time.
fn past() -> Past {
    let points = (-60..0).map(|second| HistoryPoint {
        sample_time: Some(prost_types::Timestamp {
            seconds: super::fixture::EPOCH + second,
            nanos: 0,
        }),
        span_seconds: 1.0,
        backlog: 77,
        ..HistoryPoint::default()
    });
    Past::new(&HistoryResponse {
        points: points.collect(),
        truncated: false,
    })
}
