//! Values that flags take: durations, sizes, pairs.

use std::time::Duration;

use prost_types::Timestamp;

pub(crate) use crate::present::units::parse_size as size;

/// Reads a duration such as `30s`, `1m 30s`, `100ms`, `2d`; a bare `0` is one, too.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| {
        format!("{error}; write a number with its unit, such as 500ms, 30s, 5m, 2h, 7d")
    })
}

/// Reads a point of time such as `2030-01-31T08:00:00Z` or `2030-01-31T08:00:00+02:00`.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_no_time| "write a time with its zone, such as 2030-01-31T08:00:00Z".to_owned())
}

/// Reads `key=value`; only the first `=` parts them, so that a value may hold one.
pub(crate) fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as key=value, with a key of at least one character".to_owned()),
    }
}

/// Reads a share in percent, above 0 and at most 100, with its sign or without.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    let share: Option<f64> = number.parse().ok();
    share
        .filter(|share| *share > 0.0 && *share <= 100.0)
        .ok_or_else(|| "write a share in percent, above 0 and at most 100, such as 5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_say_so() {
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2d"), Ok(Duration::from_hours(48)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for wrong in ["", "10", "-1s", "1 fortnight", "s"] {
            let error = duration(wrong).unwrap_err();
            assert!(error.contains("such as 500ms"), "{wrong}: {error}");
        }
    }

    #[test]
    fn times_are_read_with_their_zone() {
        let time = |text| time(text).map(|time| (time.seconds, time.nanos));
        assert_eq!(time("1970-01-01T00:00:01.5Z"), Ok((1, 500_000_000)));
        assert_eq!(time("1970-01-01T02:00:00+02:00"), Ok((0, 0)));
        for wrong in ["", "tomorrow", "12:00", "5s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_take_binary_and_decimal_units_and_do_not_overflow() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("1024"), Ok(1024));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("10 MB"), Ok(10_000_000));
        assert_eq!(size("1g"), Ok(1 << 30));
        for wrong in ["", "KiB", "1.5MiB", "-1", "1 parsec", "99999999999TiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_in_percent() {
        assert_eq!(percent("5"), Ok(5.0));
        assert_eq!(percent("0.5%"), Ok(0.5));
        for wrong in ["", "0", "-1", "101", "NaN", "inf", "%", "a"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_attribute_value_may_hold_anything() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(attribute("kind=b"), pair("kind", "b"));
        assert_eq!(attribute("query=a=b"), pair("query", "a=b"));
        assert_eq!(attribute("empty="), pair("empty", ""));
        assert!(attribute("=value").is_err());
        assert!(attribute("value").is_err());
    }
}
