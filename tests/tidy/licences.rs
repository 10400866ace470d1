//! What others' code comes under which licence, from where, and not older than what we rely on.
//!
//! Sources and versions are read from `Cargo.lock`; the licences from what cargo knows of the
//! packages that are really built, since the lock also holds those that no feature asks for.

use crate::tree::{Tree, Violation};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that ask for no more than naming them, and MPL, which asks for its own files only.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that must not be older, and why not.
const FLOORS: [(&str, [u64; 3], &str); 2] = [
    (
        "h2",
        [0, 4, 20],
        "streams of small messages need its budget for small frames",
    ),
    ("tokio", [1, 54, 1], "its timer wheel was mended there"),
];

/// Everything in the lock comes from the one registry or from here, and is new enough.
pub(crate) fn check_sources(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let lock = tree.text("Cargo.lock").unwrap_or_default();
    let Ok(lock) = lock.parse::<toml::Table>() else {
        return vec![Violation::new("Cargo.lock", 0, "is no TOML")];
    };
    let packages = lock.get("package").and_then(toml::Value::as_array);
    for package in packages.into_iter().flatten() {
        let text = |key: &str| {
            package
                .get(key)
                .and_then(toml::Value::as_str)
                .unwrap_or_default()
        };
        let (name, version, source) = (text("name"), text("version"), text("source"));
        let is_ours = source.is_empty() && name.starts_with("weir-");
        if !is_ours && source != REGISTRY {
            found.push(Violation::new(
                "Cargo.lock",
                0,
                format!("`{name}` comes from `{source}`"),
            ));
        }
        if !is_ours && text("checksum").is_empty() {
            found.push(Violation::new(
                "Cargo.lock",
                0,
                format!("`{name}` has no checksum"),
            ));
        }
        for (limited, floor, why) in FLOORS {
            if name == limited && numbers(version) < floor.to_vec() {
                let what = format!("`{name}` {version} is too old: {why}");
                found.push(Violation::new("Cargo.lock", 0, what));
            }
        }
    }
    found
}

fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['-', '+']).next().unwrap_or_default();
    plain
        .split('.')
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

/// Every package that is built comes under a licence that we accept, by `cargo tree`: a line for
/// each package, with its licence behind a tab.
pub(crate) fn check_licences(packages: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for line in packages.lines().filter(|line| !line.is_empty()) {
        let (name, licence) = line.split_once('\t').unwrap_or((line, ""));
        // Packages that were listed before are marked so.
        let licence = licence.trim_end_matches(" (*)").trim();
        if licence.is_empty() {
            found.push(Violation::new(
                "Cargo.lock",
                0,
                format!("`{name}` names no licence"),
            ));
        } else if !is_allowed(licence) {
            let what = format!("`{name}` comes under `{licence}`");
            found.push(Violation::new("Cargo.lock", 0, what));
        }
    }
    found
}

/// Whether a licence expression leaves a choice that we accept. A slash is the old way to say OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest) && rest.is_empty()
}

fn any_of(rest: &mut &[&str]) -> bool {
    let mut is_allowed = all_of(rest);
    while let [first, tail @ ..] = rest
        && *first == "OR"
    {
        *rest = tail;
        is_allowed |= all_of(rest);
    }
    is_allowed
}

fn all_of(rest: &mut &[&str]) -> bool {
    let mut is_allowed = licence(rest);
    while let [first, tail @ ..] = rest
        && *first == "AND"
    {
        *rest = tail;
        is_allowed &= licence(rest);
    }
    is_allowed
}

fn licence(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", tail @ ..] => {
            *rest = tail;
            let is_allowed = any_of(rest);
            let is_closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            is_allowed && is_closed
        }
        [name, "WITH", exception, tail @ ..] => {
            *rest = tail;
            ALLOWED.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, tail @ ..] => {
            *rest = tail;
            ALLOWED.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_licences, check_sources, is_allowed};
    use crate::tree::{Tree, assert_none, assert_one};

    #[test]
    fn licence_expressions_are_understood() {
        for fine in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "MIT AND (GPL-2.0-only OR (ISC AND Zlib))",
        ] {
            assert!(is_allowed(fine), "{fine}");
        }
        for not in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "(MIT OR ISC) AND SSPL-1.0",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "(MIT",
            "MIT ISC",
        ] {
            assert!(!is_allowed(not), "{not}");
        }
    }

    #[test]
    fn a_package_under_a_foreign_licence_is_noticed() {
        let packages = "a v1.0.0\tMIT\nb v1.0.0 (proc-macro)\tMIT/Apache-2.0 (*)\n";
        assert_none("both are fine", check_licences(packages));
        let foreign = format!("{packages}c v1.0.0\tGPL-3.0-only\n");
        assert_one(&check_licences(&foreign), "`c v1.0.0` comes under");
        assert_one(&check_licences("c v1.0.0\t"), "`c v1.0.0` names no licence");
    }

    fn lock(name: &str, version: &str, rest: &str) -> Tree {
        let text = format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}");
        Tree::planted(&[("Cargo.lock", &text)])
    }

    #[test]
    fn a_package_from_elsewhere_or_too_old_is_noticed() {
        let registry = format!("source = \"{}\"\nchecksum = \"00\"\n", super::REGISTRY);
        assert_none("ours", check_sources(&lock("weir-proto", "0.1.0", "")));
        for version in ["0.4.20", "0.4.21+x", "0.5.0", "1.0.0"] {
            assert_none("new enough", check_sources(&lock("h2", version, &registry)));
        }
        assert_one(&check_sources(&lock("h2", "0.4.9", &registry)), "too old");
        assert_one(
            &check_sources(&lock("tokio", "1.54.0", &registry)),
            "too old",
        );
        let git = "source = \"git+https://example.com/h2\"\nchecksum = \"00\"\n";
        assert_one(&check_sources(&lock("h2", "0.4.20", git)), "comes from");
        let bare = registry.replace("checksum = \"00\"\n", "");
        assert_one(&check_sources(&lock("h2", "0.4.20", &bare)), "no checksum");
    }
}
