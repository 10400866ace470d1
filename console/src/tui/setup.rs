//! How the operator wants the screen: the file of preferences, checked against the themes, lists, columns
//! and actions that there are. Whatever is wrong is told with file and line before the screen is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::live_keys::KeyTable;
use super::look::{Look, Palette, Script};
use super::state::State;
use super::state::table::Table;
use super::theme::Theme;
use crate::files;
use crate::profile::{Preferences, line_of, screen_file};

/// What the file says, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    theme: Option<Theme>,
    charts: Option<Script>,
    hidden: BTreeMap<&'static str, BTreeSet<&'static str>>,
    keys: KeyTable,
}

/// Why the file is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error("cannot read {}: {error}", file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("{}:{line}: {what}", file.display())]
    Wrong {
        file: PathBuf,
        line: usize,
        what: String,
    },
}

impl Setup {
    /// Reads the file of this machine; without one everything is as usual.
    pub(crate) fn read() -> Result<Self, SetupError> {
        screen_file().map_or_else(|| Ok(Self::default()), |path| Self::read_from(&path))
    }

    fn read_from(path: &Path) -> Result<Self, SetupError> {
        let file = || path.to_owned();
        let text = match files::read_text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(SetupError::Unreadable {
                    file: file(),
                    error,
                });
            }
        };
        let read = Preferences::read(&text).map_err(|problem| SetupError::Wrong {
            file: file(),
            line: problem.line,
            what: problem.what,
        })?;
        Self::of(&read).map_err(|(at, what)| SetupError::Wrong {
            file: file(),
            line: line_of(&text, at),
            what,
        })
    }

    /// What was read, checked; what is wrong is told with its place.
    fn of(read: &Preferences) -> Result<Self, (usize, String)> {
        let theme = match &read.theme {
            Some((at, name)) => Some(
                Theme::named(name)
                    .ok_or_else(|| (*at, format!("themes are {}", Theme::names())))?,
            ),
            None => None,
        };
        let charts = match &read.charts {
            Some((at, name)) => Some(
                Script::of_charts(name)
                    .ok_or_else(|| (*at, format!("charts are {}", Script::names())))?,
            ),
            None => None,
        };
        let mut hidden = BTreeMap::new();
        for (list, (at, titles)) in &read.hidden {
            let table =
                Table::named(list).ok_or_else(|| (*at, format!("lists are {}", Table::names())))?;
            let mut known = BTreeSet::new();
            for (at, title) in titles {
                let found = table.columns.iter().find(|column| *column == title);
                let found = found.ok_or_else(|| {
                    let columns = table.columns.join(", ");
                    (
                        *at,
                        format!("columns of {list} that can be hidden are {columns}"),
                    )
                })?;
                known.insert(*found);
            }
            hidden.insert(table.name, known);
        }
        let keys = KeyTable::changed(&read.keys)?;
        Ok(Self {
            theme,
            charts,
            hidden,
            keys,
        })
    }

    /// Makes a fresh state be so. Whoever asked for no colours gets none, and a theme that was `asked` for with the
    /// command wins over the file.
    pub(crate) fn apply(self, state: &mut State, look: Look, asked: Option<Theme>) {
        state.look = look;
        match (asked, self.theme, look.palette) {
            (Some(theme), ..) | (None, Some(theme), Palette::Sixteen) => {
                state.look.set_theme(theme);
            }
            _ => {}
        }
        if let Some(script) = self.charts {
            state.look.set_charts(script);
        }
        state.keys = self.keys;
        state.hide(self.hidden);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::place::Place;
    use crate::tui::tests::fixture::fresh;

    fn read(text: &str) -> Result<Setup, SetupError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("console.toml");
        files::create(&path, text.as_bytes()).unwrap();
        Setup::read_from(&path)
    }

    #[test]
    fn theme_columns_and_keys_are_as_the_file_says() {
        let text = "theme = \"light\"\ncharts = \"blocks\"\n[hidden_columns]\nsubscriptions = [\"TREND\"]\n";
        let mut state = fresh((80, 24));
        read(text).unwrap().apply(&mut state, Look::default(), None);
        assert!(matches!(
            state.look.palette,
            Palette::Painted(Theme::Light, _)
        ));
        assert_eq!(state.look.script, Script::Blocks);
        assert!(!state.listing().shows("TREND"));
        state.open(Place::Topic {
            name: weir_proto::safe_text::SafeText::literal("orders"),
        });
        assert!(!state.listing().shows("TREND"), "on later pages, too");
        let mono = Look {
            palette: Palette::Mono,
            ..Look::default()
        };
        read(text).unwrap().apply(&mut state, mono, None);
        assert_eq!(
            state.look.palette,
            Palette::Mono,
            "no colours were asked for"
        );
        let ascii = Look {
            script: Script::Ascii,
            ..Look::default()
        };
        let dark = Some(Theme::Dark);
        read(text).unwrap().apply(&mut state, ascii, dark);
        assert!(matches!(
            state.look.palette,
            Palette::Painted(Theme::Dark, _)
        ));
        assert_eq!(state.look.script, Script::Ascii, "only ASCII was asked for");
    }

    #[test]
    fn what_is_not_known_is_refused_by_file_and_line() {
        for (text, line, what) in [
            ("\ntheme = \"pink\"", 2, "themes are auto"),
            ("charts = \"oil\"", 1, "charts are braille, blocks"),
            (
                "[hidden_columns]\nzebras = \"A\"",
                2,
                "lists are subscriptions",
            ),
            (
                "[hidden_columns]\ntopics = [\n\"A\"]",
                3,
                "columns of topics",
            ),
            ("[keys]\nzebra = \"f\"", 2, "there is no action"),
            ("[keys]\n\nfreeze = \"s\"", 3, "s is the key of \"sort\""),
            ("[keys\n", 1, ""),
        ] {
            let refused = read(text).unwrap_err().to_string();
            let place = format!("console.toml:{line}: {what}");
            assert!(refused.contains(&place), "{text}: {refused}");
        }
        let directory = tempfile::tempdir().unwrap();
        assert!(Setup::read_from(&directory.path().join("none")).is_ok());
        assert!(Setup::read_from(directory.path()).is_err());
    }
}
