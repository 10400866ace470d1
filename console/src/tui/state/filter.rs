//! The filter of a list: what was typed, and what of it holds.
//!
//! The language is the one of `--where`. A text without any sign of comparison is looked for as it is,
//! whatever its case, in what names a row. While something is typed that is not whole yet, the filter
//! that was there before goes on, and what is wrong is said with its place.

use weir_proto::filter::{Filter as Compiled, Subject, parse};
use weir_proto::safe_text::SafeText;

use super::table::Table;

/// The longest filter that is typed; longer is a stuck key.
const CAP_BYTES: usize = 512;
/// What only a comparison has.
const SIGNS: &[char] = &['=', '<', '>', '~', '!', '(', ')', '"', '\''];

/// A filter, perhaps being typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// As typed, without line breaks.
    typed: String,
    /// What holds.
    held: Option<Held>,
    /// What is wrong with what is typed.
    problem: Option<SafeText>,
    /// What held when typing began, and its text.
    before: Option<(String, Option<Held>)>,
}

/// A filter that selects.
#[derive(Clone, Debug)]
struct Held {
    /// In the filter language, as it is sent to the broker.
    text: String,
    compiled: Compiled,
}

impl Filter {
    /// As typed.
    pub(crate) fn typed(&self) -> SafeText {
        SafeText::new(&self.typed)
    }

    /// Whether nothing is typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// What is wrong with what is typed.
    pub(crate) fn problem(&self) -> Option<&SafeText> {
        self.problem.as_ref()
    }

    /// What holds, in the filter language; nothing if everything is selected.
    pub(crate) fn held(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.text.as_str())
    }

    /// Whether it selects a row.
    pub(crate) fn selects(&self, row: &impl Subject) -> bool {
        self.held
            .as_ref()
            .is_none_or(|held| held.compiled.selects(row))
    }

    /// Typing begins.
    pub(crate) fn begin(&mut self) {
        self.before = Some((self.typed.clone(), self.held.clone()));
    }

    /// Typing ends: a text that is no filter gives way to the one before.
    pub(crate) fn keep(&mut self) {
        if let (Some(_), Some((typed, held))) = (&self.problem, self.before.take()) {
            self.typed = typed;
            self.held = held;
            self.problem = None;
        }
        self.before = None;
    }

    /// Selects everything again.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Another text, as typed.
    pub(crate) fn set(&mut self, typed: &str, table: &Table) {
        typed.clone_into(&mut self.typed);
        match read(typed, table) {
            Ok(held) => {
                self.held = held;
                self.problem = None;
            }
            Err(problem) => {
                self.held = self.before.as_ref().and_then(|(_, held)| held.clone());
                self.problem = Some(problem);
            }
        }
    }

    /// One letter more.
    pub(crate) fn push(&mut self, letter: char, table: &Table) {
        if self.typed.len() + letter.len_utf8() <= CAP_BYTES {
            let typed = format!("{}{letter}", self.typed);
            self.set(&typed, table);
        }
    }

    /// One letter less.
    pub(crate) fn pop(&mut self, table: &Table) {
        let mut typed = std::mem::take(&mut self.typed);
        typed.pop();
        self.set(&typed, table);
    }
}

/// What a typed text selects; nothing if that is everything.
fn read(typed: &str, table: &Table) -> Result<Option<Held>, SafeText> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let text = if typed.contains(SIGNS) {
        typed.to_owned()
    } else {
        anywhere(typed, table.words)
    };
    let compiled =
        parse(&text, &table.schema).map_err(|problem| SafeText::new(problem.sentence()))?;
    Ok(Some(Held { text, compiled }))
}

/// A filter for what has some words in one of these fields, whatever their case.
pub(super) fn anywhere(words: &str, fields: &[&str]) -> String {
    let mut pattern = String::from("(?i)");
    for letter in words.chars() {
        if !letter.is_alphanumeric() && !letter.is_whitespace() && letter != '_' {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    let quoted = pattern.replace('\\', "\\\\");
    let each = fields.iter().map(|field| format!("{field} ~ \"{quoted}\""));
    each.collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::place::Place;
    use crate::tui::state::row::Row;
    use crate::tui::tests::fixture::live;

    fn selected(typed: &str) -> Vec<u64> {
        let state = live((80, 24));
        let table = Place::Subscriptions.table().unwrap();
        let mut filter = Filter::default();
        filter.begin();
        filter.set(typed, table);
        let rows = state.shown().rows.values();
        rows.filter(|row| filter.selects(&Row::Subscription(row)))
            .map(|row| row.now.id)
            .collect()
    }

    #[test]
    fn a_word_is_looked_for_in_names_and_topics_whatever_its_case() {
        assert_eq!(selected("ORDERS"), [1, 2, 3]);
        assert_eq!(selected("legacy.sync"), [6]);
        assert_eq!(selected("legacy+sync"), [0; 0], "a sign is itself");
        assert_eq!(selected(" "), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn comparisons_are_those_of_the_command_line() {
        assert_eq!(selected("backlog > 1k and not dead > 0"), [2]);
        assert_eq!(selected("age > 1m or state = stuck"), [2, 4]);
    }

    #[test]
    fn the_filter_before_holds_while_something_else_is_typed() {
        let table = Place::Subscriptions.table().unwrap();
        let mut filter = Filter::default();
        filter.set("dead > 0", table);
        filter.begin();
        filter.set("backlog >", table);
        assert_eq!(filter.held(), Some("dead > 0"));
        let problem = filter.problem().unwrap().as_str().to_owned();
        assert!(problem.contains("at character 10"), "{problem}");
        filter.keep();
        assert_eq!(
            (filter.typed().as_str(), filter.problem()),
            ("dead > 0", None)
        );
    }

    #[test]
    fn a_filter_has_an_end() {
        let table = Place::Subscriptions.table().unwrap();
        let mut filter = Filter::default();
        for _ in 0..2_000 {
            filter.push('a', table);
        }
        assert_eq!(filter.typed().as_str().len(), CAP_BYTES);
        filter.pop(table);
        assert_eq!(filter.typed().as_str().len(), CAP_BYTES - 1);
    }
}
