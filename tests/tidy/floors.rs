//! Who may use whom: the floors of the broker and the console, the order in the pure floor, and no
//! circle between the files of a crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{Arrow, Modules};
use crate::tree::{Tree, Violation};

/// The rooms of the broker by floor. Those of floor 0 also keep this order among themselves.
const BROKER: [(&str, u8); 13] = [
    ("model", 0),
    ("delivery", 0),
    ("insight", 0),
    ("core", 0),
    ("journal", 1),
    ("shard", 2),
    ("api", 3),
    ("server", 4),
    ("config", 4),
    ("telemetry", 4),
    ("offline", 4),
    ("main", 4),
    ("lib", 4),
];

/// The rooms of the console by floor; a room that is not listed is only kept from circles.
const CONSOLE: [(&str, u8); 8] = [
    ("present", 0),
    ("files", 0),
    ("load", 1),
    ("topology", 1),
    ("embedded", 1),
    ("tui", 2),
    ("command", 3),
    ("lib", 4),
];

/// Arrows go down only; in the pure floor also sideways in the declared order.
pub(crate) fn check_floors(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let broker = Modules::of(tree, "broker/src/lib.rs");
    for arrow in first_of_each(broker.arrows()) {
        found.extend(broker_arrow(&broker, &arrow));
    }
    for arrow in first_of_each(Modules::of(tree, "console/src/lib.rs").arrows()) {
        let (from, to) = (room(&arrow.from), room(&arrow.to));
        if let (Some(above), Some(below)) = (floor(&CONSOLE, from), floor(&CONSOLE, to))
            && below > above
        {
            found.push(breach(
                &arrow,
                &format!("`{from}` is below `{to}` and may not use it"),
            ));
        }
    }
    found
}

/// One arrow for each pair of modules, so that a breach is told once.
fn first_of_each(mut arrows: Vec<Arrow>) -> Vec<Arrow> {
    arrows.dedup_by(|a, b| a.from == b.from && a.to == b.to);
    arrows
}

fn broker_arrow(broker: &Modules, arrow: &Arrow) -> Option<Violation> {
    let (from, to) = (room(&arrow.from), room(&arrow.to));
    let (Some(above), Some(below)) = (floor(&BROKER, from), floor(&BROKER, to)) else {
        return Some(breach(
            arrow,
            &format!("`{from}` or `{to}` has no floor in this test's table"),
        ));
    };
    if below > above {
        return Some(breach(
            arrow,
            &format!("`{from}` is below `{to}` and may not use it"),
        ));
    }
    if from == "journal" && below == 0 && to != "model" {
        return Some(breach(arrow, "the journal knows nothing above `model`"));
    }
    let sideways = from != to && above == below && above < 4;
    if sideways && position(from) < position(to) {
        return Some(breach(
            arrow,
            &format!("`{from}` comes before `{to}` and may not use it"),
        ));
    }
    let unordered = from == to && above == 0 && !arrow.is_test && !keeps_order(broker, arrow);
    unordered.then(|| breach(arrow, "its `mod.rs` declares the one it uses later"))
}

/// Whether a file of the pure floor uses only what its door declares before it.
fn keeps_order(broker: &Modules, arrow: &Arrow) -> bool {
    let shared = arrow
        .from
        .iter()
        .zip(&arrow.to)
        .take_while(|(from, to)| from == to)
        .count();
    let (Some(from), Some(to)) = (arrow.from.get(shared), arrow.to.get(shared)) else {
        return true;
    };
    let door = &arrow.from[..shared];
    broker.rank(door, from) >= broker.rank(door, to)
}

/// Arrows that are not counted when circles are sought: from, to, and why.
const TOLERATED: [(&str, &str, &str); 0] = [];

/// No two files of a crate use each other, directly or through others. Tests are not counted.
pub(crate) fn check_circles(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_tolerated = |arrow: &Arrow| {
        let same =
            |(from, to, _): &(&str, &str, &str)| arrow.from_file == *from && arrow.to_file == *to;
        TOLERATED.iter().any(same)
    };
    for root in ["broker/src/lib.rs", "console/src/lib.rs"] {
        let arrows = Modules::of(tree, root).arrows();
        let mut uses: BTreeMap<&str, BTreeMap<&str, &Arrow>> = BTreeMap::new();
        for arrow in arrows
            .iter()
            .filter(|arrow| !arrow.is_test && !is_tolerated(arrow))
        {
            uses.entry(&arrow.from_file)
                .or_default()
                .entry(&arrow.to_file)
                .or_insert(arrow);
        }
        let mut done = BTreeSet::new();
        for file in uses.keys() {
            let Some(way) = way_back(&uses, file) else {
                continue;
            };
            let mut members: Vec<&str> = way.iter().map(|arrow| arrow.from_file.as_str()).collect();
            members.sort_unstable();
            if done.insert(members) {
                let steps: Vec<String> = way
                    .iter()
                    .map(|a| format!("{}:{}", a.from_file, a.line))
                    .collect();
                found.push(breach(way[0], &format!("a circle: {}", steps.join(" → "))));
            }
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn way_back<'a>(
    uses: &BTreeMap<&'a str, BTreeMap<&'a str, &'a Arrow>>,
    file: &'a str,
) -> Option<Vec<&'a Arrow>> {
    let mut reached: BTreeMap<&str, Vec<&Arrow>> = BTreeMap::new();
    let mut edge = vec![(file, Vec::new())];
    while !edge.is_empty() {
        let mut next = Vec::new();
        for (at, way) in edge {
            for (to, arrow) in uses.get(at).into_iter().flatten() {
                let way = [way.clone(), vec![*arrow]].concat();
                if *to == file {
                    return Some(way);
                }
                if !reached.contains_key(to) {
                    reached.insert(to, way.clone());
                    next.push((*to, way));
                }
            }
        }
        edge = next;
    }
    None
}

/// The floor of a room of the broker.
pub(crate) fn broker_floor(room: &str) -> Option<u8> {
    floor(&BROKER, room)
}

fn room(path: &[String]) -> &str {
    path.first().map_or("lib", String::as_str)
}

fn floor(floors: &[(&str, u8)], room: &str) -> Option<u8> {
    floors
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

fn position(room: &str) -> Option<usize> {
    BROKER.iter().position(|(name, _)| *name == room)
}

fn breach(arrow: &Arrow, what: &str) -> Violation {
    let way = format!("{} → {}", arrow.from.join("::"), arrow.to.join("::"));
    Violation::new(&arrow.from_file, arrow.line, format!("{way}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::{check_circles, check_floors};
    use crate::tree::{Tree, assert_none, assert_one};

    const ROOT: (&str, &str) = (
        "broker/src/lib.rs",
        "mod model; mod core; mod journal; mod shard;",
    );
    const MODEL: (&str, &str) = ("broker/src/model/mod.rs", "pub mod ids;\npub mod time;");

    fn floors(files: &[(&str, &str)]) -> Vec<super::Violation> {
        check_floors(&Tree::planted(&[&[ROOT, MODEL], files].concat()))
    }

    #[test]
    fn arrows_down_and_in_order_are_allowed() {
        let found = floors(&[
            ("broker/src/model/ids.rs", "pub struct Id;"),
            ("broker/src/model/time.rs", "use super::ids::Id;"),
            ("broker/src/core.rs", "use crate::model::ids::Id;"),
            (
                "broker/src/journal.rs",
                "use crate::model::{time, ids::Id};",
            ),
            (
                "broker/src/shard.rs",
                "use crate::{core, journal}; fn f() { core::f() }",
            ),
        ]);
        assert_none("all of them go down", found);
    }

    #[test]
    fn an_arrow_up_is_noticed() {
        let up = ("broker/src/model/ids.rs", "fn f() { crate::shard::f() }");
        assert_one(
            &floors(&[up, ("broker/src/shard.rs", "")]),
            "`model` is below `shard`",
        );
    }

    #[test]
    fn an_arrow_against_the_order_of_the_pure_floor_is_noticed() {
        let back = [
            ("broker/src/model/ids.rs", "use crate::core::X;"),
            ("broker/src/core.rs", ""),
        ];
        assert_one(&floors(&back), "`model` comes before `core`");
        let back = [
            ("broker/src/model/ids.rs", "use super::time::T;"),
            ("broker/src/model/time.rs", "pub struct T;"),
        ];
        assert_one(&floors(&back), "declares the one it uses later");
    }

    #[test]
    fn the_journal_may_not_know_the_core() {
        let up = [
            ("broker/src/journal.rs", "use crate::core::X;"),
            ("broker/src/core.rs", ""),
        ];
        assert_one(&floors(&up), "nothing above `model`");
    }

    #[test]
    fn a_room_without_a_floor_is_noticed() {
        let files = [
            ("broker/src/lib.rs", "mod model; mod attic;"),
            ("broker/src/model.rs", ""),
            ("broker/src/attic.rs", "use crate::model;"),
        ];
        assert_one(&check_floors(&Tree::planted(&files)), "has no floor");
    }

    #[test]
    fn the_console_has_floors_as_well() {
        let files = [
            ("console/src/lib.rs", "mod present; mod command;"),
            ("console/src/present.rs", "use crate::command::X;"),
            ("console/src/command.rs", "use crate::present::Y;"),
        ];
        assert_one(
            &check_floors(&Tree::planted(&files)),
            "`present` is below `command`",
        );
    }

    #[test]
    fn a_circle_is_noticed_but_not_one_of_tests() {
        let files = [
            ("console/src/lib.rs", "mod a; mod b; mod c;"),
            (
                "console/src/a.rs",
                "use crate::b::B; mod tests { use crate::c::C; }",
            ),
            ("console/src/b.rs", "use crate::c;"),
            ("console/src/c.rs", ""),
        ];
        assert_none("no circle", check_circles(&Tree::planted(&files)));
        let mut round = files;
        round[3] = ("console/src/c.rs", "fn f() { super::a::f() }");
        assert_one(
            &check_circles(&Tree::planted(&round)),
            "a.rs:1 → console/src/b.rs:1 → ",
        );
    }

    #[test]
    fn a_door_and_its_rooms_are_no_circle_unless_both_need_each_other() {
        let door = "mod room; pub use room::Chair; pub struct Key;";
        let files = [
            ("console/src/lib.rs", "mod door;"),
            ("console/src/door/mod.rs", door),
            (
                "console/src/door/room.rs",
                "use super::Key; pub struct Chair;",
            ),
        ];
        assert_none("no circle", check_circles(&Tree::planted(&files)));
        let mut round = files;
        round[1] = (
            "console/src/door/mod.rs",
            "mod room; use room::Chair; pub struct Key;",
        );
        assert_one(&check_circles(&Tree::planted(&round)), "a circle");
    }
}
