//! Words with their meaning, one after the other: what a line of the screen is made of.

use weir_proto::safe_text::SafeText;

use crate::tui::look::Meaning;

/// A piece of a line.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: SafeText,
    pub(crate) meaning: Meaning,
}

/// Some words; spaces are words, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phrase {
    pub(crate) words: Vec<Word>,
}

impl Phrase {
    /// No words yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a constant.
    pub(crate) fn say(self, text: &'static str, meaning: Meaning) -> Self {
        self.add(SafeText::literal(text), meaning)
    }

    /// Adds a value.
    pub(crate) fn add(mut self, text: SafeText, meaning: Meaning) -> Self {
        self.words.push(Word { text, meaning });
        self
    }

    /// Adds a name and its value: `backlog 1,204`.
    pub(crate) fn value(self, label: &'static str, value: SafeText, meaning: Meaning) -> Self {
        self.say(label, Meaning::Label)
            .say(" ", Meaning::Plain)
            .add(value, meaning)
    }

    /// Adds another phrase.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.words.extend(other.words);
        self
    }

    /// Its width in cells.
    pub(crate) fn width(&self) -> usize {
        self.words.iter().map(|word| word.text.width()).sum()
    }

    /// As many phrases as fit into `width` cells with `gap` between them; the first ones stay.
    pub(crate) fn fitting(
        phrases: impl IntoIterator<Item = Self>,
        gap: &'static str,
        width: usize,
    ) -> Self {
        let mut line = Self::new();
        for phrase in phrases {
            let gap = if line.words.is_empty() { "" } else { gap };
            if line.width() + gap.len() + phrase.width() > width {
                break;
            }
            line = line.say(gap, Meaning::Plain).then(phrase);
        }
        line
    }
}
