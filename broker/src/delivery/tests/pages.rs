//! Pages and ranges: the words, the records and the neighbours.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::delivery::holding::Again;
use crate::delivery::page::{Page, Stretch};
use crate::delivery::spans::{Spans, between, gaps};
use crate::model::entry::Record;
use crate::model::{Position, Time};

#[test]
fn finished_bits_are_those_that_were_set() {
    let mut random = SmallRng::seed_from_u64(1);
    for _ in 0..200 {
        let mut page = Page::new(256, Position(1));
        let mut bits = [false; 256];
        for _ in 0..10 {
            let start = random.random_range(0..256);
            let end = random.random_range(start..=256);
            let newly = bits[start..end].iter().filter(|bit| !**bit).count();
            bits[start..end].fill(true);
            assert_eq!(page.finish(start, end), newly);
            assert_eq!(page.finished(), bits.iter().filter(|bit| **bit).count());
            for at in 0..256 {
                assert_eq!(page.is_finished(at), bits[at]);
                let next = |wanted| bits[at..].iter().position(|&bit| bit == wanted);
                assert_eq!(
                    page.next_unfinished(at),
                    next(false).map_or(256, |n| at + n)
                );
                assert_eq!(page.next_finished(at), next(true).map_or(256, |n| at + n));
            }
        }
    }
}

#[test]
fn equal_records_beside_each_other_are_one() {
    let record = |attempts| Record::Tried {
        attempts,
        first_failure: Time(1),
    };
    let mut page = Page::new(64, Position(1));
    page.put(Stretch::new(0, 4, record(1)));
    page.put(Stretch::new(8, 4, record(1)));
    page.put(Stretch::new(4, 4, record(1)));
    page.put(Stretch::new(12, 1, record(2)));
    assert_eq!(page.stretches().len(), 2);
    let removed = page.erase(2, 13);
    assert_eq!(removed.len(), 2);
    assert_eq!(page.records(0).count(), 2);
    assert!(page.stretch_at(1).is_some() && page.stretch_at(2).is_none());
}

#[test]
fn ranges_are_what_a_list_of_values_is() {
    let mut random = SmallRng::seed_from_u64(2);
    for _ in 0..200 {
        let mut spans: Spans<Again> = Spans::default();
        let mut list = [None; 100];
        for _ in 0..30 {
            let start = random.random_range(0..100);
            let end = random.random_range(start..=100);
            let range = between(start, end);
            let cut: u64 = spans.cut(range).iter().map(|(part, _)| part.count()).sum();
            let part = &mut list[start as usize..end as usize];
            assert_eq!(cut as usize, part.iter().flatten().count());
            part.fill(None);
            if random.random_range(0..2) == 0 {
                let value = random.random_range(0..2);
                spans.insert(range, Again(value));
                part.fill(Some(value));
            }
            let changes = list.windows(2).filter(|two| two[0] != two[1]);
            let starts = changes.filter(|two| two[1].is_some()).count();
            assert_eq!(spans.iter().count(), starts + list[0].iter().count());
            for (at, value) in list.iter().enumerate() {
                let found = spans.find(at as u64).map(|(_, again)| again.0);
                assert_eq!(found, *value);
            }
        }
    }
}

#[test]
fn gaps_are_what_is_not_taken() {
    let mut free = Vec::new();
    let taken = [between(0, 2), between(4, 5), between(8, 20)];
    gaps(between(1, 10), taken.into_iter(), |gap| free.push(gap));
    assert_eq!(free, [between(2, 4), between(5, 8)]);
}
