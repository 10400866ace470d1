//! The modules of a crate, found from its root as the compiler finds them, and the arrows between
//! their files.
//!
//! A path that goes through a re-export points to where the name comes from, so that a door which
//! re-exports its rooms is no hidden way between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::{self, Declared, Path};
use crate::tree::{Tree, Violation, is_test_file, tokens};

/// One module: a file, or a part of one.
struct Module {
    file: String,
    /// Names in order of declaration.
    children: Vec<String>,
    paths: Vec<Path>,
    items: BTreeSet<String>,
}

/// A crate's modules by their path from the root.
pub(crate) struct Modules {
    by_path: BTreeMap<Vec<String>, Module>,
}

/// One use of a module by another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
    pub(crate) from_file: String,
    pub(crate) to_file: String,
    pub(crate) line: usize,
    /// Whether a test uses it.
    pub(crate) is_test: bool,
}

impl Modules {
    /// Follows the declarations from `root`, for example `broker/src/lib.rs`.
    pub(crate) fn of(tree: &Tree, root: &str) -> Self {
        let mut modules = Self {
            by_path: BTreeMap::new(),
        };
        modules.follow(tree, root, &[]);
        modules
    }

    fn follow(&mut self, tree: &Tree, file: &str, path: &[String]) {
        let Some(text) = tree.text(file) else { return };
        let tokens = tokens(file, text);
        let declared = syntax::modules(&tokens);
        let mut paths = syntax::paths(&tokens);
        let items = syntax::item_names(&tokens)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let own = Module {
            file: file.to_owned(),
            children: Vec::new(),
            paths: Vec::new(),
            items,
        };
        self.by_path.insert(path.to_vec(), own);
        for module in &declared {
            let parent = [path, &module.inside].concat();
            let child = [parent.clone(), vec![module.name.clone()]].concat();
            if let Some(parent) = self.by_path.get_mut(&parent) {
                parent.children.push(module.name.clone());
            }
            if module.is_inline {
                let items = BTreeSet::new();
                let file = file.to_owned();
                let inline = Module {
                    file,
                    children: Vec::new(),
                    paths: Vec::new(),
                    items,
                };
                self.by_path.insert(child, inline);
            } else if let Some(next) = files_of(file, module).iter().find(|f| tree.contains(f)) {
                self.follow(tree, next, &child);
            }
        }
        for used in paths.drain(..) {
            let at = [path, &used.inside].concat();
            if let Some(module) = self.by_path.get_mut(&at) {
                module.paths.push(used);
            }
        }
    }

    /// The files that the compiler would read.
    pub(crate) fn files(&self) -> BTreeSet<&str> {
        self.by_path
            .values()
            .map(|module| module.file.as_str())
            .collect()
    }

    /// Where `child` stands among the modules that `parent` declares.
    pub(crate) fn rank(&self, parent: &[String], child: &str) -> Option<usize> {
        self.by_path
            .get(parent)?
            .children
            .iter()
            .position(|name| name == child)
    }

    /// Every use of one file's module by another file, but for the doors' own re-exports.
    pub(crate) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, module) in &self.by_path {
            for path in &module.paths {
                let Some(to) = self.resolve(from, path, 0) else {
                    continue;
                };
                let to_file = &self.by_path[&to].file;
                let is_door = path.import.as_ref().is_some_and(|import| import.is_public)
                    && to.starts_with(from);
                if to_file == &module.file || is_door {
                    continue;
                }
                arrows.push(Arrow {
                    from: from.clone(),
                    to_file: to_file.clone(),
                    to,
                    from_file: module.file.clone(),
                    line: path.line,
                    is_test: is_test_file(&module.file) || from.iter().any(|name| name == "tests"),
                });
            }
        }
        arrows.sort();
        arrows.dedup();
        arrows
    }

    /// The module that holds what a path names; none if it is of another crate.
    fn resolve(&self, from: &[String], path: &Path, depth: usize) -> Option<Vec<String>> {
        self.follow_segments(from, &path.segments, path.import.is_some(), depth)
    }

    fn follow_segments(
        &self,
        from: &[String],
        segments: &[String],
        is_import: bool,
        depth: usize,
    ) -> Option<Vec<String>> {
        if depth > 12 {
            return None;
        }
        let (first, mut rest) = segments.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => {
                let mut at = from.split_last()?.1.to_vec();
                while let Some(more) = rest.strip_prefix(&["super".to_owned()]) {
                    at.pop()?;
                    rest = more;
                }
                at
            }
            name => self.named(from, name, is_import, depth)?,
        };
        for segment in rest {
            let child = [at.clone(), vec![segment.clone()]].concat();
            if self.by_path.contains_key(&child) {
                at = child;
            } else if let Some(origin) = self.re_exported(&at, segment, depth) {
                return Some(origin);
            } else {
                break;
            }
        }
        Some(at)
    }

    /// A name at the start of a path: a child module, or something imported before.
    fn named(
        &self,
        from: &[String],
        name: &str,
        is_import: bool,
        depth: usize,
    ) -> Option<Vec<String>> {
        let child = [from, &[name.to_owned()]].concat();
        if self.by_path.contains_key(&child) {
            return Some(child);
        }
        // `use bytes::Bytes` must not find itself.
        if is_import {
            None
        } else {
            self.re_exported(from, name, depth)
        }
    }

    /// Where a name comes from that `module` imports and does not define.
    fn re_exported(&self, module: &[String], name: &str, depth: usize) -> Option<Vec<String>> {
        let own = self.by_path.get(module)?;
        if own.items.contains(name) {
            return None;
        }
        let imports = || {
            own.paths
                .iter()
                .filter(|path| path.inside.is_empty() || !module.is_empty())
        };
        let by_name = imports().find(|path| {
            path.import
                .as_ref()
                .is_some_and(|import| import.name == name && path.segments.len() > 1)
        });
        if let Some(path) = by_name {
            return self.resolve(module, path, depth + 1);
        }
        imports()
            .filter(|path| path.import.as_ref().is_some_and(|i| i.name == "*"))
            .find_map(|path| {
                let origin = self.resolve(module, path, depth + 1)?;
                let has_it = self.by_path.get(&origin)?.items.contains(name);
                has_it.then_some(origin)
            })
    }
}

/// Where the compiler looks for the file of a module that `file` declares.
fn files_of(file: &str, module: &Declared) -> Vec<String> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.trim_end_matches(".rs");
    // Roots of targets keep their modules beside them, as `mod.rs` does.
    let is_root = matches!(stem, "lib" | "main" | "mod" | "build");
    let mut base = vec![folder.to_owned()];
    if !is_root {
        base.push(stem.to_owned());
    }
    base.extend(module.inside.iter().cloned());
    if let Some(own) = &module.file {
        return vec![format!("{folder}/{own}")];
    }
    let base = base.join("/");
    vec![
        format!("{base}/{}.rs", module.name),
        format!("{base}/{}/mod.rs", module.name),
    ]
}

/// The roots from which a crate's Rust files are reached, by its manifest.
fn roots(tree: &Tree, manifest: &str) -> Vec<String> {
    let folder = manifest.trim_end_matches("Cargo.toml");
    let mut roots: Vec<String> = ["src/lib.rs", "src/main.rs", "build.rs"]
        .map(|root| format!("{folder}{root}"))
        .into();
    let text = tree.text(manifest).unwrap_or_default();
    let named = text
        .lines()
        .filter_map(|line| line.strip_prefix("path = \""));
    roots.extend(named.map(|path| format!("{folder}{}", path.trim_end_matches('"'))));
    roots.retain(|root| tree.contains(root));
    roots
}

/// Every Rust file is reached from a root of its crate; one that is not is dead.
pub(crate) fn check_dead_files(tree: &Tree) -> Vec<Violation> {
    let mut alive: BTreeSet<String> = BTreeSet::new();
    for (manifest, _) in tree.ending(&["/Cargo.toml"]) {
        for root in roots(tree, manifest) {
            let modules = Modules::of(tree, &root);
            alive.extend(modules.files().into_iter().map(str::to_owned));
        }
    }
    tree.rust()
        // Cargo finds examples by itself.
        .filter(|(path, _)| !alive.contains(*path) && !path.contains("/examples/"))
        .map(|(path, _)| Violation::new(path, 0, "no `mod` leads here, so nothing compiles it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Modules, check_dead_files};
    use crate::tree::{Tree, assert_none, assert_one};

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let modules = Modules::of(&Tree::planted(files), "a/src/lib.rs");
        let arrow = |a: &super::Arrow| format!("{} -> {}", a.from.join("::"), a.to.join("::"));
        modules.arrows().iter().map(arrow).collect()
    }

    #[test]
    fn arrows_go_through_re_exports_to_where_the_name_is() {
        let door = "mod ids;\nmod time;\npub use ids::Offset;\npub use time::*;";
        let found = arrows(&[
            ("a/src/lib.rs", "mod model; mod other;"),
            ("a/src/model/mod.rs", door),
            (
                "a/src/model/ids.rs",
                "pub struct Offset; use super::Instant;",
            ),
            ("a/src/model/time.rs", "pub struct Instant;"),
            (
                "a/src/other.rs",
                "use crate::model::{self, Offset}; fn f() { model::Instant }",
            ),
        ]);
        let expected = [
            "model::ids -> model::time",
            "other -> model",
            "other -> model::ids",
        ];
        assert_eq!(found, [&expected[..], &["other -> model::time"]].concat());
    }

    #[test]
    fn names_of_other_crates_are_no_arrows() {
        let found = arrows(&[
            ("a/src/lib.rs", "mod bytes_of; mod time { }"),
            (
                "a/src/bytes_of.rs",
                "use bytes::Bytes; use std::time::Duration; fn f() { Bytes::new() }",
            ),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_file_that_no_module_declares_is_dead() {
        let files = [
            ("a/Cargo.toml", "[[test]]\npath = \"it/main.rs\""),
            ("a/src/lib.rs", "mod b;"),
            ("a/src/b.rs", "mod c;"),
            ("a/src/b/c.rs", "mod d { mod e; }"),
            ("a/src/b/c/d/e.rs", ""),
            ("a/it/main.rs", "#[path = \"odd.rs\"] mod f;"),
            ("a/it/odd.rs", ""),
        ];
        assert_none("all are alive", check_dead_files(&Tree::planted(&files)));
        let dead = [&files[..], &[("a/src/old.rs", "")]].concat();
        assert_one(&check_dead_files(&Tree::planted(&dead)), "a/src/old.rs");
    }
}
