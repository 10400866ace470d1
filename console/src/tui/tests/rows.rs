//! How rows are judged, and what unknown values become.

use weir_proto::v1::{DrainState, SubscriptionRates, SubscriptionStats};

use super::fixture::{SHAPES, subscription};
use crate::tui::state::subscription::{Drain, Subscription};
use crate::tui::state::verdict::{Severity, Verdict};

fn judged(change: impl FnOnce(&mut SubscriptionStats)) -> Verdict {
    let mut stats = subscription(&SHAPES[0], 0);
    stats.backlog = 55;
    change(&mut stats);
    Verdict::of(&Subscription::new(&stats, None))
}

#[test]
fn verdicts_follow_what_is_seen() {
    let with = |drain: DrainState, lag: f64| {
        judged(move |stats| {
            if drain == DrainState::Idle {
                stats.consumers.clear();
            }
            stats.set_drain(drain);
            stats.lag_seconds = Some(lag);
        })
    };
    assert_eq!(with(DrainState::Stuck, 1.0), Verdict::Stuck);
    assert_eq!(with(DrainState::Idle, 1.0), Verdict::Unheard);
    assert_eq!(with(DrainState::Idle, 61.0), Verdict::Abandoned);
    let left = judged(|stats| {
        stats.set_drain(DrainState::Never);
        stats.consumers.clear();
    });
    assert_eq!(
        left,
        Verdict::Unheard,
        "its last acks still count in the rates"
    );
    assert_eq!(
        with(DrainState::Never, 1.0),
        Verdict::Fine,
        "too young to worry"
    );
    assert_eq!(with(DrainState::Never, 6.0), Verdict::Growing);
    assert_eq!(with(DrainState::Draining, 60.0), Verdict::Draining);
    assert_eq!(with(DrainState::Unspecified, 1.0), Verdict::Unknown);
}

#[test]
fn wrong_books_are_worse_than_anything() {
    let verdict = judged(|stats| {
        stats.conservation_error = 1;
        stats.set_drain(DrainState::Empty);
    });
    assert_eq!(
        (verdict, verdict.severity()),
        (Verdict::BooksWrong, Severity::Act)
    );
}

#[test]
fn deaths_are_worth_a_look_while_they_happen() {
    let dying = judged(|stats| stats.rates[0].dead = 0.1);
    let died = judged(|stats| stats.dead = 4_000);
    assert_eq!((dying, died), (Verdict::Dying, Verdict::Draining));
}

#[test]
fn values_that_cannot_be_are_unknown_and_not_zero() {
    let mut stats = subscription(&SHAPES[0], 0);
    stats.lag_seconds = Some(f64::NAN);
    stats.drain_seconds = Some(f64::INFINITY);
    stats.rates = vec![SubscriptionRates {
        window_seconds: 10.0,
        publish: -1.0,
        ack: f64::NAN,
        ..SubscriptionRates::default()
    }];
    let one = Subscription::new(&stats, None);
    assert_eq!((one.lag, one.net()), (None, None));
    assert_eq!(one.drain, Drain::Draining(None));
    let rates = one.fast.unwrap();
    assert_eq!(
        (rates.publish, rates.ack, rates.deliver),
        (None, None, Some(0.0))
    );
}

#[test]
fn windows_are_told_by_their_length_and_not_by_their_order() {
    let mut stats = subscription(&SHAPES[0], 0);
    stats.rates.reverse();
    let one = Subscription::new(&stats, None);
    let windows = [one.fast, one.slow].map(|rates| rates.unwrap().window);
    assert!((windows[0] - 10.0).abs() < 1e-9 && (windows[1] - 60.0).abs() < 1e-9);
    stats.rates.clear();
    assert!(Subscription::new(&stats, None).fast.is_none());
}

#[test]
fn a_message_ages_while_its_row_does_not_change() {
    let one = Subscription::new(&subscription(&SHAPES[3], 0), Some(100.0));
    let aged = one.lag_at(Some(103.5)).unwrap();
    assert!((aged - 64.7).abs() < 1e-9);
    assert!((one.lag_at(None).unwrap() - 61.2).abs() < 1e-9);
}
