//! Single values as people read them. Everything here is pure and writes only characters of its
//! own, so its texts are safe to print.

use prost_types::{Duration as ProtoDuration, Timestamp};
use weir_proto::v1;

use super::calendar;

/// What is shown where the broker does not say.
pub(crate) const UNKNOWN: &str = "-";

/// A value as `show` writes it, or the sign that it is not known.
pub(crate) fn known<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), show)
}

/// A count with separated thousands: `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate in messages per second: `0`, `0.3`, `12.5`, `1,234`.
pub(crate) fn rate(per_second: f64) -> String {
    if !per_second.is_finite() {
        return UNKNOWN.to_owned();
    }
    if per_second < 0.05 {
        return "0".to_owned();
    }
    if per_second < 99.95 {
        return format!("{per_second:.1}");
    }
    count(whole(per_second))
}

/// A rate with its unit: `12.5/s`.
pub(crate) fn per_second(rate_per_second: f64) -> String {
    rate(rate_per_second) + "/s"
}

/// A span: `40ms`, `1.5s`, `59s`, `1m08s`, `2h05m`, `3d04h`.
pub(crate) fn seconds(value: f64) -> String {
    if !value.is_finite() || value < 0.0 {
        return UNKNOWN.to_owned();
    }
    if value == 0.0 {
        return "0s".to_owned();
    }
    if value < 0.001 {
        return format!("{}µs", whole(value * 1e6).max(1));
    }
    if value < 0.9995 {
        return format!("{}ms", whole(value * 1e3));
    }
    if value < 9.95 {
        return format!("{value:.1}s").replace(".0s", "s");
    }
    let total = whole(value);
    let (days, hours) = (total / 86_400, total / 3_600 % 24);
    let (minutes, secs) = (total / 60 % 60, total % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{secs}s"),
        (0, 0, _) => format!("{minutes}m{secs:02}s"),
        (0, _, _) => format!("{hours}h{minutes:02}m"),
        _ => format!("{}d{hours:02}h", count(days)),
    }
}

/// A size: `0 B`, `1,000 B`, `1.2 KiB`, `64.0 MiB`.
pub(crate) fn bytes(value: u64) -> String {
    if value < 1024 {
        return format!("{} B", count(value));
    }
    let mut scaled = value as f64 / 1024.0;
    let mut unit = "KiB";
    for larger in ["MiB", "GiB", "TiB", "PiB"] {
        // 1023.95 would be printed as 1024.0 of the smaller unit.
        if scaled >= 1023.95 {
            (scaled, unit) = (scaled / 1024.0, larger);
        }
    }
    format!("{scaled:.1} {unit}")
}

/// Reads a size in bytes such as `1048576`, `64KiB`, `1GiB`, `10MB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "tib" | "t" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(bad_size()),
    };
    let number: u64 = digits
        .trim_end()
        .parse()
        .map_err(|_not_a_number| bad_size())?;
    number
        .checked_mul(unit)
        .ok_or_else(|| "this is more than 2^64 bytes".to_owned())
}

/// How many of what: `1 message`, `2 messages`.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A count of messages.
pub(crate) fn messages(value: u64) -> String {
    counted(value, "message", "messages")
}

/// A point in time as RFC 3339 in UTC with microseconds, the precision of the broker's clock.
/// `None` if it is not set or no time that a calendar has.
pub(crate) fn rfc3339(time: Option<&Timestamp>) -> Option<String> {
    let time = time?;
    let since = std::time::Duration::new(
        u64::try_from(time.seconds).ok()?,
        u32::try_from(time.nanos)
            .ok()
            .filter(|nanos| *nanos < 1_000_000_000)?,
    );
    calendar::with_micros(since)
}

/// A span of the contract in seconds.
pub(crate) fn span_seconds(span: Option<&ProtoDuration>) -> Option<f64> {
    span.map(|span| span.seconds as f64 + f64::from(span.nanos) / 1e9)
}

/// A span as the contract writes it; beyond what it can hold, the longest one.
pub(crate) fn proto_span(span: std::time::Duration) -> ProtoDuration {
    ProtoDuration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
    }
}

/// Seconds from one point to another; `None` if either is not set.
pub(crate) fn seconds_between(from: Option<&Timestamp>, to: Option<&Timestamp>) -> Option<f64> {
    let (from, to) = (from?, to?);
    // Whole seconds first, so that times of today lose no fraction; a time may be anything.
    let seconds = to.seconds.saturating_sub(from.seconds) as f64;
    Some(seconds + (f64::from(to.nanos) - f64::from(from.nanos)) / 1e9)
}

fn bad_size() -> String {
    "write a whole number of bytes, or one with its unit, such as 64KiB, 10MB, 1GiB".to_owned()
}

/// The nearest whole number that is not negative.
fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the conversion saturates, which is right for display"
    )]
    let whole = value.round() as u64;
    whole
}

/// When a publish is confirmed, in a word.
pub(crate) fn durability(durability: v1::Durability) -> Option<&'static str> {
    match durability {
        v1::Durability::Unspecified => None,
        v1::Durability::Durable => Some("durable"),
        v1::Durability::Relaxed => Some("relaxed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_separate_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn times_beyond_any_calendar_are_as_far_apart_as_can_be_said() {
        let time = |seconds, nanos| Timestamp { seconds, nanos };
        let first = time(i64::MIN, i32::MIN);
        let last = time(i64::MAX, i32::MAX);
        assert!(seconds_between(Some(&first), Some(&last)).unwrap() > 9e18);
        assert!(seconds_between(Some(&last), Some(&first)).unwrap() < -9e18);
        let (begun, ended) = (time(1_770_000_000, 900_000_000), time(1_770_000_001, 0));
        let between = seconds_between(Some(&begun), Some(&ended)).unwrap();
        assert!((between - 0.1).abs() < 1e-9, "{between}");
    }

    #[test]
    fn rates_round_without_jumping_a_unit() {
        assert_eq!(rate(0.0), "0");
        assert_eq!(rate(0.04), "0");
        assert_eq!(rate(0.3), "0.3");
        assert_eq!(rate(99.94), "99.9");
        assert_eq!(rate(99.96), "100");
        assert_eq!(rate(12_345.6), "12,346");
        assert_eq!(rate(f64::NAN), UNKNOWN);
    }

    #[test]
    fn spans_show_two_units_at_most() {
        let cases = [
            (0.0, "0s"),
            (0.000_02, "20µs"),
            (0.04, "40ms"),
            (0.9996, "1s"),
            (1.0, "1s"),
            (1.5, "1.5s"),
            (9.96, "10s"),
            (59.4, "59s"),
            (59.6, "1m00s"),
            (68.0, "1m08s"),
            (3_599.7, "1h00m"),
            (7_500.0, "2h05m"),
            (86_399.9, "1d00h"),
            (273_600.0, "3d04h"),
            (-1.0, UNKNOWN),
            (f64::INFINITY, UNKNOWN),
        ];
        for (value, text) in cases {
            assert_eq!(seconds(value), text, "{value}");
        }
    }

    #[test]
    fn sizes_use_binary_units() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1,023 B");
        assert_eq!(bytes(1_229), "1.2 KiB");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(bytes(64 << 20), "64.0 MiB");
        assert_eq!(bytes(u64::MAX), "16384.0 PiB");
    }

    #[test]
    fn times_are_rfc_3339_and_what_is_no_time_is_unknown() {
        let time = |seconds, nanos| rfc3339(Some(&Timestamp { seconds, nanos }));
        assert_eq!(time(0, 0).as_deref(), Some("1970-01-01T00:00:00.000000Z"));
        let point = time(1_790_000_000, 123_456_789);
        assert_eq!(point.as_deref(), Some("2026-09-21T14:13:20.123456Z"));
        assert!(time(253_402_300_799, 999_999_999).is_some());
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
            assert_eq!(time(seconds, nanos), None);
        }
        assert_eq!(rfc3339(None), None);
    }

    #[test]
    fn a_span_of_the_contract_goes_both_ways() {
        let span = std::time::Duration::from_millis(1_500);
        assert_eq!(span_seconds(Some(&proto_span(span))), Some(1.5));
        assert_eq!(span_seconds(None), None);
    }
}
