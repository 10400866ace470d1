//! What leaves the console: rows as JSON lines, values for the clipboard, and the command that shows the
//! same as a page.

use serde_json::{Map, Value as Json};
use weir_proto::filter::{Path, Subject as _, Value};
use weir_proto::safe_text::json_escape;

use super::place::Place;
use super::row::Row;
use super::screen::State;

/// The most bytes that go to the clipboard: more is refused by most terminals.
const COPY_BYTES: usize = 64 * 1024;
/// Where the broker is if nothing else is said.
const USUAL_SERVER: &str = "127.0.0.1:7420";

impl State {
    /// The rows of the list that are here, in its order; those that are marked, if any are.
    fn listed(&self) -> Vec<Row<'_>> {
        let listing = self.listing();
        let mut by_id: Vec<_> = self.rows().map(|row| (row.id(), row)).collect();
        by_id.sort_by(|one, two| one.0.cmp(&two.0));
        let wanted = listing
            .order
            .iter()
            .filter(|id| listing.marks.is_empty() || listing.marks.contains(id));
        let find = |id| by_id.binary_search_by(|one| one.0.cmp(id)).ok();
        wanted.filter_map(find).map(|at| by_id[at].1).collect()
    }

    /// The list as JSON lines, an object for each row; `None` if it has none.
    pub(crate) fn json_lines(&self) -> Option<String> {
        let table = self.listing().table?;
        let paths: Vec<Path> = table
            .schema
            .fields
            .iter()
            .map(|field| Path {
                name: field.name,
                kind: field.kind,
                inside: Vec::new(),
            })
            .collect();
        let rows = self.listed();
        let lines = rows.iter().map(|row| {
            let fields = paths
                .iter()
                .map(|path| (path.name.to_owned(), json(&row.look(path))));
            let object = Json::Object(fields.collect::<Map<_, _>>()).to_string();
            format!("{}\n", json_escape(&object))
        });
        (!rows.is_empty()).then(|| lines.collect())
    }

    /// What `Y` copies: what names the marked rows, a line each, or the selected one, or the page.
    pub(crate) fn copied_value(&self) -> Option<String> {
        let listing = self.listing();
        let named = |row: &Row<'_>| match row {
            Row::Group(group) => group.fingerprint.as_str().to_owned(),
            row => row.name().to_owned(),
        };
        let text = if listing.marks.is_empty() {
            match (self.selected_row(), &self.page().place) {
                (Some(row), _) => named(&row),
                (
                    None,
                    Place::Message { id: name }
                    | Place::Topic { name }
                    | Place::Subscription { name },
                ) => name.as_str().to_owned(),
                _ => return None,
            }
        } else {
            self.listed()
                .iter()
                .map(named)
                .collect::<Vec<_>>()
                .join("\n")
        };
        Some(capped(text))
    }

    /// The command that prints what the page shows; in a dialog, the one that does what it asks about.
    pub(crate) fn copied_command(&self) -> String {
        let mut words: Vec<String> = vec!["weir".to_owned()];
        if self.server.as_str() != USUAL_SERVER {
            words.extend(["--server".to_owned(), quoted(self.server.as_str())]);
        }
        match self.dialog.as_ref().filter(|dialog| dialog.has_command()) {
            Some(dialog) => {
                let command = dialog.command(self.live.sampled);
                words.extend(command.iter().map(|word| quoted(word)));
            }
            None => self.page_command(&mut words),
        }
        capped(words.join(" "))
    }

    fn page_command(&self, words: &mut Vec<String>) {
        let page = self.page();
        let holder = page.data.message.value().and_then(|one| one.holder());
        let verb: &[&str] = match &page.place {
            Place::Overview => &["status"],
            Place::Topics => &["topic", "ls"],
            Place::Topic { name } => &["topic", "get", name.as_str()],
            Place::Subscriptions => &["sub", "ls"],
            Place::Subscription { name } => &["sub", "get", name.as_str()],
            Place::DeadLetters => &["dlq", "ls"],
            Place::DeadGroups { subscription } => &["dlq", "groups", subscription.as_str()],
            Place::DeadMessages { subscription, .. } => &["dlq", "peek", subscription.as_str()],
            Place::Message { .. } => match &holder {
                Some((subscription, true)) => &["dlq", "peek", subscription.as_str()],
                Some((subscription, false)) => &["sub", "peek", subscription.as_str()],
                None => &["topic", "peek"],
            },
            Place::Clients => &["client", "ls"],
            Place::Events => &["events"],
            Place::Operations => &["op", "ls"],
            Place::Audit => &["audit", "ls"],
        };
        words.extend(verb.iter().map(|word| quoted(word)));
        let listing = &page.listing;
        let is_listed_alike = matches!(
            page.place,
            Place::Topics | Place::Subscriptions | Place::Operations | Place::Audit
        );
        if let Some(filter) = listing.filter.held().filter(|_| is_listed_alike) {
            words.extend(["--where".to_owned(), quoted(filter)]);
        }
        if let Some(sort) = listing.sorted_by()
            && matches!(page.place, Place::Topics | Place::Subscriptions)
            && sort.field != "urgency"
        {
            words.extend(["--sort".to_owned(), quoted(sort.field)]);
        }
        if let Place::DeadMessages {
            group: Some(group), ..
        } = &page.place
        {
            let filter = format!("fingerprint = \"{}\"", group.fingerprint);
            words.extend(["--where".to_owned(), quoted(&filter)]);
        }
        if let (Place::Message { id }, Some(_)) = (&page.place, holder) {
            let filter = format!("id = \"{id}\"");
            words.extend(["--where".to_owned(), quoted(&filter)]);
        }
    }
}

fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Unknown => Json::Null,
        Value::Flag(flag) => Json::Bool(*flag),
        Value::Whole(whole) => u64::try_from(*whole).map_or(Json::Null, Json::from),
        Value::Real(real) => Json::from(*real),
        Value::Text(text) => Json::from(text.as_ref()),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Everything that comes from outside is safe text already; what is too long is cut.
fn capped(mut text: String) -> String {
    let mut end = text.len().min(COPY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::fixture::{live, press, type_text};
    use crossterm::event::KeyCode;

    #[test]
    fn the_command_shows_the_same_as_the_page() {
        let mut state = live((80, 24));
        press(&mut state, KeyCode::Char('3'));
        assert_eq!(state.copied_command(), "weir sub ls");
        type_text(&mut state, "/backlog > 1k");
        press(&mut state, KeyCode::Enter);
        press(&mut state, KeyCode::Char('s'));
        assert_eq!(
            state.copied_command(),
            "weir sub ls --where 'backlog > 1k' --sort name"
        );
        press(&mut state, KeyCode::Enter);
        assert_eq!(state.copied_command(), "weir sub get smtp");
    }

    #[test]
    fn marked_rows_are_copied_and_exported_alone() {
        let mut state = live((80, 24));
        assert_eq!(state.copied_value().unwrap(), "smtp");
        press(&mut state, KeyCode::Char(' '));
        press(&mut state, KeyCode::Char(' '));
        assert_eq!(state.copied_value().unwrap(), "smtp\nfulfilment");
        let lines = state.json_lines().unwrap();
        let first: Json = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(
            (lines.lines().count(), &first["name"]),
            (2, &Json::from("smtp"))
        );
        assert_eq!(first["dead"], Json::from(1_204));
    }

    #[test]
    fn what_is_copied_has_an_end_and_a_shell_takes_it_as_one_word() {
        assert_eq!(capped("é".repeat(COPY_BYTES)).len(), COPY_BYTES);
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted("orders/eu-1"), "orders/eu-1");
    }
}
