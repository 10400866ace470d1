//! Lists of documents as somebody wants to see them: some of the rows, in some order, some of the
//! fields. It works on the documents' JSON, so a field means the same here as in `-o json`.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use weir_proto::safe_text::SafeText;

use super::table::{Align, Table, cell, titled};
use super::units::{self, known};
use weir_proto::filter::{Filter, Kind, Path, Subject as _, Value};

/// A document as an object of JSON.
pub(crate) type Object = Map<String, Json>;

/// By what a list is sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The field.
    pub(crate) path: Path,
    /// The other way around.
    pub(crate) is_reversed: bool,
}

/// What is shown of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// Only these.
    pub(crate) filter: Option<&'a Filter>,
    /// In this order; without one, as they are.
    pub(crate) order: Option<&'a Order>,
    /// At most so many.
    pub(crate) limit: usize,
}

impl Choice<'_> {
    /// Those that are chosen, in order.
    pub(crate) fn of<T: Serialize>(&self, documents: Vec<T>) -> serde_json::Result<Vec<T>> {
        let mut chosen = Vec::with_capacity(documents.len());
        for document in documents {
            let object = object(&document)?;
            if self.filter.is_none_or(|filter| filter.selects(&object)) {
                chosen.push((object, document));
            }
        }
        if let Some(order) = self.order {
            // A stable sort keeps the order of names among equals.
            chosen.sort_by(|(one, _), (two, _)| order.compare(one, two));
        }
        chosen.truncate(self.limit);
        Ok(chosen.into_iter().map(|(_, document)| document).collect())
    }
}

impl Order {
    /// What is measured begins with the most, texts with the first; what is not known is last
    /// either way.
    fn compare(&self, one: &Object, two: &Object) -> Ordering {
        let (one, two) = (one.look(&self.path), two.look(&self.path));
        match (&one, &two) {
            (Value::Unknown, Value::Unknown) => return Ordering::Equal,
            (Value::Unknown, _) => return Ordering::Greater,
            (_, Value::Unknown) => return Ordering::Less,
            _ => {}
        }
        let rising = match self.path.kind {
            // Words are in the order in which they are listed.
            Kind::Word(words) => {
                let place = |value: &Value<'_>| {
                    let text = value.written();
                    words.iter().position(|word| text.as_deref() == Some(*word))
                };
                place(&one).cmp(&place(&two))
            }
            _ => one.order(&two).unwrap_or(Ordering::Equal),
        };
        if self.path.kind.is_measured() == self.is_reversed {
            rising
        } else {
            rising.reverse()
        }
    }
}

/// A document as an object; what is no object has no fields.
pub(crate) fn object(document: &impl Serialize) -> serde_json::Result<Object> {
    match serde_json::to_value(document)? {
        Json::Object(object) => Ok(object),
        _ => Ok(Object::new()),
    }
}

/// Only these fields of a document, in this order.
pub(crate) fn narrowed(object: &Object, columns: &[Path]) -> Object {
    let field = |path: &Path| {
        let value = object.get(path.name).cloned().unwrap_or_default();
        (path.name.to_owned(), value)
    };
    columns.iter().map(field).collect()
}

/// These fields of documents in columns, each titled by its name.
pub(crate) fn table_of(objects: &[Object], columns: &[Path]) -> Table {
    let titles = columns.iter().map(|path| {
        let align = if path.kind.is_measured() {
            Align::Right
        } else {
            Align::Left
        };
        titled(&path.name.to_uppercase(), align)
    });
    let mut table = Table::new(titles.collect());
    for object in objects {
        let row = columns
            .iter()
            .map(|path| shown(&object.look(path), path.kind));
        table.push(row.collect());
    }
    table
}

/// A value as people read it.
fn shown(value: &Value<'_>, kind: Kind) -> SafeText {
    let whole = match value {
        Value::Whole(whole) => u64::try_from(*whole).ok(),
        _ => None,
    };
    let real = match value {
        Value::Real(real) => Some(*real),
        Value::Whole(whole) => Some(*whole as f64),
        _ => None,
    };
    match kind {
        Kind::Count => cell(known(whole, units::count)),
        Kind::Bytes => cell(known(whole, units::bytes)),
        Kind::Seconds => cell(known(real, units::seconds)),
        Kind::Rate => cell(known(real, units::rate)),
        Kind::Text | Kind::Word(_) | Kind::Time | Kind::Any => {
            cell(value.written().as_deref().unwrap_or(units::UNKNOWN))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dead_set::DeadSetDocument;
    use super::super::subscription::SubscriptionNumbers;
    use super::super::topic::TopicDocument;
    use super::*;
    use weir_proto::filter::{self, Filtered};

    fn rows() -> Vec<SubscriptionNumbers> {
        let row = |name: &str, backlog, lag_seconds| SubscriptionNumbers {
            name: name.to_owned(),
            backlog,
            lag_seconds,
            ..SubscriptionNumbers::default()
        };
        vec![
            row("a", 5, Some(1.5)),
            row("b", 7, None),
            row("c", 5, Some(90.0)),
        ]
    }

    fn names(choice: &Choice<'_>) -> Vec<String> {
        let rows = choice.of(rows()).expect("rows");
        rows.into_iter().map(|row| row.name).collect()
    }

    fn path(name: &str) -> Path {
        filter::field(name, SubscriptionNumbers::schema()).expect("a field")
    }

    fn by(name: &str, is_reversed: bool) -> Vec<String> {
        let path = path(name);
        let order = Order { path, is_reversed };
        names(&Choice {
            filter: None,
            order: Some(&order),
            limit: usize::MAX,
        })
    }

    #[test]
    fn numbers_begin_with_the_most_and_texts_with_the_first() {
        assert_eq!(by("backlog", false), ["b", "a", "c"]);
        assert_eq!(by("backlog", true), ["a", "c", "b"]);
        assert_eq!(by("name", false), ["a", "b", "c"]);
        assert_eq!(by("name", true), ["c", "b", "a"]);
    }

    #[test]
    fn what_is_not_known_is_last_either_way() {
        assert_eq!(by("oldest", false), ["c", "a", "b"]);
        assert_eq!(by("oldest", true), ["a", "c", "b"]);
    }

    #[test]
    fn the_limit_counts_what_is_chosen() {
        let filter = filter::parse("age > 1s", SubscriptionNumbers::schema()).expect("a filter");
        let choice = Choice {
            filter: Some(&filter),
            order: None,
            limit: 1,
        };
        assert_eq!(names(&choice), ["a"]);
    }

    #[test]
    fn columns_are_titled_by_the_names_of_their_fields() {
        let objects: Vec<Object> = rows()
            .iter()
            .map(|row| object(row).expect("an object"))
            .collect();
        let columns = [path("name"), path("oldest")];
        let expected =
            "NAME  LAG_SECONDS\na            1.5s\nb               -\nc           1m30s\n";
        assert_eq!(table_of(&objects, &columns).render(false), expected);
        let narrow = narrowed(&objects[1], &columns);
        let text = serde_json::to_string(&narrow).expect("JSON");
        assert_eq!(text, "{\"name\":\"b\",\"lag_seconds\":null}");
    }

    #[test]
    fn the_fields_are_those_of_the_json() {
        fn check<T: Filtered + Serialize + Default>() {
            let object = object(&T::default()).expect("an object");
            let fields: Vec<&str> = T::schema().fields.iter().map(|field| field.name).collect();
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            assert_eq!(fields, keys);
        }
        check::<TopicDocument>();
        check::<SubscriptionNumbers>();
        check::<DeadSetDocument>();
    }
}
