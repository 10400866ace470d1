//! The one table of keys. What a key does, the hints in the footer and the help overlay are all
//! read from it, so that they cannot disagree.
//!
//! Small letters never change anything in the broker; capitals are kept for what will.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::state::place::{Place, Tab};
use super::state::screen::Mode;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Leaves the console.
    Quit,
    /// Closes the page; at the root of a tab it leaves the console.
    Back,
    /// Takes back what narrows a list, then closes the page.
    Escape,
    Help,
    CloseHelp,
    Tab(Tab),
    NextTab,
    PreviousTab,
    Open,
    OpenDead,
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    End,
    TogglePane,
    StartFilter,
    KeepFilter,
    ClearFilter,
    EraseLetter,
    NextSort,
    Reverse,
    Mark,
    NextSeries,
    LongerRange,
    ShorterRange,
    NextPayloadView,
    PayloadDown,
    PayloadUp,
    Fold,
    Freeze,
    Redraw,
    Suspend,
}

/// On which pages a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Everywhere,
    /// Pages with a list.
    Lists,
    /// Pages on which a row leads to another page.
    Openable,
    /// Lists of subscriptions, and the page of one.
    Subscriptions,
    /// Pages with charts.
    Charts,
    /// Pages that show payloads.
    Payloads,
    /// Lists with a pane below.
    Panes,
}

impl Scope {
    /// Whether a page is one of them.
    pub(crate) fn holds(self, place: &Place) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Lists => place.table().is_some(),
            Self::Openable => !matches!(
                place,
                Place::Subscription { .. } | Place::Message { .. } | Place::Clients
            ),
            Self::Subscriptions => matches!(
                place,
                Place::Overview
                    | Place::Subscriptions
                    | Place::Topic { .. }
                    | Place::Subscription { .. }
            ),
            Self::Charts => matches!(
                place,
                Place::Overview | Place::Topic { .. } | Place::Subscription { .. }
            ),
            Self::Payloads => matches!(
                place,
                Place::DeadGroups { .. } | Place::DeadMessages { .. } | Place::Message { .. }
            ),
            Self::Panes => matches!(
                place,
                Place::Overview
                    | Place::Topics
                    | Place::Subscriptions
                    | Place::DeadLetters
                    | Place::Clients
                    | Place::Events
            ),
        }
    }
}

/// Some keys, what they mean, and how that is explained.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Who must have the keys.
    pub(crate) mode: Mode,
    /// On which pages.
    pub(crate) scope: Scope,
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
        mode: Mode::Page,
        scope: Scope::Everywhere,
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

    const fn on(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    const fn within(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }
}

/// Every key there is, in the order in which help and footer show them.
pub(crate) const BINDINGS: &[Binding] = &[
    binding(&[letter('q')], Action::Back, "q", "back; at the top: quit").hint("q", "quit"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit"),
    binding(&[letter('?')], Action::Help, "?", "this help").hint("?", "help"),
    binding(&[letter('1')], Action::Tab(Tab::Overview), "1", "overview"),
    binding(&[letter('2')], Action::Tab(Tab::Topics), "2", "topics"),
    binding(
        &[letter('3')],
        Action::Tab(Tab::Subscriptions),
        "3",
        "subscriptions",
    ),
    binding(
        &[letter('4')],
        Action::Tab(Tab::DeadLetters),
        "4",
        "dead letters",
    ),
    binding(&[letter('5')], Action::Tab(Tab::Clients), "5", "clients"),
    binding(&[letter('6')], Action::Tab(Tab::Events), "6", "events"),
    binding(
        &[Key::Plain(KeyCode::Tab)],
        Action::NextTab,
        "tab",
        "next tab",
    ),
    binding(
        &[Key::Plain(KeyCode::BackTab)],
        Action::PreviousTab,
        "shift-tab",
        "previous tab",
    ),
    binding(
        &[letter('j'), Key::Plain(KeyCode::Down)],
        Action::Down,
        "j  down",
        "next row",
    )
    .hint("j/k", "move"),
    binding(
        &[letter('k'), Key::Plain(KeyCode::Up)],
        Action::Up,
        "k  up",
        "previous row",
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
        "first row",
    ),
    binding(
        &[letter('G'), Key::Plain(KeyCode::End)],
        Action::End,
        "G  end",
        "last row",
    ),
    binding(
        &[Key::Plain(KeyCode::Enter)],
        Action::Open,
        "enter",
        "open what is selected",
    )
    .on(Scope::Openable)
    .hint("enter", "open"),
    binding(
        &[Key::Plain(KeyCode::Esc)],
        Action::Escape,
        "esc",
        "clear filter, marks; then back",
    ),
    binding(&[letter('d')], Action::OpenDead, "d", "its dead messages")
        .on(Scope::Subscriptions)
        .hint("d", "dead"),
    binding(
        &[letter('/')],
        Action::StartFilter,
        "/",
        "filter: a word, or backlog > 1k",
    )
    .on(Scope::Lists)
    .hint("/", "filter"),
    binding(
        &[letter('s')],
        Action::NextSort,
        "s",
        "sort by the next column",
    )
    .on(Scope::Lists)
    .hint("s", "sort"),
    binding(&[letter('r')], Action::Reverse, "r", "reverse the order")
        .on(Scope::Lists)
        .hint("r", "reverse"),
    binding(&[letter(' ')], Action::Mark, "space", "mark or unmark")
        .on(Scope::Lists)
        .hint("space", "mark"),
    binding(
        &[letter('p')],
        Action::TogglePane,
        "p",
        "open or close the pane",
    )
    .on(Scope::Panes),
    binding(
        &[letter('t')],
        Action::NextSeries,
        "t",
        "what the chart shows",
    )
    .on(Scope::Charts)
    .hint("t", "series"),
    binding(
        &[letter(']')],
        Action::LongerRange,
        "]",
        "a longer range of time",
    )
    .on(Scope::Charts),
    binding(
        &[letter('[')],
        Action::ShorterRange,
        "[",
        "a shorter range of time",
    )
    .on(Scope::Charts),
    binding(
        &[letter('v')],
        Action::NextPayloadView,
        "v",
        "payload: auto, json, text, hex",
    )
    .on(Scope::Payloads)
    .hint("v", "view"),
    binding(
        &[letter('.')],
        Action::PayloadDown,
        ".",
        "payload: a line down",
    )
    .on(Scope::Payloads),
    binding(&[letter(',')], Action::PayloadUp, ",", "payload: a line up").on(Scope::Payloads),
    binding(
        &[letter('f')],
        Action::Fold,
        "f",
        "payload: fold or open the first part",
    )
    .on(Scope::Payloads)
    .hint("f", "fold"),
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
        "next row",
    )
    .within(Mode::Filter),
    binding(&[Key::Plain(KeyCode::Up)], Action::Up, "up", "previous row").within(Mode::Filter),
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
    binding(
        &[letter('j'), Key::Plain(KeyCode::Down)],
        Action::Down,
        "j  down",
        "a line further",
    )
    .within(Mode::Help),
    binding(
        &[letter('k'), Key::Plain(KeyCode::Up)],
        Action::Up,
        "k  up",
        "a line back",
    )
    .within(Mode::Help),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Help),
];

/// The bindings of a mode on a page.
pub(crate) fn bindings(mode: Mode, place: &Place) -> impl Iterator<Item = &'static Binding> {
    BINDINGS
        .iter()
        .filter(move |binding| binding.mode == mode && binding.scope.holds(place))
}

/// What a key means in a mode on a page, if anything.
pub(crate) fn action(mode: Mode, place: &Place, event: KeyEvent) -> Option<Action> {
    let key = key(event)?;
    bindings(mode, place)
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
