//! The keys as they are on this machine: the table, with what the operator's file changes.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use weir_proto::safe_text::SafeText;

use super::bindings;
use super::keys::{Binding, Key, key_of};
use super::state::mode::Mode;
use super::state::place::Place;
use crate::profile::KeyChange;

/// The live table of keys. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct KeyTable(Arc<Vec<Live>>);

/// A binding with its keys as they are.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) binding: &'static Binding,
    pub(crate) keys: Vec<Key>,
    /// The keys as the help names them.
    pub(crate) shown: SafeText,
    /// Where the file says so, if it does.
    changed_at: Option<usize>,
}

impl Default for KeyTable {
    fn default() -> Self {
        let live = bindings::all().map(|binding| Live {
            binding,
            keys: binding.keys.to_vec(),
            shown: SafeText::literal(binding.shown),
            changed_at: None,
        });
        Self(Arc::new(live.collect()))
    }
}

impl Live {
    /// The key and one word for the footer.
    pub(crate) fn hint(&self) -> Option<(SafeText, &'static str)> {
        let (key, word) = self.binding.hint?;
        let key = match (self.changed_at, self.keys.first()) {
            (Some(_), Some(key)) => SafeText::new(key.written()),
            _ => SafeText::literal(key),
        };
        Some((key, word))
    }
}

impl KeyTable {
    /// The bindings of a mode on a page; without those that change the broker unless that is unlocked.
    pub(crate) fn of<'a>(
        &'a self,
        mode: Mode,
        place: &'a Place,
        may_write: bool,
    ) -> impl Iterator<Item = &'a Live> {
        let is_here = move |live: &&Live| {
            let binding = live.binding;
            let is_there = may_write || !binding.writes;
            is_there && binding.mode == mode && binding.scope.holds(place)
        };
        self.0.iter().filter(is_here)
    }

    /// What a key would do in a mode on a page, if anything, were writing unlocked.
    pub(crate) fn live(&self, mode: Mode, place: &Place, event: KeyEvent) -> Option<&Live> {
        let key = key_of(event)?;
        let mut here = self
            .0
            .iter()
            .filter(|live| live.binding.mode == mode && live.binding.scope.holds(place));
        here.find(|live| live.keys.contains(&key))
    }

    /// The usual table with changes; what is wrong with one is told with its place in the file.
    pub(crate) fn changed(changes: &[KeyChange]) -> Result<Self, (usize, String)> {
        let mut live = Self::default().0.as_ref().clone();
        for change in changes {
            let named = live.iter_mut().find(|one| {
                one.binding.mode == Mode::Page && one.binding.action.name() == change.action
            });
            let Some(one) = named else {
                let what = format!(
                    "there is no action {:?}; there are {}",
                    change.action,
                    names()
                );
                return Err((change.at, what));
            };
            one.keys = keys(change)?;
            let shown: Vec<String> = one.keys.iter().map(|key| key.written()).collect();
            one.shown = SafeText::new(shown.join("  "));
            one.changed_at = Some(change.at);
        }
        match conflict(&live) {
            Some(found) => Err(found),
            None => Ok(Self(Arc::new(live))),
        }
    }
}

fn keys(change: &KeyChange) -> Result<Vec<Key>, (usize, String)> {
    if change.keys.is_empty() {
        let what = format!("{} needs a key", change.action);
        return Err((change.at, what));
    }
    let read = |(at, written): &(usize, String)| {
        let what = || format!("{written:?} is no key; write f, F, ctrl-f, space, enter, tab, f5");
        Key::read(written).ok_or_else(|| (*at, what()))
    };
    change.keys.iter().map(read).collect()
}

/// The names of all actions that can have other keys.
fn names() -> String {
    let page = bindings::all().filter(|binding| binding.mode == Mode::Page);
    let names: Vec<&str> = page.map(|binding| binding.action.name()).collect();
    names.join(", ")
}

/// Two actions with one key on the same page, told where the file says so.
fn conflict(live: &[Live]) -> Option<(usize, String)> {
    let page = || live.iter().filter(|one| one.binding.mode == Mode::Page);
    for changed in page() {
        let Some(at) = changed.changed_at else {
            continue;
        };
        for other in page().filter(|other| !std::ptr::eq(*other, changed)) {
            let meet = Place::one_of_each().iter().any(|place| {
                changed.binding.scope.holds(place) && other.binding.scope.holds(place)
            });
            let shared = changed.keys.iter().find(|key| other.keys.contains(key));
            if let (true, Some(key)) = (meet, shared) {
                let what = format!(
                    "{} is the key of {:?} already; give that another one first",
                    key.written(),
                    other.binding.action.name()
                );
                return Some((at, what));
            }
        }
    }
    None
}

/// Keys that have a name and not a letter.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

impl Key {
    /// A key as it is written in a file: `f`, `F`, `ctrl-f`, `space`, `f5`.
    pub(crate) fn read(written: &str) -> Option<Self> {
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == written) {
            return Some(Self::Plain(*code));
        }
        if written == "ctrl-space" {
            return Some(Self::Ctrl(' '));
        }
        if let Some(letter) = written.strip_prefix("ctrl-") {
            let letter = alone(letter).filter(char::is_ascii_lowercase)?;
            return Some(Self::Ctrl(letter));
        }
        if let Some(number) = written.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
            return (1..=12)
                .contains(&number)
                .then_some(Self::Plain(KeyCode::F(number)));
        }
        let letter = alone(written).filter(|letter| !letter.is_control())?;
        Some(Self::Plain(KeyCode::Char(letter)))
    }

    /// As it is written in a file.
    pub(crate) fn written(self) -> String {
        let code = match self {
            Self::Ctrl(' ') => return "ctrl-space".to_owned(),
            Self::Ctrl(letter) => return format!("ctrl-{letter}"),
            Self::Plain(code) => code,
        };
        if let Some((name, _)) = NAMED.iter().find(|(_, named)| *named == code) {
            return (*name).to_owned();
        }
        match code {
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::F(number) => format!("f{number}"),
            _ => "?".to_owned(),
        }
    }
}

fn alone(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::Action;
    use crossterm::event::KeyModifiers;

    fn change(at: usize, action: &str, keys: &[&str]) -> KeyChange {
        let keys = keys.iter().map(|key| (at + 1, (*key).to_owned()));
        KeyChange {
            at,
            action: action.to_owned(),
            keys: keys.collect(),
        }
    }

    fn meaning(table: &KeyTable, code: KeyCode) -> Option<Action> {
        let event = KeyEvent::new(code, KeyModifiers::NONE);
        let live = table.live(Mode::Page, &Place::Overview, event)?;
        Some(live.binding.action)
    }

    #[test]
    fn an_action_has_the_keys_of_the_file_and_no_others() {
        let table = KeyTable::changed(&[change(0, "freeze", &["i", "f9"])]).unwrap();
        let freeze = Some(Action::Freeze);
        assert_eq!(meaning(&table, KeyCode::Char('i')), freeze);
        assert_eq!(meaning(&table, KeyCode::F(9)), freeze);
        assert_eq!(meaning(&table, KeyCode::Char('z')), None);
        let live = table.of(Mode::Page, &Place::Overview, true);
        let freeze = live
            .into_iter()
            .find(|live| live.binding.action == Action::Freeze);
        let freeze = freeze.unwrap();
        assert_eq!(freeze.shown.as_str(), "i  f9");
        assert_eq!(freeze.hint().unwrap().0.as_str(), "i");
    }

    #[test]
    fn unknown_actions_and_keys_and_conflicts_are_refused_with_their_place() {
        let refused = |changes: &[KeyChange]| KeyTable::changed(changes).unwrap_err();
        let (at, what) = refused(&[change(7, "zebra", &["i"])]);
        assert!(
            at == 7 && what.contains("there is no action \"zebra\""),
            "{what}"
        );
        let (at, what) = refused(&[change(7, "freeze", &["hyper-x"])]);
        assert!(at == 8 && what.contains("is no key"), "{what}");
        let (at, what) = refused(&[change(7, "freeze", &["s"])]);
        assert!(
            at == 7 && what.contains("the key of \"sort\" already"),
            "{what}"
        );
        assert_eq!(refused(&[change(7, "freeze", &[])]).0, 7);
        let swapped = [change(0, "freeze", &["s"]), change(1, "sort", &["z"])];
        assert!(KeyTable::changed(&swapped).is_ok(), "two may change places");
    }

    #[test]
    fn every_key_of_the_table_is_read_back() {
        for key in bindings::all().flat_map(|binding| binding.keys) {
            assert_eq!(Key::read(&key.written()), Some(*key), "{}", key.written());
        }
    }

    #[test]
    fn every_action_of_a_page_has_a_name_of_its_own() {
        let page = bindings::all().filter(|binding| binding.mode == Mode::Page);
        let mut names: Vec<&str> = page.map(|binding| binding.action.name()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), names.contains(&"")), (count, false));
    }
}
