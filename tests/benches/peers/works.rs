//! The works that each peer does, and how they are measured: as `weir load run --profile` does them.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use weir_tests::wait;

use crate::feed::{self, Feed, Sink, Window};
use crate::table::{Figures, Row};

/// Bytes of a payload, but for the work that says otherwise.
const SIZE: usize = 128;
const BACKLOG: u64 = 1_000_000;
const PUBLISHED_FOR: Duration = Duration::from_secs(3);
const PACED_RATE: u64 = 5_000;
const PACED_FOR: u64 = 15;
const PAIRS: usize = 4;
const ON_THEIR_WAY: u64 = 20_000;
const TOGETHER_FOR: Duration = Duration::from_secs(10);
const NAMES: usize = 10_000;
/// Creations under way.
const CREATING: usize = 8;
const NAME: &str = "work";

/// What a peer must be able to do.
pub(crate) trait Peer: Send + Sync + Sized + 'static {
    /// As the table calls it.
    const NAME: &str;

    /// An empty, durable one of that name, whatever it is called there.
    fn reset(&self, name: &str) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// A new one.
    fn create(&self, name: &str) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Publishes over one connection until the feed ends; how many were confirmed.
    fn publish(
        &self,
        name: &str,
        feed: Feed,
        size: usize,
    ) -> impl Future<Output = anyhow::Result<u64>> + Send;

    /// Consumes over one connection and acknowledges each message.
    fn consume(&self, name: &str, sink: Sink) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// One message to each, over one connection, all confirmed.
    fn publish_each(
        &self,
        names: Vec<String>,
        size: usize,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What its server holds in memory, in bytes.
    fn rss(&self) -> anyhow::Result<u64>;
}

/// All works but the last, one after the other.
pub(crate) async fn all<P: Peer>(peer: P, figures: &mut Figures) -> anyhow::Result<()> {
    let peer = Arc::new(peer);
    for (row, size) in [(Row::Publish, SIZE), (Row::PublishKib, 1024)] {
        peer.reset(NAME).await?;
        let feed = Feed::lasting(PUBLISHED_FOR, None);
        let (confirmed, took) = wait::timed(peer.publish(NAME, feed, size)).await;
        figures.note(row, P::NAME, confirmed? as f64 / took.as_secs_f64());
    }

    peer.reset(NAME).await?;
    let confirmed = peer.publish(NAME, Feed::count(BACKLOG), SIZE).await?;
    ensure!(confirmed == BACKLOG, "{confirmed} of {BACKLOG} confirmed");
    let drain = peer.consume(NAME, Sink::new(BACKLOG, |_| {}));
    let (drained, took) = wait::timed(drain).await;
    drained?;
    figures.note(Row::Drain, P::NAME, BACKLOG as f64 / took.as_secs_f64());

    paced(&peer, figures).await?;
    together(&peer, figures).await
}

/// Single messages at a rate, each measured from when it was due until the consumer had it.
async fn paced<P: Peer>(peer: &Arc<P>, figures: &mut Figures) -> anyhow::Result<()> {
    peer.reset(NAME).await?;
    // The first second warms up.
    let count = PACED_RATE * (PACED_FOR + 1);
    let measured_from = Arc::new(AtomicU64::new(u64::MAX));
    let latency = Arc::new(Mutex::new(Histogram::<u64>::new_with_bounds(
        1,
        feed::LONGEST,
        3,
    )?));
    let (from, seen) = (Arc::clone(&measured_from), Arc::clone(&latency));
    let sink = Sink::new(count, move |payload| {
        let stamp = feed::stamp_of(payload);
        if stamp >= from.load(Ordering::Relaxed) {
            let passed = feed::now().saturating_sub(stamp);
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.saturating_record(passed);
        }
    });
    let stop = sink.stop.clone();
    let consumer = Arc::clone(peer);
    let consuming = tokio::spawn(async move { consumer.consume(NAME, sink).await });
    wait::pass(Duration::from_millis(300)).await;
    let (feed, start) = Feed::paced(PACED_RATE, count);
    measured_from.store(start + 1_000_000_000, Ordering::Relaxed);
    let confirmed = peer.publish(NAME, feed, SIZE).await?;
    ensure!(confirmed == count, "{confirmed} of {count} confirmed");
    let limit = Duration::from_secs(5);
    let ended = wait::happens(limit, || consuming.is_finished()).await;
    stop.cancel();
    ensure!(ended, "{} does not hold {PACED_RATE} messages/s", P::NAME);
    consuming.await??;
    let latency = latency.lock().unwrap_or_else(PoisonError::into_inner);
    for (row, part) in [(Row::LatencyHalf, 0.5), (Row::LatencyMost, 0.99)] {
        let nanos = latency.value_at_quantile(part);
        figures.note(row, P::NAME, nanos as f64 / 1e6);
    }
    Ok(())
}

/// Producers and consumers at once, as fast as they go.
async fn together<P: Peer>(peer: &Arc<P>, figures: &mut Figures) -> anyhow::Result<()> {
    peer.reset(NAME).await?;
    let window = Arc::new(Window {
        sent: AtomicU64::new(0),
        received: AtomicU64::new(0),
        most: ON_THEIR_WAY,
    });
    let counted = Arc::clone(&window);
    let sink = Sink::new(u64::MAX, move |_| {
        counted.received.fetch_add(1, Ordering::Relaxed);
    });
    let (mut consumers, mut producers) = (JoinSet::new(), JoinSet::new());
    for _ in 0..PAIRS {
        let (peer, sink) = (Arc::clone(peer), sink.clone());
        consumers.spawn(async move { peer.consume(NAME, sink).await });
    }
    wait::pass(Duration::from_millis(300)).await;
    let warm_up = Duration::from_secs(1);
    for _ in 0..PAIRS {
        let peer = Arc::clone(peer);
        let feed = Feed::lasting(warm_up + TOGETHER_FOR, Some(Arc::clone(&window)));
        producers.spawn(async move { peer.publish(NAME, feed, SIZE).await });
    }
    wait::pass(warm_up).await;
    let before = window.received.load(Ordering::Relaxed);
    let ((), took) = wait::timed(wait::pass(TOGETHER_FOR)).await;
    let received = window.received.load(Ordering::Relaxed) - before;
    figures.note(Row::Together, P::NAME, received as f64 / took.as_secs_f64());
    while let Some(confirmed) = producers.join_next().await {
        confirmed??;
    }
    sink.stop.cancel();
    while let Some(consumed) = consumers.join_next().await {
        consumed??;
    }
    Ok(())
}

/// Very many names on a server that has none: what each takes in memory, and a message to each.
pub(crate) async fn many<P: Peer>(peer: P, figures: &mut Figures) -> anyhow::Result<()> {
    let peer = Arc::new(peer);
    let before = peer.rss()?;
    let names: Vec<String> = (0..NAMES).map(|index| format!("n{index}")).collect();
    let mut creating = JoinSet::new();
    for some in names.chunks(NAMES.div_ceil(CREATING)) {
        let (peer, some) = (Arc::clone(&peer), some.to_vec());
        creating.spawn(async move {
            for name in some {
                peer.create(&name).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(created) = creating.join_next().await {
        created??;
    }
    wait::pass(Duration::from_secs(1)).await;
    let each = peer.rss()?.saturating_sub(before) as f64 / NAMES as f64;
    figures.note(Row::ManyMemory, P::NAME, each / 1024.0);
    let (sent, took) = wait::timed(peer.publish_each(names, SIZE)).await;
    sent?;
    figures.note(Row::ManyPublish, P::NAME, NAMES as f64 / took.as_secs_f64());
    Ok(())
}
