//! Single values as people read them, in few cells. Unknown is `-`, never 0.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// What is shown where a value is not known.
pub(crate) const UNKNOWN: &str = "-";

/// A count with its thousands set apart, or in millions from ten million on: at most 9 cells below
/// 10 trillion.
pub(crate) fn count(value: u64) -> SafeText {
    if value >= 10_000_000 {
        return SafeText::new(scaled(
            value as f64,
            1000.0,
            &["", "k", "M", "G", "T", "P", "E"],
        ));
    }
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    SafeText::new(text)
}

/// Messages per second: `0/s`, `0.05/s`, `4.2/s`, `812/s`, `8.1k/s`.
pub(crate) fn rate(value: Option<f64>) -> SafeText {
    value.map_or_else(unknown, |value| SafeText::new(format!("{}/s", bare(value))))
}

/// A rate without its unit, for tables that name it above.
pub(crate) fn bare_rate(value: Option<f64>) -> SafeText {
    value.map_or_else(unknown, |value| SafeText::new(bare(value)))
}

/// A difference of rates with its sign: `+1.9k`, `-900`, `0`.
pub(crate) fn net(value: Option<f64>) -> SafeText {
    value.map_or_else(unknown, |value| {
        let size = bare(value.abs());
        let sign = match value {
            _ if size == "0" => "",
            value if value > 0.0 => "+",
            _ => "-",
        };
        SafeText::new(format!("{sign}{size}"))
    })
}

/// An age or span: `<1ms`, `149ms`, `4.2s`, `26s`, `41m12s`, `3h05m`, `9d4h`.
pub(crate) fn age(seconds: Option<f64>) -> SafeText {
    seconds.map_or_else(unknown, |seconds| SafeText::new(span(seconds)))
}

/// How long a message took: `0.42ms`, `3.1ms`, `149ms`, `4.2s`.
pub(crate) fn latency(seconds: Option<f64>) -> SafeText {
    seconds.map_or_else(unknown, |seconds| match seconds {
        ..0.000_995 => SafeText::new(format!("{:.2}ms", seconds * 1_000.0)),
        ..0.099_95 => SafeText::new(format!("{:.1}ms", seconds * 1_000.0)),
        _ => age(Some(seconds)),
    })
}

/// A span in whole seconds, for counts up and down: `0s`, `12s`, `1m05s`.
pub(crate) fn whole_seconds(span: Duration) -> SafeText {
    let seconds = span.as_secs();
    if seconds < 60 {
        return SafeText::new(format!("{seconds}s"));
    }
    age(Some(seconds as f64))
}

/// Bytes: `512 B`, `42 MiB`, `1.2 GiB`.
pub(crate) fn bytes(value: Option<u64>) -> SafeText {
    value.map_or_else(unknown, |value| {
        let units = [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"];
        SafeText::new(scaled(value as f64, 1024.0, &units))
    })
}

/// Cores in use: `0.31`, `1.8`.
pub(crate) fn cores(value: Option<f64>) -> SafeText {
    value.map_or_else(unknown, |value| {
        let digits = if value < 10.0 { 2 } else { 0 };
        SafeText::new(format!("{value:.digits$}"))
    })
}

/// What is not known.
pub(crate) fn unknown() -> SafeText {
    SafeText::literal(UNKNOWN)
}

fn span(seconds: f64) -> String {
    let parts =
        |large: f64, small: f64| ((seconds / large).floor(), (seconds % large / small).floor());
    match seconds {
        ..0.001 => "<1ms".to_owned(),
        ..0.9995 => format!("{:.0}ms", seconds * 1000.0),
        ..9.95 => format!("{seconds:.1}s"),
        ..MINUTE => format!("{:.0}s", seconds.floor()),
        ..HOUR => {
            let (minutes, seconds) = parts(MINUTE, 1.0);
            format!("{minutes:.0}m{seconds:02.0}s")
        }
        ..DAY => {
            let (hours, minutes) = parts(HOUR, MINUTE);
            format!("{hours:.0}h{minutes:02.0}m")
        }
        _ => {
            let (days, hours) = parts(DAY, HOUR);
            format!("{days:.0}d{hours:.0}h")
        }
    }
}

fn bare(value: f64) -> String {
    match value {
        ..0.005 => "0".to_owned(),
        ..0.1 => format!("{value:.2}"),
        ..9.95 => format!("{value:.1}"),
        _ => scaled(value, 1000.0, &["", "k", "M", "G", "T", "P", "E"]),
    }
}

/// A number with a unit so that it has two or three digits.
fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut at = 0;
    while value >= base * 0.9995 && at + 1 < units.len() {
        value /= base;
        at += 1;
    }
    let digits = usize::from(at > 0 && value < 99.95);
    format!("{value:.digits$}{}", units[at])
}
