//! A thread that says when messages are due. A thread and no task: a sleep of the operating system ends within some ten
//! microseconds, one of the runtime within a millisecond, which would be most of what is to be measured.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::gauges::Gauges;
use super::offered::LEAD;
use super::shape::Schedule;
use crate::clock;

/// How many due messages may wait for their producer. Beyond it the thread waits, and the times at which messages were
/// due stay what they are.
pub(crate) const WAITING: usize = 65_536;
/// Looked at this often whether the run goes on, and at which rate.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
const _: () = assert!(
    LONGEST_SLEEP.as_millis() < LEAD.as_millis(),
    "a change of the rate is known before it holds"
);

/// Starts the thread; it ends with the schedule or when nobody listens any more. After each sleep at least `grain` is
/// slept again, so that what goes out in batches costs few wake-ups.
pub(crate) fn start(
    mut schedule: Schedule,
    gauges: Arc<Gauges>,
    grain: Duration,
) -> mpsc::Receiver<Duration> {
    let (due, listener) = mpsc::channel(WAITING);
    // It ends by itself; nobody waits for it.
    drop(thread::spawn(move || {
        let mut known = 0;
        loop {
            let changes = gauges.offered.after(known);
            known += changes.len();
            for change in changes {
                schedule.change(change.moment(), change.to);
            }
            if due.is_closed() {
                return;
            }
            let now = gauges.elapsed();
            let Some(next) = schedule.peek() else {
                // At a higher rate there would be more.
                let left = gauges.offered.left(now);
                if left.is_zero() {
                    return;
                }
                clock::sleep_thread(left.min(LONGEST_SLEEP));
                continue;
            };
            if next > now {
                let sleep = next.saturating_sub(now).max(grain).min(LONGEST_SLEEP);
                clock::sleep_thread(sleep);
                continue;
            }
            if due.blocking_send(next).is_err() {
                return;
            }
            schedule.take();
        }
    }));
    listener
}
