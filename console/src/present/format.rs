//! The forms in which a command prints its data.

use clap::ValueEnum;

/// What `-o` was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    #[default]
    Table,
    /// More columns
    Wide,
    /// A list as one array, a thing as one object
    Json,
    /// One object a line
    Jsonl,
    /// Only names or ids, one a line
    Name,
}
