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
    Faster,
    Slower,
    /// Makes the run so far what it is held against.
    Baseline,
    Uncorrected,
    Export,
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
pub(crate) const KEYS: [LoadKey; 13] = [
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
        action: LoadAction::Faster,
        keys: &[(KeyCode::Char('+'), false), (KeyCode::Char('='), false)],
        shown: "+",
        does: "ask for the next higher rate, if it is constant",
        hint: Some(("+ -", "rate")),
    },
    LoadKey {
        action: LoadAction::Slower,
        keys: &[(KeyCode::Char('-'), false), (KeyCode::Char('_'), false)],
        shown: "-",
        does: "ask for the next lower rate",
        hint: None,
    },
    LoadKey {
        action: LoadAction::Baseline,
        keys: &[(KeyCode::Char('b'), false)],
        shown: "b",
        does: "compare from now on with the run so far",
        hint: Some(("b", "baseline")),
    },
    LoadKey {
        action: LoadAction::Uncorrected,
        keys: &[(KeyCode::Char('u'), false)],
        shown: "u",
        does: "beside it the latency since sending, as others count it",
        hint: Some(("u", "uncorrected")),
    },
    LoadKey {
        action: LoadAction::Export,
        keys: &[(KeyCode::Char('e'), false)],
        shown: "e",
        does: "write the run so far: json, csv, hgrm; over no file",
        hint: Some(("e", "export")),
    },
    LoadKey {
        action: LoadAction::Help,
        keys: &[(KeyCode::Char('?'), false)],
        shown: "?",
        does: "this help",
        hint: Some(("?", "help")),
    },
    LoadKey {
        action: LoadAction::NextSeries,
        keys: &[(KeyCode::Char('t'), false)],
        shown: "t",
        does: "the chart of the lag: depth, or age of the oldest message",
        hint: Some(("t", "depth or age")),
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
