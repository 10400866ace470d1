//! One value of a topology: a span, a size, a number, a word, a text or a flag, as it is written and read.
//!
//! What is written is read as the same value, to the nanosecond and the byte.

use std::borrow::Cow;
use std::time::Duration;

use prost_types::Duration as ProtoDuration;
use toml::de::DeValue;

use crate::present::units;

/// Units of spans in nanoseconds, the longest first.
const SPANS: [(u128, &str); 7] = [
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

/// Units of sizes in bytes, the largest first.
const SIZES: [(u64, &str); 4] = [
    (1 << 40, "TiB"),
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
];

/// A value as a file holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// `"30s"`, `"1GiB"`, `"block"`, any text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// `true` or `false`.
    Flag(bool),
}

impl Value {
    /// A span in its longest unit of which it is a whole number.
    pub(super) fn span(span: ProtoDuration) -> Self {
        let span = Duration::try_from(span).unwrap_or_default();
        let nanos = span.as_nanos();
        let unit = SPANS.iter().find(|(unit, _)| nanos.is_multiple_of(*unit));
        Self::Text(match unit {
            Some((unit, sign)) if nanos > 0 => format!("{}{sign}", nanos / unit),
            _ => "0s".to_owned(),
        })
    }

    /// A size in its largest unit of which it is a whole number.
    pub(super) fn size(bytes: u64) -> Self {
        let unit = SIZES.iter().find(|(unit, _)| bytes.is_multiple_of(*unit));
        match unit {
            Some((unit, sign)) if bytes > 0 => Self::Text(format!("{}{sign}", bytes / unit)),
            _ => Self::number(bytes),
        }
    }

    /// A number; as a text if it is beyond what TOML writes.
    pub(super) fn number(number: u64) -> Self {
        match i64::try_from(number) {
            Ok(_fits) => Self::Number(number),
            Err(_beyond) => Self::Text(number.to_string()),
        }
    }

    /// What a file says, if it is one of ours.
    pub(super) fn of(written: &DeValue<'_>) -> Result<Self, String> {
        match written {
            DeValue::String(text) => Ok(Self::Text(text.clone().into_owned())),
            DeValue::Boolean(flag) => Ok(Self::Flag(*flag)),
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
                .map(Self::Number)
                .map_err(|_no_count| "this is no whole number from 0".to_owned()),
            other => Err(format!(
                "this is a {}; write a text, a whole number, true or false",
                other.type_str()
            )),
        }
    }

    /// Read as a span.
    pub(super) fn to_span(&self) -> Result<ProtoDuration, String> {
        let Self::Text(text) = self else {
            return Err("write a span as a text, such as \"30s\" or \"24h\"".to_owned());
        };
        let span = humantime::parse_duration(text);
        let span = span.map_err(|error| format!("{error}; write a span such as \"30s\""))?;
        Ok(units::proto_span(span))
    }

    /// Read as a size.
    pub(super) fn to_size(&self) -> Result<u64, String> {
        match self {
            Self::Number(bytes) => Ok(*bytes),
            Self::Text(text) => units::parse_size(text),
            Self::Flag(_) => Err("write a size, such as 65536 or \"64KiB\"".to_owned()),
        }
    }

    /// Read as a number.
    pub(super) fn to_number(&self) -> Result<u64, String> {
        let number = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Flag(_) => None,
        };
        number.ok_or_else(|| "write a whole number".to_owned())
    }

    /// Read as a text.
    pub(super) fn to_text(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Number(_) | Self::Flag(_) => Err("write a text in quotes".to_owned()),
        }
    }

    /// Read as a flag.
    pub(super) fn to_flag(&self) -> Result<bool, String> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Text(_) | Self::Number(_) => Err("write true or false".to_owned()),
        }
    }

    /// As JSON.
    pub(super) fn json(self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => number.into(),
            Self::Flag(flag) => flag.into(),
        }
    }

    /// As TOML writes it; nothing in it drives a terminal.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// A text in quotes. What is neither ASCII that prints nor a letter or digit is escaped.
pub(super) fn quoted(text: &str) -> String {
    let is_plain =
        |c: char| c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric());
    let needs_escapes = text.contains(['"', '\\']);
    if needs_escapes && !text.contains('\'') && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let escaped = text.chars().map(|c| match c {
        '"' => Cow::Borrowed("\\\""),
        '\\' => Cow::Borrowed("\\\\"),
        c if is_plain(c) => Cow::Owned(c.to_string()),
        c => Cow::Owned(format!("\\U{:08X}", u32::from(c))),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
