//! Every page as the operator sees it: with everything there, with old numbers, with nothing yet, and
//! with nothing at all.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::{ASCII, COLORED, cells, screen, text};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::fetch::{Cause, Failure};
use crate::tui::state::link::Link;
use crate::tui::state::place::{Place, Tab};
use crate::tui::tests::fixture::say;
use crate::tui::tests::night::{Words, at, places, without_answers};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
const AS_IT_IS: Words<'_> = Words::AsTheyAre;

fn each(story: &str, make: impl Fn((u16, u16), Tab, Option<&Place>) -> State) {
    for (name, tab, place) in places() {
        for size in SIZES {
            let state = make(size, tab, place.as_ref());
            let name = format!("{name}_{story}_{}x{}", size.0, size.1);
            insta::assert_snapshot!(name, screen(&state));
        }
    }
}

#[test]
fn pages_live() {
    each("live", |size, tab, place| at(size, tab, place, AS_IT_IS));
}

#[test]
fn pages_with_old_numbers() {
    each("stale", |size, tab, place| {
        let mut state = at(size, tab, place, AS_IT_IS);
        let waiting = Link::Waiting {
            retry_at: Duration::from_secs(75),
            reason: SafeText::literal("the broker cannot be reached"),
            tries: 4,
        };
        say(&mut state, 72, Message::Link(waiting));
        state
    });
}

#[test]
fn pages_with_nothing_yet() {
    each("empty", |size, tab, place| {
        without_answers(size, tab, place, AS_IT_IS)
    });
}

#[test]
fn pages_of_a_broker_that_says_no() {
    for (name, tab, place) in places() {
        let mut state = without_answers((80, 24), tab, place.as_ref(), AS_IT_IS);
        let now = state.now;
        let causes = [
            Cause::NotAllowed,
            Cause::NotSupported,
            Cause::NotFound,
            Cause::Other,
        ];
        for (slot, cause) in state.page().place.slots().iter().zip(causes) {
            let failure = Failure {
                cause,
                text: SafeText::literal("because"),
            };
            state.page_mut().answer(now, *slot, Err(failure));
        }
        insta::assert_snapshot!(format!("{name}_refused_80x24"), screen(&state));
    }
}

#[test]
fn pages_in_ascii() {
    for (name, tab, place) in places() {
        let state = at((120, 36), tab, place.as_ref(), AS_IT_IS);
        let shown = text(&state, ASCII);
        assert!(shown.is_ascii(), "{shown}");
        insta::assert_snapshot!(format!("{name}_ascii_120x36"), shown);
    }
}

#[test]
fn every_line_of_every_page_is_used() {
    for (name, tab, place) in places() {
        for size in SIZES {
            let shown = screen(&at(size, tab, place.as_ref(), AS_IT_IS));
            let lines: Vec<&str> = shown.lines().collect();
            assert_eq!(lines.len(), usize::from(size.1));
            let blank = lines.iter().filter(|line| line.is_empty()).count();
            assert_eq!(blank, 0, "{name} at {size:?}:\n{shown}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_words_on_the_first_page_at_any_size() {
    for size in SIZES {
        let shown = screen(&at(size, Tab::Overview, None, AS_IT_IS));
        let place = |text: &str| shown.find(text).unwrap_or(usize::MAX);
        assert!(
            place("smtp  failing") < place("fulfilment  under"),
            "{shown}"
        );
        assert!(place("of the attempts fail") < usize::MAX, "{shown}");
        assert!(place("Needs attention") < place("BACKLOG"), "{shown}");
    }
}

#[test]
fn every_page_can_be_drawn_at_any_size() {
    let sizes = (1..=30)
        .flat_map(|width| [1, 2, 5, 9, 14, 24].map(|height| (width * 4, height)))
        .chain([(1, 200), (500, 1), (300, 100), (99, 40), (100, 13)]);
    let mut states: Vec<State> = places()
        .iter()
        .map(|(_, tab, place)| at((80, 24), *tab, place.as_ref(), AS_IT_IS))
        .collect();
    for (width, height) in sizes {
        for state in &mut states {
            say(state, 60, Message::Resized(width, height));
            cells(state, COLORED);
        }
    }
}
