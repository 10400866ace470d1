//! The files that the rules look at: the real ones, or a few planted for a test.

use std::collections::BTreeMap;
use std::fmt;

use proc_macro2::{TokenStream, TokenTree};
use weir_tests::files;

/// Text files by their path from the root of the workspace.
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

/// A rule that does not hold, at a line from 1; line 0 means the whole file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Tree {
    /// The workspace that this test was built from.
    pub(crate) fn real() -> Self {
        let files = files::read_tree(&files::workspace_root(), &is_ours).expect("the tree is read");
        assert!(files.contains_key("Cargo.toml"), "this is no workspace");
        Self { files }
    }

    /// A tree of a few files, to show that a rule sees what it should.
    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self {
            files: files.iter().map(own).collect(),
        }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The files with one of these endings.
    pub(crate) fn ending(&self, endings: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| endings.iter().any(|ending| path.ends_with(ending)))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every Rust file, in order of their paths.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(&[".rs"])
    }
}

/// The tokens of a Rust file; one that is not Rust fails the test with its name.
pub(crate) fn tokens(path: &str, text: &str) -> Vec<TokenTree> {
    let stream: TokenStream = match text.parse() {
        Ok(stream) => stream,
        Err(error) => panic!("{path} is not Rust: {error}"),
    };
    stream.into_iter().collect()
}

/// Whether a file belongs to the tests of its crate and not to what is shipped.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
}

/// Whether a path ends in a dot and `kind`.
pub(crate) fn is_kind(path: &str, kind: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, ending)| ending == kind)
}

fn is_ours(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_hidden = name.starts_with('.') && !path.starts_with(".ci") && path.contains('/');
    let is_built = matches!(path, "target" | "weir-data" | ".git" | ".venv");
    !is_hidden && !is_built && !is_kind(path, "snap")
}

/// Fails with every violation, one a line, so that all are mended in one go.
pub(crate) fn assert_none(rule: &str, mut violations: Vec<Violation>) {
    violations.sort();
    violations.dedup();
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{rule}:\n  {}\n", lines.join("\n  "));
}

/// Asserts that a planted tree breaks the rule once, in a sentence that holds `words`.
#[track_caller]
pub(crate) fn assert_one(violations: &[Violation], words: &str) {
    assert!(
        violations.len() == 1 && violations[0].to_string().contains(words),
        "expected one violation with {words:?}, found {violations:#?}"
    );
}
