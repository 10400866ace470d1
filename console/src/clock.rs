//! The console's one clock: what time it is, paces, and waits.
//!
//! The dashboard's loop and the demo's traffic go by it, and nothing else here reads a clock or waits.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior};

/// The present time, monotonic.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Ticks with a period; the first one comes after one period. Ticks that were missed are not made up for.
/// Must be called within a tokio runtime.
pub(crate) fn pace(period: Duration) -> Interval {
    let mut pace = tokio::time::interval_at(now() + period, period);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// Waits until a point in time.
pub(crate) async fn until(time: Instant) {
    tokio::time::sleep_until(time).await;
}

/// Waits for a span.
pub(crate) async fn pause(span: Duration) {
    until(now() + span).await;
}

/// Blocks this thread for a span, more exactly than a wait of the runtime. Not for tasks.
pub(crate) fn sleep_thread(span: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the console's one place that waits"
    )]
    std::thread::sleep(span);
}
