//! Times of day as people read them, in UTC, which is what logs have.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::figures;
use crate::present::calendar;

/// Within this many seconds a time of day needs no date.
const WITHIN_A_DAY: f64 = 20.0 * 3_600.0;

/// A moment of the broker's clock: `14:02:31`, or with its date if it is long ago or far ahead.
pub(crate) fn time_of_day(at: Option<f64>, now: Option<f64>) -> SafeText {
    let Some(written) = at.and_then(written) else {
        return figures::unknown();
    };
    let is_near = match (at, now) {
        (Some(at), Some(now)) => (now - at).abs() < WITHIN_A_DAY,
        _ => true,
    };
    // `2018-02-14T00:28:07Z`
    let (date, time) = (&written[..10], &written[11..19]);
    if is_near {
        SafeText::new(time)
    } else {
        SafeText::new(format!("{date} {}", &time[..5]))
    }
}

/// The same where every cell counts: beyond a day the month, the day and the minute.
pub(crate) fn short_time(at: Option<f64>, now: Option<f64>) -> SafeText {
    let long = time_of_day(at, now);
    let dated = long.as_str().split_once('-');
    match dated.filter(|_| long.as_str().contains(' ')) {
        Some((_year, rest)) => SafeText::new(rest),
        None => long,
    }
}

/// How long ago something was: `4s ago`, `now`.
pub(crate) fn ago(at: Option<f64>, now: Option<f64>) -> SafeText {
    let since = at.zip(now).map(|(at, now)| (now - at).max(0.0));
    match since {
        None => figures::unknown(),
        Some(since) if since < 1.0 => SafeText::literal("now"),
        Some(_) => {
            let mut text = figures::age(since);
            text.push(&SafeText::literal(" ago"));
            text
        }
    }
}

/// Seconds between a moment and now.
pub(crate) fn since(at: Option<f64>, now: Option<f64>) -> SafeText {
    figures::age(at.zip(now).map(|(at, now)| (now - at).max(0.0)))
}

fn written(at: f64) -> Option<String> {
    // What is no number would become 0 by `max`.
    let at = (!at.is_nan()).then(|| at.max(0.0))?;
    let since = Duration::try_from_secs_f64(at).ok()?;
    calendar::with_seconds(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_date_only_if_it_is_long_ago() {
        let now = Some(1_770_000_000.0);
        let shown = |at: f64| time_of_day(Some(at), now).to_string();
        assert_eq!(shown(1_770_000_000.0), "02:40:00");
        assert_eq!(shown(1_769_990_000.0), "23:53:20");
        assert_eq!(shown(1_769_800_000.0), "2026-01-30 19:06");
        assert_eq!(time_of_day(None, now).as_str(), "-");
        assert_eq!(time_of_day(Some(f64::INFINITY), now).as_str(), "-");
        assert_eq!(time_of_day(Some(f64::NAN), now).as_str(), "-");
    }

    #[test]
    fn what_was_just_now_is_now() {
        let now = Some(100.0);
        assert_eq!(ago(Some(99.5), now).as_str(), "now");
        assert_eq!(ago(Some(140.0), now).as_str(), "now");
        assert_eq!(ago(Some(38.0), now).as_str(), "1m02s ago");
        assert_eq!(since(Some(38.0), now).as_str(), "1m02s");
        assert_eq!(ago(None, now).as_str(), "-");
    }
}
