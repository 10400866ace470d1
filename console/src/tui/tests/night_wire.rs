//! What the broker of that night answers, as it comes over the wire.

use std::collections::HashMap;

use weir_proto::v1;
use weir_proto::v1::{EventKind, MessageState, Severity};

use super::night::{NOW, Words, rows, time, topic};
use super::night_acts;

/// After how many seconds, what, how much it matters, where, who, in words.
type Happened = (
    i64,
    EventKind,
    Severity,
    &'static str,
    &'static str,
    &'static str,
);

/// What happened that night.
const HAPPENED: [Happened; 8] = [
    (
        -7_400,
        EventKind::Started,
        Severity::Fine,
        "",
        "",
        "the broker started",
    ),
    (
        -1_900,
        EventKind::Operation,
        Severity::Fine,
        "smtp",
        "dana",
        "requeued 118; all came back",
    ),
    (
        -880,
        EventKind::Mark,
        Severity::Fine,
        "",
        "ci",
        "deploy of orders-api 2026.11.21-4",
    ),
    (
        -700,
        EventKind::ConsumerJoined,
        Severity::Fine,
        "fulfilment",
        "fulfilment-d",
        "joined",
    ),
    (
        -341,
        EventKind::ConsumerLeft,
        Severity::Watch,
        "fulfilment",
        "fulfilment-b",
        "2 of 3 left (lease expired)",
    ),
    (
        -338,
        EventKind::VerdictChanged,
        Severity::Watch,
        "fulfilment",
        "",
        "ok became under capacity",
    ),
    (
        -240,
        EventKind::Paused,
        Severity::Fine,
        "ledger",
        "dana",
        "paused by dana",
    ),
    (
        -61,
        EventKind::FirstDeath,
        Severity::Watch,
        "smtp",
        "",
        "the first death after 12m: smtp 421",
    ),
];

/// What happened of late.
pub(super) fn events(words: Words<'_>) -> Vec<v1::Event> {
    (1..)
        .zip(HAPPENED)
        .map(
            |(sequence, (after, kind, severity, subscription, actor, text))| v1::Event {
                sequence,
                event_time: Some(time(after)),
                kind: kind.into(),
                severity: severity.into(),
                topic: words.or(""),
                subscription: words.or(subscription),
                actor: words.or(actor),
                text: words.or(text),
                count: if kind == EventKind::Operation { 118 } else { 0 },
                operation_id: words.or(""),
                ..v1::Event::default()
            },
        )
        .collect()
}

/// A topic whose fifth partition is skewed.
pub(super) fn topic_by_name(words: Words<'_>) -> v1::TopicStats {
    let mut stats = topic(1, "orders", words);
    stats.partitions = (0..6)
        .map(|partition| v1::TopicPartitionStats {
            partition,
            low_offset: 1_000,
            next_offset: 1_534_019 + u64::from(partition) * 977,
            stored_bytes: if partition == 4 {
                644_245_094
            } else {
                128_849_018
            },
        })
        .collect();
    let key = |key: &str, share: f64| v1::TopKey {
        key: words.or(key),
        share,
        count: 4_100,
        count_error: 3,
        partition: 4,
    };
    stats.top_keys = vec![key("order-77120", 0.31), key("order-8", 0.042)];
    stats
}

/// How many consumers would do.
pub(super) fn advice(words: Words<'_>) -> v1::AdviseResponse {
    let option = |consumer_count, drain_seconds, is_recommended| v1::AdviceOption {
        consumer_count,
        drain_seconds,
        is_recommended,
    };
    v1::AdviseResponse {
        sample_time: Some(time(0)),
        consumer_count: 1,
        recommended: Some(4),
        confidence: v1::Confidence::High.into(),
        capacity: Some(v1::Capacity {
            p10: 148.0,
            median: 160.2,
            p90: 171.0,
            consumer_count: 1,
            window_seconds: 60.0,
        }),
        options: vec![
            option(1, None, false),
            option(3, Some(3_600.0), false),
            option(4, Some(570.0), true),
            option(8, Some(250.0), false),
        ],
        max_useful: Some(12),
        bound: v1::AdviceBound::Keys.into(),
        publish_rate: 412.0,
        ack_rate: 160.2,
        backlog: 214_880,
        redelivery_ratio: 0.004,
        summary: words.or("4 consumers would drain the backlog within 10 minutes; 1 never does."),
        ..v1::AdviseResponse::default()
    }
}

/// Fingerprint, pattern, how many, the last one after so many seconds, whether more arrive, the trend.
type Group = (&'static str, &'static str, u64, i64, bool, [u64; 8]);

/// Why messages died.
pub(super) fn groups(words: Words<'_>) -> v1::GroupDeadLettersResponse {
    let told: [Group; 4] = [
        (
            "00d1e5f0a7b3c924",
            "smtp <n> from <host>",
            1_011,
            -4,
            true,
            [0, 0, 1, 3, 9, 7, 6, 5],
        ),
        (
            "7be09c51d2aa0f18",
            "schema: missing field <str>",
            121,
            -900,
            false,
            [4, 4, 4, 4, 8, 4, 4, 4],
        ),
        (
            "1c44a0de93b75e60",
            "mailbox full: <addr>",
            70,
            -3_000,
            false,
            [8, 7, 6, 5, 4, 3, 2, 1],
        ),
        (
            "a8813f00d6e21b97",
            "",
            2,
            -40_000,
            false,
            [1, 0, 0, 0, 0, 0, 0, 1],
        ),
    ];
    let groups = told
        .into_iter()
        .map(
            |(fingerprint, pattern, count, last, is_arriving, trend)| v1::DeadGroup {
                fingerprint: fingerprint.to_owned(),
                pattern: words.or(pattern),
                reason_class: words.or("Transient"),
                count,
                bytes: count * 3_100,
                first_death_time: Some(time(last - 1_200)),
                last_death_time: Some(time(last)),
                trend: trend.to_vec(),
                trend_span_seconds: 150.0,
                is_arriving,
                sample_message_ids: vec!["2.0.41".to_owned()],
                requeued_before_count: if is_arriving { 118 } else { 0 },
            },
        );
    v1::GroupDeadLettersResponse {
        sample_time: Some(time(0)),
        total_count: 1_204,
        total_bytes: 1_204 * 3_100,
        group_count: 4,
        groups: groups.collect(),
    }
}

const RECEIPT: &str = r#"{"user": 77, "template": "receipt", "to": "ann@example.com",
 "subject": "Your order", "lines": [{"sku": "A-1", "count": 2}, {"sku": "B-7", "count": 1}],
 "note": "\u001b[2Jhi"}"#;

fn letter(offset: u64, words: Words<'_>) -> v1::PeekedMessage {
    let payload = words.bytes_or(RECEIPT);
    let attributes = [
        ("content-type", "application/json"),
        ("trace", "4bf92f3577b34da6"),
    ]
    .map(|(name, value)| (words.or(name), words.or(value)));
    v1::PeekedMessage {
        message_id: format!("2.0.{offset}"),
        message: Some(v1::Message {
            payload: payload.into(),
            attributes: HashMap::from(attributes),
            ordering_key: words.or(&format!("user-{offset}")),
            ..v1::Message::default()
        }),
        partition: 0,
        offset,
        publish_time: Some(time(-900)),
        states: vec![
            dead_state(words),
            v1::SubscriptionMessageState {
                subscription: words.or("archive"),
                state: MessageState::Acked.into(),
                ..v1::SubscriptionMessageState::default()
            },
        ],
    }
}

fn dead_state(words: Words<'_>) -> v1::SubscriptionMessageState {
    v1::SubscriptionMessageState {
        subscription: words.or("smtp"),
        state: MessageState::Dead.into(),
        failed_attempts: 5,
        dead_letter: Some(v1::DeadLetter {
            reason: words.or("421 4.7.0 try again later, relay-2"),
            error_class: words.or("Transient"),
            attempts: 5,
            first_failure_time: Some(time(-880)),
            last_failure_time: Some(time(-61)),
            consumer: words.or("mailer-1"),
            ..v1::DeadLetter::default()
        }),
        ..v1::SubscriptionMessageState::default()
    }
}

/// Some of them.
pub(super) fn letters(words: Words<'_>) -> v1::PeekResponse {
    v1::PeekResponse {
        messages: (41..53).map(|offset| letter(offset, words)).collect(),
        next_page_token: "more".to_owned(),
    }
}

/// The life of one of them.
pub(super) fn biography(words: Words<'_>) -> v1::GetMessageResponse {
    let mut message = letter(41, words);
    message.states.push(v1::SubscriptionMessageState {
        subscription: words.or("audit"),
        state: MessageState::Leased.into(),
        failed_attempts: 1,
        lease_deadline: Some(time(22)),
        consumer: words.or("audit-1"),
        ..v1::SubscriptionMessageState::default()
    });
    let on_it = night_acts::operations(words).operations;
    let on_it = on_it.into_iter().skip(2).take(2).rev();
    v1::GetMessageResponse {
        operations: night_acts::gone_and_back(words)
            .into_iter()
            .chain(on_it)
            .collect(),
        message: Some(message),
        topic: words.or("emails"),
    }
}

/// Who is connected.
pub(super) fn clients(words: Words<'_>) -> v1::ListClientsResponse {
    let client = |id: u64, name: &str, reads: &[usize]| v1::ClientInfo {
        client_id: id,
        name: words.or(name),
        peer: words.or(&format!("10.2.14.{id}:55102")),
        client_version: words.or("weir-rust/0.1.0"),
        connect_time: Some(time(-7_000 + id.cast_signed() * 100)),
        consumers: reads.iter().map(|at| client_consumer(*at, words)).collect(),
        publish_stream_count: u32::from(reads.is_empty()),
        publish_rate: if reads.is_empty() { 412.0 } else { 0.0 },
        topics: if reads.is_empty() {
            vec![words.or("orders")]
        } else {
            Vec::new()
        },
    };
    v1::ListClientsResponse {
        clients: vec![
            client(3, "fulfilment-a", &[1]),
            client(7, "", &[]),
            client(11, "mailer-1", &[3, 0]),
        ],
        next_page_token: String::new(),
    }
}

fn client_consumer(at: usize, words: Words<'_>) -> v1::ClientConsumer {
    let row = rows(NOW, words).swap_remove(at);
    v1::ClientConsumer {
        subscription: row.name,
        topic: row.topic,
        stats: row.consumers.first().cloned(),
    }
}
