//! The one table of keys. What a key does, the hints in the footer and the help overlay are all
//! read from it, so that they cannot disagree.

use crossterm::event::KeyCode;

use super::keys::{Action, Binding, Key, Scope, binding, letter};
use super::overlay_bindings::OVERLAYS;
use super::state::place::Tab;
use super::writing_bindings::WRITES;

/// Every key there is, in the order in which help and footer show them: while writing is unlocked, what
/// changes the broker comes first.
pub(crate) fn all() -> impl Iterator<Item = &'static Binding> {
    WRITES.iter().chain(PAGE).chain(OVERLAYS)
}

/// The keys of pages.
const PAGE: &[Binding] = &[
    binding(&[letter('q')], Action::Back, "q", "back; at the top: quit").hint("q", "quit"),
    binding(&[Key::Ctrl('c')], Action::Quit, "ctrl-c", "quit"),
    binding(&[letter('?')], Action::Help, "?", "this help").hint("?", "help"),
    binding(&[letter('w')], Action::Lock, "w", "unlock or lock writing").hint("w", "writing"),
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
        &[letter('7')],
        Action::Tab(Tab::Operations),
        "7",
        "operations",
    ),
    binding(&[letter('8')], Action::Tab(Tab::Audit), "8", "audit"),
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
        "filter: word, or backlog > 1k",
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
        &[Key::Ctrl(' ')],
        Action::MarkRange,
        "ctrl-space",
        "mark from the last one to here",
    )
    .on(Scope::Lists),
    binding(
        &[letter('A')],
        Action::MarkAll,
        "A",
        "mark all that are listed",
    )
    .on(Scope::Lists),
    binding(&[letter('*')], Action::Invert, "*", "invert the marks").on(Scope::Lists),
    binding(&[letter('n')], Action::NextMarked, "n", "next marked row").on(Scope::Lists),
    binding(&[letter('!')], Action::NextProblem, "!", "next problem").hint("!", "problem"),
    binding(&[letter('c')], Action::Columns, "c", "choose columns")
        .on(Scope::Lists)
        .hint("c", "columns"),
    binding(
        &[letter('h'), Key::Plain(KeyCode::Left)],
        Action::Left,
        "h  left",
        "columns to the left",
    )
    .on(Scope::Lists),
    binding(
        &[letter('l'), Key::Plain(KeyCode::Right)],
        Action::Right,
        "l  right",
        "columns to the right",
    )
    .on(Scope::Lists),
    binding(
        &[letter(':')],
        Action::StartCommand,
        ":",
        "a command, e.g. :sub billing",
    )
    .hint(":", "command"),
    binding(
        &[letter('y')],
        Action::CopyCommand,
        "y",
        "copy the command for this",
    ),
    binding(
        &[letter('Y')],
        Action::CopyValue,
        "Y",
        "copy name or id, of the marked",
    ),
    binding(
        &[letter('e')],
        Action::Export,
        "e",
        "export the list as JSON lines",
    )
    .on(Scope::Lists),
    binding(&[letter('N')], Action::Notices, "N", "what was said so far"),
    binding(&[letter('m')], Action::Mouse, "m", "mouse on or off"),
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
        &[letter('x')],
        Action::Cursor,
        "x",
        "values at a time on the chart",
    )
    .on(Scope::Charts)
    .hint("x", "cursor"),
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
        "payload: fold or open a part",
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
];
