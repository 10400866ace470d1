//! Files, clocks, tasks and sleep are allowed in few places, and these are all of them.
//!
//! It reads paths as they are written, so it sees `std::fs` in a `use` as well as in a call. What
//! comes in by another name is clippy's business, which knows the same rules by type.

use crate::syntax;
use crate::tree::{Tree, Violation, is_test_file, tokens};

/// A thing, how it is written, and where it may be; folders end in `/`.
struct Rule {
    thing: &'static str,
    /// Ends of paths, or whole starts if they end in `::`.
    written: &'static [&'static str],
    places: &'static [&'static str],
    /// Whether tests are free to do it outside of these places too.
    is_free_in_tests: bool,
}

const RULES: [Rule; 4] = [
    Rule {
        thing: "files of the host",
        written: &[
            "std::fs::",
            "tokio::fs::",
            "rustix::fs::",
            "File::open",
            "File::create",
        ],
        places: &[
            "broker/src/journal/disk.rs",
            "broker/src/config/file.rs",
            "console/src/files.rs",
            "tests/harness/files.rs",
            // It writes what the compiler reads, before there is a program.
            "proto/build.rs",
            // It measures the disk itself.
            "broker/examples/",
        ],
        is_free_in_tests: false,
    },
    Rule {
        thing: "a clock",
        written: &["Instant::now", "SystemTime::now"],
        places: &[
            "broker/src/shard/clock.rs",
            // The client's one `now`, which its waits follow.
            "proto/src/client/backoff.rs",
            // The console's loop, and the load generator's, which measures by it.
            "console/src/clock.rs",
            "console/src/tui/",
            "console/src/load/",
            // Bounded waiting needs to know how long it has waited.
            "tests/harness/wait.rs",
            // What measures.
            "tests/harness/files.rs",
            "tests/benches/",
            "broker/examples/",
            // The runtime's clock, which these tests pause and advance.
            "proto/src/client/tests/",
            "proto/src/client/subscriber/tests.rs",
        ],
        is_free_in_tests: false,
    },
    Rule {
        thing: "a thread or task",
        written: &[
            "tokio::spawn",
            "task::spawn",
            "task::spawn_blocking",
            "tokio::task::JoinSet",
            "thread::spawn",
            "thread::scope",
            "thread::Builder",
        ],
        places: &[
            "broker/src/shard/",
            "broker/src/server.rs",
            // Its writer waits for the disk, so that the shard never does.
            "broker/src/journal/",
            "proto/src/client/",
            "console/src/tui/effect.rs",
            "console/src/load/",
            "console/src/embedded.rs",
            "console/src/embedded/",
        ],
        is_free_in_tests: true,
    },
    Rule {
        thing: "sleep",
        written: &["thread::sleep", "time::sleep", "time::sleep_until"],
        places: &[
            "broker/src/shard/clock.rs",
            "proto/src/client/backoff.rs",
            "console/src/clock.rs",
            "console/src/tui/effect.rs",
            "tests/harness/wait.rs",
        ],
        is_free_in_tests: false,
    },
];

/// Nothing of the kind outside of its places.
pub(crate) fn check_places(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.rust() {
        for used in syntax::paths(&tokens(path, text)) {
            let is_test = is_test_file(path) || used.inside.iter().any(|name| name == "tests");
            let name = used.segments.join("::");
            for rule in &RULES {
                if rule.is_written_as(&name) && !rule.allows(path, is_test) {
                    let what = format!("`{name}`: {} has no place here", rule.thing);
                    found.push(Violation::new(path, used.line, what));
                }
            }
        }
    }
    found
}

impl Rule {
    fn is_written_as(&self, name: &str) -> bool {
        self.written
            .iter()
            .any(|written| match written.strip_suffix("::") {
                Some(start) => name == start || name.starts_with(written),
                None => name == *written || name.ends_with(&format!("::{written}")),
            })
    }

    fn allows(&self, path: &str, is_test: bool) -> bool {
        let is_place =
            |place: &&str| path == *place || place.ends_with('/') && path.starts_with(*place);
        self.places.iter().any(is_place) || is_test && self.is_free_in_tests
    }
}

#[cfg(test)]
mod tests {
    use super::check_places;
    use crate::tree::{Tree, assert_none, assert_one};

    #[test]
    fn what_is_done_outside_of_its_place_is_noticed() {
        for (text, thing) in [
            ("use std::{fs, io};", "files"),
            ("fn f() { tokio::fs::read(p) }", "files"),
            ("use std::fs::File;", "files"),
            ("fn f() { Instant::now() }", "a clock"),
            ("fn f() { std::time::SystemTime::now() }", "a clock"),
            ("fn f() { tokio::spawn(g()) }", "a thread or task"),
            ("use std::thread::{self, Builder};", "a thread or task"),
            ("use tokio::time::sleep;", "sleep"),
        ] {
            let tree = Tree::planted(&[("broker/src/api/status.rs", text)]);
            assert_one(&check_places(&tree), thing);
        }
    }

    #[test]
    fn tests_may_have_tasks_but_neither_sleep_nor_read_clocks() {
        let tests = |inner| format!("mod tests {{ fn f() {{ {inner} }} }}");
        let spawn = Tree::planted(&[("broker/src/api/a.rs", &tests("tokio::spawn(g())"))]);
        assert_none("tests may spawn", check_places(&spawn));
        for inner in ["std::thread::sleep(d)", "Instant::now()"] {
            let tree = Tree::planted(&[("broker/src/api/a.rs", &tests(inner))]);
            assert_one(&check_places(&tree), "has no place here");
            let tree = Tree::planted(&[("tests/it/a.rs", &tests(inner))]);
            assert_one(&check_places(&tree), "has no place here");
        }
    }

    #[test]
    fn the_places_are_allowed() {
        let tree = Tree::planted(&[
            ("broker/src/journal/disk.rs", "use std::fs::File;"),
            (
                "broker/src/shard/clock.rs",
                "fn f() { Instant::now(); std::thread::sleep(d) }",
            ),
            (
                "broker/src/shard/owner.rs",
                "fn f() { std::thread::Builder::new() }",
            ),
            ("tests/harness/wait.rs", "fn f() { tokio::time::sleep(d) }"),
        ]);
        assert_none("each in its place", check_places(&tree));
    }
}
