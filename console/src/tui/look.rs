//! How meaning looks: colours and glyphs.
//!
//! A state is always a glyph and a colour, never a colour alone, so that nothing is lost without
//! colours or to an eye that does not tell them apart. Unless a theme is chosen, the colours are the
//! terminal's own sixteen and the background is left alone, so that light and dark terminals both work.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::state::standing::Standing;
use super::state::verdict::Severity;
use super::theme::{Depth, Theme};

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
    /// Not there yet when one last looked.
    New,
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
    /// Those of a theme, on its own ground.
    Painted(Theme, Depth),
}

impl Default for Look {
    fn default() -> Self {
        Self {
            palette: Palette::Sixteen,
            script: Script::Unicode,
        }
    }
}

/// Which characters there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Unicode,
    /// The same without braille, which some fonts lack or draw too faint: charts are of blocks.
    Blocks,
    Ascii,
}

impl Script {
    /// The letters of charts by their names, where more than ASCII is to be had.
    pub(crate) const CHARTS: [(&'static str, Self); 2] =
        [("braille", Self::Unicode), ("blocks", Self::Blocks)];

    /// The one whose charts have a name.
    pub(crate) fn of_charts(name: &str) -> Option<Self> {
        let found = Self::CHARTS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, script)| script)
    }

    /// The names, for a refusal.
    pub(crate) fn names() -> String {
        Self::CHARTS.map(|(name, _)| name).join(", ")
    }
}

impl Look {
    /// Takes the colours of a theme. Whoever asked for no colours keeps that in `auto`.
    pub(crate) fn set_theme(&mut self, theme: Theme) {
        let color_term = std::env::var("COLORTERM").ok();
        self.palette = match theme {
            Theme::Auto => Palette::Sixteen,
            Theme::Mono => Palette::Mono,
            theme => Palette::Painted(theme, Depth::of(color_term.as_deref())),
        };
    }

    /// Takes other letters for charts; false where there is only ASCII.
    pub(crate) fn set_charts(&mut self, script: Script) -> bool {
        let has_others = self.script != Script::Ascii;
        if has_others {
            self.script = script;
        }
        has_others
    }

    /// What everything is drawn on.
    pub(crate) fn ground(self) -> Style {
        match self.palette {
            Palette::Painted(theme, depth) => theme.ground(depth),
            Palette::Sixteen | Palette::Mono => Style::default(),
        }
    }

    /// A style of what is out of date.
    pub(crate) fn stale(self, style: Style) -> Style {
        match self.palette {
            Palette::Painted(theme, depth) => theme.stale(style, depth),
            Palette::Sixteen | Palette::Mono => style.add_modifier(Modifier::DIM),
        }
    }

    /// How a meaning looks.
    pub(crate) fn style(self, meaning: Meaning) -> Style {
        let style = self.sixteen(meaning);
        match self.palette {
            Palette::Painted(theme, depth) => theme.paint(style, depth),
            Palette::Sixteen | Palette::Mono => style,
        }
    }

    /// The same in the terminal's sixteen colours.
    fn sixteen(self, meaning: Meaning) -> Style {
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
            Meaning::Age | Meaning::New => Color::Magenta,
            Meaning::Paused => Color::Blue,
            Meaning::Plain | Meaning::Label | Meaning::Strong | Meaning::Dim => return weighted,
        };
        match self.palette {
            Palette::Sixteen | Palette::Painted(..) => weighted.fg(color),
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
            Script::Unicode | Script::Blocks => unicode,
            Script::Ascii => ascii,
        }
    }

    /// The lines of boxes.
    pub(crate) fn border(self) -> border::Set<'static> {
        match self.script {
            Script::Unicode | Script::Blocks => border::PLAIN,
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
