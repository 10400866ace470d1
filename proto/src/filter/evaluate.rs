//! Whether a filter selects a thing.

use super::expression::{Expression, Filter};
use super::field::Path;
use super::value::Value;

/// Something that has fields.
pub trait Subject {
    /// What a field of it holds; a path is always one of its schema.
    fn look<'a>(&'a self, path: &Path) -> Value<'a>;
}

impl Filter {
    /// Whether it selects this.
    pub fn selects(&self, subject: &impl Subject) -> bool {
        self.root.holds_for(subject)
    }
}

impl Expression {
    fn holds_for(&self, subject: &impl Subject) -> bool {
        match self {
            Self::One(comparison) => comparison.holds(&subject.look(comparison.path())),
            Self::Not(inner) => !inner.holds_for(subject),
            Self::All(parts) => parts.iter().all(|part| part.holds_for(subject)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_for(subject)),
        }
    }
}

/// A document's JSON object; a field with further ones is an object in it.
impl Subject for serde_json::Map<String, serde_json::Value> {
    fn look<'a>(&'a self, path: &Path) -> Value<'a> {
        let mut found = self.get(path.name);
        for word in &path.inside {
            found = found.and_then(|json| inside(json, word));
        }
        found.map_or(Value::Unknown, Value::of_json)
    }
}

/// What an object holds under a name, or an array at a place.
pub fn inside<'a>(json: &'a serde_json::Value, word: &str) -> Option<&'a serde_json::Value> {
    match json {
        serde_json::Value::Object(object) => object.get(word),
        serde_json::Value::Array(array) => array.get(word.parse::<usize>().ok()?),
        _ => None,
    }
}
