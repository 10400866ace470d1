//! What is written can be read, and what cannot be an entry is refused without harm.

use super::{later, newer};
use crate::model::entry::*;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{
    Epoch, Incarnation, LeaseSerial, Name, Offset, OffsetRange, OperationId, Partition, Position,
    SubscriptionId, Time, TopicId,
};

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn range(start: u64, end: u64) -> OffsetRange {
    OffsetRange::between(Offset(start), Offset(end))
}

pub(super) fn topic_record() -> TopicRecord {
    let settings = TopicSettings {
        partitions: 2,
        ..TopicSettings::default()
    };
    TopicRecord {
        id: TopicId(9),
        name: name("team/orders"),
        settings,
        created: Time(77),
        revision: 0,
        updated: Time(77),
    }
}

pub(super) fn subscription_record() -> SubscriptionRecord {
    SubscriptionRecord {
        id: SubscriptionId(3),
        topic: TopicId(9),
        name: name("billing"),
        settings: SubscriptionSettings::default().into(),
        created: Time(78),
        revision: 0,
        updated: Time(78),
    }
}

/// One of each kind, with numbers at both ends of their ranges.
fn entries() -> Vec<Entry> {
    let (subscription, partition) = (SubscriptionId(3), Partition(1));
    let ranges = vec![range(0, 1), range(5, 9), range(u64::MAX - 2, u64::MAX)];
    let grant = Grant {
        range: range(5, 9),
        attempt: 2,
        serial: LeaseSerial(u64::MAX),
    };
    vec![
        Entry::Started(Incarnation(1)),
        Entry::Stopped(Incarnation(u64::MAX)),
        Entry::TopicCreated(topic_record()),
        Entry::TopicDeleted(TopicId(9)),
        Entry::SubscriptionCreated {
            record: subscription_record(),
            starts: vec![Offset(0), Offset(12)],
        },
        Entry::SubscriptionDeleted(subscription),
        Entry::Published(Published {
            topic: TopicId(9),
            partition,
            base: Offset(1 << 40),
            count: 10_000,
            time: Time(1_800_000_000_000_000),
        }),
        Entry::Delivered(Delivered {
            subscription,
            partition,
            epoch: Epoch(2),
            incarnation: Incarnation(4),
            consumer: "c-1".into(),
            grants: vec![grant],
        }),
        Entry::Acked(Acked {
            subscription,
            partition,
            ranges: ranges.clone(),
        }),
        Entry::Failed(failed()),
        Entry::Released(Released {
            subscription,
            partition,
            ranges: ranges.clone(),
        }),
        Entry::Requeued(Requeued {
            subscription,
            partition,
            operation: OperationId(1),
            ranges: ranges.clone(),
            keeps_attempts: false,
        }),
        Entry::Dropped(Dropped {
            subscription,
            partition,
            cause: DropCause::Moved,
            operation: OperationId(0),
            ranges: ranges.clone(),
        }),
        Entry::Trimmed(Trimmed {
            topic: TopicId(9),
            partition,
            low: Offset(8),
        }),
    ]
    .into_iter()
    .chain(states(ranges))
    .chain(later::entries())
    .collect()
}

/// One of each object that is restated.
fn states(ranges: Vec<OffsetRange>) -> [Entry; 4] {
    [
        Entry::BrokerState(BrokerState {
            next_topic: TopicId(10),
            next_subscription: SubscriptionId(4),
            next_operation: OperationId(2),
            incarnation: Incarnation(3),
            tombstones: vec![(TopicId(1), Position(99))],
        }),
        Entry::TopicState(TopicState {
            record: topic_record(),
            partitions: vec![
                PartitionState {
                    low: Offset(1),
                    next: Offset(2),
                    published_bytes: 3,
                },
                PartitionState::default(),
            ],
        }),
        Entry::SubscriptionState(SubscriptionState {
            record: subscription_record(),
            partitions: vec![PartitionCursor {
                epoch: Epoch(1),
                start: Offset(2),
                floor: Offset(4_096),
                finished_pages: vec![(2, 5), (7, 8)],
                acked: 17,
                dropped: [1, 2, 3, 4, 5, 6, 7],
            }],
        }),
        Entry::PageState(page_state(ranges)),
    ]
}

fn failed() -> Failed {
    let dead = Failure {
        range: range(5, 6),
        attempts: 10,
        outcome: Outcome::Dead,
    };
    let waiting = Failure {
        range: range(1, 3),
        attempts: 1,
        outcome: Outcome::Waiting(Time(5)),
    };
    Failed {
        subscription: SubscriptionId(3),
        partition: Partition(1),
        time: Time(6),
        consumer: "c-1".into(),
        class: "smtp 421".into(),
        reason: "try later \u{1b}[2J".into(),
        group: u32::MAX,
        failures: vec![dead, waiting],
    }
}

pub(super) fn page_state(finished: Vec<OffsetRange>) -> PageState {
    let first_failure = Time(3);
    PageState {
        subscription: SubscriptionId(3),
        partition: Partition(1),
        epoch: Epoch(0),
        page: 1,
        finished,
        records: vec![
            (
                Offset(4_097),
                Record::Tried {
                    attempts: 1,
                    first_failure,
                },
            ),
            (
                Offset(4_098),
                Record::Waiting {
                    attempts: 2,
                    first_failure,
                    until: Time(9),
                },
            ),
            (
                Offset(4_099),
                Record::Dead(DeadRecord {
                    first_failure,
                    last_failure: Time(8),
                    text: Position(55),
                    attempts: 10,
                    group: 7,
                    fingerprint: None,
                }),
            ),
        ],
        outstanding: vec![OutstandingLease {
            range: range(4_100, 4_110),
            attempt: 1,
            serial: LeaseSerial(4),
            incarnation: Incarnation(2),
            consumer: "c-2".into(),
        }],
        requeued: Vec::new(),
    }
}

/// All entries of which any version is tested.
fn all_entries() -> impl Iterator<Item = Entry> {
    let older = entries().into_iter().chain(newer::with_newer_settings());
    older.chain(newer::entries())
}

#[test]
fn settings_beyond_the_first_release_need_version_2() {
    for entry in newer::with_newer_settings() {
        let encoded = encode(&entry);
        assert_eq!(encoded.version, 2);
        let unknown = DecodeError::Unknown {
            kind: encoded.kind,
            version: 3,
        };
        assert_eq!(decode(encoded.kind, 3, &encoded.head), Err(unknown));
    }
}

#[test]
fn every_entry_survives_its_bytes() {
    for entry in all_entries() {
        let Encoded {
            kind,
            version,
            head,
        } = encode(&entry);
        assert_eq!(decode(kind, version, &head), Ok(entry));
    }
}

#[test]
fn bytes_cut_anywhere_are_refused() {
    for entry in all_entries() {
        let Encoded {
            kind,
            version,
            head,
        } = encode(&entry);
        for end in 0..head.len() {
            assert!(
                decode(kind, version, &head[..end]).is_err(),
                "{entry:?} cut at {end}"
            );
        }
        let longer = [head.as_slice(), &[0]].concat();
        assert_eq!(
            decode(kind, version, &longer),
            Err(DecodeError::Trailing(1))
        );
    }
}

#[test]
fn a_kind_or_version_of_a_newer_release_is_named() {
    let unknown = DecodeError::Unknown {
        kind: 200,
        version: 1,
    };
    assert_eq!(decode(200, 1, &[]), Err(unknown));
    assert_eq!(
        decode(1, 2, &[1]),
        Err(DecodeError::Unknown {
            kind: 1,
            version: 2
        })
    );
}

#[test]
fn kinds_keep_their_numbers() {
    let all = entries();
    let encoded: Vec<Encoded> = all.iter().map(encode).collect();
    let kinds = encoded.iter().map(|encoded| encoded.kind);
    let known = (1..=21).chain([25, 25, 24, 28, 27]);
    assert!(known.eq(kinds), "{encoded:?}");
    assert!(encoded.iter().all(|encoded| encoded.version == 1));
    let newer: Vec<u8> = newer::entries()
        .iter()
        .map(|entry| encode(entry).kind)
        .collect();
    assert_eq!(newer, [22, 23, 18, 26, 48, 49]);
}

#[test]
fn random_bytes_never_make_decoding_panic_or_allocate_beyond_their_length() {
    let mut state = 0x5eed_u64;
    for round in 0..200_000u32 {
        let mut bytes = [0u8; 24];
        for byte in &mut bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
        let kind = 1 + (round % 28) as u8;
        for version in 1..=3 {
            if let Ok(entry) = decode(kind, version, &bytes) {
                let again = encode(&entry);
                assert_eq!(decode(again.kind, again.version, &again.head), Ok(entry));
            }
        }
        let _parsed = Columns::parse(&bytes);
    }
}
