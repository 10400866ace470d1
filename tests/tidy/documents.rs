//! The documents at the root: there, with a title, and without links that lead nowhere.

use crate::tree::{Tree, Violation};

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

/// The three documents stand together, and their links to files lead somewhere.
pub(crate) fn check_documents(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_documented = DOCUMENTS.iter().any(|document| tree.contains(document));
    for document in DOCUMENTS
        .iter()
        .filter(|document| is_documented && !tree.contains(document))
    {
        found.push(Violation::new(document, 0, "is missing"));
    }
    for (path, text) in tree.ending(&[".md"]) {
        if !text.starts_with("# ") {
            found.push(Violation::new(path, 1, "does not begin with a title"));
        }
        for (at, line) in text.lines().enumerate() {
            for target in links(line) {
                if !leads_somewhere(tree, path, target) {
                    let what = format!("`{target}` leads nowhere");
                    found.push(Violation::new(path, at + 1, what));
                }
            }
        }
    }
    found
}

/// The targets of the links of a line that point into the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

fn leads_somewhere(tree: &Tree, from: &str, target: &str) -> bool {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = target.trim_start_matches("./").trim_end_matches('/');
    let path = if folder.is_empty() {
        target.to_owned()
    } else {
        format!("{folder}/{target}")
    };
    tree.contains(&path)
        || tree
            .paths()
            .any(|other| other.starts_with(&format!("{path}/")))
}

#[cfg(test)]
mod tests {
    use super::check_documents;
    use crate::tree::{Tree, assert_none, assert_one};

    #[test]
    fn a_missing_document_or_a_dead_link_is_noticed() {
        let readme = "# Weir\n[why](ARCHITECTURE.md#why), [code](broker/), [x](https://x.org)\n";
        let mut files = vec![
            ("README.md", readme),
            ("ARCHITECTURE.md", "# Design\n"),
            ("CHANGELOG.md", "# Changes\n"),
            ("broker/src/lib.rs", ""),
        ];
        assert_none("all is there", check_documents(&Tree::planted(&files)));
        files[3] = ("LICENSE", "");
        assert_one(
            &check_documents(&Tree::planted(&files)),
            "`broker/` leads nowhere",
        );
        files.truncate(2);
        files.push(("broker/src/lib.rs", ""));
        assert_one(
            &check_documents(&Tree::planted(&files)),
            "CHANGELOG.md:0: is missing",
        );
        files[1] = ("ARCHITECTURE.md", "Design\n");
        files.push(("CHANGELOG.md", "# Changes\n"));
        assert_one(&check_documents(&Tree::planted(&files)), "title");
    }
}
