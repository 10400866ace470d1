//! One truth for versions and lints: the workspace's manifest, which every crate inherits.

use toml::{Table, Value};

use crate::syntax;
use crate::tree::{Tree, Violation, tokens};

const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Which crates of ours a crate may build on.
const BELOW: [(&str, &[&str]); 4] = [
    ("proto", &[]),
    ("broker", &["weir-proto"]),
    ("console", &["weir-proto", "weir-broker"]),
    ("tests", &["weir-proto", "weir-broker", "weir-console"]),
];

/// Every crate inherits, and every dependency is declared once, in the workspace's table.
pub(crate) fn check_manifests(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let Some(root) = parse(tree, "Cargo.toml", &mut found) else {
        return found;
    };
    let declared = at(&root, &["workspace", "dependencies"]).and_then(Value::as_table);
    let members = at(&root, &["workspace", "members"]).and_then(Value::as_array);
    let members: Vec<&str> = members
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if at(&root, &["workspace", "lints", "rust", "unsafe_code"]) != Some(&"forbid".into()) {
        found.push(Violation::new(
            "Cargo.toml",
            0,
            "`unsafe_code` is not forbidden",
        ));
    }
    for (path, _) in tree.ending(&["/Cargo.toml"]) {
        let folder = path.trim_end_matches("/Cargo.toml");
        if !members.contains(&folder) {
            found.push(Violation::new(path, 0, "is no member of the workspace"));
        }
        let Some(manifest) = parse(tree, path, &mut found) else {
            continue;
        };
        found.extend(inherits(path, &manifest));
        found.extend(dependencies(path, &manifest, declared));
    }
    for (name, given) in declared.into_iter().flatten() {
        let others = declared
            .into_iter()
            .flatten()
            .filter(|(other, _)| *other != name);
        let package = package(name, given);
        if others
            .into_iter()
            .any(|(other, given)| self::package(other, given) == package)
        {
            let what = format!("`{package}` is declared under two names");
            found.push(Violation::new("Cargo.toml", 0, what));
        }
    }
    found
}

fn inherits(path: &str, manifest: &Table) -> Vec<Violation> {
    let mut found = Vec::new();
    for key in INHERITED {
        if at(manifest, &["package", key, "workspace"]) != Some(&true.into()) {
            found.push(Violation::new(
                path,
                0,
                format!("`{key}` is not the workspace's"),
            ));
        }
    }
    let lints = manifest.get("lints").and_then(Value::as_table);
    if lints.is_none_or(|lints| lints.len() != 1 || lints.get("workspace") != Some(&true.into())) {
        found.push(Violation::new(path, 0, "the lints are not the workspace's"));
    }
    found
}

fn dependencies(path: &str, manifest: &Table, declared: Option<&Table>) -> Vec<Violation> {
    let mut found = Vec::new();
    let folder = path.trim_end_matches("/Cargo.toml");
    let below = BELOW
        .iter()
        .find(|(name, _)| *name == folder)
        .map(|(_, below)| *below);
    for kind in DEPENDENCIES {
        for (name, given) in manifest
            .get(kind)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let table = given.as_table();
            let is_inherited = table.is_some_and(|t| {
                t.get("workspace") == Some(&true.into()) && !t.contains_key("version")
            });
            if !is_inherited || declared.is_none_or(|declared| !declared.contains_key(name)) {
                let what = format!("`{name}` is not declared by the workspace's table");
                found.push(Violation::new(path, 0, what));
            }
            if name.starts_with("weir-")
                && below.is_some_and(|below| !below.contains(&name.as_str()))
            {
                let what = format!("`{name}` is not below this crate");
                found.push(Violation::new(path, 0, what));
            }
        }
    }
    found
}

/// No file says `unsafe`; the lint forbids it too, but only where it is inherited.
pub(crate) fn check_unsafe(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.rust() {
        for (name, line) in syntax::names(&tokens(path, text)) {
            if name == "unsafe" {
                found.push(Violation::new(
                    path,
                    line,
                    "`unsafe` is forbidden in every crate",
                ));
            }
        }
    }
    found
}

fn parse(tree: &Tree, path: &str, found: &mut Vec<Violation>) -> Option<Table> {
    match tree.text(path).unwrap_or_default().parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            found.push(Violation::new(
                path,
                0,
                format!("is no TOML: {}", error.message()),
            ));
            None
        }
    }
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() {
        Some(value)
    } else {
        at(value.as_table()?, rest)
    }
}

fn package<'a>(name: &'a str, given: &'a Value) -> &'a str {
    given.get("package").and_then(Value::as_str).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{check_manifests, check_unsafe};
    use crate::tree::{Tree, assert_none, assert_one};

    const ROOT: &str = "[workspace]\nmembers = [\"proto\"]\n[workspace.dependencies]\nbytes = \"1\"\n\
        weir-broker = { path = \"broker\" }\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
    const CRATE: &str = "[package]\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
        [dependencies]\nbytes.workspace = true\n[lints]\nworkspace = true\n";

    fn check(root: &str, member: &str) -> Vec<super::Violation> {
        check_manifests(&Tree::planted(&[
            ("Cargo.toml", root),
            ("proto/Cargo.toml", member),
        ]))
    }

    #[test]
    fn a_manifest_that_does_not_inherit_is_noticed() {
        assert_none("it inherits", check(ROOT, CRATE));
        for (line, instead, words) in [
            (
                "version.workspace = true",
                "version = \"1.0.0\"",
                "`version`",
            ),
            ("license.workspace = true\n", "", "`license`"),
            (
                "[lints]\nworkspace = true",
                "[lints.rust]\nunsafe_code = \"allow\"",
                "the lints",
            ),
            (
                "bytes.workspace = true",
                "bytes = \"1\"",
                "`bytes` is not declared",
            ),
            (
                "bytes.workspace = true",
                "serde.workspace = true",
                "`serde` is not declared",
            ),
            (
                "bytes.workspace = true",
                "weir-broker.workspace = true",
                "not below this crate",
            ),
            ("[package]", "[package", "no TOML"),
        ] {
            assert_one(&check(ROOT, &CRATE.replacen(line, instead, 1)), words);
        }
    }

    #[test]
    fn a_workspace_that_allows_unsafe_or_misses_a_member_is_noticed() {
        assert_one(
            &check(&ROOT.replace("forbid", "deny"), CRATE),
            "`unsafe_code`",
        );
        assert_one(
            &check(&ROOT.replace("[\"proto\"]", "[]"), CRATE),
            "no member",
        );
    }

    #[test]
    fn a_dependency_declared_twice_is_noticed() {
        let twice = ROOT.replace("bytes = \"1\"", "bytes = \"1\"\nbytes = \"2\"");
        assert_one(&check(&twice, CRATE), "no TOML");
        let renamed = "bytes = \"1\"\nbuf = { package = \"bytes\", version = \"2\" }";
        let found = check(&ROOT.replace("bytes = \"1\"", renamed), CRATE);
        assert!(
            found.iter().all(|v| v.what.contains("two names")) && found.len() == 2,
            "{found:?}"
        );
    }

    #[test]
    fn unsafe_code_is_noticed_and_the_word_is_not() {
        let tree = Tree::planted(&[("a.rs", "fn f() { unsafe { g() } }")]);
        assert_one(&check_unsafe(&tree), "forbidden");
        let tree = Tree::planted(&[("a.rs", "/* unsafe */ fn f() { \"unsafe\" }")]);
        assert_none("only a word", check_unsafe(&tree));
    }
}
