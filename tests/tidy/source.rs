//! Rust text taken apart into code and comments, by lines.
//!
//! Tokens know nothing of comments and blanks, so the rules about lines need this. It knows
//! comments, strings and character literals, and nothing else of the language.

/// One line of a file: what is code, and what is comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The code of the line; what stands inside of string literals is left out.
    pub(crate) code: String,
    /// The comment of the line with its slashes; empty if there is none.
    pub(crate) comment: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text { hashes: Option<usize> },
}

/// The lines of a Rust file, in order.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let chars: Vec<char> = text.chars().collect();
    let mut lines = vec![Line::default()];
    let mut within = Within::Code;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c == '\n' {
            lines.push(Line::default());
            if within == Within::LineComment {
                within = Within::Code;
            }
            at += 1;
            continue;
        }
        let rest = &chars[at..];
        let line = lines.last_mut().expect("there is a first line");
        let (taken, next) = step(within, rest, &line.code);
        let into = if matches!(next, Within::LineComment | Within::BlockComment { .. })
            || matches!(within, Within::BlockComment { .. })
        {
            Some(&mut line.comment)
        } else if within == Within::Code || next == Within::Code {
            Some(&mut line.code)
        } else {
            None
        };
        if let Some(into) = into {
            into.extend(&rest[..taken]);
        }
        within = next;
        at += taken;
    }
    lines
}

/// How many characters belong together here, and where one is after them.
fn step(within: Within, rest: &[char], before: &str) -> (usize, Within) {
    match within {
        Within::Code => code(rest, before),
        Within::LineComment => (1, within),
        Within::BlockComment { depth } => match rest {
            ['/', '*', ..] => (2, Within::BlockComment { depth: depth + 1 }),
            ['*', '/', ..] if depth == 1 => (2, Within::Code),
            ['*', '/', ..] => (2, Within::BlockComment { depth: depth - 1 }),
            _ => (1, within),
        },
        Within::Text { hashes: None } => match rest {
            // An escaped line break must still be seen as the end of the line.
            ['\\', next, ..] if *next != '\n' => (2, within),
            ['"', ..] => (1, Within::Code),
            _ => (1, within),
        },
        Within::Text {
            hashes: Some(hashes),
        } => {
            let ends =
                rest[0] == '"' && rest[1..].iter().take_while(|c| **c == '#').count() >= hashes;
            if ends {
                (1 + hashes, Within::Code)
            } else {
                (1, within)
            }
        }
    }
}

fn code(rest: &[char], before: &str) -> (usize, Within) {
    let follows_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    match rest {
        ['/', '/', ..] => (2, Within::LineComment),
        ['/', '*', ..] => (2, Within::BlockComment { depth: 1 }),
        ['"', ..] => (1, Within::Text { hashes: None }),
        ['r', ..] | ['b', 'r', ..] if !follows_word => {
            let prefix = if rest[0] == 'b' { 2 } else { 1 };
            let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
            if rest.get(prefix + hashes) == Some(&'"') {
                (
                    prefix + hashes + 1,
                    Within::Text {
                        hashes: Some(hashes),
                    },
                )
            } else {
                (1, Within::Code)
            }
        }
        ['\'', '\\', ..] => {
            let end = rest.iter().skip(3).position(|c| *c == '\'').unwrap_or(0);
            (end + 4, Within::Code)
        }
        ['\'', _, '\'', ..] => (3, Within::Code),
        _ => (1, Within::Code),
    }
}

#[test]
fn code_comments_and_strings_are_told_apart() {
    let text =
        "let a = \"// no\"; // yes\nlet b = r#\"x\"y\"#; /* a\nb */ let c = '\"';\n'\\''; &'a T";
    let parts: Vec<(String, String)> = lines(text)
        .into_iter()
        .map(|line| (line.code, line.comment))
        .collect();
    let expected = [
        ("let a = \"\"; ", "// yes"),
        ("let b = r#\"\"#; ", "/* a"),
        (" let c = '\"';", "b */"),
        ("'\\''; &'a T", ""),
    ];
    assert_eq!(
        parts,
        expected.map(|(code, comment)| (code.to_owned(), comment.to_owned()))
    );
}

#[test]
fn a_string_over_lines_stays_a_string() {
    let found = lines("f(\"a \\\n  // b\", 1); // c");
    assert_eq!(found[1].comment, "// c");
    assert_eq!(found[1].code, "\", 1); ");
}
