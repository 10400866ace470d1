//! From text to a filter: one rule of the grammar a function.
//!
//! A filter has at most 256 bytes, so that its parts are never deeper in one another than the stack bears; this is
//! checked here, too.

use super::expression::{Expression, FilterError};

/// How deep parentheses and NOT may go.
const MAX_DEPTH: u32 = 256;
/// How much of what is found goes into an error.
const MAX_ECHO_CHARS: usize = 20;

const PART: &str = "attributes, hasPrefix, NOT, - or a parenthesis";
const KEY: &str = "a key (letters, digits, - and _, or a text in quotes)";
const TEXT: &str = "a text in double quotes";

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    let mut parser = Parser {
        text,
        rest: text,
        depth: 0,
    };
    let root = parser.filter()?;
    parser.skip_space();
    if parser.rest.is_empty() {
        return Ok(root);
    }
    Err(parser.expects(match parser.word() {
        "and" | "or" => "AND or OR in capitals",
        "AND" | "OR" => {
            "a parenthesis around parts that are joined otherwise: AND and OR do not mix"
        }
        _ => "AND, OR or the end",
    }))
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: u32,
}

/// What joins the parts of a filter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

impl<'a> Parser<'a> {
    fn filter(&mut self) -> Result<Expression, FilterError> {
        let first = self.part()?;
        let Some(join) = self.join() else {
            return Ok(first);
        };
        let mut parts = vec![first];
        while self.join() == Some(join) {
            self.skip_word();
            parts.push(self.part()?);
        }
        Ok(match join {
            Join::And => Expression::All(parts),
            Join::Or => Expression::Any(parts),
        })
    }

    /// What joins here, without going on.
    fn join(&mut self) -> Option<Join> {
        self.skip_space();
        match self.word() {
            "AND" => Some(Join::And),
            "OR" => Some(Join::Or),
            _ => None,
        }
    }

    fn part(&mut self) -> Result<Expression, FilterError> {
        self.skip_space();
        if self.depth == MAX_DEPTH {
            return Err(self.expects("a filter that is less deep"));
        }
        self.depth += 1;
        let part = self.part_within();
        self.depth -= 1;
        part
    }

    fn part_within(&mut self) -> Result<Expression, FilterError> {
        if self.takes("-") {
            return Ok(Expression::Not(Box::new(self.part()?)));
        }
        if self.takes("(") {
            let inner = self.filter()?;
            self.must_take(")", "AND, OR or )")?;
            return Ok(inner);
        }
        match self.word() {
            "NOT" => {
                self.skip_word();
                Ok(Expression::Not(Box::new(self.part()?)))
            }
            "attributes" => {
                self.skip_word();
                self.term()
            }
            "hasPrefix" => {
                self.skip_word();
                self.prefix()
            }
            _ => Err(self.expects(PART)),
        }
    }

    /// What follows `attributes`.
    fn term(&mut self) -> Result<Expression, FilterError> {
        if self.takes(":") {
            return Ok(Expression::Has(self.key()?));
        }
        self.must_take(".", ". or :")?;
        let key = self.key()?;
        self.skip_space();
        let differs = self.takes("!=");
        if !differs {
            self.must_take("=", "= or !=")?;
        }
        let equals = Expression::Equals(key, self.quoted(TEXT)?);
        Ok(if differs {
            Expression::Not(Box::new(equals))
        } else {
            equals
        })
    }

    /// What follows `hasPrefix`.
    fn prefix(&mut self) -> Result<Expression, FilterError> {
        self.must_take("(", "(")?;
        self.skip_space();
        if self.word() != "attributes" {
            return Err(self.expects("attributes"));
        }
        self.skip_word();
        self.must_take(".", ".")?;
        let key = self.key()?;
        self.must_take(",", ",")?;
        let prefix = self.quoted(TEXT)?;
        self.must_take(")", ")")?;
        Ok(Expression::Begins(key, prefix))
    }

    fn key(&mut self) -> Result<String, FilterError> {
        self.skip_space();
        let word = self.word();
        if word.is_empty() {
            return self.quoted(KEY);
        }
        self.skip_word();
        Ok(word.to_owned())
    }

    /// A text in quotes; `expected` says what should be there.
    fn quoted(&mut self, expected: &'static str) -> Result<String, FilterError> {
        self.skip_space();
        let start = self.rest;
        if !self.takes("\"") {
            return Err(self.expects(expected));
        }
        let mut value = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(value);
                }
                '\\' => {
                    let Some((_, escaped @ ('"' | '\\'))) = chars.next() else {
                        self.rest = self.rest.get(at + 1..).unwrap_or_default();
                        return Err(self.expects("\" or \\ after a \\"));
                    };
                    value.push(escaped);
                }
                char => value.push(char),
            }
        }
        self.rest = start;
        Err(self.expects("a text that ends with a double quote"))
    }

    /// The letters, digits, dashes and underscores from here on, without going on.
    fn word(&self) -> &'a str {
        let is_other = |char: char| !char.is_ascii_alphanumeric() && char != '-' && char != '_';
        let end = self.rest.find(is_other).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    fn skip_word(&mut self) {
        self.rest = self.rest.get(self.word().len()..).unwrap_or_default();
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, token: &str) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn must_take(&mut self, token: &str, expected: &'static str) -> Result<(), FilterError> {
        self.skip_space();
        if self.takes(token) {
            Ok(())
        } else {
            Err(self.expects(expected))
        }
    }

    /// That something else is expected here.
    fn expects(&self, expected: &'static str) -> FilterError {
        let before = self.text.len() - self.rest.len();
        let before = self.text.get(..before).unwrap_or_default();
        let word = self.word();
        let found = match self.rest.chars().next() {
            None => "the end".to_owned(),
            Some(_) if !word.is_empty() => word.chars().take(MAX_ECHO_CHARS).collect(),
            Some(char) if char.is_ascii_graphic() || char.is_alphanumeric() => char.to_string(),
            Some(char) => char.escape_unicode().to_string(),
        };
        FilterError {
            position: before.chars().count() as u64 + 1,
            expected,
            found,
        }
    }
}
