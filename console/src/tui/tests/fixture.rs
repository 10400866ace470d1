//! Samples as a broker sends them, and states that have seen them.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use prost_types::Timestamp;
use weir_proto::client::Numbers;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    BrokerHealth, BrokerStats, ConsumerStats, DrainState, DropCause, DroppedCount,
    SubscriptionRates, SubscriptionStats, UndoStats, WatchResponse,
};

use crate::tui::message::{Message, Outcome};
use crate::tui::state::State;
use crate::tui::state::link::Link;
use crate::tui::state::place::Place;
use crate::tui::update::update;

/// The broker's time of the first sample.
pub(crate) const EPOCH: i64 = 1_770_000_000;

/// What a subscription of the fixture is given; all else follows from it.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) topic: &'static str,
    /// ready, leased, waiting.
    pub(crate) backlog: [u64; 3],
    pub(crate) lag: Option<f64>,
    /// Messages in and acked per second.
    pub(crate) flow: [f64; 2],
    pub(crate) dead: u64,
    pub(crate) drain: DrainState,
    pub(crate) consumers: &'static [&'static str],
}

/// Six subscriptions, one of each sort.
pub(crate) const SHAPES: [Shape; 6] = [
    Shape {
        id: 1,
        name: "billing",
        topic: "orders",
        backlog: [12, 40, 3],
        lag: Some(0.084),
        flow: [412.0, 411.6],
        dead: 0,
        drain: DrainState::Draining,
        consumers: &["billing-1", "billing-2"],
    },
    Shape {
        id: 2,
        name: "fulfilment",
        topic: "orders",
        backlog: [214_000, 64, 816],
        lag: Some(341.7),
        flow: [412.0, 160.2],
        dead: 0,
        drain: DrainState::Never,
        consumers: &["fulfilment-a"],
    },
    Shape {
        id: 3,
        name: "analytics",
        topic: "orders",
        backlog: [0, 0, 0],
        lag: None,
        flow: [412.0, 412.0],
        dead: 0,
        drain: DrainState::Empty,
        consumers: &["analytics"],
    },
    Shape {
        id: 4,
        name: "smtp",
        topic: "emails",
        backlog: [310, 20, 1_411],
        lag: Some(61.2),
        flow: [31.0, 24.8],
        dead: 1_204,
        drain: DrainState::Stuck,
        consumers: &["mailer-1"],
    },
    Shape {
        id: 5,
        name: "ledger",
        topic: "payments",
        backlog: [88, 0, 0],
        lag: Some(4.3),
        flow: [12.5, 0.0],
        dead: 7,
        drain: DrainState::Idle,
        consumers: &[],
    },
    Shape {
        id: 6,
        name: "mainframe",
        topic: "legacy.sync",
        backlog: [0, 0, 0],
        lag: None,
        flow: [0.0, 0.0],
        dead: 0,
        drain: DrainState::Empty,
        consumers: &[],
    },
];

/// A subscription as the broker describes it in its second `second`.
pub(crate) fn subscription(shape: &Shape, second: u64) -> SubscriptionStats {
    let [ready, leased, waiting] = shape.backlog;
    // A little life, so that trends are not flat.
    let wave = if ready > 10 {
        second * 7 % 11 * ready / 40
    } else {
        0
    };
    let ready = ready + wave;
    let [publish, ack] = shape.flow;
    let life = |rate: f64, of: u64| {
        if rate > 0.0 {
            rate + (second % of) as f64
        } else {
            0.0
        }
    };
    let rates = |window_seconds: f64| SubscriptionRates {
        window_seconds,
        publish: life(publish, 5),
        deliver: ack * 1.1,
        redeliver: ack * 0.1,
        ack: life(ack, 3),
        fail: if waiting > 100 { 6.2 } else { 0.0 },
        dead: if shape.dead > 1_000 { 0.4 } else { 0.0 },
    };
    let acked = 1_000_000 + second * 400;
    SubscriptionStats {
        subscription_id: shape.id,
        name: shape.name.to_owned(),
        topic: shape.topic.to_owned(),
        entered: acked + ready + leased + waiting + shape.dead + 9,
        ready,
        leased,
        waiting,
        dead: shape.dead,
        acked,
        dropped: vec![DroppedCount {
            cause: DropCause::Purged.into(),
            count: 9,
        }],
        backlog: ready + leased + waiting,
        lag_seconds: shape.lag,
        oldest_ready_seconds: shape.lag.map(|lag| lag * 0.75),
        rates: vec![rates(10.0), rates(60.0)],
        consumers: shape.consumers.iter().enumerate().map(consumer).collect(),
        drain_seconds: (shape.drain == DrainState::Draining).then_some(4.2),
        drain: shape.drain.into(),
        ack_deadline_seconds: 30.0,
        max_attempts: 5,
        ..SubscriptionStats::default()
    }
}

fn consumer((at, name): (usize, &&str)) -> ConsumerStats {
    ConsumerStats {
        consumer_id: at as u64 + 1,
        name: (*name).to_owned(),
        peer: "127.0.0.1:55102".to_owned(),
        leased: 20,
        max_outstanding_messages: if at == 0 { 20 } else { 100 },
        deliver_rate: 210.4,
        ack_rate: 205.9,
        fail_rate: at as f64 * 0.5,
        last_ack_time: (at == 0).then_some(Timestamp {
            seconds: EPOCH - 2,
            nanos: 0,
        }),
        ..ConsumerStats::default()
    }
}

/// A broker in good health.
pub(crate) fn broker() -> BrokerStats {
    BrokerStats {
        version: "0.1.0".to_owned(),
        health: BrokerHealth::Serving.into(),
        start_time: Some(Timestamp {
            seconds: EPOCH - 7_500,
            nanos: 0,
        }),
        publish_rate: 1_279.5,
        deliver_rate: 1_301.0,
        ack_rate: 1_008.6,
        backlog: 216_764,
        dead: 1_211,
        cpu_cores: Some(0.314),
        host_cores: Some(8),
        host_memory_bytes: Some(17_179_869_184),
        rss_bytes: Some(44_300_000),
        journal_bytes: 402_653_184,
        disk_free_bytes: Some(86_973_087_744),
        disk_total_bytes: Some(128_849_018_880),
        sync_seconds: Some(0.000_42),
        topic_count: 4,
        subscription_count: 6,
        consumer_count: 5,
        undo: Some(UndoStats {
            kept: 12_000_034,
            kept_bytes: 1_641_000_000,
            limit_bytes: Some(12_884_901_888),
            grace_seconds: 86_400.0,
            operation_count: 2,
            first_end_time: Some(Timestamp {
                seconds: EPOCH + 700,
                nanos: 0,
            }),
            last_end_time: Some(Timestamp {
                seconds: EPOCH + 79_000,
                nanos: 0,
            }),
        }),
        ..BrokerStats::default()
    }
}

/// The full state of one second.
pub(crate) fn sample(second: u64, subscriptions: Vec<SubscriptionStats>) -> WatchResponse {
    WatchResponse {
        sequence: second + 1,
        sample_time: Some(Timestamp {
            seconds: EPOCH + second.cast_signed(),
            nanos: 0,
        }),
        full: true,
        broker: Some(broker()),
        subscriptions,
        ..WatchResponse::default()
    }
}

/// A sample as the watcher hands it on.
pub(crate) fn numbers(sample: WatchResponse) -> Arc<Numbers> {
    let mut numbers = Numbers::default();
    numbers.merge(sample);
    Arc::new(numbers)
}

/// A dashboard that has seen nothing.
pub(crate) fn fresh(size: (u16, u16)) -> State {
    State::new(SafeText::literal("127.0.0.1:7420"), None, size)
}

/// A dashboard that watched these subscriptions for some seconds and is live.
pub(crate) fn watched(size: (u16, u16), shapes: &[Shape], seconds: u64) -> State {
    let mut state = fresh(size);
    say(&mut state, 0, Message::Link(Link::Live));
    for second in 0..seconds {
        let rows = shapes
            .iter()
            .map(|shape| subscription(shape, second))
            .collect();
        let sample = Message::Sample(numbers(sample(second, rows)));
        say(&mut state, second, sample);
    }
    state
}

/// The usual dashboard: six subscriptions, one minute.
pub(crate) fn live(size: (u16, u16)) -> State {
    watched(size, &SHAPES, 60)
}

/// Applies a message in a second of the dashboard.
pub(crate) fn say(state: &mut State, second: u64, message: Message) -> Outcome {
    update(state, Duration::from_secs(second), message)
}

/// Presses a key without a modifier, or a capital with shift, as terminals report it.
pub(crate) fn press(state: &mut State, code: KeyCode) -> Outcome {
    let modifiers = match code {
        KeyCode::Char(letter) if letter.is_uppercase() => KeyModifiers::SHIFT,
        _ => KeyModifiers::NONE,
    };
    let at = state.now;
    update(state, at, Message::Key(KeyEvent::new(code, modifiers)))
}

/// Types letters one after the other.
pub(crate) fn type_text(state: &mut State, text: &str) {
    for letter in text.chars() {
        press(state, KeyCode::Char(letter));
    }
}

/// The names of the list in the order of the screen.
pub(crate) fn names(state: &State) -> Vec<&str> {
    let rows = &state.shown().rows;
    let order = state.listing().order.iter();
    order
        .map(|id| rows[&id.number().unwrap()].now.name.as_str())
        .collect()
}

/// The name of the selected subscription.
pub(crate) fn selected(state: &State) -> &str {
    state.selected().map_or("", |row| row.now.name.as_str())
}

/// A page of each sort.
pub(crate) fn places() -> [Place; 13] {
    let name = || SafeText::literal("fulfilment");
    [
        Place::Overview,
        Place::Topics,
        Place::Topic {
            name: SafeText::literal("orders"),
        },
        Place::Subscriptions,
        Place::Subscription { name: name() },
        Place::DeadLetters,
        Place::DeadGroups {
            subscription: name(),
        },
        Place::DeadMessages {
            subscription: name(),
            group: None,
        },
        Place::Message {
            id: SafeText::literal("1.0.7"),
        },
        Place::Clients,
        Place::Events,
        Place::Operations,
        Place::Audit,
    ]
}
