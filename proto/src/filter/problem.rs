//! What is wrong with a filter, and where: the sentence, the text, a caret under the place.

use std::fmt;
use std::ops::Range;

use crate::safe_text::SafeText;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    input: String,
    place: Range<usize>,
    what: String,
    advice: Option<String>,
}

impl Problem {
    /// What is wrong at a place of the input, which is a range of its bytes.
    pub(super) fn new(input: &str, place: Range<usize>, what: impl Into<String>) -> Self {
        Self {
            input: input.to_owned(),
            place,
            what: what.into(),
            advice: None,
        }
    }

    /// The same with what to do about it.
    pub(super) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The place in the input, in bytes.
    #[cfg(test)]
    pub(super) fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// All of it on one line, for an error message: what is wrong, the text, where, and what would do.
    pub fn sentence(&self) -> String {
        let before = self.shown(0..self.place.start).to_string();
        let place = before.chars().count() + 1;
        let input = SafeText::new(&self.input);
        let advice = self.advice.as_deref();
        let advice = advice.map_or_else(String::new, |advice| format!(": {advice}"));
        format!(
            "{} at character {place} of \"{input}\"{advice}",
            self.what.trim_end_matches('.')
        )
    }

    /// The part of the input in a range, as it is printed; nothing if the range is not of it.
    fn shown(&self, range: Range<usize>) -> SafeText {
        SafeText::new(self.input.get(range).unwrap_or_default())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.shown(0..self.place.start).width();
        let carets = self.shown(self.place.clone()).width().max(1);
        writeln!(f, "{}", self.what)?;
        writeln!(f, "  {}", SafeText::new(&self.input))?;
        write!(f, "  {:before$}{:^<carets$}", "", "")?;
        match &self.advice {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
