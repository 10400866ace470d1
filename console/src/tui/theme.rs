//! The themes: which colours there are, and that each can be read.
//!
//! `auto` uses the terminal's own sixteen colours and leaves its background alone. The others paint
//! their background, so that the contrast of every text is known: at least 4.5 to 1, which a test works
//! out by the formula of WCAG. Where a terminal has 256 colours only, the nearest of them is taken.

use ratatui::style::{Color, Modifier, Style};

/// A theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The terminal's colours.
    #[default]
    Auto,
    Dark,
    Light,
    HighContrast,
    /// Told apart without red and green.
    Deuteranopia,
    /// No colours.
    Mono,
}

/// A colour that is painted: red, green, blue.
type Paint = (u8, u8, u8);

/// The colours of a theme that paints.
struct Inks {
    ground: Paint,
    text: Paint,
    dim: Paint,
    red: Paint,
    green: Paint,
    yellow: Paint,
    blue: Paint,
    magenta: Paint,
    cyan: Paint,
}

const DARK: Inks = Inks {
    ground: (16, 20, 27),
    text: (215, 220, 229),
    dim: (152, 162, 179),
    red: (255, 123, 114),
    green: (95, 211, 141),
    yellow: (240, 194, 75),
    blue: (138, 180, 255),
    magenta: (217, 160, 255),
    cyan: (95, 201, 224),
};

const LIGHT: Inks = Inks {
    ground: (255, 255, 255),
    text: (28, 35, 48),
    dim: (84, 94, 108),
    red: (170, 15, 25),
    green: (9, 95, 40),
    yellow: (112, 74, 0),
    blue: (25, 70, 180),
    magenta: (130, 25, 160),
    cyan: (0, 90, 110),
};

const HIGH_CONTRAST: Inks = Inks {
    ground: (0, 0, 0),
    text: (255, 255, 255),
    dim: (208, 208, 208),
    red: (255, 135, 135),
    green: (0, 255, 95),
    yellow: (255, 255, 0),
    blue: (175, 215, 255),
    magenta: (255, 175, 255),
    cyan: (0, 255, 255),
};

/// Blue for fine and orange for what must be acted on: an eye without green tells them apart.
const DEUTERANOPIA: Inks = Inks {
    red: (255, 145, 40),
    green: (105, 175, 255),
    yellow: (245, 225, 110),
    blue: (180, 180, 255),
    magenta: (225, 165, 215),
    cyan: (160, 220, 255),
    ..DARK
};

impl Theme {
    pub(crate) const ALL: [Self; 6] = [
        Self::Auto,
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::Deuteranopia,
        Self::Mono,
    ];

    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Deuteranopia => "deuteranopia",
            Self::Mono => "mono",
        }
    }

    /// The one with a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// All names, for a refusal.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    fn inks(self) -> Option<&'static Inks> {
        match self {
            Self::Auto | Self::Mono => None,
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::HighContrast => Some(&HIGH_CONTRAST),
            Self::Deuteranopia => Some(&DEUTERANOPIA),
        }
    }
}

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    True,
    Indexed,
}

impl Depth {
    /// What the environment says.
    pub(crate) fn of(color_term: Option<&str>) -> Self {
        match color_term {
            Some("truecolor" | "24bit") => Self::True,
            _ => Self::Indexed,
        }
    }

    fn color(self, paint: Paint) -> Color {
        match self {
            Self::True => Color::Rgb(paint.0, paint.1, paint.2),
            Self::Indexed => Color::Indexed(nearest(paint)),
        }
    }
}

impl Theme {
    /// What everything is drawn on; nothing where the terminal's own ground stays.
    pub(crate) fn ground(self, depth: Depth) -> Style {
        self.inks().map_or_else(Style::default, |inks| {
            let style = Style::default().bg(depth.color(inks.ground));
            style.fg(depth.color(inks.text))
        })
    }

    /// A style of the sixteen colours in the colours of this theme. What is dim gets a colour of its
    /// own: how much a terminal dims is not known.
    pub(crate) fn paint(self, style: Style, depth: Depth) -> Style {
        let Some(inks) = self.inks() else {
            return style;
        };
        let is_dim = style.add_modifier.contains(Modifier::DIM);
        let ink = match style.fg {
            Some(Color::Red) => inks.red,
            Some(Color::Green) => inks.green,
            Some(Color::Yellow) => inks.yellow,
            Some(Color::Blue) => inks.blue,
            Some(Color::Magenta) => inks.magenta,
            Some(Color::Cyan) => inks.cyan,
            _ if is_dim => inks.dim,
            _ => inks.text,
        };
        let mut style = style.fg(depth.color(ink));
        style.add_modifier.remove(Modifier::DIM);
        style
    }

    /// A style of what is out of date.
    pub(crate) fn stale(self, style: Style, depth: Depth) -> Style {
        match self.inks() {
            Some(inks) => style.fg(depth.color(inks.dim)),
            None => style.add_modifier(Modifier::DIM),
        }
    }
}

/// The steps of the cube of 6 by 6 by 6 colours that begins at 16.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 240 colours that are the same on every terminal.
fn nearest(paint: Paint) -> u8 {
    let distance = |index: u8| {
        let other = indexed(index);
        let part = |a: u8, b: u8| i32::from(a.abs_diff(b)).pow(2);
        part(paint.0, other.0) + part(paint.1, other.1) + part(paint.2, other.2)
    };
    (16..=255)
        .min_by_key(|index| distance(*index))
        .unwrap_or(16)
}

/// One of the 240 colours.
fn indexed(index: u8) -> Paint {
    if index >= 232 {
        let gray = 8 + 10 * (index - 232);
        return (gray, gray, gray);
    }
    let at = usize::from(index.saturating_sub(16));
    (STEPS[at / 36 % 6], STEPS[at / 6 % 6], STEPS[at % 6])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How bright a colour is, by WCAG 2.
    fn luminance(paint: Paint) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(paint.0) + 0.7152 * part(paint.1) + 0.0722 * part(paint.2)
    }

    fn contrast(one: Paint, two: Paint) -> f64 {
        let (one, two) = (luminance(one), luminance(two));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn inks(inks: &Inks) -> [Paint; 8] {
        [
            inks.text,
            inks.dim,
            inks.red,
            inks.green,
            inks.yellow,
            inks.blue,
            inks.magenta,
            inks.cyan,
        ]
    }

    #[test]
    fn every_text_of_a_painted_theme_has_a_contrast_of_four_and_a_half() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
        for theme in Theme::ALL {
            let Some(all) = theme.inks() else {
                continue;
            };
            for ink in inks(all) {
                let true_color = contrast(ink, all.ground);
                assert!(true_color >= 4.5, "{theme:?}: {ink:?} has {true_color:.2}");
                let (ink, ground) = (indexed(nearest(ink)), indexed(nearest(all.ground)));
                let of_256 = contrast(ink, ground);
                assert!(of_256 >= 4.5, "{theme:?}: {ink:?} of 256 has {of_256:.2}");
            }
        }
    }

    #[test]
    fn states_are_told_apart_in_each_theme() {
        for theme in Theme::ALL {
            let states = [Color::Red, Color::Yellow, Color::Green, Color::Cyan];
            let painted = states.map(|color| {
                let style = Style::default().fg(color);
                theme.paint(style, Depth::Indexed).fg
            });
            for (at, one) in painted.iter().enumerate() {
                assert!(!painted[..at].contains(one), "{theme:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back_and_unknown_ones_refused() {
        for theme in Theme::ALL {
            assert_eq!(Theme::named(theme.name()), Some(theme));
        }
        assert_eq!(Theme::named("pink"), None);
        assert_eq!(Depth::of(Some("truecolor")), Depth::True);
        assert_eq!(Depth::of(None), Depth::Indexed);
    }
}
