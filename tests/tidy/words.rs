//! The words and the look of a line: names that the house does not use, comments that are not
//! finished, blanks that nobody sees.

use crate::source::{self, Line};
use crate::syntax;
use crate::tree::{Tree, Violation, is_kind, tokens};

/// Our word is topic, subscription or backlog.
const NOT_OUR_WORDS: [&str; 2] = ["queue", "queues"];

/// A thing with such a name has no subject.
const EMPTY_WORDS: [&str; 10] = [
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "utility",
    "utilities",
];

const COLUMNS: usize = 100;
/// Prose may be a little wider, since no tool breaks its lines.
const COMMENT_COLUMNS: usize = 120;

/// No name of the house says `queue`, and none says nothing.
pub(crate) fn check_names(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(&[".rs", ".proto", ".md", ".toml", ".py", "/run"]) {
        let words = parts(path.trim_end_matches(".rs").trim_end_matches(".proto"));
        found.extend(forbidden(path, 0, &words, &[&NOT_OUR_WORDS, &EMPTY_WORDS]));
        if is_kind(path, "rs") {
            let tokens = tokens(path, text);
            for (name, line) in syntax::names(&tokens) {
                found.extend(forbidden(path, line, &parts(&name), &[&NOT_OUR_WORDS]));
            }
            for (name, line) in syntax::item_names(&tokens) {
                found.extend(forbidden(path, line, &parts(&name), &[&EMPTY_WORDS]));
            }
        } else if is_kind(path, "proto") {
            for (at, line) in source::lines(text).iter().enumerate() {
                let words = parts(&line.code);
                found.extend(forbidden(
                    path,
                    at + 1,
                    &words,
                    &[&NOT_OUR_WORDS, &EMPTY_WORDS],
                ));
            }
        }
    }
    found
}

fn forbidden(path: &str, line: usize, words: &[String], lists: &[&[&str]]) -> Option<Violation> {
    let word = words
        .iter()
        .find(|word| lists.iter().any(|list| list.contains(&word.as_str())))?;
    Some(Violation::new(
        path,
        line,
        format!("`{word}` is no word of ours in a name"),
    ))
}

/// The words of a name, in small letters: `AckIdStore` and `ack_id_store` have the same.
fn parts(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// Comments are finished: a task names its issue, and code is either code or gone.
pub(crate) fn check_comments(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(&[".rs", ".proto"]) {
        let mut push = |at: usize, what| found.push(Violation::new(path, at + 1, what));
        if is_kind(path, "rs") && !text.starts_with("//! ") {
            push(
                0,
                "the first line does not say what the file is for (`//! …`)",
            );
        }
        for (at, line) in source::lines(text).iter().enumerate() {
            if is_task_without_issue(&line.comment) {
                push(at, "a task in a comment without the number of its issue");
            }
            if is_code(line) {
                push(at, "code in a comment: it is kept in the history, not here");
            }
        }
    }
    found
}

fn is_task_without_issue(comment: &str) -> bool {
    let words = || comment.split(|c: char| !c.is_alphanumeric() && c != '#');
    let is_task = words().any(|word| matches!(word, "TODO" | "FIXME" | "XXX" | "HACK"));
    let is_number = |word: &str| {
        word.strip_prefix('#')
            .is_some_and(|n| n.parse::<u32>().is_ok())
    };
    is_task && !words().any(is_number)
}

/// Whether a line that is only a comment reads like Rust. Documents may show code.
fn is_code(line: &Line) -> bool {
    let is_document = line.comment.starts_with("///") || line.comment.starts_with("//!");
    if !line.code.trim().is_empty() || is_document || line.comment.contains('`') {
        return false;
    }
    let text = line.comment.trim_start_matches('/').trim();
    let starts = [
        "let ", "pub ", "use ", "fn ", "impl ", "mod ", "return ", "#[", "if let ",
    ];
    let is_statement = starts.iter().any(|start| text.starts_with(start))
        && [";", "{", ",", "}", "]"]
            .iter()
            .any(|end| text.ends_with(end));
    let is_call = text.ends_with(';') && ["(", " = ", "::"].iter().any(|sign| text.contains(sign));
    is_statement || is_call || matches!(text, "}" | "};" | "})" | "});" | "},")
}

/// No blanks at the end of a line, no tabs, one line break at the end of a file, no line of Python
/// beyond its columns, and none of Rust unless a string, an address or a row of a table makes it so.
pub(crate) fn check_lines(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(&[".rs", ".proto", ".toml", ".md", ".py", "/run"]) {
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            found.push(Violation::new(
                path,
                text.lines().count(),
                "no single line break at its end",
            ));
        }
        let codes = if is_kind(path, "rs") {
            source::lines(text)
        } else {
            Vec::new()
        };
        for (at, line) in text.lines().enumerate() {
            let what = if line.ends_with([' ', '\t', '\r']) {
                "a blank at the end of the line"
            } else if line.contains('\t') {
                "a tab"
            } else if codes.get(at).is_some_and(|code| is_too_long(line, code))
                || is_kind(path, "py") && line.chars().count() > COLUMNS
            {
                "too many columns"
            } else {
                continue;
            };
            found.push(Violation::new(path, at + 1, what));
        }
    }
    found
}

fn is_too_long(line: &str, parts: &Line) -> bool {
    let is_table = ["//! |", "/// |"]
        .iter()
        .any(|row| parts.comment.starts_with(row));
    let without_strings = parts.code.chars().count() + parts.comment.chars().count();
    let limit = if parts.comment.is_empty() {
        COLUMNS
    } else {
        COMMENT_COLUMNS
    };
    line.chars().count() > limit && without_strings > limit && !is_table && !line.contains("://")
}

#[cfg(test)]
mod tests {
    use super::{check_comments, check_lines, check_names, parts};
    use crate::tree::{Tree, assert_none, assert_one};

    fn planted(path: &str, text: &str) -> Tree {
        Tree::planted(&[(path, text)])
    }

    #[test]
    fn names_are_taken_apart_into_words() {
        assert_eq!(parts("SegQueue2_of-X").join(" "), "seg queue2 of x");
        assert_eq!(
            parts("VecDeque::requeueAll").join(" ").replace("  ", " "),
            "vec deque requeue all"
        );
    }

    #[test]
    fn a_foreign_word_in_a_name_is_noticed() {
        for text in [
            "fn enter_queue() {}",
            "struct JobQueue;",
            "fn f(queue: u8) {}",
        ] {
            assert_one(&check_names(&planted("a/src/b.rs", text)), "`queue`");
        }
        assert_one(
            &check_names(&planted("a.proto", "message Queue { }")),
            "`queue`",
        );
        assert_one(&check_names(&planted("a/src/queue.rs", "")), "`queue`");
        let fine = "use std::collections::VecDeque; fn requeue() { f(\"queue\") } // a queue";
        assert_none(
            "others say queue",
            check_names(&planted("a/src/b.rs", fine)),
        );
    }

    #[test]
    fn a_name_that_says_nothing_is_noticed() {
        assert_one(&check_names(&planted("a/src/util.rs", "")), "`util`");
        assert_one(
            &check_names(&planted("tests/common/mod.rs", "")),
            "`common`",
        );
        assert_one(
            &check_names(&planted("a/src/b.rs", "struct TopicManager;")),
            "`manager`",
        );
        assert_one(
            &check_names(&planted("a/src/b.rs", "fn misc() {}")),
            "`misc`",
        );
        let fine = planted("a/src/b.rs", "fn f() { tokio_util::x() }");
        assert_none("other people's names", check_names(&fine));
    }

    #[test]
    fn unfinished_comments_are_noticed() {
        let check = |text: &str| check_comments(&planted("a.rs", &format!("//! A.\n{text}")));
        assert_one(&check("// TODO: count them"), "number of its issue");
        assert_none("it names its issue", check("// TODO(#12): count them"));
        assert_none("a string is no comment", check("f(\"// TODO\");"));
        assert_one(&check("// let a = b();"), "code in a comment");
        assert_one(
            &check("    // self.count += 1; self.tell(x);"),
            "code in a comment",
        );
        assert_one(&check("// }"), "code in a comment");
        assert_none(
            "prose",
            check("// Let it go; then\n// use what is left, and `f();`.\nf(); // }"),
        );
    }

    #[test]
    fn a_file_without_a_first_sentence_is_noticed() {
        assert_one(
            &check_comments(&planted("a.rs", "use b;\n")),
            "what the file is for",
        );
    }

    #[test]
    fn invisible_or_endless_lines_are_noticed() {
        let check = |text: &str| check_lines(&planted("a.rs", text));
        assert_one(&check("a \n"), "a blank");
        assert_one(&check("\ta\n"), "a tab");
        assert_one(&check("a"), "line break");
        assert_one(&check("a\n\n"), "line break");
        assert_one(
            &check(&format!("{}\n", "x".repeat(101))),
            "too many columns",
        );
        assert_none("it fits", check(&format!("{}\n", "x".repeat(100))));
        assert_one(
            &check(&format!("// {}\n", "x".repeat(118))),
            "too many columns",
        );
        assert_none("it fits", check(&format!("// {}\n", "x".repeat(117))));
        let python = |columns| planted("a.py", &format!("{}\n", "x".repeat(columns)));
        assert_one(&check_lines(&python(101)), "too many columns");
        assert_none("it fits", check_lines(&python(100)));
        assert_none("a string", check(&format!("f(\"{}\");\n", "x".repeat(120))));
        assert_none(
            "an address",
            check(&format!("// https://{}\n", "x".repeat(120))),
        );
    }
}
