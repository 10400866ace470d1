//! Who knows what: the pure floor nothing of the machine, few rooms gRPC, one file the broker.

use crate::floors::broker_floor;
use crate::syntax;
use crate::tree::{Tree, Violation, is_test_file, tokens};

/// What the pure floor does without: words that mean a clock, a lock, a task, a file or chance.
const IMPURE: [&str; 9] = [
    "tokio", "rustix", "tracing", "rand", "Mutex", "RwLock", "Condvar", "async", "await",
];

/// The same as parts of the standard library.
const IMPURE_STD: [&str; 5] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// The pure floor has no clock, file, socket, task, lock, log or chance; only `api` and the wiring
/// know gRPC; only one file of the console knows the broker.
pub(crate) fn check_purity(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.rust().filter(|(path, _)| !is_test_file(path)) {
        let Some((crate_name, inner)) = path.split_once("/src/") else {
            continue;
        };
        let room = inner.split(['/', '.']).next().unwrap_or_default();
        let floor = broker_floor(room).filter(|_| crate_name == "broker");
        let tokens = tokens(path, text);
        let tests = syntax::item_names(&tokens)
            .into_iter()
            .find(|(name, _)| name == "tests");
        let tests_from = tests.map_or(usize::MAX, |(_, line)| line);
        for used in syntax::paths(&tokens)
            .iter()
            .filter(|used| used.line < tests_from)
        {
            let name = used.segments.join("::");
            if floor == Some(0) && IMPURE_STD.iter().any(|impure| name.starts_with(impure)) {
                found.push(Violation::new(
                    path,
                    used.line,
                    format!("`{name}`: the core is pure"),
                ));
            }
        }
        for (name, line) in syntax::names(&tokens) {
            let what = match name.as_str() {
                _ if line >= tests_from => continue,
                "weir_broker" if crate_name == "console" && room != "embedded" => {
                    "only `embedded` knows the broker"
                }
                "weir_console" | "weir_tests" if inner != "main.rs" => "this crate is below",
                "tonic" if floor < Some(3) && floor.is_some() => "only the api knows gRPC",
                name if floor == Some(0) && IMPURE.contains(&name) => "the core is pure",
                _ => continue,
            };
            found.push(Violation::new(path, line, format!("`{name}`: {what}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check_purity;
    use crate::tree::{Tree, assert_none, assert_one};

    #[test]
    fn the_core_without_purity_is_noticed() {
        let pure = (
            "broker/src/core/mod.rs",
            "fn f(now: u64) {}\nmod tests { use rand::Rng; }",
        );
        assert_none("pure", check_purity(&Tree::planted(&[pure])));
        for impure in [
            "use std::sync::Mutex;",
            "async fn f() {}",
            "fn f() { std::fs::x() }",
        ] {
            let tree = Tree::planted(&[("broker/src/core/mod.rs", impure)]);
            assert_one(&check_purity(&tree), "the core is pure");
        }
    }

    #[test]
    fn grpc_and_the_broker_are_known_in_few_places() {
        let tree = Tree::planted(&[("broker/src/shard/mod.rs", "use tonic::Status;")]);
        assert_one(&check_purity(&tree), "only the api knows gRPC");
        let tree = Tree::planted(&[("console/src/tui/mod.rs", "use weir_broker::run;")]);
        assert_one(&check_purity(&tree), "only `embedded`");
        let tree = Tree::planted(&[("console/src/embedded.rs", "use weir_broker::run;")]);
        assert_none("the one file", check_purity(&tree));
        let tree = Tree::planted(&[("broker/src/api/mod.rs", "use weir_console::run;")]);
        assert_one(&check_purity(&tree), "this crate is below");
    }
}
