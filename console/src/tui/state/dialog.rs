//! A question that takes the keys until it is answered. What does nothing has the focus first, and the
//! list behind does not change its order meanwhile.

use weir_proto::safe_text::SafeText;

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) title: SafeText,
    pub(crate) said: Vec<SafeText>,
    /// The first one does nothing.
    pub(crate) buttons: Vec<Button>,
    /// The place of the button that enter presses.
    pub(crate) focus: usize,
}

/// A possible answer.
#[derive(Clone, Debug)]
pub(crate) struct Button {
    pub(crate) label: &'static str,
    pub(crate) answer: Answer,
}

/// What an answer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing.
    Cancel,
    /// Writes an export over what is there.
    Overwrite { path: String, text: String },
}

impl Dialog {
    /// Asks whether a file may be replaced.
    pub(crate) fn overwrite(path: String, text: String) -> Self {
        let mut said = SafeText::new(&path);
        said.push(&SafeText::literal(" is there already."));
        Self {
            title: SafeText::literal("Export"),
            said: vec![
                said,
                SafeText::literal("Replacing it cannot be taken back."),
            ],
            buttons: vec![
                Button {
                    label: "Cancel",
                    answer: Answer::Cancel,
                },
                Button {
                    label: "Replace",
                    answer: Answer::Overwrite { path, text },
                },
            ],
            focus: 0,
        }
    }

    /// Moves the focus by so many buttons, round and round.
    pub(crate) fn step(&mut self, by: usize) {
        self.focus = (self.focus + by) % self.buttons.len().max(1);
    }

    /// What the focused button does.
    pub(crate) fn answer(&self) -> Answer {
        let button = self.buttons.get(self.focus);
        button.map_or(Answer::Cancel, |button| button.answer.clone())
    }
}
