//! The words of a filter. What may come depends on what came before, so the parser asks for the
//! kind of word that it expects: a field, an operator, a value.

use std::fmt;
use std::ops::Range;

use super::problem::Problem;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_quoted {
            Quoted(&self.text).fmt(f)
        } else {
            f.write_str(&self.text)
        }
    }
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Matches,
}

/// Longer signs first, so that `<=` is not taken for `<`.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Matches),
];

impl Operator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        let own = OPERATORS.iter().find(|(_, operator)| *operator == self);
        own.map_or("", |(sign, _)| sign)
    }
}

/// A text between quotes.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}

/// Whether a name needs no quotes.
pub(super) fn is_plain_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_name)
}

/// The words that put comparisons together, and so are no values.
pub(super) fn is_keyword(text: &str) -> bool {
    ["and", "or", "not"]
        .iter()
        .any(|keyword| text.eq_ignore_ascii_case(keyword))
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

fn is_of_value(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | '\'' | '=' | '<' | '>' | '!' | '~')
}

/// A place in a filter that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'a> {
    input: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// At the start of a text.
    pub(super) fn new(input: &'a str) -> Self {
        Self { input, at: 0 }
    }

    /// Where the next word begins.
    pub(super) fn skip_blanks(&mut self) -> usize {
        self.at += self.rest().len() - self.rest().trim_start().len();
        self.at
    }

    /// Whether nothing is left but blanks.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_blanks() == self.input.len()
    }

    /// Takes a keyword if it comes next.
    pub(super) fn takes_keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let word = self.while_of(is_of_name);
        let is_it = word.eq_ignore_ascii_case(keyword);
        self.at += if is_it { word.len() } else { 0 };
        is_it
    }

    /// Takes a sign if it comes next.
    pub(super) fn takes(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let is_it = self.rest().starts_with(sign);
        self.at += if is_it { sign.len_utf8() } else { 0 };
        is_it
    }

    /// A field: words parted by dots; what is no plain name stands in quotes or brackets.
    pub(super) fn field(&mut self) -> Result<(Vec<String>, Range<usize>), Problem> {
        let start = self.skip_blanks();
        let first = self.while_of(is_of_name);
        if first.is_empty() {
            return Err(self.problem("a field is expected here"));
        }
        if is_keyword(first) {
            let place = start..start + first.len();
            let what = format!("a field is expected here, and not `{first}`");
            return Err(Problem::new(self.input, place, what));
        }
        self.at += first.len();
        let mut words = vec![first.to_owned()];
        loop {
            if self.rest().starts_with('.') {
                self.at += 1;
                words.push(self.inner_name()?);
            } else if self.rest().starts_with('[') {
                self.at += 1;
                words.push(self.inner_name()?);
                if !self.rest().starts_with(']') {
                    return Err(self.problem("`]` is expected here"));
                }
                self.at += 1;
            } else {
                return Ok((words, start..self.at));
            }
        }
    }

    /// How the field is compared.
    pub(super) fn operator(&mut self) -> Result<(Operator, Range<usize>), Problem> {
        let start = self.skip_blanks();
        let found = OPERATORS
            .iter()
            .find(|(sign, _)| self.rest().starts_with(sign));
        let Some((sign, operator)) = found else {
            let problem = self.problem("a comparison is expected here");
            return Err(problem.with_advice("one of = != < <= > >= ~"));
        };
        self.at += sign.len();
        if self.rest().starts_with(['=', '~', '<', '>']) {
            let place = start..self.at + 1;
            let what = "this is no comparison";
            let problem = Problem::new(self.input, place, what);
            return Err(problem.with_advice("one of = != < <= > >= ~"));
        }
        Ok((*operator, start..self.at))
    }

    /// A value, bare or in quotes.
    pub(super) fn literal(&mut self) -> Result<(Literal, Range<usize>), Problem> {
        let start = self.skip_blanks();
        let literal = if self.rest().starts_with(['"', '\'']) {
            Literal {
                text: self.quoted()?,
                is_quoted: true,
            }
        } else {
            Literal {
                text: self.bare()?,
                is_quoted: false,
            }
        };
        let place = start..self.at;
        if self
            .rest()
            .starts_with(|c| is_of_value(c) || "\"'=<>!~".contains(c))
        {
            let problem = self.problem("the value ends before this");
            return Err(problem.with_advice("put a value with blanks or signs in quotes"));
        }
        Ok((literal, place))
    }

    /// What is wrong at the next character.
    pub(super) fn problem(&self, what: impl Into<String>) -> Problem {
        let next = self.rest().chars().next().map_or(0, char::len_utf8);
        Problem::new(self.input, self.at..self.at + next, what)
    }

    fn bare(&mut self) -> Result<String, Problem> {
        let word = self.while_of(is_of_value);
        if word.is_empty() {
            let problem = self.problem("a value is expected here");
            return Err(problem.with_advice("a number with its unit, a word, or a text in quotes"));
        }
        if is_keyword(word) {
            let place = self.at..self.at + word.len();
            let what = format!("a value is expected here, and not `{word}`");
            let problem = Problem::new(self.input, place, what);
            return Err(problem.with_advice("put the word in quotes if it is the value"));
        }
        self.at += word.len();
        Ok(word.to_owned())
    }

    /// A name inside of a field, after the dot or the bracket.
    fn inner_name(&mut self) -> Result<String, Problem> {
        if self.rest().starts_with(['"', '\'']) {
            return self.quoted();
        }
        let name = self.while_of(is_of_name);
        if name.is_empty() {
            let problem = self.problem("a name is expected here");
            return Err(problem.with_advice("put a name with signs in quotes: attributes.\"a/b\""));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    /// A text in quotes of either sort; a backslash takes the meaning of the next quote or backslash.
    fn quoted(&mut self) -> Result<String, Problem> {
        let start = self.at;
        let mut signs = self.rest().char_indices();
        let quote = signs.next().map(|(_, sign)| sign);
        let mut text = String::new();
        while let Some((at, sign)) = signs.next() {
            if Some(sign) == quote {
                self.at += at + sign.len_utf8();
                return Ok(text);
            }
            if sign != '\\' {
                text.push(sign);
                continue;
            }
            match signs.next() {
                Some((_, next @ ('\\' | '"' | '\''))) => text.push(next),
                // Patterns are full of backslashes that mean something to them: `~ "\d+"`.
                Some((_, next)) => text.extend(['\\', next]),
                None => break,
            }
        }
        let place = start..self.input.len();
        Err(Problem::new(self.input, place, "the quotes are not closed"))
    }

    fn while_of(&self, belongs: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        &rest[..length]
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }
}
