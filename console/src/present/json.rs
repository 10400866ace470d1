//! Documents as JSON text. What a terminal could act upon is escaped as `\u`, in names and payloads
//! alike, without changing what the JSON means.

use serde::Serialize;
use weir_proto::safe_text::json_escape;

/// The version of the documents' shapes. Fields may be added without a new version; a field that
/// goes, or means something else, makes one.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// A document over several lines, for `-o json`.
pub(crate) fn pretty(document: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = json_escape(&serde_json::to_string_pretty(document)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// A document on one line, for `-o jsonl`.
pub(crate) fn line(document: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = json_escape(&serde_json::to_string(document)?).into_owned();
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const HOSTILE: &str = "\x1b]0;owned\x07\u{9b}31m\u{202e}txt.exe\u{200b}\u{7f}\r\n\"\\";

    fn assert_is_printable(text: &str) {
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}')
        });
        assert_eq!(bad, None, "{text:?}");
    }

    #[test]
    fn hostile_names_are_escaped_and_mean_the_same() {
        let document = BTreeMap::from([(HOSTILE, HOSTILE)]);
        for text in [pretty(&document).unwrap(), line(&document).unwrap()] {
            assert_is_printable(&text);
            let back: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
            assert_eq!(back.get(HOSTILE).map(String::as_str), Some(HOSTILE));
        }
    }

    #[test]
    fn a_line_is_one_line() {
        let text = line(&["a\nb", "c\u{2028}d"]).unwrap();
        assert_eq!(text, "[\"a\\nb\",\"c\\u2028d\"]\n");
    }
}
