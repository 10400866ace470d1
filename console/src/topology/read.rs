//! A file taken as a whole, or refused with the line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weir_proto::v1::{Subscription, Topic};

use super::declared::Declared;
use super::settings::{SUBSCRIPTION, Setting, TOPIC};
use super::value::Value;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Result<Declared, Problem> {
    let file = File { text };
    let parsed = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        file.problem(at, error.message().replace('\n', ", "))
    })?;
    let mut declared = Declared::default();
    for (key, value) in in_order(parsed.get_ref()) {
        match key.get_ref().as_ref() {
            "topic" => file.topics(value, &mut declared)?,
            "subscription" => file.subscriptions(value, &mut declared)?,
            other => {
                let what = format!("there is no {other:?}; write [[topic]] and [[subscription]]");
                return Err(file.problem(key.span().start, what));
            }
        }
    }
    Ok(declared)
}

type Entry<'a> = (
    &'a Spanned<std::borrow::Cow<'a, str>>,
    &'a Spanned<DeValue<'a>>,
);

/// The entries of a table as they stand in the file, so that the first problem is told.
fn in_order<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct File<'a> {
    text: &'a str,
}

impl File<'_> {
    fn topics(&self, value: &Spanned<DeValue<'_>>, into: &mut Declared) -> Result<(), Problem> {
        for table in self.tables("topic", value)? {
            let mut topic = Topic::default();
            self.table(
                table,
                TOPIC,
                &mut topic,
                &[("name", |topic| &mut topic.name)],
            )?;
            into.topics.push(topic);
            into.topic_lines.push(self.line(table.span().start));
        }
        Ok(())
    }

    fn subscriptions(
        &self,
        value: &Spanned<DeValue<'_>>,
        into: &mut Declared,
    ) -> Result<(), Problem> {
        for table in self.tables("subscription", value)? {
            let mut one = Subscription::default();
            let names: [Name<Subscription>; 2] = [
                ("name", |one| &mut one.name),
                ("topic", |one| &mut one.topic),
            ];
            self.table(table, SUBSCRIPTION, &mut one, &names)?;
            into.subscriptions.push(one);
            into.subscription_lines.push(self.line(table.span().start));
        }
        Ok(())
    }

    fn tables<'v>(
        &self,
        kind: &str,
        value: &'v Spanned<DeValue<'v>>,
    ) -> Result<&'v [Spanned<DeValue<'v>>], Problem> {
        let tables = value.get_ref().as_array();
        tables.map(|tables| &**tables).ok_or_else(|| {
            let what = format!("write [[{kind}]] with two brackets, once for each {kind}");
            self.problem(value.span().start, what)
        })
    }

    /// Reads one table: its names, which must be there, and its settings.
    fn table<R: Clone>(
        &self,
        table: &Spanned<DeValue<'_>>,
        settings: &[Setting<R>],
        into: &mut R,
        names: &[Name<R>],
    ) -> Result<(), Problem> {
        let Range { start, .. } = table.span();
        let Some(entries) = table.get_ref().as_table() else {
            return Err(self.problem(start, "this is no table".to_owned()));
        };
        for (key, value) in in_order(entries) {
            let key_start = key.span().start;
            let given = Value::of(value.get_ref());
            let key = key.get_ref().as_ref();
            let told = |what| self.problem(value.span().start, format!("{key}: {what}"));
            let given = given.map_err(told)?;
            if let Some((_, place)) = names.iter().find(|(name, _)| *name == key) {
                *place(into) = given.to_text().map_err(told)?;
            } else if let Some(setting) = settings.iter().find(|one| one.name == key) {
                setting.set(into, &given).map_err(told)?;
            } else {
                let known = names.iter().map(|(name, _)| *name);
                let known: Vec<_> = known.chain(settings.iter().map(|one| one.name)).collect();
                let what = format!("there is no key {key:?}; the keys are {}", known.join(", "));
                return Err(self.problem(key_start, what));
            }
        }
        for (name, place) in names {
            if place(into).is_empty() {
                return Err(self.problem(start, format!("{name} must be set")));
            }
        }
        Ok(())
    }

    fn problem(&self, at: usize, what: String) -> Problem {
        Problem {
            line: self.line(at),
            what,
        }
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.text.bytes().take(at);
        1 + before.filter(|byte| *byte == b'\n').count()
    }
}

/// A key that must be there, and where it goes.
type Name<R> = (&'static str, fn(&mut R) -> &mut String);
