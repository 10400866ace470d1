//! Reading a topic with no subscription: everything that it stores, from a place on.
//!
//! No task and no buffer beyond the transport's: what the program does not take, the broker does not send. A client
//! that reconnects goes on where it was; whatever the topic let go meanwhile is told as trimmed, never passed over.

use std::collections::{BTreeMap, VecDeque};
use std::time::SystemTime;

use tonic::Streaming;

use super::backoff::{self, Delays};
use super::connection::Client;
use super::error::Error;
use super::message_id::MessageId;
use crate::v1::subscriber_client::SubscriberClient;
use crate::v1::{
    Message, PartitionOffset, ReadRequest, ReadResponse, ReadRun, ReadStarted, StartPosition,
    TrimmedRange,
};

/// What to read. Begin with [`ReadOptions::of`] and change what must differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The name of the topic.
    pub topic: String,
    /// Only this partition; `None` means all.
    pub partition: Option<u32>,
    /// Where to begin in partitions that `offsets` does not name.
    pub from: ReadFrom,
    /// The first offset to read, by partition: what [`Reader::positions`] said before.
    pub offsets: BTreeMap<u32, u64>,
    /// Begin at the oldest message, and say what is missing, where an offset is no longer stored; otherwise that is an
    /// error.
    pub clamp: bool,
    /// Go on with what is published later.
    pub follow: bool,
}

/// Where to begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadFrom {
    /// With the oldest stored message.
    #[default]
    Earliest,
    /// With the next message that is published.
    Latest,
    /// With the first message published at this time, on the broker's clock, or later.
    Time(SystemTime),
}

impl ReadOptions {
    /// All of a topic, from the oldest message to the end that is there when it begins.
    pub fn of(topic: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            partition: None,
            from: ReadFrom::Earliest,
            offsets: BTreeMap::new(),
            clamp: false,
            follow: false,
        }
    }
}

/// What a reader gets.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every item is a message, and a box would be one more allocation for each"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum ReadItem {
    /// A stored message.
    Message(ReadMessage),
    /// Offsets of a partition, from `from` to before `to`, hold no message any more, or never did.
    Trimmed {
        /// The partition.
        partition: u32,
        /// The first offset without a message.
        from: u64,
        /// The offset after the last one without a message.
        to: u64,
    },
}

/// A stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadMessage {
    /// Names the message for ever.
    pub id: MessageId,
    /// When the broker accepted it, on the broker's clock.
    pub publish_time: SystemTime,
    /// The message. A payload kept for long keeps the buffer in which it came: copy what is to stay.
    pub message: Message,
}

/// Reads a topic. Each partition comes in order of offset; partitions are interleaved.
#[derive(Debug)]
pub struct Reader {
    client: Client,
    options: ReadOptions,
    stream: Option<Streaming<ReadResponse>>,
    delays: Delays,
    topic_id: u64,
    topic: String,
    /// What comes next, by partition.
    positions: BTreeMap<u32, u64>,
    /// Where it ends, by partition, unless it follows.
    ends: BTreeMap<u32, u64>,
    /// Came, not yet handed out.
    trimmed: VecDeque<TrimmedRange>,
    runs: VecDeque<Run>,
    is_over: bool,
}

/// The rest of one run.
#[derive(Debug)]
struct Run {
    partition: u32,
    next: u64,
    publish_time: SystemTime,
    messages: std::vec::IntoIter<Message>,
}

impl Client {
    /// Reads a topic with no subscription. Returns when the broker has said where it begins.
    pub async fn read(&self, options: ReadOptions) -> Result<Reader, Error> {
        let mut reader = Reader {
            client: self.for_stream(),
            options,
            stream: None,
            delays: self.options().backoff.delays(),
            topic_id: 0,
            topic: String::new(),
            positions: BTreeMap::new(),
            ends: BTreeMap::new(),
            trimmed: VecDeque::new(),
            runs: VecDeque::new(),
            is_over: false,
        };
        let (stream, started) = reader.open().await?;
        reader.topic_id = started.topic_id;
        reader.topic = started.topic;
        reader.positions = by_partition(started.starts);
        reader.ends = by_partition(started.ends);
        reader.stream = Some(stream);
        Ok(reader)
    }
}

impl Reader {
    /// The id of the topic: the first part of the message ids.
    pub fn topic_id(&self) -> u64 {
        self.topic_id
    }

    /// The name of the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The offset that comes next, by partition, after what was handed out: kept with what was made of the messages,
    /// it is where to go on ([`ReadOptions::offsets`]).
    pub fn positions(&self) -> &BTreeMap<u32, u64> {
        &self.positions
    }

    /// Waits for the next message, or for word of missing ones. `None` when all was read that was there when it began,
    /// which a reader that follows never gets. Safe to cancel: nothing is lost.
    pub async fn next(&mut self) -> Result<Option<ReadItem>, Error> {
        loop {
            if let Some(item) = self.take() {
                return Ok(Some(item));
            }
            if self.is_over {
                return Ok(None);
            }
            if let Err(error) = self.receive().await {
                self.stream = None;
                if !self.client.reconnects() || !error.is_retryable() {
                    return Err(error);
                }
                let delay = self.delays.after_failure();
                let delay = error.retry_delay().unwrap_or_default().max(delay);
                backoff::pause(delay).await;
            }
        }
    }

    /// Waits for the next item, and returns it with those that came together with it; empty at the end.
    pub async fn next_batch(&mut self) -> Result<Vec<ReadItem>, Error> {
        let mut items: Vec<_> = self.next().await?.into_iter().collect();
        if !items.is_empty() {
            items.extend(std::iter::from_fn(|| self.take()));
        }
        Ok(items)
    }

    /// Gets one response, over a new stream if the last one was lost.
    async fn receive(&mut self) -> Result<(), Error> {
        let Some(stream) = &mut self.stream else {
            let (stream, _) = self.open().await?;
            self.stream = Some(stream);
            return Ok(());
        };
        match stream.message().await? {
            Some(response) => {
                self.delays.reset();
                self.trimmed.extend(response.trimmed);
                self.runs.extend(response.runs.into_iter().map(Run::from));
            }
            None if self.options.follow => {
                return Err(Error::lost(
                    "the broker ended the stream of a reader that follows",
                ));
            }
            None => self.is_over = true,
        }
        Ok(())
    }

    async fn open(&self) -> Result<(Streaming<ReadResponse>, ReadStarted), Error> {
        let limit = self.client.options().max_message_bytes;
        let stub = SubscriberClient::new(self.client.channel());
        let mut stub = stub.max_decoding_message_size(limit);
        let mut stream = stub.read(self.request()).await?.into_inner();
        let first = stream.message().await?;
        let started = first.and_then(|response| response.started);
        let started = started.ok_or_else(|| Error::bad_answer("the start of a read is missing"))?;
        Ok((stream, started))
    }

    /// The first time what was asked for; later on, from where it is.
    fn request(&self) -> ReadRequest {
        let ReadOptions {
            topic,
            partition,
            from,
            offsets,
            clamp,
            follow,
        } = &self.options;
        let has_begun = !self.positions.is_empty();
        let offsets = if has_begun { &self.positions } else { offsets };
        let (start, start_time) = match from {
            ReadFrom::Earliest => (StartPosition::Earliest, None),
            ReadFrom::Latest => (StartPosition::Latest, None),
            ReadFrom::Time(time) => (StartPosition::Unspecified, Some((*time).into())),
        };
        let places = offsets.iter();
        let places = places.map(|(&partition, &offset)| PartitionOffset { partition, offset });
        ReadRequest {
            topic: topic.clone(),
            partition: *partition,
            start: start.into(),
            start_time,
            start_offsets: places.collect(),
            clamp: *clamp || has_begun,
            follow: *follow,
        }
    }

    fn take(&mut self) -> Option<ReadItem> {
        while let Some(range) = self.trimmed.pop_front() {
            let to = range.to.min(self.end(range.partition));
            self.positions.insert(range.partition, to);
            if range.from < to {
                return Some(ReadItem::Trimmed {
                    partition: range.partition,
                    from: range.from,
                    to,
                });
            }
        }
        loop {
            let run = self.runs.front_mut()?;
            let (partition, offset) = (run.partition, run.next);
            let Some(message) = run.messages.next() else {
                self.runs.pop_front();
                continue;
            };
            run.next = run.next.saturating_add(1);
            let publish_time = run.publish_time;
            // A stream that was opened again ends later than the first one.
            if offset >= self.end(partition) {
                continue;
            }
            self.positions.insert(partition, offset.saturating_add(1));
            return Some(ReadItem::Message(ReadMessage {
                id: MessageId {
                    topic_id: self.topic_id,
                    partition,
                    offset,
                },
                publish_time,
                message,
            }));
        }
    }

    fn end(&self, partition: u32) -> u64 {
        self.ends.get(&partition).copied().unwrap_or(u64::MAX)
    }
}

impl From<ReadRun> for Run {
    fn from(run: ReadRun) -> Self {
        let time = run.publish_time;
        let time = time.and_then(|time| SystemTime::try_from(time).ok());
        Self {
            partition: run.partition,
            next: run.first_offset,
            publish_time: time.unwrap_or(SystemTime::UNIX_EPOCH),
            messages: run.messages.into_iter(),
        }
    }
}

fn by_partition(places: Vec<PartitionOffset>) -> BTreeMap<u32, u64> {
    let places = places.into_iter();
    places
        .map(|place| (place.partition, place.offset))
        .collect()
}
