//! Reading a file of a profile: its tables in the order of the file, and problems with their line.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
}

/// A key and its value, with their places.
pub(super) type Entry<'a> = (&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>);

/// The text of a file, for the lines in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) text: &'a str,
}

/// The line of a place in a text, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    before.matches('\n').count() + 1
}

impl<'a> File<'a> {
    /// What is wrong at a place.
    pub(super) fn problem(self, at: usize, what: impl Into<String>) -> Problem {
        Problem {
            line: line_of(self.text, at),
            what: what.into(),
        }
    }

    /// The whole file.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, Problem> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.problem(at, error.message().replace('\n', ", "))
        })
    }

    /// A value that must be a text.
    pub(super) fn text_of<'b>(
        self,
        (key, value): (&str, &'b Spanned<DeValue<'_>>),
    ) -> Result<&'b str, Problem> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.problem(value.span().start, format!("{key} must be a text"))),
        }
    }

    /// A value that must be a table.
    pub(super) fn table_of<'b, 'c>(
        self,
        (key, value): (&str, &'b Spanned<DeValue<'c>>),
    ) -> Result<&'b DeTable<'c>, Problem> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.problem(value.span().start, format!("{key} must be a table"))),
        }
    }

    /// A value that must be a text or several, each with its place.
    pub(super) fn texts_of<'b>(
        self,
        (key, value): (&str, &'b Spanned<DeValue<'_>>),
    ) -> Result<Vec<(usize, &'b str)>, Problem> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => Ok(vec![(at, text)]),
            DeValue::Array(values) => values
                .iter()
                .map(|one| Ok((one.span().start, self.text_of((key, one))?)))
                .collect(),
            _ => Err(self.problem(at, format!("{key} must be a text or a list of texts"))),
        }
    }
}

/// The entries of a table as they stand in the file, so that the first problem is told.
pub(super) fn in_order<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
