//! What producers send and consumers do with it: the same for each peer.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use weir_tests::wait;

/// How many bytes of noise payloads are cut from.
const NOISE_BYTES: usize = 1 << 20;
const STAMP_BYTES: usize = 8;
/// The longest time that a message is counted with, in nanoseconds.
pub(crate) const LONGEST: u64 = 60_000_000_000;

/// Nanoseconds since the first call.
pub(crate) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
}

/// A payload that begins with the time and does not compress.
pub(crate) fn payload(stamp: u64, size: usize) -> Vec<u8> {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    let noise = NOISE.get_or_init(|| {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        words.take(NOISE_BYTES / STAMP_BYTES).flatten().collect()
    });
    let rest = size.saturating_sub(STAMP_BYTES);
    let room = (noise.len() - rest) as u64;
    let at = usize::try_from(stamp.wrapping_mul(0x9e37_79b1) % room).unwrap_or(0);
    let mut payload = Vec::with_capacity(size);
    payload.extend_from_slice(&stamp.to_le_bytes());
    payload.extend_from_slice(&noise[at..at + rest]);
    payload
}

/// The time in a payload.
pub(crate) fn stamp_of(payload: &[u8]) -> u64 {
    let stamp = payload.first_chunk::<STAMP_BYTES>();
    stamp.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Holds producers back while so much is on its way to the consumers.
pub(crate) struct Window {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) most: u64,
}

impl Window {
    fn is_open(&self) -> bool {
        let sent = self.sent.load(Ordering::Relaxed);
        sent.saturating_sub(self.received.load(Ordering::Relaxed)) <= self.most
    }
}

/// Where a producer has its messages from.
pub(crate) enum Feed {
    /// As many as it can send, up to a count, a time, and what is on its way.
    Flood {
        left: u64,
        until: Option<Instant>,
        window: Option<Arc<Window>>,
    },
    /// One at each time.
    Due(mpsc::UnboundedReceiver<u64>),
}

impl Feed {
    pub(crate) fn count(left: u64) -> Self {
        Self::Flood {
            left,
            until: None,
            window: None,
        }
    }

    pub(crate) fn lasting(span: Duration, window: Option<Arc<Window>>) -> Self {
        Self::Flood {
            left: u64::MAX,
            until: Some(Instant::now() + span),
            window,
        }
    }

    /// Times from now on, `rate` a second, as the load test has them: from a thread, whose sleep is exact.
    pub(crate) fn paced(rate: u64, count: u64) -> (Self, u64) {
        let (due, times) = mpsc::unbounded_channel();
        let start = now() + 1_000_000;
        std::thread::spawn(move || {
            for index in 0..count {
                let time = start + index * 1_000_000_000 / rate;
                if let Some(rest) = time.checked_sub(now()) {
                    wait::pass_blocking(Duration::from_nanos(rest));
                }
                if due.send(time).is_err() {
                    return;
                }
            }
        });
        (Self::Due(times), start)
    }

    pub(crate) fn is_paced(&self) -> bool {
        matches!(self, Self::Due(_))
    }

    /// The time of the next message; none at the end.
    pub(crate) async fn next(&mut self) -> Option<u64> {
        let (left, until, window) = match self {
            Self::Due(times) => return times.recv().await,
            Self::Flood {
                left,
                until,
                window,
            } => (left, until, window),
        };
        let is_over = || until.is_some_and(|until| Instant::now() >= until);
        if *left == 0 || is_over() {
            return None;
        }
        if let Some(window) = window {
            while !window.is_open() {
                wait::pass(Duration::from_millis(1)).await;
                if is_over() {
                    return None;
                }
            }
            window.sent.fetch_add(1, Ordering::Relaxed);
        }
        *left -= 1;
        Some(now())
    }

    /// Up to `most` times for clients that send batches; one by one when paced.
    pub(crate) async fn batch(&mut self, most: usize) -> Vec<u64> {
        let most = if self.is_paced() { 1 } else { most };
        let mut times = Vec::with_capacity(most);
        while times.len() < most {
            match self.next().await {
                Some(time) => times.push(time),
                None => break,
            }
        }
        times
    }
}

type Look = dyn Fn(&[u8]) + Send + Sync;

/// What a consumer does with each message, and when it ends.
#[derive(Clone)]
pub(crate) struct Sink {
    look: Arc<Look>,
    target: u64,
    pub(crate) received: Arc<AtomicU64>,
    pub(crate) stop: CancellationToken,
}

impl Sink {
    /// Ends after `target` messages, or when it is told to.
    pub(crate) fn new(target: u64, look: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self {
            look: Arc::new(look),
            target,
            received: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Counts one message; whether it was the last one wanted.
    pub(crate) fn take(&self, payload: &[u8]) -> bool {
        (self.look)(payload);
        self.received.fetch_add(1, Ordering::Relaxed) + 1 >= self.target
    }

    pub(crate) fn is_done(&self) -> bool {
        self.stop.is_cancelled() || self.received.load(Ordering::Relaxed) >= self.target
    }

    /// Whether it ends by itself.
    pub(crate) fn is_bounded(&self) -> bool {
        self.target != u64::MAX
    }
}
