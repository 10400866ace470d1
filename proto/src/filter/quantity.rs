//! Numbers with their units, as they are written in a filter: `5m`, `1h30m`, `10MiB`, `3k`, `12.5/s`.
//!
//! A filter compares measured values, so decimals and bare numbers are taken here, which flags that
//! set something do not take. Each function gives `None` for what is no such quantity.

use super::value::Value;

/// The units of spans, in seconds.
const SPANS: [(&str, f64); 9] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
];

/// The units of sizes, in bytes, in small letters; a letter alone is binary, as in flags.
const SIZES: [(&str, u64); 14] = [
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("", 1),
];

/// The units of counts, in small letters.
const COUNTS: [(&str, u64); 5] = [
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("", 1),
];

/// A span in seconds: `5m`, `1h30m`, `1.5s`; a bare number is seconds.
pub(super) fn seconds(text: &str) -> Option<Value<'static>> {
    if let Some(bare) = number(text) {
        return Some(bare);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(is_of_number).len();
        let (figure, unit_on) = rest.split_at(digits);
        let letters = unit_on.len() - unit_on.trim_start_matches(char::is_alphabetic).len();
        let (unit, further) = unit_on.split_at(letters);
        let (_, factor) = SPANS.iter().find(|(name, _)| *name == unit)?;
        total += real(figure)? * factor;
        rest = further;
    }
    (!text.is_empty()).then_some(Value::Real(total))
}

/// A size in bytes: `10MiB`, `64k`, `1000`.
pub(super) fn bytes(text: &str) -> Option<Value<'static>> {
    scaled(text, &SIZES)
}

/// A count: `3k`, `1.5M`, `200`.
pub(super) fn count(text: &str) -> Option<Value<'static>> {
    scaled(text, &COUNTS)
}

/// A rate per second: `200`, `1.5k/s`.
pub(super) fn rate(text: &str) -> Option<Value<'static>> {
    count(text.strip_suffix("/s").unwrap_or(text))
}

/// A number without a unit.
pub(super) fn number(text: &str) -> Option<Value<'static>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(whole) if is_whole => Some(Value::Whole(whole)),
        _ => real(text).map(Value::Real),
    }
}

/// A point in time in microseconds since 1970: RFC 3339 in UTC, the time of the day may be left out.
pub(super) fn time(text: &str) -> Option<Value<'static>> {
    let date_alone = text.len() == "2026-01-02".len();
    let whole_day = date_alone.then(|| format!("{text}T00:00:00Z"));
    let point = humantime::parse_rfc3339_weak(whole_day.as_deref().unwrap_or(text)).ok()?;
    let since = point.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Value::Whole(i128::try_from(since.as_micros()).ok()?))
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<Value<'static>> {
    let figure = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[figure.len()..].to_ascii_lowercase();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    match number(figure)? {
        Value::Whole(whole) => whole.checked_mul(i128::from(*factor)).map(Value::Whole),
        Value::Real(real) => Some(Value::Real(real * *factor as f64)),
        _ => None,
    }
}

/// A decimal; neither an exponent nor what only a float may be, such as `inf`.
fn real(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit());
    (begins && unsigned.chars().all(is_of_number)).then(|| text.parse().ok())?
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}
