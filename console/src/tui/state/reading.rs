//! Measured values as they came over the wire, made fit to be shown.
//!
//! A number that is no number (NaN, infinite, negative where that makes no sense) is *unknown*,
//! and unknown stays `None` all the way to the screen, which never shows it as 0.

use std::time::{Duration, SystemTime};

use prost_types::Timestamp;

/// Time since the dashboard started, by the monotonic clock of its loop.
pub(crate) type Moment = Duration;

/// A measured span or rate, or `None` if it cannot be one.
pub(crate) fn measured(value: f64) -> Option<f64> {
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// Seconds since the epoch by the broker's clock.
pub(crate) fn broker_seconds(time: Timestamp) -> f64 {
    time.seconds as f64 + f64::from(time.nanos) / 1e9
}

/// The same of a time that was converted already; `None` before the epoch.
pub(crate) fn epoch_seconds(time: SystemTime) -> Option<f64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}
