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
    /// The cursor over the charts of the page.
    Cursor,
}

/// Where the cursor over charts is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A cell to the left.
    Back,
    /// A cell to the right.
    On,
    /// To the left end of the charts.
    First,
    /// To their right end.
    Last,
}

impl Mode {
    pub(crate) const ALL: [Self; 8] = [
        Self::Page,
        Self::Filter,
        Self::Command,
        Self::Help,
        Self::Columns,
        Self::Notices,
        Self::Dialog,
        Self::Cursor,
    ];
}
