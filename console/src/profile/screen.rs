//! How the screen is to be: theme, charts, columns, keys.
//!
//! Here the file is read and its shape checked; which lists, columns and actions there are is the
//! screen's to say, which refuses what it does not know with the same lines.

use std::collections::BTreeMap;

use super::reading::{File, Problem, in_order};

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// The theme and the place where it is named.
    pub(crate) theme: Option<(usize, String)>,
    /// What charts are drawn with, and the place where it is named.
    pub(crate) charts: Option<(usize, String)>,
    /// Columns that are not shown, by list; each text with its place.
    pub(crate) hidden: BTreeMap<String, (usize, Vec<(usize, String)>)>,
    /// Keys of actions, in the order of the file.
    pub(crate) keys: Vec<KeyChange>,
}

/// The keys of an action in place of its usual ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyChange {
    /// Where it stands in the file.
    pub(crate) at: usize,
    /// The action.
    pub(crate) action: String,
    /// The keys as they are written, each with its place.
    pub(crate) keys: Vec<(usize, String)>,
}

impl Preferences {
    /// Reads the file.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let file = File { text };
        let parsed = file.parse()?;
        let mut read = Self::default();
        let owned = |texts: Vec<(usize, &str)>| {
            let texts = texts.into_iter();
            texts.map(|(at, text)| (at, text.to_owned())).collect()
        };
        for (key, value) in in_order(parsed.get_ref()) {
            match key.get_ref().as_ref() {
                "theme" => {
                    let name = file.text_of(("theme", value))?.to_owned();
                    read.theme = Some((value.span().start, name));
                }
                "charts" => {
                    let name = file.text_of(("charts", value))?.to_owned();
                    read.charts = Some((value.span().start, name));
                }
                "hidden_columns" => {
                    for (list, titles) in in_order(file.table_of(("hidden_columns", value))?) {
                        let name = list.get_ref().as_ref();
                        let titles = owned(file.texts_of((name, titles))?);
                        read.hidden
                            .insert(name.to_owned(), (list.span().start, titles));
                    }
                }
                "keys" => {
                    for (action, keys) in in_order(file.table_of(("keys", value))?) {
                        let name = action.get_ref().as_ref();
                        read.keys.push(KeyChange {
                            at: action.span().start,
                            action: name.to_owned(),
                            keys: owned(file.texts_of((name, keys))?),
                        });
                    }
                }
                other => {
                    let what =
                        format!("there is no {other:?}; write theme, charts, hidden_columns, keys");
                    return Err(file.problem(key.span().start, what));
                }
            }
        }
        Ok(read)
    }
}
