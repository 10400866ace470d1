//! The same page in every theme: which colour stands where.

use std::fmt::Write as _;

use ratatui::style::{Modifier, Style};

use super::cells;
use crate::tui::look::{Look, Palette, Script};
use crate::tui::state::place::Tab;
use crate::tui::tests::night::{Words, at};
use crate::tui::theme::{Depth, Theme};

/// The styles of a page, a letter each: first what each letter is, then the page in letters.
fn painted(palette: Palette) -> String {
    let state = at((80, 24), Tab::Overview, None, Words::AsTheyAre);
    let look = Look {
        palette,
        script: Script::Unicode,
    };
    let buffer = cells(&state, look);
    let mut styles: Vec<Style> = Vec::new();
    let mut page = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let style = cell.style();
            // A blank shows its ground only.
            let is_blank = cell.symbol() == " " && !style.add_modifier.contains(Modifier::REVERSED);
            let place = styles.iter().position(|known| *known == style);
            let place = place.unwrap_or_else(|| {
                if !is_blank {
                    styles.push(style);
                }
                styles.len().saturating_sub(1)
            });
            let letter = char::from(b'a' + u8::try_from(place).unwrap());
            page.push(if is_blank { ' ' } else { letter });
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    let mut said = String::new();
    for (letter, style) in (b'a'..).map(char::from).zip(&styles) {
        let (fg, bg) = (style.fg.unwrap_or_default(), style.bg.unwrap_or_default());
        writeln!(said, "{letter}: {fg} on {bg} {:?}", style.add_modifier).unwrap();
    }
    said + &page
}

#[test]
fn each_theme_paints_a_page_in_its_own_colours() {
    for theme in Theme::ALL {
        let palette = match theme {
            Theme::Auto => Palette::Sixteen,
            Theme::Mono => Palette::Mono,
            theme => Palette::Painted(theme, Depth::True),
        };
        let name = theme.name().replace('-', "_");
        insta::assert_snapshot!(format!("theme_{name}_80x24"), painted(palette));
    }
}
