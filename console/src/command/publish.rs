//! `weir topic publish`: batched, pipelined, and done only when every message is on the broker's
//! disk.
//!
//! One task does everything in turn: it takes the next lines when there is room, counts the oldest
//! answer when it has come, and notices on each tick that the broker is lost even if no line comes.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use prost_types::Timestamp;
use tokio::io::Stdin;
use tokio::time::Interval;
use weir_proto::client::{BatchConfirmation, Error, PublishedBatch, Publisher, PublisherOptions};
use weir_proto::v1;

use super::arguments::PublishArgs;
use super::failure::Failure;
use super::session::Session;
use super::signals::Signals;
use crate::files::{self, Lines};
use crate::present::operation::PublishedDocument;
use crate::present::units;

/// The most messages of one batch.
const BATCH_MESSAGES: usize = 1_000;

/// How often the connection is looked at and progress is shown.
const TICK: Duration = Duration::from_millis(250);

/// Publishes what the arguments name.
pub(crate) async fn run(session: &mut Session, args: PublishArgs) -> Result<(), Failure> {
    let tried = format!("publish to {}", args.topic);
    // A topic that does not exist is told before any input is read.
    let topic = session.client.admin().get_topic(&args.topic).await;
    let topic = topic.map_err(|error| session.failure(&tried, error))?.name;
    let source = Source::of(&args, session)?;
    let mut signals = Signals::listen()?;
    let options = PublisherOptions {
        // Nothing is sent again when the broker is lost: it need not remember this process.
        deduplicate: false,
        require_subscription: args.require_subscription,
        ..PublisherOptions::default()
    };
    let mut publish = Publish {
        publisher: Publisher::open(&session.client, &topic, options),
        source,
        template: Template::new(args),
        waiting: VecDeque::new(),
        tally: Tally::default(),
        ticks: tokio::time::interval(TICK),
    };
    let ended = tokio::select! {
        ended = publish.run(session) => ended,
        () = signals.next() => Err(End::Interrupted),
    };
    session.output.end_progress();
    let tally = publish.tally;
    match ended {
        Ok(()) => {
            let document = tally.document(topic);
            let sentence = format!("{} on {}", tally.sentence(), document.topic);
            let name = document.last_message_id.clone().unwrap_or_default();
            session.outcome(&document, &name, &sentence).await
        }
        Err(end) => {
            let cause = match end {
                End::Interrupted => Failure::Interrupted,
                End::Publish(error) => session.failure(tried, error),
                End::Input(failure) => failure,
            };
            let confirmed = tally.sentence();
            Err(Failure::Publish {
                confirmed,
                cause: Box::new(cause),
            })
        }
    }
}

/// Why publishing ended early.
enum End {
    Interrupted,
    Publish(Error),
    Input(Failure),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Publish(error)
    }
}

/// What every message has beside its payload.
struct Template {
    ordering_key: String,
    attributes: HashMap<String, String>,
    deliver_time: Option<Timestamp>,
    delay: Option<prost_types::Duration>,
    time_to_live: Option<prost_types::Duration>,
    dedup_id: String,
}

impl Template {
    fn new(args: PublishArgs) -> Self {
        let attributes = args.attributes.into_iter().collect();
        Self {
            ordering_key: args.key,
            attributes,
            deliver_time: args.at,
            delay: args.delay.map(span),
            time_to_live: args.ttl.map(span),
            dedup_id: args.dedup_id.unwrap_or_default(),
        }
    }

    fn message(&self, payload: Bytes) -> v1::Message {
        v1::Message {
            payload,
            attributes: self.attributes.clone(),
            ordering_key: self.ordering_key.clone(),
            deliver_time: self.deliver_time,
            delay: self.delay,
            time_to_live: self.time_to_live,
            dedup_id: self.dedup_id.clone(),
        }
    }
}

/// A span as the contract has it; one that is too long for it is refused by the broker as too long.
fn span(duration: Duration) -> prost_types::Duration {
    duration.try_into().unwrap_or(prost_types::Duration {
        seconds: i64::MAX,
        nanos: 0,
    })
}

/// Where payloads come from.
enum Source {
    Given(VecDeque<Bytes>),
    Lines(Lines<Stdin>),
}

impl Source {
    fn of(args: &PublishArgs, session: &Session) -> Result<Self, Failure> {
        if let Some(path) = &args.file {
            let payload = files::read_payload(path).map_err(|error| Failure::file(path, error))?;
            return Ok(Self::Given([payload].into()));
        }
        if !args.message.is_empty() {
            let payloads = args.message.iter().map(|text| Bytes::from(text.clone()));
            return Ok(Self::Given(payloads.collect()));
        }
        if session.output.can_ask() {
            session
                .output
                .note("reading messages, one a line; Ctrl-D ends");
        }
        Ok(Self::Lines(Lines::of(tokio::io::stdin())))
    }

    /// The next payloads; `None` at the end. May be dropped and called again.
    async fn next(&mut self) -> Result<Option<Vec<Bytes>>, End> {
        match self {
            Self::Given(payloads) => {
                let count = payloads.len().min(BATCH_MESSAGES);
                Ok((count > 0).then(|| payloads.drain(..count).collect()))
            }
            Self::Lines(lines) => lines.next_batch(BATCH_MESSAGES).await.map_err(|error| {
                End::Input(Failure::Input {
                    what: "standard input".to_owned(),
                    error,
                })
            }),
        }
    }
}

/// What is under way.
struct Publish {
    publisher: Publisher,
    source: Source,
    template: Template,
    /// Answers that have not come, the oldest first.
    waiting: VecDeque<BatchConfirmation>,
    tally: Tally,
    ticks: Interval,
}

impl Publish {
    /// Publishes all there is and waits for every answer. When it fails, the answers that came
    /// count.
    async fn run(&mut self, session: &Session) -> Result<(), End> {
        let sent = self.send_all(session).await;
        let mut outcome = sent;
        while let Some(answer) = self.waiting.pop_front() {
            match answer.await {
                Ok(batch) => self.tally.count(&batch),
                Err(error) => outcome = outcome.and(Err(error.into())),
            }
            self.show_progress(session);
        }
        outcome
    }

    async fn send_all(&mut self, session: &Session) -> Result<(), End> {
        loop {
            tokio::select! {
                biased;
                answer = oldest(&mut self.waiting) => {
                    self.waiting.pop_front();
                    self.tally.count(&answer?);
                }
                _ = self.ticks.tick() => {
                    self.show_progress(session);
                    if self.waiting.is_empty() {
                        // With nothing under way this only says whether the broker is still there.
                        self.publisher.flush().await?;
                    }
                }
                payloads = self.source.next() => match payloads? {
                    None => return Ok(()),
                    Some(payloads) => self.send(payloads).await?,
                },
            }
        }
    }

    async fn send(&mut self, payloads: Vec<Bytes>) -> Result<(), End> {
        for batch in batches(payloads) {
            let messages: Vec<_> = batch
                .into_iter()
                .map(|payload| self.template.message(payload))
                .collect();
            self.tally.sent += messages.len() as u64;
            let answer = self.publisher.publish_batch(messages).await?;
            self.waiting.push_back(answer);
        }
        Ok(())
    }

    fn show_progress(&mut self, session: &Session) {
        if session.output.shows_progress() && self.tally.confirmed != self.tally.shown {
            self.tally.shown = self.tally.confirmed;
            session.output.progress(&self.tally.sentence());
        }
    }
}

/// The oldest answer, when it comes; never if none is awaited.
async fn oldest(waiting: &mut VecDeque<BatchConfirmation>) -> Result<PublishedBatch, Error> {
    match waiting.front_mut() {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

/// The bytes of payloads at which a batch ends, far below what a request may hold.
const BATCH_BYTES: usize = 1 << 20;

/// Parts payloads so that each batch, but for a single large payload, has at most [`BATCH_BYTES`].
fn batches(payloads: Vec<Bytes>) -> Vec<Vec<Bytes>> {
    let mut batches: Vec<Vec<Bytes>> = Vec::new();
    let mut bytes = 0;
    for payload in payloads {
        bytes += payload.len();
        match batches.last_mut() {
            Some(batch) if bytes <= BATCH_BYTES => batch.push(payload),
            _ => {
                bytes = payload.len();
                batches.push(vec![payload]);
            }
        }
    }
    batches
}

/// What is known of the messages.
#[derive(Clone, Debug, Default)]
struct Tally {
    sent: u64,
    confirmed: u64,
    shown: u64,
    first: Option<String>,
    last: Option<String>,
}

impl Tally {
    fn count(&mut self, batch: &PublishedBatch) {
        self.confirmed += batch.message_count();
        let id = |partition: u32, offset: u64| format!("{}.{partition}.{offset}", batch.topic_id);
        if let (None, Some(run)) = (&self.first, batch.runs.first()) {
            self.first = Some(id(run.partition, run.first_offset));
        }
        if let Some(run) = batch.runs.last() {
            let count = u64::from(run.message_count).saturating_sub(1);
            self.last = Some(id(run.partition, run.first_offset + count));
        }
    }

    fn sentence(&self) -> String {
        if self.confirmed == self.sent {
            return format!("{} confirmed", units::messages(self.confirmed));
        }
        format!(
            "{} of {} sent confirmed",
            units::messages(self.confirmed),
            units::count(self.sent)
        )
    }

    fn document(&self, topic: String) -> PublishedDocument {
        PublishedDocument {
            topic,
            confirmed: self.confirmed,
            first_message_id: self.first.clone(),
            last_message_id: self.last.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(first_offset: u64, message_count: u32) -> PublishedBatch {
        let run = v1::PublishedRun {
            partition: 0,
            first_offset,
            message_count,
        };
        PublishedBatch {
            topic_id: 7,
            runs: vec![run],
            is_duplicate: false,
        }
    }

    #[test]
    fn a_tally_counts_what_was_confirmed_and_nothing_else() {
        let mut tally = Tally {
            sent: 15,
            ..Tally::default()
        };
        tally.count(&batch(0, 10));
        assert_eq!(tally.sentence(), "10 messages of 15 sent confirmed");
        tally.count(&batch(10, 5));
        assert_eq!(tally.sentence(), "15 messages confirmed");
        let document = tally.document("orders".to_owned());
        assert_eq!(document.first_message_id.as_deref(), Some("7.0.0"));
        assert_eq!(document.last_message_id.as_deref(), Some("7.0.14"));
    }

    #[test]
    fn batches_end_before_they_are_too_large_and_keep_the_order() {
        let large = Bytes::from(vec![1; BATCH_BYTES]);
        let half = Bytes::from(vec![2; BATCH_BYTES / 2]);
        let parted = batches(vec![half.clone(), half.clone(), half, large.clone(), large]);
        let sizes: Vec<usize> = parted.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
        assert!(batches(Vec::new()).is_empty());
    }
}
