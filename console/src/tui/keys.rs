//! The one table of keys. What a key does, the hints in the footer and the help overlay are all
//! read from it, so that they cannot disagree.
//!
//! Small letters never change anything in the broker; capitals are kept for what will.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::state::screen::Mode;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Quit,
    Help,
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    End,
    ToggleDetail,
    StartFilter,
    KeepFilter,
    ClearFilter,
    EraseLetter,
    NextSort,
    Reverse,
    Freeze,
    Redraw,
    Suspend,
    CloseHelp,
}

/// Some keys, what they mean, and how that is explained.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Who must have the keys.
    pub(crate) mode: Mode,
    pub(crate) keys: &'static [Key],
    pub(crate) action: Action,
    /// The keys as the help names them.
    pub(crate) shown: &'static str,
    /// What they do, for the help.
    pub(crate) does: &'static str,
    /// The key and one word for the footer; the first ones stay longest when width is short.
    pub(crate) hint: Option<(&'static str, &'static str)>,
}

/// A key with its control modifier. Shift is part of the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Plain(KeyCode),
    Ctrl(char),
}

const fn letter(letter: char) -> Key {
    Key::Plain(KeyCode::Char(letter))
}

const fn binding(
    keys: &'static [Key],
    action: Action,
    shown: &'static str,
    does: &'static str,
) -> Binding {
    Binding {
        mode: Mode::List,
        keys,
        action,
        shown,
        does,
        hint: None,
    }
}

impl Binding {
    const fn hint(self, key: &'static str, word: &'static str) -> Self {
        Self {
            hint: Some((key, word)),
            ..self
        }
    }

    const fn within(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }
}

/// Every key there is, in the order in which help and footer show them.
pub(crate) const BINDINGS: &[Binding] = &[
    binding(
        &[letter('q'), Key::Ctrl('c')],
        Action::Quit,
        "q  ctrl-c",
        "quit",
    )
    .hint("q", "quit"),
    binding(&[letter('?')], Action::Help, "?", "this help").hint("?", "help"),
    binding(
        &[letter('j'), Key::Plain(KeyCode::Down)],
        Action::Down,
        "j  down",
        "next subscription",
    )
    .hint("j/k", "move"),
    binding(
        &[letter('k'), Key::Plain(KeyCode::Up)],
        Action::Up,
        "k  up",
        "previous subscription",
    ),
    binding(
        &[Key::Plain(KeyCode::PageDown), Key::Ctrl('d')],
        Action::PageDown,
        "pgdn  ctrl-d",
        "a page down",
    ),
    binding(
        &[Key::Plain(KeyCode::PageUp), Key::Ctrl('u')],
        Action::PageUp,
        "pgup  ctrl-u",
        "a page up",
    ),
    binding(
        &[letter('g'), Key::Plain(KeyCode::Home)],
        Action::Top,
        "g  home",
        "first subscription",
    ),
    binding(
        &[letter('G'), Key::Plain(KeyCode::End)],
        Action::End,
        "G  end",
        "last subscription",
    ),
    binding(
        &[Key::Plain(KeyCode::Enter)],
        Action::ToggleDetail,
        "enter",
        "open or close the detail",
    )
    .hint("enter", "detail"),
    binding(
        &[letter('/')],
        Action::StartFilter,
        "/",
        "filter by name or topic",
    )
    .hint("/", "filter"),
    binding(
        &[Key::Plain(KeyCode::Esc)],
        Action::ClearFilter,
        "esc",
        "clear the filter",
    ),
    binding(
        &[letter('s')],
        Action::NextSort,
        "s",
        "sort by the next column",
    )
    .hint("s", "sort"),
    binding(&[letter('r')], Action::Reverse, "r", "reverse the order").hint("r", "reverse"),
    binding(
        &[letter('z')],
        Action::Freeze,
        "z",
        "freeze; data is recorded",
    )
    .hint("z", "freeze"),
    binding(
        &[Key::Ctrl('l')],
        Action::Redraw,
        "ctrl-l",
        "draw the screen anew",
    ),
    binding(
        &[Key::Ctrl('z')],
        Action::Suspend,
        "ctrl-z",
        "stop; fg comes back",
    ),
    binding(
        &[Key::Plain(KeyCode::Enter)],
        Action::KeepFilter,
        "enter",
        "keep it",
    )
    .within(Mode::Filter)
    .hint("enter", "keep"),
    binding(
        &[Key::Plain(KeyCode::Esc)],
        Action::ClearFilter,
        "esc",
        "clear it",
    )
    .within(Mode::Filter)
    .hint("esc", "clear"),
    binding(
        &[Key::Plain(KeyCode::Backspace), Key::Ctrl('h')],
        Action::EraseLetter,
        "backspace",
        "erase a letter",
    )
    .within(Mode::Filter),
    binding(
        &[Key::Plain(KeyCode::Down)],
        Action::Down,
        "down",
        "next subscription",
    )
    .within(Mode::Filter),
    binding(
        &[Key::Plain(KeyCode::Up)],
        Action::Up,
        "up",
        "previous subscription",
    )
    .within(Mode::Filter),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Filter),
    binding(
        &[
            letter('?'),
            letter('q'),
            Key::Plain(KeyCode::Esc),
            Key::Plain(KeyCode::Enter),
        ],
        Action::CloseHelp,
        "? q esc enter",
        "close this help",
    )
    .within(Mode::Help)
    .hint("esc", "close"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Help),
];

/// The bindings of a mode.
pub(crate) fn bindings(mode: Mode) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.mode == mode)
}

/// What a key means in a mode, if anything.
pub(crate) fn action(mode: Mode, event: KeyEvent) -> Option<Action> {
    let key = key(event)?;
    bindings(mode)
        .find(|binding| binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// The letter that a key types, if it types one.
pub(crate) fn typed(event: KeyEvent) -> Option<char> {
    match key(event)? {
        Key::Plain(KeyCode::Char(letter)) => Some(letter),
        Key::Plain(_) | Key::Ctrl(_) => None,
    }
}

/// A key event as the table knows it; `None` for releases and other modifiers.
fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let modifiers = event.modifiers.difference(KeyModifiers::SHIFT);
    match event.code {
        KeyCode::Char(letter) if modifiers == KeyModifiers::CONTROL => {
            Some(Key::Ctrl(letter.to_ascii_lowercase()))
        }
        code if modifiers.is_empty() => Some(Key::Plain(code)),
        _ => None,
    }
}
