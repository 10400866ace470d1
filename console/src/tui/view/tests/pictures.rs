//! The pictures of the README: frames of the console as it draws them.
//!
//! They are compared with what the console draws now, so that a picture is never older than the program.
//! `INSTA_UPDATE=always cargo test --workspace --lib -- pictures` makes them again.

use super::svg::svg;
use super::{COLORED, cells};
use crate::tui::tests::night::{Words, at, places};

/// From this file to the pictures.
const PICTURES: &str = "../../../../../.github/pictures";

#[test]
fn pictures_are_those_of_the_console_as_it_is() {
    let shown = ["overview", "subscription", "dead_messages"];
    for (name, tab, place) in places() {
        if !shown.contains(&name) {
            continue;
        }
        let state = at((120, 36), tab, place.as_ref(), Words::AsTheyAre);
        let picture = svg(&cells(&state, COLORED));
        insta::with_settings!({
            snapshot_path => PICTURES,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_binary_snapshot!(format!("{name}.svg").as_str(), picture.into_bytes());
        });
    }
}
