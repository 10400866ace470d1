//! What keys there are and what they can mean; [`super::bindings`] is the table that says which does
//! what. Small letters never change anything in the broker; capitals that do open a dialog, and are there
//! only while writing is unlocked.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::state::mode::{Mode, Step};
use super::state::place::{Place, Tab};

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
    /// Marks all rows from the one that was marked last.
    MarkRange,
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
    /// Opens the command line.
    StartCommand,
    EnterCommand,
    CancelCommand,
    Complete,
    OlderCommand,
    NewerCommand,
    /// Opens the list of columns.
    Columns,
    ToggleColumn,
    Notices,
    /// Closes what lies over the page.
    CloseOverlay,
    MarkAll,
    Invert,
    NextMarked,
    NextProblem,
    CopyValue,
    CopyCommand,
    Export,
    Mouse,
    Left,
    Right,
    NextButton,
    PreviousButton,
    PressButton,
    CancelDialog,
    /// The next value of a field, or the next button.
    NextValue,
    PreviousValue,
    /// Another value of a field, and nothing else.
    Turn,
    /// Lets dead messages go elsewhere.
    TurnReach,
    /// Asks the broker for the plan once more.
    PlanAgain,
    /// Unlocks writing, or locks it.
    Lock,
    /// Puts dead messages back.
    Requeue,
    /// Moves dead messages to another topic.
    Move,
    /// Edits one dead message and puts it back.
    Edit,
    /// Drops dead messages.
    Discard,
    /// Drops a backlog, or the subscription with it.
    Purge,
    DeleteTopic,
    Seek,
    /// Holds a subscription, or lets it go on.
    HoldSubscription,
    Disconnect,
    /// Holds an operation, or lets it go on.
    HoldOperation,
    CancelOperation,
    Undo,
    /// Puts the cursor over the charts.
    Cursor,
    CursorStep(Step),
    CloseCursor,
}

impl Action {
    /// What the file of preferences calls it; only the actions of pages have a name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Back => "back",
            Self::Escape => "escape",
            Self::Help => "help",
            Self::Tab(Tab::Overview) => "overview",
            Self::Tab(Tab::Topics) => "topics",
            Self::Tab(Tab::Subscriptions) => "subscriptions",
            Self::Tab(Tab::DeadLetters) => "dead-letters",
            Self::Tab(Tab::Clients) => "clients",
            Self::Tab(Tab::Events) => "events",
            Self::Tab(Tab::Operations) => "operations",
            Self::Tab(Tab::Audit) => "audit",
            Self::NextTab => "next-tab",
            Self::PreviousTab => "previous-tab",
            Self::Open => "open",
            Self::OpenDead => "open-dead",
            Self::Down => "down",
            Self::Up => "up",
            Self::PageDown => "page-down",
            Self::PageUp => "page-up",
            Self::Top => "top",
            Self::End => "end",
            Self::TogglePane => "pane",
            Self::StartFilter => "filter",
            Self::NextSort => "sort",
            Self::Reverse => "reverse",
            Self::Mark => "mark",
            Self::MarkRange => "mark-range",
            Self::MarkAll => "mark-all",
            Self::Invert => "invert",
            Self::NextMarked => "next-marked",
            Self::NextProblem => "next-problem",
            Self::NextSeries => "series",
            Self::Cursor => "cursor",
            Self::LongerRange => "longer",
            Self::ShorterRange => "shorter",
            Self::NextPayloadView => "payload",
            Self::PayloadDown => "payload-down",
            Self::PayloadUp => "payload-up",
            Self::Fold => "fold",
            Self::Freeze => "freeze",
            Self::Redraw => "redraw",
            Self::Suspend => "suspend",
            Self::StartCommand => "command",
            Self::Columns => "columns",
            Self::Notices => "notices",
            Self::CopyValue => "copy",
            Self::CopyCommand => "copy-command",
            Self::Export => "export",
            Self::Mouse => "mouse",
            Self::Left => "left",
            Self::Right => "right",
            Self::Lock => "lock",
            Self::Requeue => "requeue",
            Self::Discard => "discard",
            Self::Move => "move",
            Self::Edit => "edit",
            Self::Purge => "purge",
            Self::DeleteTopic => "delete-topic",
            Self::Seek => "seek",
            Self::HoldSubscription => "pause",
            Self::Disconnect => "disconnect",
            Self::HoldOperation => "pause-operation",
            Self::CancelOperation => "cancel-operation",
            Self::Undo => "undo",
            _ => "",
        }
    }
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
    /// Pages of dead messages, and of one message.
    DeadMessages,
    /// The list of topics.
    Topics,
    Clients,
    Operations,
    /// The list of operations, and the page that shows those on dead messages.
    Undoable,
}

impl Scope {
    /// Whether a page is one of them.
    pub(crate) fn holds(self, place: &Place) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Lists => place.table().is_some(),
            Self::Openable => !matches!(
                place,
                Place::Subscription { .. }
                    | Place::Message { .. }
                    | Place::Clients
                    | Place::Operations
                    | Place::Audit
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
                    | Place::Operations
            ),
            Self::DeadMessages => matches!(
                place,
                Place::DeadGroups { .. } | Place::DeadMessages { .. } | Place::Message { .. }
            ),
            Self::Topics => *place == Place::Topics,
            Self::Clients => *place == Place::Clients,
            Self::Operations => *place == Place::Operations,
            Self::Undoable => {
                matches!(place, Place::Operations | Place::DeadGroups { .. })
            }
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
    /// Whether it changes the broker: it is not there while writing is locked.
    pub(crate) writes: bool,
}

/// A key with its control modifier. Shift is part of the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Plain(KeyCode),
    Ctrl(char),
}

pub(crate) const fn letter(letter: char) -> Key {
    Key::Plain(KeyCode::Char(letter))
}

pub(crate) const fn binding(
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
        writes: false,
    }
}

impl Binding {
    pub(crate) const fn hint(self, key: &'static str, word: &'static str) -> Self {
        Self {
            hint: Some((key, word)),
            ..self
        }
    }

    pub(crate) const fn on(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    pub(crate) const fn writing(self) -> Self {
        Self {
            writes: true,
            ..self
        }
    }

    pub(crate) const fn within(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }
}

/// The letter that a key types, if it types one.
pub(crate) fn typed(event: KeyEvent) -> Option<char> {
    match key_of(event)? {
        Key::Plain(KeyCode::Char(letter)) => Some(letter),
        Key::Plain(_) | Key::Ctrl(_) => None,
    }
}

/// A key event as the table knows it; `None` for releases and other modifiers.
pub(crate) fn key_of(event: KeyEvent) -> Option<Key> {
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
