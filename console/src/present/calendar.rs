//! Points in time as RFC 3339 writes them, in UTC: the one place that knows where this calendar ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::{format_rfc3339_micros, format_rfc3339_seconds};

/// The last second of the year 9999, since 1970. RFC 3339 has four digits for the year (section 5.6), and humantime
/// panics at years of five.
const LAST_SECOND: u64 = 253_402_300_799;

/// With microseconds, the precision of the broker's clock. `None` after the year 9999.
pub(crate) fn with_micros(since_1970: Duration) -> Option<String> {
    point(since_1970).map(|at| format_rfc3339_micros(at).to_string())
}

/// To the second, the rest cut. `None` after the year 9999.
pub(crate) fn with_seconds(since_1970: Duration) -> Option<String> {
    point(since_1970).map(|at| format_rfc3339_seconds(at).to_string())
}

fn point(since_1970: Duration) -> Option<SystemTime> {
    let is_written = since_1970.as_secs() <= LAST_SECOND;
    UNIX_EPOCH.checked_add(since_1970).filter(|_| is_written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_ends_with_the_year_9999() {
        let begin = Duration::ZERO;
        assert_eq!(with_seconds(begin).as_deref(), Some("1970-01-01T00:00:00Z"));
        let end = Duration::new(LAST_SECOND, 999_999_999);
        assert_eq!(with_seconds(end).as_deref(), Some("9999-12-31T23:59:59Z"));
        let micros = with_micros(end);
        assert_eq!(micros.as_deref(), Some("9999-12-31T23:59:59.999999Z"));
        for beyond in [Duration::from_secs(LAST_SECOND + 1), Duration::MAX] {
            assert_eq!(with_seconds(beyond), None);
            assert_eq!(with_micros(beyond), None);
        }
    }
}
