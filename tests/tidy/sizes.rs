//! How long files and functions may be.
//!
//! A file that says in its first lines why it is long is exempt, and named each time.

use crate::syntax;
use crate::tree::{Tree, Violation, is_kind, tokens};

const FILE_LINES: usize = 400;
const PROTO_LINES: usize = 350;
const DOOR_LINES: usize = 120;
const FUNCTION_LINES: usize = 70;
/// In how many lines the reason for a long file must stand.
const REASON_WITHIN: usize = 12;

/// Files and functions within their limits.
pub(crate) fn check_sizes(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(&[".rs", ".proto", ".py"]) {
        if reason(text).is_some() {
            continue;
        }
        let limit = match path {
            path if is_kind(path, "proto") => PROTO_LINES,
            path if path.ends_with("/mod.rs") => DOOR_LINES,
            _ => FILE_LINES,
        };
        let lines = text.lines().count();
        if lines > limit {
            found.push(Violation::new(
                path,
                0,
                format!("{lines} lines, {limit} at most"),
            ));
        }
        if is_kind(path, "rs") {
            for function in syntax::functions(&tokens(path, text)) {
                if function.lines > FUNCTION_LINES {
                    let (name, lines) = (function.name, function.lines);
                    let what = format!("`{name}` has {lines} lines, {FUNCTION_LINES} at most");
                    found.push(Violation::new(path, function.line, what));
                }
            }
        }
    }
    found
}

/// The five longest files and those exempt, so that drift is seen.
pub(crate) fn longest(tree: &Tree) -> String {
    let mut files: Vec<(usize, &str, Option<&str>)> = tree
        .ending(&[".rs", ".proto", ".py"])
        .map(|(path, text)| (text.lines().count(), path, reason(text)))
        .collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    let mut shown = vec!["the longest files:".to_owned()];
    for (at, (lines, path, reason)) in files.iter().enumerate() {
        let why = reason
            .map(|why| format!(" (long because: {why})"))
            .unwrap_or_default();
        if at < 5 || reason.is_some() {
            shown.push(format!("{lines:4} {path}{why}"));
        }
    }
    shown.join("\n  ")
}

fn reason(text: &str) -> Option<&str> {
    text.lines()
        .take(REASON_WITHIN)
        .find_map(|line| Some(line.split_once("Long because: ")?.1))
}

#[cfg(test)]
mod tests {
    use super::{check_sizes, longest};
    use crate::tree::{Tree, assert_none, assert_one};

    fn lines(count: usize) -> String {
        "//! Text.\n".repeat(count)
    }

    #[test]
    fn a_file_beyond_its_limit_is_noticed() {
        for (path, limit) in [
            ("a/src/b.rs", 400),
            ("a/src/b/mod.rs", 120),
            ("a/b.proto", 350),
            ("a/b.py", 400),
        ] {
            let fits = Tree::planted(&[(path, &lines(limit))]);
            assert_none("it fits", check_sizes(&fits));
            let long = Tree::planted(&[(path, &lines(limit + 1))]);
            assert_one(&check_sizes(&long), &format!("{} lines", limit + 1));
        }
    }

    #[test]
    fn a_long_file_with_a_reason_is_exempt_and_named() {
        let text = format!(
            "//! A table.\n//! Long because: it is one table.\n{}",
            lines(500)
        );
        let tree = Tree::planted(&[("a/src/b.rs", &text)]);
        assert_none("it has a reason", check_sizes(&tree));
        assert!(longest(&tree).contains("502 a/src/b.rs (long because: it is one table.)"));
    }

    #[test]
    fn a_function_beyond_its_limit_is_noticed() {
        let function = |inner: usize| format!("fn long() {{\n{}}}\n", "    f();\n".repeat(inner));
        let fits = Tree::planted(&[("a.rs", &function(68))]);
        assert_none("it fits", check_sizes(&fits));
        let long = Tree::planted(&[("a.rs", &function(69))]);
        assert_one(&check_sizes(&long), "`long` has 71 lines");
    }
}
