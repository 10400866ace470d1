//! Whether output is coloured: the flag first, then the environment, then whether it is a terminal.
//! The rules are those of <https://no-color.org> and of `CLICOLOR_FORCE`.

use clap::ValueEnum;

/// What `--color` was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Colours on a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is.
    #[default]
    Auto,
    /// Colours, whatever the output is.
    Always,
    /// No colours.
    Never,
}

impl Color {
    /// Whether to colour an output that is a terminal or not.
    pub(crate) fn is_on(self, is_terminal: bool) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        self.decide(is_terminal, set("NO_COLOR"), set("CLICOLOR_FORCE"))
    }

    fn decide(self, is_terminal: bool, no_color: bool, force: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !no_color && (force || is_terminal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Color;

    #[test]
    fn the_flag_wins_over_the_environment_and_no_color_over_force() {
        assert!(Color::Always.decide(false, true, false));
        assert!(!Color::Never.decide(true, false, true));
        assert!(Color::Auto.decide(true, false, false));
        assert!(!Color::Auto.decide(false, false, false));
        assert!(Color::Auto.decide(false, false, true));
        assert!(!Color::Auto.decide(true, true, true));
    }
}
