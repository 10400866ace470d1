//! Which rows a window shows.

use super::*;
use weir_proto::filter::Subject as _;

use crate::core::TopicCounts;
use crate::model::{Name, TopicId};
use crate::shard::TopicSample;

const NAMES: Names = Names {
    filter: "topics.filter",
    order_by: "topics.order_by",
    limit: "topics.limit",
};

/// Topics `t00`, `t01` and so on with these many stored messages.
fn topics(stored: &[u64]) -> Vec<Arc<TopicSample>> {
    let topic = |(at, &stored): (usize, &u64)| {
        Arc::new(TopicSample {
            counts: TopicCounts {
                unrouted: 0,
                durability: crate::model::settings::Durability::Durable,
                id: TopicId(at as u64),
                name: Name::parse(&format!("t{at:02}")).unwrap(),
                published: stored,
                stored,
                stored_bytes: 0,
                partitions: 1,
                subscriptions: 0,
            },
            publish_rates: Default::default(),
            partitions: Vec::new(),
            top_keys: (Vec::new(), 0),
        })
    };
    stored.iter().enumerate().map(topic).collect()
}

fn window(filter: &str, order_by: &str, offset: u32, limit: u32) -> WatchWindow {
    WatchWindow {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        offset,
        limit,
    }
}

fn shown(request: &WatchWindow, stored: &[u64]) -> (Vec<u64>, u32) {
    let window: Window<TopicSample> = Window::read(request, &NAMES).unwrap();
    let (rows, told) = window.choose(&topics(stored));
    assert_eq!(
        rows.iter().map(|row| row.id()).collect::<Vec<_>>(),
        told.ids
    );
    (told.ids, told.matched_count)
}

#[test]
fn rows_are_in_order_of_name_unless_said_otherwise() {
    assert_eq!(shown(&window("", "", 0, 0), &[5, 9, 7]), (vec![0, 1, 2], 3));
    assert_eq!(shown(&window("", "", 1, 1), &[5, 9, 7]), (vec![1], 3));
}

#[test]
fn the_largest_come_first_if_asked_and_equal_ones_by_name() {
    let stored = [5, 9, 7, 9];
    let by = |order| shown(&window("", order, 0, 0), &stored).0;
    assert_eq!(by("stored desc"), [1, 3, 2, 0]);
    assert_eq!(by("stored"), [0, 2, 1, 3]);
    assert_eq!(by("stored asc"), [0, 2, 1, 3]);
    assert_eq!(by("name desc"), [3, 2, 1, 0]);
}

#[test]
fn a_window_is_a_slice_of_the_whole_order_wherever_it_lies() {
    let stored: Vec<u64> = (0..60).map(|at| at * 37 % 60).collect();
    let whole = shown(&window("", "stored desc", 0, 100), &stored).0;
    for offset in [0, 1, 29, 55, 60, 99, u32::MAX] {
        for limit in [1, 7, 60] {
            let (ids, matched) = shown(&window("", "stored desc", offset, limit), &stored);
            let expected: Vec<_> = whole
                .iter()
                .copied()
                .skip(offset as usize)
                .take(limit as usize)
                .collect();
            assert_eq!((ids, matched), (expected, 60), "{offset} {limit}");
        }
    }
}

#[test]
fn a_filter_counts_what_it_selects_beyond_the_window() {
    let request = window("stored >= 7 and not name = t03", "stored desc", 0, 1);
    assert_eq!(shown(&request, &[5, 9, 7, 8]), (vec![1], 2));
}

#[test]
fn what_does_not_read_is_refused_with_its_field_and_place() {
    let refused = |request| Window::<TopicSample>::read(&request, &NAMES).unwrap_err();
    let refusal = refused(window("stored > many", "", 0, 0));
    assert_eq!(
        refusal.to_string(),
        "topics.filter does not read: stored is compared with a number such as 200 or 3k \
         at character 10 of \"stored > many\""
    );
    let refusal = refused(window("", "weight desc", 0, 0));
    assert!(
        matches!(&refusal, Refusal::FilterInvalid { field: "topics.order_by", detail } if detail.contains("weight")),
        "{refusal}"
    );
    let refusal = refused(window("", "", 0, 1_001));
    assert!(
        matches!(
            &refusal,
            Refusal::ValueOutOfRange {
                field: "topics.limit",
                ..
            }
        ),
        "{refusal}"
    );
}

#[test]
fn every_field_of_a_row_is_known() {
    let row = &topics(&[1])[0];
    for field in TopicSample::SCHEMA.fields {
        let path = filter::field(field.name, &TopicSample::SCHEMA).unwrap();
        assert_ne!(row.look(&path), Value::Unknown, "{}", field.name);
    }
}
