//! Whoever may publish or connect chooses bytes that an operator will look at: whatever they are, on
//! whatever page, no cell of a frame holds a control, and none is left out in silence.

use std::cell::Cell;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use weir_proto::safe_text::SafeText;

use super::cells::is_harmful;
use super::{ASCII, COLORED, cells};
use crate::tui::state::place::{Group, Place};
use crate::tui::tests::night::{Words, at, places};

/// How many of the strings the pages of one turn are made of: all of them are used.
const A_TURN: usize = 200;

const FRAGMENTS: [&[u8]; 14] = [
    b"\x1b]0;owned\x07",
    b"\x1b]52;c;cm0gLXJm\x07",
    b"\x1b[2J\x1b[H",
    b"\x1bP+q544e\x1b\\",
    b"\x9b31m",
    b"\xc2\x9d0;x\xc2\x9c",
    b"a\nb\rc\td\x08e\x7f\0",
    "\u{202e}txt.exe\u{2066}".as_bytes(),
    "\u{200b}\u{200d}\u{feff}\u{fe0f}\u{ad}\u{2060}".as_bytes(),
    "\u{e0041}\u{2028}\u{2029}\u{fff9}".as_bytes(),
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(),
    "日本👍\u{1f3fd}👨\u{200d}👩".as_bytes(),
    b"{\"a\": \"\x1b[31m\", \"b\": [1, {\"c\": null}]}",
    b"\xf0\x9f\xff\xc0\xaf\xed\xa0\x80",
];

fn hostile(random: &mut SmallRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(0..6) {
        match random.random_range(0..4) {
            0 => bytes.push(random.random()),
            1 => bytes.push(random.random_range(0x20..0x7f)),
            2 => {
                let c = char::from_u32(random.random_range(0..0x11_0000)).unwrap_or('\u{301}');
                bytes.extend(c.to_string().into_bytes());
            }
            _ => bytes.extend(*FRAGMENTS.choose(random).expect("there are fragments")),
        }
    }
    bytes
}

/// The same page about something with a name like that.
fn renamed(place: &Place, bytes: &[u8]) -> Place {
    let name = SafeText::new(bytes);
    match place {
        Place::Topic { .. } => Place::Topic { name },
        Place::Subscription { .. } => Place::Subscription { name },
        Place::DeadGroups { .. } => Place::DeadGroups { subscription: name },
        Place::DeadMessages { .. } => Place::DeadMessages {
            subscription: name.clone(),
            group: Some(Group {
                fingerprint: SafeText::literal("00d1e5f0a7b3c924"),
                pattern: name,
            }),
        },
        Place::Message { .. } => Place::Message { id: name },
        place => place.clone(),
    }
}

#[test]
fn no_string_from_outside_controls_a_cell_of_any_page() {
    let is_full = std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full");
    let count = if is_full { 200_000 } else { 20_000 };
    let seed = std::env::var("WEIR_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| SmallRng::from_os_rng().random());
    eprintln!("WEIR_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let places = places();
    let mut used = 0;
    for turn in 0..count / A_TURN {
        let strings: Vec<Vec<u8>> = (0..A_TURN).map(|_| hostile(&mut random)).collect();
        let next = Cell::new(0);
        for (name, tab, place) in &places {
            let size = [(80, 24), (120, 36), (200, 60)][turn % 3];
            let look = if turn % 5 == 0 { ASCII } else { COLORED };
            let place = place
                .as_ref()
                .map(|place| renamed(place, &strings[turn % A_TURN]));
            let state = at(size, *tab, place.as_ref(), Words::Each(&strings, &next));
            for cell in cells(&state, look).content() {
                let symbol = cell.symbol();
                assert!(!symbol.contains(is_harmful), "{symbol:?} on {name}");
                assert!(symbol.chars().count() <= 9, "{symbol:?} on {name}");
            }
        }
        assert!(
            next.get() >= A_TURN,
            "only {} strings were used",
            next.get()
        );
        used += A_TURN;
    }
    assert_eq!(used, count);
}
