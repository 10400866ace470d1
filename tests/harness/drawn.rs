//! What a program may write to a terminal: text that only prints, and the few sequences that draw.
//!
//! Everything else fails a test: titles, the clipboard, questions to the terminal, other modes, characters that
//! change how others are read. And a frame must stay whole whatever stands in it.

/// A colour that no program of ours uses; hostile strings ask for it.
pub const CANARY: u8 = 213;

/// The modes that are switched: the cursor, wrapping, the alternate screen, whole frames.
const MODES: [&str; 4] = ["?25", "?7", "?1049", "?2026"];
/// Ends of sequences that move, clear and colour.
const DRAWING: &str = "HJKmABCDGdX";

/// Panics if bytes that a program wrote do more than draw.
pub fn check_only_draws(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['), "an escape that is no CSI: {rest:?}");
                check_sequence(&mut rest);
            }
            '\r' | '\n' => {}
            _ => assert!(!is_hostile(char), "{char:?} was drawn before {rest:?}"),
        }
    }
}

fn check_sequence(rest: &mut std::str::Chars<'_>) {
    let mut inner = String::new();
    let end = rest.find(|char| {
        let is_end = ('@'..='~').contains(char);
        if !is_end {
            inner.push(*char);
        }
        is_end
    });
    let is_known = match end {
        Some('h' | 'l') => MODES.contains(&inner.as_str()),
        Some('m') => !inner
            .split([';', ':'])
            .any(|part| part == CANARY.to_string()),
        Some(end) => DRAWING.contains(end) && !inner.contains(['?', '>', '<', '=']),
        None => false,
    };
    assert!(is_known, "a sequence of {inner:?} that ends in {end:?}");
}

fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Panics if a box that begins at the left of the screen does not end at its right, in whatever line: something in
/// it was wider or narrower than the program believed.
pub fn check_frame(screen: &vt100::Screen) {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let border = |row, column| {
        let cell = screen.cell(row, column);
        cell.is_some_and(|cell| cell.contents().chars().any(|c| "│┌┐└┘├┤┬┴┼".contains(c)))
    };
    for row in 0..rows {
        let (left, right) = (border(row, 0), border(row, columns - 1));
        assert_eq!(left, right, "line {row} of\n{}", screen.contents());
        for column in 0..columns {
            let color = vt100::Color::Idx(CANARY);
            let cell = screen.cell(row, column);
            let is_ours =
                cell.is_none_or(|cell| cell.fgcolor() != color && cell.bgcolor() != color);
            assert!(
                is_ours,
                "a colour of a stranger in line {row} of\n{}",
                screen.contents()
            );
        }
    }
}
