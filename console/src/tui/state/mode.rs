//! Who has the keys: a page, a line that is typed, or what lies over the page.

/// Who gets the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// The page.
    Page,
    /// The line in which a filter is typed.
    Filter,
    /// The line in which a command is typed.
    Command,
    /// The overlay that explains the keys.
    Help,
    /// The overlay in which columns are chosen.
    Columns,
    /// The overlay with what was said so far.
    Notices,
    /// A question.
    Dialog,
}

impl Mode {
    pub(crate) const ALL: [Self; 7] = [
        Self::Page,
        Self::Filter,
        Self::Command,
        Self::Help,
        Self::Columns,
        Self::Notices,
        Self::Dialog,
    ];
}
