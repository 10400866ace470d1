//! The rest of the table of keys: those of what is typed, and of what lies over a page.

use crossterm::event::KeyCode;

use super::keys::{Action, Binding, Key, Scope, binding, letter};
use super::state::mode::{Mode, Step};

/// The keys of lines that are typed, of overlays and of questions.
pub(super) const OVERLAYS: &[Binding] = &[
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
    binding(
        &[Key::Plain(KeyCode::Enter)],
        Action::EnterCommand,
        "enter",
        "do it",
    )
    .within(Mode::Command)
    .hint("enter", "do it"),
    binding(
        &[Key::Plain(KeyCode::Esc)],
        Action::CancelCommand,
        "esc",
        "leave it",
    )
    .within(Mode::Command),
    binding(
        &[Key::Plain(KeyCode::Tab)],
        Action::Complete,
        "tab",
        "complete; again: the next",
    )
    .within(Mode::Command)
    .hint("tab", "complete"),
    binding(
        &[Key::Plain(KeyCode::Backspace), Key::Ctrl('h')],
        Action::EraseLetter,
        "backspace",
        "erase a letter",
    )
    .within(Mode::Command),
    binding(
        &[Key::Plain(KeyCode::Up)],
        Action::OlderCommand,
        "up",
        "an older command",
    )
    .within(Mode::Command),
    binding(
        &[Key::Plain(KeyCode::Down)],
        Action::NewerCommand,
        "down",
        "a newer command",
    )
    .within(Mode::Command),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Command),
    binding(
        &[letter('j'), Key::Plain(KeyCode::Down)],
        Action::Down,
        "j  down",
        "next column",
    )
    .within(Mode::Columns),
    binding(
        &[letter('k'), Key::Plain(KeyCode::Up)],
        Action::Up,
        "k  up",
        "previous column",
    )
    .within(Mode::Columns),
    binding(
        &[letter(' '), Key::Plain(KeyCode::Enter)],
        Action::ToggleColumn,
        "space enter",
        "show or hide it",
    )
    .within(Mode::Columns)
    .hint("space", "show or hide"),
    binding(
        &[letter('c'), letter('q'), Key::Plain(KeyCode::Esc)],
        Action::CloseOverlay,
        "c q esc",
        "close the columns",
    )
    .within(Mode::Columns)
    .hint("esc", "close"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Columns),
    binding(
        &[letter('N'), letter('q'), Key::Plain(KeyCode::Esc)],
        Action::CloseOverlay,
        "N q esc",
        "close the notices",
    )
    .within(Mode::Notices)
    .hint("esc", "close"),
    binding(
        &[letter('j'), Key::Plain(KeyCode::Down)],
        Action::Down,
        "j  down",
        "older notices",
    )
    .within(Mode::Notices),
    binding(
        &[letter('k'), Key::Plain(KeyCode::Up)],
        Action::Up,
        "k  up",
        "newer notices",
    )
    .within(Mode::Notices),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Notices),
    binding(
        &[Key::Plain(KeyCode::Tab), Key::Plain(KeyCode::Down)],
        Action::NextButton,
        "tab down",
        "next field or button",
    )
    .within(Mode::Dialog)
    .hint("tab", "next"),
    binding(
        &[Key::Plain(KeyCode::BackTab), Key::Plain(KeyCode::Up)],
        Action::PreviousButton,
        "shift-tab up",
        "previous field or button",
    )
    .within(Mode::Dialog),
    binding(
        &[letter('l'), Key::Plain(KeyCode::Right)],
        Action::NextValue,
        "l right",
        "another value; next button",
    )
    .within(Mode::Dialog)
    .hint("right", "change"),
    binding(
        &[letter('h'), Key::Plain(KeyCode::Left)],
        Action::PreviousValue,
        "h left",
        "value before; button before",
    )
    .within(Mode::Dialog),
    binding(&[letter(' ')], Action::Turn, "space", "tick; another value").within(Mode::Dialog),
    binding(
        &[Key::Plain(KeyCode::Backspace)],
        Action::EraseLetter,
        "backspace",
        "erase a letter",
    )
    .within(Mode::Dialog),
    binding(
        &[Key::Plain(KeyCode::Enter)],
        Action::PressButton,
        "enter",
        "press it; next field",
    )
    .within(Mode::Dialog)
    .hint("enter", "press"),
    binding(
        &[Key::Plain(KeyCode::Esc), letter('q')],
        Action::CancelDialog,
        "esc q",
        "cancel",
    )
    .within(Mode::Dialog)
    .hint("esc", "cancel"),
    binding(
        &[letter('o')],
        Action::TurnReach,
        "o",
        "dead messages: where they go",
    )
    .within(Mode::Dialog),
    binding(&[Key::Ctrl('r')], Action::PlanAgain, "ctrl-r", "plan again")
        .within(Mode::Dialog)
        .hint("ctrl-r", "plan again"),
    binding(
        &[letter('y')],
        Action::CopyCommand,
        "y",
        "copy the command for this",
    )
    .within(Mode::Dialog)
    .hint("y", "copy command"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Dialog),
    binding(
        &[letter('h'), Key::Plain(KeyCode::Left)],
        Action::CursorStep(Step::Back),
        "h  left",
        "earlier",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts)
    .hint("left", "earlier"),
    binding(
        &[letter('l'), Key::Plain(KeyCode::Right)],
        Action::CursorStep(Step::On),
        "l  right",
        "later",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts)
    .hint("right", "later"),
    binding(
        &[letter('g'), Key::Plain(KeyCode::Home)],
        Action::CursorStep(Step::First),
        "g  home",
        "the oldest",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts)
    .hint("g", "oldest"),
    binding(
        &[letter('G'), Key::Plain(KeyCode::End)],
        Action::CursorStep(Step::Last),
        "G  end",
        "the newest",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts)
    .hint("G", "newest"),
    binding(
        &[letter('t')],
        Action::NextSeries,
        "t",
        "what the chart shows",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts),
    binding(
        &[letter('x'), letter('q'), Key::Plain(KeyCode::Esc)],
        Action::CloseCursor,
        "x q esc",
        "take it away",
    )
    .within(Mode::Cursor)
    .on(Scope::Charts)
    .hint("esc", "leave"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit").within(Mode::Cursor),
];
