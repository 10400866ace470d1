//! What is kept, what becomes one, and what an image gives back.

use super::crowd::{ALL, EACH};
use super::ring::{JUMP, KEPT};
use super::*;
use crate::insight::Severity;
use crate::model::{Name, OperationId, Time};

const SECOND: u64 = 1_000_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn joined(micros: u64, subscription: &str) -> Happening {
    let told = Happening::new(Time(micros), EventKind::ConsumerJoined, "connected");
    Happening {
        actor: format!("worker of {subscription}"),
        ..told.of_subscription(name("t"), name(subscription))
    }
}

fn mark(micros: u64, text: &str) -> Happening {
    Happening::new(Time(micros), EventKind::Mark, text)
}

fn numbers(stretch: &Stretch) -> Vec<u64> {
    stretch.events.iter().map(|event| event.sequence).collect()
}

#[test]
fn events_are_kept_in_order_and_the_oldest_go_first() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.newest(), 0);
    for at in 1..=KEPT as u64 + 5 {
        let event = timeline.append(mark(at, "x"));
        assert_eq!(event.sequence, at);
    }
    let all = timeline.newest_after(0, usize::MAX, |_| true);
    assert_eq!(all.events.len(), KEPT);
    assert_eq!((all.events[0].sequence, all.is_cut), (6, false));
    assert!(
        timeline.after(4, 1).is_cut,
        "what the reader has not seen is gone"
    );
    let next = timeline.after(5, 2);
    assert_eq!((numbers(&next), next.is_cut), (vec![6, 7], false));
    assert_eq!(next.until, 7, "a reader goes on where it stopped");
}

#[test]
fn the_newest_of_those_wanted_are_given_and_the_others_are_told_to_be_missing() {
    let mut timeline = Timeline::default();
    for at in 1..=10 {
        timeline.append(mark(at, if at % 2 == 0 { "even" } else { "odd" }));
    }
    let even = |event: &Event| event.happening.text == "even";
    let found = timeline.newest_after(3, 2, even);
    assert_eq!((numbers(&found), found.is_cut), (vec![8, 10], true));
    let found = timeline.newest_after(3, 4, even);
    assert_eq!((numbers(&found), found.is_cut), (vec![4, 6, 8, 10], false));
    assert_eq!(
        found.until, 10,
        "also what is not wanted need not be asked for again"
    );
    assert_eq!(
        timeline.newest_after(10, 5, even),
        Stretch {
            until: 10,
            ..Stretch::default()
        }
    );
}

#[test]
fn a_number_of_a_timeline_that_was_lost_asks_for_everything() {
    let mut timeline = Timeline::default();
    timeline.append(mark(1, "x"));
    let found = timeline.newest_after(77, 5, |_| true);
    assert_eq!((numbers(&found), found.is_cut), (vec![1], true));
}

#[test]
fn a_fleet_that_connects_at_once_is_one_event_with_a_number() {
    let mut timeline = Timeline::default();
    for _ in 0..30 {
        timeline.tell(joined(SECOND, "s"));
    }
    assert_eq!(timeline.newest(), u64::from(EACH), "the first ones at once");
    timeline.pass(Time(2 * SECOND));
    assert_eq!(
        timeline.newest(),
        u64::from(EACH) + 1,
        "the others once the second is over"
    );
    let all = timeline.newest_after(0, 100, |_| true);
    let merged = &all.events.last().unwrap().happening;
    assert_eq!(merged.merged, 30 - u64::from(EACH));
    assert_eq!(merged.subscription, Some(name("s")));
    assert_eq!(merged.actor, "worker of s");
    assert!(merged.text.contains("27 more"), "{}", merged.text);
    timeline.tell(joined(2 * SECOND, "s"));
    assert_eq!(
        timeline.newest(),
        u64::from(EACH) + 2,
        "a new second, a new count"
    );
}

#[test]
fn a_flood_over_many_subscriptions_keeps_what_else_happened() {
    let mut timeline = Timeline::default();
    timeline.tell(mark(0, "deployed"));
    for second in 1..=100 {
        for subscription in 0..1_000 {
            timeline.tell(joined(second * SECOND, &format!("s{subscription}")));
        }
    }
    timeline.pass(Time(101 * SECOND));
    let all = timeline.newest_after(0, usize::MAX, |_| true);
    assert_eq!(all.events[0].happening.text, "deployed");
    assert_eq!(all.events.len(), 1 + 100 * (ALL as usize + 1));
    let told: u64 = all.events[1..]
        .iter()
        .map(|event| event.happening.merged)
        .sum();
    assert_eq!(told, 100_000, "none is lost from the count");
}

#[test]
fn one_that_was_held_back_alone_says_what_it_said() {
    let mut timeline = Timeline::default();
    for _ in 0..=EACH {
        timeline.tell(joined(SECOND, "s"));
    }
    // A clock that is set back ends the second as well.
    timeline.pass(Time(0));
    let all = timeline.newest_after(0, 100, |_| true);
    let last = &all.events.last().unwrap().happening;
    assert_eq!((last.merged, last.text.as_str()), (1, "connected"));
}

#[test]
fn the_weight_of_the_worst_is_that_of_all() {
    let mut timeline = Timeline::default();
    let changed = |severity| Happening {
        severity,
        count: 2,
        ..joined(SECOND, "s")
    };
    for _ in 0..EACH {
        timeline.tell(changed(Severity::Fine));
    }
    for severity in [Severity::Watch, Severity::Act, Severity::Fine] {
        timeline.tell(changed(severity));
    }
    timeline.pass(Time(2 * SECOND));
    let all = timeline.newest_after(0, 100, |_| true);
    let last = &all.events.last().unwrap().happening;
    assert_eq!((last.severity, last.count), (Severity::Act, 6));
}

#[test]
fn an_event_is_shown_where_it_belongs() {
    let event = |happening| Event {
        sequence: 1,
        happening,
    };
    let (t, s, u) = (name("t"), name("s"), name("u"));
    let of_both = event(joined(1, "s"));
    let of_topic = event(mark(1, "x").of_topic(t.clone()));
    let of_none = event(mark(1, "x"));
    for (event, of_t, of_u, of_s) in [
        (&of_both, true, false, true),
        (&of_topic, true, false, true),
        (&of_none, true, true, true),
    ] {
        assert_eq!(event.is_about_topic(&t), of_t);
        assert_eq!(event.is_about_topic(&u), of_u);
        assert_eq!(event.is_about_subscription(&s, Some(&t)), of_s);
    }
    assert!(!of_both.is_about_subscription(&u, Some(&t)));
    assert!(!of_topic.is_about_subscription(&s, None));
}

#[test]
fn an_image_gives_back_every_event_and_the_numbers_go_on() {
    let mut timeline = Timeline::default();
    timeline.append(joined(7, "s"));
    timeline.append(Happening {
        severity: Severity::Act,
        operation: Some(OperationId(9)),
        count: u64::MAX,
        merged: 3,
        ..mark(u64::MAX, "\u{202e}\n\u{0}… text")
    });
    for kind in EventKind::ALL {
        timeline.append(Happening::new(Time(8), kind, ""));
    }
    timeline.jump();
    let image = timeline.copied().image();
    let read = Timeline::of_image(&image).unwrap();
    assert_eq!(
        read.newest_after(0, 100, |_| true).events,
        timeline.newest_after(0, 100, |_| true).events
    );
    assert_eq!(read.newest(), 14 + JUMP);
}

#[test]
fn a_damaged_image_is_none() {
    let mut timeline = Timeline::default();
    for at in 0..20 {
        timeline.append(joined(at, "s"));
    }
    let image = timeline.copied().image();
    for cut in 0..image.len() {
        assert!(
            Timeline::of_image(&image[..cut]).is_none(),
            "cut to {cut} bytes"
        );
    }
    for at in 0..image.len() {
        let mut flipped = image.clone();
        flipped[at] ^= 0x10;
        assert!(Timeline::of_image(&flipped).is_none(), "byte {at}");
    }
}
