//! Entries that came after the first release.

use super::written::{name, range, subscription_record, topic_record};
use crate::model::entry::{
    Entry, Filtered, FirstAnswer, LeftOut, Requested, Scanned, Sought, SubscriptionRecord, Unparked,
};
use crate::model::{Epoch, Offset, Partition, RequestId, SubscriptionId, Time, TopicId};

/// One of each kind that came after the first release.
pub(super) fn entries() -> Vec<Entry> {
    let (subscription, partition) = (SubscriptionId(3), Partition(1));
    let ranges = vec![range(0, 1), range(5, 9), range(u64::MAX - 2, u64::MAX)];
    vec![
        Entry::TopicUpdated(topic_record()),
        Entry::SubscriptionUpdated(subscription_record()),
        Entry::Sought(Sought {
            subscription: SubscriptionId(3),
            partition: Partition(1),
            epoch: Epoch(2),
            target: Offset(77),
            is_anew: true,
        }),
        Entry::Requested(Requested {
            id: RequestId::of_halves([u64::MAX, 0]),
            fingerprint: u64::MAX,
            time: Time(77),
            answer: FirstAnswer::Topic(topic_record()),
        }),
        Entry::Requested(Requested {
            id: RequestId::of_halves([0, 1]),
            fingerprint: 0,
            time: Time(78),
            answer: FirstAnswer::Subscription(
                SubscriptionRecord {
                    revision: 7,
                    ..subscription_record()
                },
                name("team/orders"),
            ),
        }),
        Entry::Filtered(Filtered {
            topic: TopicId(u64::MAX),
            partition,
            left_out: vec![
                LeftOut {
                    subscriptions: vec![subscription, SubscriptionId(u64::MAX)],
                    ranges: ranges.clone(),
                },
                LeftOut {
                    subscriptions: Vec::new(),
                    ranges: Vec::new(),
                },
            ],
        }),
        Entry::Scanned(Scanned {
            subscription,
            partition,
            rest: range(9, u64::MAX),
            left_out: ranges.clone(),
        }),
        Entry::Unparked(Unparked {
            subscription,
            partition,
            ranges: vec![range(5, 9)],
        }),
    ]
}
