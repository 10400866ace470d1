//! Entries that came after the first release, with their greatest numbers.

use super::written::{name, page_state, subscription_record, topic_record};
use crate::model::entry::{
    BroughtBack, DeadRecord, Entry, Jumped, Operated, PageState, ProducerState, Record, Sequenced,
    SetAside, StoredRun, SubscriptionRecord, TopicRecord,
};
use crate::model::settings::{
    BacklogPolicy, Durability, LimitPolicy, SubscriptionSettings, TopicSettings,
};
use crate::model::{
    Fingerprint, Offset, OffsetRange, OperationId, Partition, ProducerId, Span, SubscriptionId,
    Time, TopicId,
};

pub(super) fn entries() -> Vec<Entry> {
    let run = StoredRun {
        topic: TopicId(9),
        partition: Partition(255),
        base: Offset(u64::MAX),
        count: 3,
    };
    let producer = ProducerId([0xfe; 16]);
    vec![
        Entry::Sequenced(Sequenced {
            topic: TopicId(9),
            producer,
            sequence: u64::MAX,
            time: Time(1_800_000_000_000_000),
            is_first: true,
            runs: vec![run, run],
        }),
        Entry::ProducerState(ProducerState {
            topic: TopicId(9),
            producer,
            seen: Time(5),
            passed: 7,
            receipts: vec![(8, vec![run]), (100, Vec::new())],
        }),
        Entry::PageState(page_with_fingerprints()),
        Entry::Jumped(Jumped {
            topic: TopicId(9),
            partition: Partition(255),
            range: OffsetRange::new(Offset(1 << 40), 1 << 20),
        }),
        Entry::Operated(Operated::SetAside(SetAside {
            operation: OperationId(u64::MAX),
            topic: TopicId(9),
            subscriptions: vec![SubscriptionId(3), SubscriptionId(u64::MAX)],
            ends: vec![Offset(0), Offset(u64::MAX)],
        })),
        Entry::Operated(Operated::BroughtBack(BroughtBack {
            operation: OperationId(8),
            deletion: OperationId(u64::MAX),
        })),
    ]
}

/// A page in its third version: dead ones with and without a fingerprint, and requeued ones.
fn page_with_fingerprints() -> PageState {
    let mut page = page_state(vec![OffsetRange::new(Offset(4_200), 3)]);
    let known = page.records.iter().find_map(|(_, record)| match record {
        Record::Dead(dead) => Some(*dead),
        _ => None,
    });
    let known = DeadRecord {
        fingerprint: Fingerprint::stored(u64::MAX),
        ..known.expect("the page has a dead one")
    };
    page.records.push((Offset(4_150), Record::Dead(known)));
    page.records.push((Offset(4_151), Record::Passed(known)));
    page.requeued = vec![
        OffsetRange::new(Offset(4_150), 2),
        OffsetRange::new(Offset(4_201), 1),
    ];
    page
}

/// The entries that hold records, with every setting beyond the first release's.
pub(super) fn with_newer_settings() -> Vec<Entry> {
    let settings = TopicSettings {
        time_to_live: Some(Span::from_secs(5)),
        max_messages: Some(7),
        max_bytes: Some(1 << 40),
        limit_policy: LimitPolicy::DropOldest,
        durability: Durability::Relaxed,
        ..topic_record().settings
    };
    let topic = TopicRecord {
        settings,
        revision: 3,
        updated: Time(99),
        ..topic_record()
    };
    let settings = SubscriptionSettings {
        filter: Some("attributes:kind".into()),
        max_outstanding: Some(10),
        delivery_rate: Some(11),
        backlog_retention: Some(Span::from_secs(12)),
        max_backlog_messages: Some(13),
        max_backlog_bytes: Some(14),
        backlog_policy: BacklogPolicy::HoldPublishers,
        expiration: Some(Span::from_secs(15)),
        is_paused: true,
        dead_letter_topic: Some(name("graves")),
        retry_budget: Some(16),
        slo_age: Some(Span::from_secs(17)),
        slo_backlog: Some(18),
        ..SubscriptionSettings::default()
    };
    let subscription = SubscriptionRecord {
        settings: settings.into(),
        revision: 4,
        updated: Time(100),
        ..subscription_record()
    };
    vec![
        Entry::TopicUpdated(topic.clone()),
        Entry::SubscriptionUpdated(subscription.clone()),
        Entry::TopicCreated(topic),
        Entry::SubscriptionCreated {
            record: subscription,
            starts: vec![Offset(4)],
        },
    ]
}
