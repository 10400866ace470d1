//! The keys of the screen of a load test: one table, from which the help and the footer are drawn, too.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadAction {
    /// Ends the run before its time; once more, at once.
    End,
    /// The same, and the program says that it was interrupted.
    Interrupt,
    Freeze,
    NextSeries,
    Help,
    CloseHelp,
    Redraw,
    Suspend,
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct LoadKey {
    pub(crate) action: LoadAction,
    /// With ctrl or without.
    keys: &'static [(KeyCode, bool)],
    /// How the keys are called.
    pub(crate) shown: &'static str,
    pub(crate) does: &'static str,
    /// A word for the footer.
    pub(crate) hint: Option<(&'static str, &'static str)>,
}

/// All keys.
pub(crate) const KEYS: [LoadKey; 8] = [
    LoadKey {
        action: LoadAction::End,
        keys: &[(KeyCode::Char('q'), false)],
        shown: "q",
        does: "end the run and take the rest; again: leave the rest",
        hint: Some(("q", "end the run")),
    },
    LoadKey {
        action: LoadAction::Freeze,
        keys: &[
            (KeyCode::Char(' '), false),
            (KeyCode::Char('p'), false),
            (KeyCode::Char('z'), false),
        ],
        shown: "space, p, z",
        does: "freeze the picture; the run goes on and is measured",
        hint: Some(("p", "freeze")),
    },
    LoadKey {
        action: LoadAction::NextSeries,
        keys: &[(KeyCode::Char('t'), false)],
        shown: "t",
        does: "the chart of the lag: depth, or age of the oldest message",
        hint: Some(("t", "depth or age")),
    },
    LoadKey {
        action: LoadAction::Help,
        keys: &[(KeyCode::Char('?'), false)],
        shown: "?",
        does: "this help",
        hint: Some(("?", "help")),
    },
    LoadKey {
        action: LoadAction::CloseHelp,
        keys: &[(KeyCode::Esc, false)],
        shown: "esc",
        does: "close the help",
        hint: None,
    },
    LoadKey {
        action: LoadAction::Interrupt,
        keys: &[(KeyCode::Char('c'), true)],
        shown: "ctrl-c",
        does: "end the run as q does, with exit code 130",
        hint: None,
    },
    LoadKey {
        action: LoadAction::Redraw,
        keys: &[(KeyCode::Char('l'), true)],
        shown: "ctrl-l",
        does: "draw everything anew",
        hint: None,
    },
    LoadKey {
        action: LoadAction::Suspend,
        keys: &[(KeyCode::Char('z'), true)],
        shown: "ctrl-z",
        does: "stop the program, and the run with it, until fg",
        hint: None,
    },
];

/// What a key means, if it means anything here.
pub(crate) fn action(event: KeyEvent) -> Option<LoadAction> {
    let has_control = event.modifiers.contains(KeyModifiers::CONTROL);
    let pressed = (event.code, has_control);
    let found = KEYS.iter().find(|key| key.keys.contains(&pressed));
    found
        .filter(|_| event.kind != KeyEventKind::Release)
        .map(|key| key.action)
}
