//! The house rules as a test: who may use whom, how long things may be, where what is allowed, and
//! which words the house uses.
//!
//! Each rule is a function over a tree of files. It is held against the real tree here, and against
//! small planted trees beside the rule, so that a rule that sees nothing is noticed as well.

#[cfg(test)]
mod source;
#[cfg(test)]
mod syntax;
#[cfg(test)]
mod tree;

#[cfg(test)]
mod modules;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod licences;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod places;
#[cfg(test)]
mod protos;
#[cfg(test)]
mod protos_tests;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod words;

/// Every rule, held against the workspace that this test was built from.
#[cfg(test)]
mod workspace {
    use std::process::Command;

    use crate::tree::{Tree, assert_none};
    use crate::{
        documents, floors, licences, manifests, modules, places, protos, purity, sizes, words,
    };

    #[test]
    fn floors_are_kept() {
        assert_none("arrows go down", floors::check_floors(&Tree::real()));
    }

    #[test]
    fn no_files_need_each_other() {
        assert_none("no circles", floors::check_circles(&Tree::real()));
    }

    #[test]
    fn the_core_is_pure() {
        assert_none("who knows what", purity::check_purity(&Tree::real()));
    }

    #[test]
    fn files_and_functions_are_short() {
        let tree = Tree::real();
        println!("{}", sizes::longest(&tree));
        assert_none("sizes", sizes::check_sizes(&tree));
    }

    #[test]
    fn things_are_done_in_their_places() {
        assert_none("places", places::check_places(&Tree::real()));
    }

    #[test]
    fn names_are_words_of_the_house() {
        assert_none("names", words::check_names(&Tree::real()));
    }

    #[test]
    fn comments_are_finished() {
        assert_none("comments", words::check_comments(&Tree::real()));
    }

    #[test]
    fn lines_are_clean() {
        assert_none("lines", words::check_lines(&Tree::real()));
    }

    #[test]
    fn protos_follow_their_style_guide() {
        assert_none("protos", protos::check_protos(&protos::real()));
    }

    #[test]
    fn manifests_inherit() {
        assert_none("manifests", manifests::check_manifests(&Tree::real()));
    }

    #[test]
    fn nothing_is_unsafe() {
        assert_none("unsafe", manifests::check_unsafe(&Tree::real()));
    }

    #[test]
    fn packages_come_from_one_place_and_are_new_enough() {
        assert_none("sources", licences::check_sources(&Tree::real()));
    }

    #[test]
    fn licences_are_accepted() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let asked = Command::new(cargo)
            .args([
                "tree",
                "--offline",
                "--locked",
                "--workspace",
                "--target",
                "all",
            ])
            .args(["--prefix", "none", "--format", "{p}\t{l}"])
            .current_dir(weir_tests::files::workspace_root())
            .output()
            .expect("cargo runs");
        let error = String::from_utf8_lossy(&asked.stderr);
        assert!(
            asked.status.success(),
            "cargo does not know the packages: {error}"
        );
        let packages = String::from_utf8_lossy(&asked.stdout);
        assert!(
            packages.contains("tonic v"),
            "cargo knows too few packages: {packages}"
        );
        assert_none("licences", licences::check_licences(&packages));
    }

    #[test]
    fn no_file_is_dead() {
        assert_none("dead files", modules::check_dead_files(&Tree::real()));
    }

    #[test]
    fn documents_are_there() {
        assert_none("documents", documents::check_documents(&Tree::real()));
    }
}
