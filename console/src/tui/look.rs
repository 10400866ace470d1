//! How meaning looks: colours and glyphs.
//!
//! A state is always a glyph and a colour, never a colour alone, so that nothing is lost without
//! colours or to an eye that does not tell them apart. The colours are the terminal's own sixteen
//! and the background is left alone, so that light and dark terminals both work.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::state::standing::Standing;
use super::state::verdict::Severity;

/// What a piece of text means; [`Look::style`] says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Plain,
    /// What names a value.
    Label,
    Strong,
    Fine,
    Progress,
    Watch,
    Act,
    Dim,
    /// Messages coming in, in charts and numbers.
    Inflow,
    /// Messages acknowledged.
    Acked,
    /// Messages waiting.
    Backlog,
    /// How old messages are.
    Age,
    /// What an owner still accepts.
    Slo,
    /// Held by a person.
    Paused,
    Key,
}

/// Which characters and colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) palette: Palette,
    pub(crate) script: Script,
}

/// Which colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Palette {
    /// The terminal's sixteen.
    Sixteen,
    /// None: bold, dim and reverse only.
    Mono,
}

/// Which characters there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Unicode,
    Ascii,
}

impl Look {
    /// How a meaning looks.
    pub(crate) fn style(self, meaning: Meaning) -> Style {
        let base = Style::default();
        let weighted = match meaning {
            Meaning::Strong | Meaning::Act => base.add_modifier(Modifier::BOLD),
            Meaning::Dim | Meaning::Label | Meaning::Slo => base.add_modifier(Modifier::DIM),
            _ => base,
        };
        let color = match meaning {
            Meaning::Fine | Meaning::Acked => Color::Green,
            Meaning::Progress | Meaning::Inflow | Meaning::Key => Color::Cyan,
            Meaning::Watch | Meaning::Backlog => Color::Yellow,
            Meaning::Act | Meaning::Slo => Color::Red,
            Meaning::Age => Color::Magenta,
            Meaning::Paused => Color::Blue,
            Meaning::Plain | Meaning::Label | Meaning::Strong | Meaning::Dim => return weighted,
        };
        match self.palette {
            Palette::Sixteen => weighted.fg(color),
            Palette::Mono => weighted,
        }
    }

    /// The meaning of a severity.
    pub(crate) fn severity(severity: Severity) -> Meaning {
        match severity {
            Severity::Act => Meaning::Act,
            Severity::Watch => Meaning::Watch,
            Severity::Progress => Meaning::Progress,
            Severity::Fine => Meaning::Fine,
            Severity::Idle | Severity::Unknown => Meaning::Dim,
        }
    }

    /// The glyph of how a subscription stands, and its meaning.
    pub(crate) fn standing(self, standing: &Standing) -> (&'static str, Meaning) {
        if standing.is_paused {
            return (self.pick("‖", "="), Meaning::Paused);
        }
        let glyph = match standing.severity {
            Severity::Act => self.pick("✖", "x"),
            Severity::Watch => self.pick("▲", "!"),
            Severity::Progress | Severity::Fine => self.pick("●", "o"),
            Severity::Idle => self.pick("○", "-"),
            Severity::Unknown => "?",
        };
        (glyph, Self::severity(standing.severity))
    }

    /// One of two spellings.
    pub(crate) fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.script {
            Script::Unicode => unicode,
            Script::Ascii => ascii,
        }
    }

    /// The lines of boxes.
    pub(crate) fn border(self) -> border::Set<'static> {
        match self.script {
            Script::Unicode => border::PLAIN,
            Script::Ascii => ASCII_BORDER,
        }
    }
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
