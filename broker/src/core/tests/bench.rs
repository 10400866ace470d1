//! A core under test: the journal it would have, and restarts from all of it or from the state floor on.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::core::{
    Allowance, Attach, Core, GrantEffect, NewSubscription, OutFrame, Output, Publication,
    Recovered, Recovery, ReplayFrame, Route, Source, Start,
};
use crate::insight::timeline::Happening;
use crate::model::Client;
use crate::model::entry::{Body, BodyBuilder, Marks};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    ConsumerId, Mono, Name, Now, Partition, Position, Refusal, Span, Time, TopicId,
};

/// A core, its journal and its clock.
pub(super) struct Bench {
    pub(super) core: Core,
    pub(super) now: Now,
    /// Every frame ever written, by position.
    pub(super) journal: BTreeMap<Position, OutFrame>,
    /// Frames that must stay readable.
    pub(super) kept: BTreeMap<Position, u64>,
    /// The newest output without its groups.
    pub(super) grants: Vec<GrantEffect>,
    pub(super) ended: Vec<(ConsumerId, Refusal)>,
    pub(super) news: Vec<(TopicId, Position)>,
    pub(super) routes: Vec<(Name, Route)>,
    /// Everything that was told, in order.
    pub(super) happened: Vec<Happening>,
}

/// What a restart is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// Every entry since the beginning.
    Everything,
    /// The log from the state floor on, and kept messages below.
    Floor,
    /// The same and a checkpoint of an earlier moment.
    Checkpoint,
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A body of `count` messages of `size` bytes; `keys` in turn.
pub(super) fn body(count: usize, size: usize, keys: &[u64]) -> Body {
    let mut builder = BodyBuilder::default();
    for index in 0..count {
        let key = keys.get(index % keys.len().max(1)).copied().unwrap_or(0);
        builder.push(&vec![b'x'; size], key);
    }
    builder.finish().unwrap()
}

/// A body of messages of `size` bytes of which this is said.
pub(super) fn marked(size: usize, marks: &[Marks]) -> Body {
    let mut builder = BodyBuilder::default();
    for &marks in marks {
        builder.push_marked(&vec![b'x'; size], marks);
    }
    builder.finish().unwrap()
}

/// A body of messages of which this is said, each with an attribute `kind` that is as long as its key is large.
pub(super) fn kinds_by_key(marks: &[Marks]) -> Body {
    let mut builder = BodyBuilder::default();
    for &marks in marks {
        let kind = "x".repeat(usize::try_from(marks.key).unwrap());
        builder.push_marked(&of_kind(&kind), marks);
    }
    builder.finish().unwrap()
}

/// An encoded message with an attribute `kind`.
fn of_kind(kind: &str) -> Vec<u8> {
    let message = weir_proto::v1::Message {
        attributes: [("kind".to_owned(), kind.to_owned())].into(),
        ..weir_proto::v1::Message::default()
    };
    message.encode_to_vec()
}

/// A body of one message a kind, each with that as its attribute `kind`; `keys` in turn.
pub(super) fn of_kinds(kinds: &[&str], keys: &[u64]) -> Body {
    let mut builder = BodyBuilder::default();
    for (index, kind) in kinds.iter().enumerate() {
        let key = keys.get(index % keys.len().max(1)).copied().unwrap_or(0);
        builder.push(&of_kind(kind), key);
    }
    builder.finish().unwrap()
}

/// Settings with a filter.
pub(super) fn only(filter: &str) -> SubscriptionSettings {
    SubscriptionSettings {
        filter: Some(filter.into()),
        ..SubscriptionSettings::default()
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        let now = Now {
            wall: Time(1_700_000_000_000_000),
            mono: Mono(1_000_000),
        };
        let (core, report) = Recovery::new().finish(Position::START, now).unwrap();
        assert_eq!(report, Recovered::default());
        let mut bench = Self {
            core,
            now,
            journal: BTreeMap::new(),
            kept: BTreeMap::new(),
            grants: Vec::new(),
            ended: Vec::new(),
            news: Vec::new(),
            routes: Vec::new(),
            happened: Vec::new(),
        };
        bench.drain();
        bench
    }

    pub(super) fn advance(&mut self, span: Span) {
        self.now.wall = self.now.wall.plus(span);
        self.now.mono = self.now.mono.plus(span);
    }

    /// Writes what the core decided; its grants and ended consumers are in the fields of these names.
    pub(super) fn drain(&mut self) {
        let Output {
            groups,
            grants,
            ended,
            news,
            routes,
            happened,
            keep,
            release,
        } = self.core.take_output();
        for frame in groups.into_iter().flat_map(|group| group.frames) {
            let next = self
                .journal
                .last_key_value()
                .map_or(Position(1), |(at, _)| at.next());
            self.journal.insert(next, frame);
        }
        let next = self
            .journal
            .last_key_value()
            .map_or(Position(1), |(at, _)| at.next());
        assert_eq!(next, self.core.next_position(), "positions are dense");
        self.kept.extend(keep);
        for (position, bytes) in release {
            assert_eq!(
                self.kept.remove(&position),
                Some(bytes),
                "{position} was kept"
            );
        }
        self.grants = grants;
        self.news = news;
        self.happened.extend(happened);
        self.routes = routes;
        self.ended = ended
            .into_iter()
            .map(|ended| (ended.consumer, ended.reason))
            .collect();
    }

    /// Dispatches and drains.
    pub(super) fn dispatch(&mut self) {
        self.core.dispatch(self.now);
        self.drain();
    }

    /// Advances, ticks, dispatches.
    pub(super) fn pass(&mut self, span: Span) {
        self.advance(span);
        self.core.tick(self.now);
        self.dispatch();
    }

    pub(super) fn topic(&mut self, text: &str, settings: TopicSettings) {
        self.core
            .create_topic(name(text), settings, self.now)
            .unwrap();
        self.drain();
    }

    pub(super) fn subscription(&mut self, text: &str, topic: &str, settings: SubscriptionSettings) {
        let new = NewSubscription {
            name: name(text),
            topic: &name(topic),
            settings,
            start: Start::Earliest,
        };
        self.core.create_subscription(new, self.now).unwrap();
        self.drain();
    }

    pub(super) fn publish(&mut self, topic: &str, partition: u32, body: Body) {
        let route = self.core.route(&name(topic)).unwrap();
        let batches = vec![(Partition(partition), body)];
        let publication = Publication::to(route.topic, batches);
        self.core.publish(publication, self.now).unwrap();
        self.drain();
    }

    pub(super) fn attach(&mut self, subscription: &str, messages: u64, bytes: u64) -> ConsumerId {
        let attach = Attach {
            subscription: &name(subscription),
            name: "worker".to_owned(),
            peer: "127.0.0.1:1".to_owned(),
            client: Client::default(),
            allowance: Allowance { messages, bytes },
        };
        self.core.attach(attach, self.now).unwrap().consumer
    }

    /// Starts anew as after a crash.
    pub(super) fn restart(&mut self, from: From) -> Recovered {
        let checkpoint = self.core.checkpoint();
        let at = self.core.last_position();
        let (core, report) = self.recover(from, (at, &checkpoint));
        self.core = core;
        self.kept.clear();
        self.drain();
        report
    }

    /// Starts anew from the journal as it is in `journal`, its end lost.
    pub(super) fn restart_after_loss(&mut self) {
        let mut recovery = Recovery::new();
        for (&position, frame) in &self.journal {
            replay(&mut recovery, Source::Log, position, frame);
        }
        let last = *self.journal.last_key_value().unwrap().0;
        let (core, _) = recovery.finish(last, self.now).unwrap();
        self.core = core;
        self.kept.clear();
        self.drain();
    }

    fn recover(&self, from: From, checkpoint: (Position, &[OutFrame])) -> (Core, Recovered) {
        let mut recovery = Recovery::new();
        let mut floor = match from {
            From::Everything => Position(1),
            From::Floor | From::Checkpoint => self.core.state_floor(),
        };
        if from == From::Checkpoint {
            for frame in checkpoint.1 {
                replay(&mut recovery, Source::Checkpoint, checkpoint.0, frame);
            }
            floor = checkpoint.0.next();
        }
        for (&position, frame) in self.journal.range(..floor) {
            if self.kept.contains_key(&position) && !frame.body.is_empty() {
                replay(&mut recovery, Source::Data, position, frame);
            }
        }
        for (&position, frame) in self.journal.range(floor..) {
            replay(&mut recovery, Source::Log, position, frame);
        }
        let last = self.core.last_position();
        recovery.finish(last, self.now).unwrap()
    }
}

pub(super) fn replay(
    recovery: &mut Recovery,
    source: Source,
    position: Position,
    frame: &OutFrame,
) {
    let frame = ReplayFrame {
        position,
        kind: frame.kind,
        version: frame.version,
        head: &frame.head,
        body: &frame.body,
    };
    recovery.replay(source, frame).unwrap();
}
