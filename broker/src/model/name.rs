//! Names of topics and subscriptions: parsed once at the edge, never a path of the file system.

use std::fmt;
use std::sync::Arc;

/// The longest part of a name, in characters (all of them are ASCII).
pub const MAX_NAME_PART: usize = 255;

/// The namespace that is not written.
pub const DEFAULT_NAMESPACE: &str = "default";

/// `name`, or `namespace/name`. Each part is a letter, then up to 254 letters, digits or `- . _ ~ + %`.
/// `default/name` is the same as `name` and is written so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is no name; says the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name is a letter, then up to 254 letters, digits or - . _ ~ + %, optionally after a \
     namespace of the same form and a slash"
)]
pub struct NameError;

impl Name {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (namespace, name) = text.split_once('/').unwrap_or((DEFAULT_NAMESPACE, text));
        if !is_part(namespace) || !is_part(name) {
            return Err(NameError);
        }
        let written = if namespace == DEFAULT_NAMESPACE {
            name
        } else {
            text
        };
        Ok(Self(Arc::from(written)))
    }

    /// Stands for a name that is not known yet; only while a broker recovers.
    pub(crate) fn unknown() -> Self {
        Self(Arc::from("unknown"))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace, `default` if none is written.
    pub fn namespace(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(DEFAULT_NAMESPACE, |(namespace, _)| namespace)
    }
}

fn is_part(text: &str) -> bool {
    text.len() <= MAX_NAME_PART
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+%".contains(&byte))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_rule_are_taken() {
        let longest = "a".repeat(MAX_NAME_PART);
        for text in ["a", "orders.v2-eu_1~x+%", "team/orders", longest.as_str()] {
            assert_eq!(
                Name::parse(text).map(|name| name.to_string()),
                Ok(text.to_owned())
            );
        }
        assert_eq!(Name::parse("default/orders"), Name::parse("orders"));
    }

    #[test]
    fn names_that_could_reach_a_file_or_terminal_are_refused() {
        let long = "a".repeat(MAX_NAME_PART + 1);
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            "../etc",
            ".a",
            "-a",
            "1a",
            "a b",
            "a\0",
            "a\n",
            "a\u{1b}[2J",
            "оrders",
            "a\u{202e}",
            "goog/..",
            long.as_str(),
            "a\\b",
            "a:b",
            "a*",
        ] {
            assert_eq!(Name::parse(text), Err(NameError), "{text:?}");
        }
    }
}
