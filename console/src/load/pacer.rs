//! A thread that says when messages are due. A thread and no task: a sleep of the operating system ends within some ten
//! microseconds, one of the runtime within a millisecond, which would be most of what is to be measured.

use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::shape::Schedule;
use crate::clock;

/// How many due messages may wait for their producer. Beyond it the thread waits, and the times at which messages were
/// due stay what they are.
pub(crate) const WAITING: usize = 65_536;
/// Looked at this often whether the run goes on.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// Starts the thread; it ends with the schedule or when nobody listens any more. After each sleep at least `grain` is
/// slept again, so that what goes out in batches costs few wake-ups.
pub(crate) fn start(
    mut schedule: Schedule,
    started: Instant,
    grain: Duration,
) -> mpsc::Receiver<Duration> {
    let (due, listener) = mpsc::channel(WAITING);
    // It ends by itself; nobody waits for it.
    drop(thread::spawn(move || {
        while let Some(next) = schedule.peek() {
            if due.is_closed() {
                return;
            }
            let now = started.elapsed();
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
