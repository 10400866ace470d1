//! The fields of a noun: their names, what each one measures, and what it may be called besides.

use std::fmt;

use super::lexer;

/// What a field holds, and so which values it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A count: `200`, `3k`.
    Count,
    /// A size: `10MiB`.
    Bytes,
    /// A span in seconds: `5m`.
    Seconds,
    /// Messages per second: `1.5k/s`.
    Rate,
    /// A point in time: `2026-01-31`, `2026-01-31T15:00:00Z`.
    Time,
    /// Whatever is found at the moment, as in JSON: a number, a text, true or false.
    Any,
}

impl Kind {
    /// Whether a list that is sorted by it begins with the largest.
    pub fn is_measured(self) -> bool {
        matches!(self, Self::Count | Self::Bytes | Self::Seconds | Self::Rate)
    }
}

/// A field of a noun.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it may be called besides.
    pub aliases: &'static [&'static str],
}

impl Field {
    /// A field with one name.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            aliases: &[],
        }
    }

    /// The same with further names.
    pub const fn called(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// A field that holds further ones, whose names are the publisher's: `attributes.trace`.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// The field itself; its kind is that of what is inside.
    pub field: Field,
    /// How to write one of them, for the help.
    pub example: &'static str,
}

/// The fields of a noun.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Those with fixed names, in the order in which they are listed.
    pub fields: &'static [Field],
    /// Those that hold further ones.
    pub open: &'static [Open],
}

impl Schema {
    /// The field that these parted words name.
    pub(super) fn find(&self, words: &[String]) -> Option<Path> {
        let whole = words.join(".");
        if let Some(field) = self.fields.iter().find(|field| field.is_called(&whole)) {
            return Some(Path {
                name: field.name,
                kind: field.kind,
                inside: Vec::new(),
            });
        }
        let (first, inside) = words.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let open = self.open.iter().find(|open| open.field.is_called(first))?;
        Some(Path {
            name: open.field.name,
            kind: open.field.kind,
            inside: inside.to_vec(),
        })
    }

    /// Every name that is known, for a refusal; further names stand behind the first one.
    pub(super) fn known(&self) -> String {
        let fixed = self.fields.iter().map(|field| match field.aliases {
            [] => field.name.to_owned(),
            aliases => format!("{} ({})", field.name, aliases.join(", ")),
        });
        let open = self.open.iter().map(|open| open.example.to_owned());
        fixed.chain(open).collect::<Vec<_>>().join(", ")
    }
}

/// What has fields to filter, sort and show by.
pub trait Filtered {
    /// Its fields.
    fn schema() -> &'static Schema;
}

/// A field, or something in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The field's name in JSON.
    pub name: &'static str,
    /// What is there.
    pub kind: Kind,
    /// The way inside, for a field that holds further ones.
    pub inside: Vec<String>,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for word in &self.inside {
            if lexer::is_plain_name(word) {
                write!(f, ".{word}")?;
            } else {
                write!(f, ".{}", lexer::Quoted(word))?;
            }
        }
        Ok(())
    }
}
