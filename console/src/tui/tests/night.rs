//! A broker at night with something wrong in it, on every page of the console.

use std::cell::Cell;

use prost_types::Timestamp;
use weir_proto::safe_text::SafeText;
use weir_proto::v1;
use weir_proto::v1::{Severity, Verdict};

use super::fixture::{EPOCH, SHAPES, fresh, numbers, sample, say, subscription};
use super::{night_acts, night_wire};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::advice::Advice;
use crate::tui::state::ask::{Reply, Slot};
use crate::tui::state::audit::Record;
use crate::tui::state::beyond::{Found, Noun, Worst};
use crate::tui::state::client::Clients;
use crate::tui::state::dead_groups::DeadGroups;
use crate::tui::state::letter::{Biography, Letters};
use crate::tui::state::link::Link;
use crate::tui::state::operation::Operations;
use crate::tui::state::past::Past;
use crate::tui::state::place::{Group, Place, Tab};
use crate::tui::state::subscription::Subscription;
use crate::tui::state::timeline::Timeline;
use crate::tui::state::topic::Topic;

/// The second of the session in which all of this is so.
pub(super) const NOW: u64 = 59;

/// What every text from outside is, where a test wants it to be something else.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    /// What they are in this story.
    AsTheyAre,
    /// These, one after the other, round and round.
    Each(&'a [Vec<u8>], &'a Cell<usize>),
}

impl Words<'_> {
    pub(super) fn or(self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes_or(text)).into_owned()
    }

    pub(super) fn bytes_or(self, text: &str) -> Vec<u8> {
        match self {
            Self::AsTheyAre => text.as_bytes().to_vec(),
            Self::Each(words, next) => {
                let at = next.replace(next.get() + 1);
                words[at % words.len()].clone()
            }
        }
    }

    fn is_hostile(self) -> bool {
        matches!(self, Self::Each(..))
    }
}

/// Every page, by the name of its snapshot.
pub(crate) fn places() -> Vec<(&'static str, Tab, Option<Place>)> {
    let name = |name| SafeText::literal(name);
    let group = Group {
        fingerprint: name("00d1e5f0a7b3c924"),
        pattern: name("smtp <n> from <host>"),
    };
    vec![
        ("overview", Tab::Overview, None),
        ("topics", Tab::Topics, None),
        (
            "topic",
            Tab::Topics,
            Some(Place::Topic {
                name: name("orders"),
            }),
        ),
        ("subscriptions", Tab::Subscriptions, None),
        (
            "subscription",
            Tab::Subscriptions,
            Some(Place::Subscription {
                name: name("fulfilment"),
            }),
        ),
        ("dead_letters", Tab::DeadLetters, None),
        (
            "dead_groups",
            Tab::DeadLetters,
            Some(Place::DeadGroups {
                subscription: name("smtp"),
            }),
        ),
        (
            "dead_messages",
            Tab::DeadLetters,
            Some(Place::DeadMessages {
                subscription: name("smtp"),
                group: Some(group),
            }),
        ),
        (
            "message",
            Tab::DeadLetters,
            Some(Place::Message { id: name("2.0.41") }),
        ),
        ("clients", Tab::Clients, None),
        ("events", Tab::Events, None),
        ("operations", Tab::Operations, None),
        ("audit", Tab::Audit, None),
    ]
}

/// A page with everything that was asked for.
pub(crate) fn at(size: (u16, u16), tab: Tab, place: Option<&Place>, words: Words<'_>) -> State {
    let mut state = without_answers(size, tab, place, words);
    let now = state.now;
    for slot in state.page().place.slots() {
        let reply = reply(*slot, words);
        state.page_mut().answer(now, *slot, Ok(reply));
    }
    let running = Operations::new(&night_acts::operations(words));
    state.operations.end(now, Ok(running), |_, new| new);
    state.arrange();
    state
}

/// The same before any answer has come.
pub(crate) fn without_answers(
    size: (u16, u16),
    tab: Tab,
    place: Option<&Place>,
    words: Words<'_>,
) -> State {
    let mut state = fresh(size);
    say(&mut state, 0, Message::Link(Link::Live));
    let first = if words.is_hostile() { NOW } else { 0 };
    for second in first..=NOW {
        let mut one = sample(second, rows(second, words));
        one.topics = topics(words);
        say(&mut state, second, Message::Sample(numbers(one)));
    }
    state.tab = tab;
    if let Some(place) = place {
        state.open(place.clone());
    }
    state.arrange();
    state
}

pub(super) fn rows(second: u64, words: Words<'_>) -> Vec<v1::SubscriptionStats> {
    let mut rows: Vec<_> = SHAPES
        .iter()
        .map(|shape| subscription(shape, second))
        .collect();
    let said = |verdict: Verdict, severity: Severity, ago: i64, reason: &str, advice: &str| {
        Some(v1::Diagnosis {
            verdict: verdict.into(),
            severity: severity.into(),
            start_time: Some(time(-ago)),
            reason: words.or(reason),
            advice: words.or(advice),
            ..v1::Diagnosis::default()
        })
    };
    rows[1].diagnosis = said(
        Verdict::UnderCapacity,
        Severity::Watch,
        341,
        "412/s come in and 160/s are acknowledged; the consumer holds all it may, and few messages \
         fail.",
        "4 consumers would drain it in 9m30s.",
    );
    rows[3].diagnosis = said(
        Verdict::Failing,
        Severity::Act,
        2_460,
        "20% of the attempts fail, most of them with \"smtp 421\"; 0.4 messages die per second.",
        "Look at why they fail before adding consumers: these multiply the failures.",
    );
    rows[4].diagnosis = said(
        Verdict::Paused,
        Severity::Fine,
        240,
        "Paused since 02:36 by dana; 88 messages wait.",
        "",
    );
    let handling = |median: f64| Some(latency(median));
    for row in &mut rows {
        row.handling = handling(0.12);
        row.queueing = handling(2.4);
        if words.is_hostile() {
            row.name = format!("{}{}", words.or(""), row.subscription_id);
            row.topic = words.or("");
            row.filter = words.or("");
        }
        for one in &mut row.consumers {
            one.name = words.or(&one.name);
            one.peer = words.or(&one.peer);
            one.client_version = words.or("weir-rust/0.1.0");
            one.connect_time = Some(time(-7_000));
            one.handling = handling(0.1);
        }
    }
    rows
}

/// A time so many seconds after the newest sample.
pub(super) fn time(after: i64) -> Timestamp {
    Timestamp {
        seconds: EPOCH + NOW.cast_signed() + after,
        nanos: 0,
    }
}

fn latency(median: f64) -> v1::LatencySummary {
    let bucket = |part: f64, count| v1::LatencyBucket {
        up_to_seconds: median * part,
        count,
    };
    v1::LatencySummary {
        window_seconds: 60.0,
        count: 9_600,
        p50_seconds: median,
        p90_seconds: median * 2.5,
        p99_seconds: median * 7.0,
        max_seconds: median * 20.0,
        buckets: vec![
            bucket(0.1, 420),
            bucket(0.4, 1_900),
            bucket(1.0, 3_300),
            bucket(2.5, 2_900),
            bucket(7.0, 900),
            bucket(20.0, 180),
        ],
    }
}

fn topics(words: Words<'_>) -> Vec<v1::TopicStats> {
    let names = ["orders", "emails", "payments", "legacy.sync"];
    let mut topics: Vec<v1::TopicStats> = (1..)
        .zip(names)
        .map(|(id, name)| topic(id, name, words))
        .collect();
    topics[3].subscription_count = 0;
    topics
}

pub(super) fn topic(id: u64, name: &str, words: Words<'_>) -> v1::TopicStats {
    let rate = |window_seconds, per_second| v1::Rate {
        window_seconds,
        per_second,
    };
    v1::TopicStats {
        topic_id: id,
        name: words.or(name),
        published: 9_204_118 / id,
        stored: 412_000 / id,
        stored_bytes: 1_288_490_188 / id,
        publish_rates: vec![rate(10.0, 412.0 / id as f64), rate(300.0, 390.5)],
        partition_count: 6,
        subscription_count: 3,
        unrouted: id - 1,
        ..v1::TopicStats::default()
    }
}

fn reply(slot: Slot, words: Words<'_>) -> Reply {
    match slot {
        Slot::Past => Reply::Past(past()),
        Slot::Subscription => {
            let row = rows(NOW, words).swap_remove(1);
            Reply::Subscription(Box::new(Subscription::new(&row, Some(broker_now()))))
        }
        Slot::Topic => Reply::Topic(Box::new(Topic::new(&night_wire::topic_by_name(words)))),
        Slot::Advice => Reply::Advice(Box::new(Advice::new(&night_wire::advice(words)))),
        Slot::Groups => Reply::Groups(DeadGroups::new(&night_wire::groups(words))),
        Slot::Letters => Reply::Letters(Letters::new(&night_wire::letters(words))),
        Slot::Message => Reply::Message(Box::new(Biography::new(&night_wire::biography(words)))),
        Slot::Clients => Reply::Clients(Clients::new(&night_wire::clients(words))),
        Slot::Events => Reply::Events(Timeline::new(&night_wire::events(words), false)),
        Slot::Operations => Reply::Operations(Operations::new(&night_acts::operations(words))),
        Slot::Audit => Reply::Audit(Record::new(&night_acts::audit(words), Some(true))),
        Slot::Reader => Reply::Reader(SafeText::literal("fulfilment"), past()),
        Slot::Worst => Reply::Worst(Worst {
            rows: rows(NOW, words)
                .iter()
                .map(|row| Subscription::new(row, Some(broker_now())))
                .collect(),
            count: 7,
        }),
        Slot::Names => Reply::Names(Found {
            noun: Noun::Topic,
            names: Vec::new(),
        }),
        Slot::Trends => Reply::Trends(Vec::new()),
    }
}

fn broker_now() -> f64 {
    (EPOCH + NOW.cast_signed()) as f64
}

/// Fifteen minutes in which the acks fall to a third after ten, with a gap before.
pub(super) fn past() -> Past {
    let points = (0..900_u64)
        .filter(|at| !(300..330).contains(at))
        .map(|at| {
            let late = at.saturating_sub(559);
            let wave = at * 7 % 31;
            v1::HistoryPoint {
                sample_time: Some(time(at.cast_signed() - 899)),
                span_seconds: 1.0,
                backlog: 40 + wave + late * 630,
                lag_seconds: Some(0.2 + late as f64),
                publish_count: 400 + wave,
                ack_count: if late > 0 { 150 + wave / 2 } else { 402 + wave },
                stored: 300_000 + at * 120,
                consumer_count: if late > 0 { 1 } else { 3 },
                ..v1::HistoryPoint::default()
            }
        });
    Past::new(&v1::HistoryResponse {
        points: points.collect(),
        truncated: false,
    })
}
