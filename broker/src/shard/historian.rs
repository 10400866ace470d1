//! Writes the history: follows the samples beside the owner, and keeps it in a side file each
//! minute, so that charts are full after a restart, too.
//!
//! Best effort: what cannot be kept is said in the log once, and the broker goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Handle, Sample, SubscriptionSample, TopicSample};
use crate::insight::history::{Column, Key, Ledger, Point, Reading, Step};
use crate::journal::{Disk, read_side_file, write_side_file};
use crate::model::{Name, Refusal, Span, Time, TopicId};

/// The side file's name.
const FILE: &str = "history";
/// Samples between two writes of the side file.
const SAVE_EVERY: u64 = 60;
/// Counters of a thing.
const COUNTS: usize = 6;

/// Whose history is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The broker as a whole.
    Broker,
    /// A topic.
    Topic(Name),
    /// A subscription.
    Subscription(Name),
}

/// Writes the history of one shard.
#[derive(Clone)]
pub struct Historian {
    ledger: Arc<Mutex<Ledger>>,
    disk: Arc<dyn Disk>,
    samples: watch::Receiver<Arc<Sample>>,
    /// What each topic had taken in when the shard started: all of it is older than the process.
    published: Arc<HashMap<TopicId, u64>>,
}

impl std::fmt::Debug for Historian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Historian").finish_non_exhaustive()
    }
}

/// The history that the side file holds; an empty one if it holds none.
pub(super) fn load(disk: &dyn Disk) -> Ledger {
    match read_side_file(disk, FILE) {
        Ok(None) => Ledger::default(),
        Ok(Some(image)) => Ledger::of_image(&image).unwrap_or_else(|| {
            tracing::warn!(file = FILE, "the history is damaged, and begins anew");
            Ledger::default()
        }),
        Err(error) => {
            tracing::warn!(file = FILE, %error, "the history cannot be read, and begins anew");
            Ledger::default()
        }
    }
}

fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Historian {
    pub(super) fn new(
        ledger: Arc<Mutex<Ledger>>,
        disk: Arc<dyn Disk>,
        samples: watch::Receiver<Arc<Sample>>,
        published: Arc<HashMap<TopicId, u64>>,
    ) -> Self {
        Self {
            ledger,
            disk,
            samples,
            published,
        }
    }

    /// Follows the samples until the shard is gone.
    pub async fn follow(mut self) {
        let mut diary = Diary::begin(&self.published);
        let mut has_failed = false;
        while self.samples.changed().await.is_ok() {
            let sample = Arc::clone(&self.samples.borrow_and_update());
            diary.enter(&sample, &mut locked(&self.ledger));
            if !sample.number.is_multiple_of(SAVE_EVERY) {
                continue;
            }
            let historian = self.clone();
            let saved = tokio::task::spawn_blocking(move || historian.save()).await;
            match saved {
                Ok(Err(error)) if !has_failed => {
                    tracing::warn!(file = FILE, %error, "the history cannot be kept");
                    has_failed = true;
                }
                Ok(Ok(())) => has_failed = false,
                // It died, or it was told before.
                _ => {}
            }
        }
    }

    /// Writes the side file now; waits for the disk.
    pub fn save(&self) -> std::io::Result<()> {
        let image = locked(&self.ledger).image();
        write_side_file(&*self.disk, FILE, &image)
    }
}

/// What was counted at the sample before.
struct Diary {
    newest: Option<(u64, Time)>,
    counted: HashMap<Key, [u64; COUNTS]>,
}

impl Diary {
    /// Topics count since they were created; subscriptions since the shard started.
    fn begin(published: &HashMap<TopicId, u64>) -> Self {
        let counted = published
            .iter()
            .map(|(id, published)| (Key::Topic(*id), [*published, 0, 0, 0, 0, 0]));
        Self {
            newest: None,
            counted: counted.collect(),
        }
    }

    /// Enters a sample.
    fn enter(&mut self, sample: &Sample, ledger: &mut Ledger) {
        let before = self.newest.replace((sample.number, sample.time));
        let span = before.map_or(Span::from_secs(1), |(number, time)| {
            let samples = sample.number.saturating_sub(number).max(1);
            likely_span(sample.time.since(time), Span::from_secs(samples))
        });
        ledger.begin(sample.time, span);
        let mut whole = Point::default();
        for topic in &sample.topics {
            let point = self.topic(topic);
            let published = whole.get(Column::Published) + point.get(Column::Published);
            whole.set(Column::Published, published);
            ledger.say(Key::Topic(topic.counts.id), &point);
        }
        for subscription in &sample.subscriptions {
            let point = self.subscription(subscription);
            for column in SUMMED {
                whole.set(column, whole.get(column) + point.get(column));
            }
            whole.set(
                Column::Lag,
                whole.get(Column::Lag).max(point.get(Column::Lag)),
            );
            ledger.say(Key::Subscription(subscription.counts.id), &point);
        }
        ledger.say(Key::Broker, &whole);
        ledger.end();
        if self.counted.len() > sample.topics.len() + sample.subscriptions.len() {
            self.forget(sample);
        }
    }

    fn topic(&mut self, topic: &TopicSample) -> Point {
        let counts = &topic.counts;
        let mut point = Point::default();
        point.set(Column::Stored, counts.stored);
        let now = [counts.published, 0, 0, 0, 0, 0];
        let [published, ..] = self.grown(Key::Topic(counts.id), now);
        point.set(Column::Published, published);
        point
    }

    fn subscription(&mut self, subscription: &SubscriptionSample) -> Point {
        let of = &subscription.counts;
        let counts = &of.counts;
        let meters = &of.meters;
        let now = [
            meters.published,
            meters.delivered,
            meters.redelivered,
            meters.acked,
            meters.failed,
            meters.dead,
        ];
        let grown = self.grown(Key::Subscription(of.id), now);
        let lag = of.lag.map_or(0, |lag| lag.0 / 1_000 + 1);
        let mut point = Point::default();
        let gauges = [
            (Column::Backlog, counts.backlog()),
            (Column::Ready, counts.ready),
            (Column::Leased, counts.leased),
            (Column::Waiting, counts.waiting),
            (Column::Scheduled, counts.scheduled),
            (Column::Dead, counts.dead),
            (Column::Lag, lag),
            (Column::Consumers, of.consumers.len() as u64),
        ];
        for (column, value) in gauges.into_iter().chain(COUNTED.into_iter().zip(grown)) {
            point.set(column, value);
        }
        point
    }

    /// What counters grew by; those first seen began at 0.
    fn grown(&mut self, key: Key, now: [u64; COUNTS]) -> [u64; COUNTS] {
        let before = self.counted.insert(key, now).unwrap_or_default();
        std::array::from_fn(|at| now[at].saturating_sub(before[at]))
    }

    /// Forgets what is not in a sample.
    fn forget(&mut self, sample: &Sample) {
        let topics = sample.topics.iter().map(|one| Key::Topic(one.counts.id));
        let subscriptions = sample.subscriptions.iter();
        let subscriptions = subscriptions.map(|one| Key::Subscription(one.counts.id));
        let known: std::collections::HashSet<_> = topics.chain(subscriptions).collect();
        self.counted.retain(|key, _| known.contains(key));
    }
}

/// The counts of a subscription, in the order of its meters.
const COUNTED: [Column; COUNTS] = [
    Column::Published,
    Column::Delivered,
    Column::Redelivered,
    Column::Acked,
    Column::Failed,
    Column::Died,
];

/// What the broker has of all its subscriptions; what is published it has of its topics.
const SUMMED: [Column; 12] = [
    Column::Backlog,
    Column::Ready,
    Column::Leased,
    Column::Waiting,
    Column::Scheduled,
    Column::Dead,
    Column::Consumers,
    Column::Delivered,
    Column::Redelivered,
    Column::Acked,
    Column::Failed,
    Column::Died,
];

/// The time between two samples by the wall, unless that was set meanwhile: then by their number.
fn likely_span(wall: Span, counted: Span) -> Span {
    let is_likely = wall.0 >= counted.0 / 5 && wall.0 <= counted.0.saturating_mul(5);
    if is_likely { wall } else { counted }
}

impl Handle {
    /// The history of something over a range of times, the end excluded.
    pub async fn history(
        &self,
        subject: Subject,
        step: Step,
        from: Time,
        to: Time,
    ) -> Result<Reading, Refusal> {
        let key = match subject {
            Subject::Broker => Key::Broker,
            Subject::Topic(name) => Key::Topic(self.route(&name)?.topic),
            Subject::Subscription(name) => Key::Subscription(self.subscription(name).await?.id),
        };
        Ok(locked(&self.shared.history).read(key, step, from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_does_not_stretch_a_second() {
        let (second, hour) = (Span::from_secs(1), Span::from_secs(3_600));
        assert_eq!(likely_span(hour, second), second);
        assert_eq!(likely_span(Span::ZERO, second), second);
        assert_eq!(
            likely_span(Span::from_millis(1_700), second),
            Span::from_millis(1_700)
        );
    }
}
