//! Filters: what they leave out is dropped with the batch, and publishers know which there are.

use super::bench::{Bench, From, name, of_kinds, only};
use crate::core::limits::MAX_TOPIC_FILTERS;
use crate::core::{
    DryRun, NewSubscription, Publication, Purge, PurgeScope, Seek, Selection, Start,
    SubscriptionCounts,
};
use crate::model::entry::{Body, Columns, DropCause};
use crate::model::filter::Attributes;
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Offset, OffsetRange, Refusal};

pub(super) const ONLY_B: &str = "attributes.kind = \"b\"";

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.topic("orders", TopicSettings::default());
    bench.subscription("all", "orders", SubscriptionSettings::default());
    bench.subscription("b", "orders", only(ONLY_B));
    bench
}

pub(super) fn counts(bench: &Bench, subscription: &str) -> SubscriptionCounts {
    let id = bench.core.subscription(&name(subscription)).unwrap().id;
    let counts = bench.core.subscription_counts(id, bench.now).unwrap();
    assert_eq!(counts.conservation_error, 0);
    assert_eq!(bench.core.recount_error(id), Some(0));
    counts
}

pub(super) fn books(bench: &Bench, subscription: &str) -> (u64, u64, u64) {
    let counts = counts(bench, subscription).counts;
    let filtered = counts.dropped[DropCause::Filtered.index()];
    (counts.entered, counts.ready, filtered)
}

/// As the API makes it: through the filters that publishers know.
fn sieved(bench: &Bench, mut body: Body) -> Body {
    let route = bench.core.route(&name("orders")).unwrap();
    body.sieved = route.filters.sieve(body.columns.messages(&body.bytes));
    body
}

pub(super) fn create(
    bench: &mut Bench,
    text: &str,
    settings: SubscriptionSettings,
    start: Start,
) -> Result<(), Refusal> {
    let new = NewSubscription {
        name: name(text),
        topic: &name("orders"),
        settings,
        start,
    };
    let created = bench.core.create_subscription(new, bench.now).map(drop);
    bench.drain();
    created
}

#[test]
fn what_a_filter_leaves_out_is_dropped_with_the_batch_and_the_backlog_is_exact() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench();
        let consumer = bench.attach("b", 100, 1 << 20);
        let body = sieved(&bench, of_kinds(&["a", "b", "b", "c", "b"], &[]));
        let topic = bench.core.route(&name("orders")).unwrap().topic;
        let batches = vec![(crate::model::Partition(0), body)];
        let publication = Publication::to(topic, batches);
        bench.core.publish(publication, bench.now).unwrap();
        let group = &bench.core.output().groups[0];
        let kinds: Vec<u8> = group.frames.iter().map(|frame| frame.kind).collect();
        assert_eq!(kinds, [7, 24], "one commit group");
        bench.drain();
        assert_eq!(books(&bench, "all"), (5, 5, 0));
        assert_eq!(books(&bench, "b"), (5, 3, 2));
        let meters = counts(&bench, "b").meters;
        assert_eq!(meters.published, 3, "what is left out has not come in");
        bench.dispatch();
        let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
        let ranges: Vec<OffsetRange> = runs.map(|run| run.range).collect();
        let at = |start, end| OffsetRange::between(Offset(start), Offset(end));
        assert_eq!(ranges, [at(1, 3), at(4, 5)]);
        assert_eq!(bench.grants[0].consumer, consumer);
        bench.restart(from);
        assert_eq!(books(&bench, "b"), (5, 0, 2), "the others are leased");
        assert_eq!(books(&bench, "all"), (5, 5, 0));
        // The filter is known again after a restart.
        let body = sieved(&bench, of_kinds(&["a", "b"], &[]));
        assert_eq!(body.sieved.holes[0].first(), Some(&(0..1)));
        bench.publish("orders", 0, body);
        assert_eq!(books(&bench, "b"), (7, 1, 3));
    }
}

#[test]
fn a_batch_that_went_through_older_filters_goes_through_those_of_now() {
    let mut bench = bench();
    let old = sieved(&bench, of_kinds(&["a", "b", "c"], &[]));
    let filter = "NOT attributes.kind = \"a\"";
    create(&mut bench, "no-a", only(filter), Start::Latest).unwrap();
    bench.publish("orders", 0, old);
    assert_eq!(books(&bench, "b"), (3, 1, 2));
    assert_eq!(books(&bench, "no-a"), (3, 2, 1));
    // Its filter was the last one: those of the others keep their places.
    let old = sieved(&bench, of_kinds(&["a", "b"], &[]));
    bench
        .core
        .delete_subscription(&name("b"), bench.now)
        .unwrap();
    bench.drain();
    bench.publish("orders", 0, old);
    assert_eq!(books(&bench, "no-a"), (5, 3, 2));
}

#[test]
fn a_filter_is_known_once_and_publishers_are_told_when_there_is_another() {
    let mut bench = bench();
    let generation = |bench: &Bench| {
        bench
            .core
            .route(&name("orders"))
            .unwrap()
            .filters
            .generation
    };
    let first = generation(&bench);
    assert_ne!(first, 0);
    create(&mut bench, "b2", only(ONLY_B), Start::Latest).unwrap();
    assert_eq!(
        (generation(&bench), bench.routes.len()),
        (first, 0),
        "the same filter"
    );
    create(&mut bench, "c", only("attributes:c"), Start::Latest).unwrap();
    assert_ne!(generation(&bench), first);
    let told = bench.core.route(&name("orders")).unwrap();
    assert_eq!(bench.routes, [(name("orders"), told)]);
    bench.publish("orders", 0, of_kinds(&["a", "b", "c"], &[]));
    assert_eq!(books(&bench, "b"), (3, 1, 2));
    assert_eq!(books(&bench, "b2"), (3, 1, 2));
    assert_eq!(books(&bench, "c"), (3, 0, 3));
    for gone in ["b", "b2", "c"] {
        bench
            .core
            .delete_subscription(&name(gone), bench.now)
            .unwrap();
        bench.drain();
    }
    assert_eq!(generation(&bench), 0, "none is left");
    assert_eq!(bench.routes.len(), 1);
}

#[test]
fn filters_beyond_their_limit_and_holes_beyond_a_commit_group_are_refused() {
    let mut bench = bench();
    for number in 1..MAX_TOPIC_FILTERS {
        let filter = format!("attributes:key-{number}");
        create(
            &mut bench,
            &format!("s{number}"),
            only(&filter),
            Start::Latest,
        )
        .unwrap();
    }
    let refused = create(&mut bench, "more", only("attributes:more"), Start::Latest);
    assert!(
        matches!(refused, Err(Refusal::LimitReached { .. })),
        "{refused:?}"
    );
    create(&mut bench, "known", only(ONLY_B), Start::Latest).unwrap();

    bench.core.limit_groups(14_000);
    let topic = bench.core.route(&name("orders")).unwrap().topic;
    let batches = vec![(
        crate::model::Partition(0),
        of_kinds(&["a", "b"].repeat(50), &[]),
    )];
    let refused = bench
        .core
        .publish(Publication::to(topic, batches), bench.now);
    assert!(
        matches!(refused, Err(Refusal::BatchTooLarge { .. })),
        "{refused:?}"
    );
    bench.publish("orders", 0, of_kinds(&["a"], &[]));
    assert_eq!(books(&bench, "known"), (1, 0, 1));
}

/// Does what the shard does until no scan is under way; gives how many slices it took.
pub(super) fn scan_all(bench: &mut Bench) -> usize {
    let mut slices = 0;
    while let Some(slice) = bench.core.next_scan(bench.now) {
        bench.drain();
        let mut left_out = Vec::new();
        for run in &slice.runs {
            let body = &bench.journal[&run.position].body;
            let columns = Columns::parse(body).unwrap();
            for (index, message) in (0..).zip(columns.messages(body)) {
                if !slice.filter.selects(&Attributes::of(message)) {
                    left_out.push(OffsetRange::one(run.frame_base.plus(index)));
                }
            }
        }
        bench.core.scanned(&slice, &left_out, bench.now);
        bench.drain();
        slices += 1;
    }
    slices
}

pub(super) fn unjudged(bench: &Bench, subscription: &str) -> u64 {
    counts(bench, subscription).counts.unjudged
}

#[test]
fn what_was_published_before_is_scanned_and_not_handed_out_until_then() {
    for from in [From::Everything, From::Floor, From::Checkpoint] {
        let mut bench = bench();
        for _ in 0..3 {
            bench.publish("orders", 0, of_kinds(&["a", "b", "b", "c"], &[]));
        }
        create(&mut bench, "late", only(ONLY_B), Start::Earliest).unwrap();
        bench.publish("orders", 0, of_kinds(&["b", "a"], &[]));
        bench.attach("late", 100, 1 << 20);
        bench.dispatch();
        assert_eq!(
            bench.grants,
            [],
            "not even what is known to be selected: it comes in order"
        );
        assert_eq!(
            (unjudged(&bench, "late"), books(&bench, "late")),
            (12, (14, 1, 1))
        );
        assert_eq!(bench.core.broker_counts(bench.now).backlog, 14 + 7 + 1);
        bench.restart(from);
        assert_eq!(
            (unjudged(&bench, "late"), books(&bench, "late")),
            (12, (14, 1, 1))
        );
        // A slice is judged, then it stops again.
        let slice = bench.core.next_scan(bench.now).unwrap();
        bench.core.restate(bench.core.next_position(), usize::MAX);
        bench.drain();
        bench.restart(from);
        bench.core.scanned(&slice, &[], bench.now);
        bench.core.scanned(&slice, &[], bench.now);
        bench.drain();
        assert_eq!(
            unjudged(&bench, "late"),
            0,
            "all of it is small enough for a slice"
        );
        assert_eq!(
            books(&bench, "late"),
            (14, 13, 1),
            "the first answer counts, the second is late"
        );
    }
}

#[test]
fn a_scan_takes_slices_and_a_subscription_has_then_what_its_filter_selects() {
    let mut bench = bench();
    let kinds = ["a", "b", "c"].repeat(3_000);
    for _ in 0..4 {
        bench.publish("orders", 0, of_kinds(&kinds, &[]));
    }
    create(&mut bench, "late", only(ONLY_B), Start::Earliest).unwrap();
    let consumer = bench.attach("late", 100, 1 << 20);
    assert_eq!(scan_all(&mut bench), 4);
    assert_eq!(
        (unjudged(&bench, "late"), books(&bench, "late")),
        (0, (36_000, 12_000, 24_000))
    );
    assert_eq!(
        counts(&bench, "late").meters.published,
        0,
        "nothing has come in since"
    );
    bench.dispatch();
    assert!(bench.grants.iter().all(|grant| grant.consumer == consumer));
    let runs = bench.grants.iter().flat_map(|grant| &grant.runs);
    let offsets: Vec<u64> = runs
        .flat_map(|run| run.range.offsets())
        .map(|at| at.0)
        .collect();
    assert_eq!(
        offsets,
        (0..100).map(|number| number * 3 + 1).collect::<Vec<_>>()
    );
}

#[test]
fn a_filtered_subscription_that_is_sought_back_is_scanned_again() {
    let mut bench = bench();
    bench.publish("orders", 0, of_kinds(&["a", "b", "c", "b"], &[]));
    let seek = |bench: &mut Bench, target: Start| {
        let back = Seek {
            subscription: &name("b"),
            target: &target,
        };
        let done = bench.core.seek(back, DryRun::No, bench.now).unwrap();
        bench.drain();
        done
    };
    seek(&mut bench, Start::Latest);
    assert_eq!(books(&bench, "b"), (4, 0, 2));
    assert_eq!(seek(&mut bench, Start::Earliest).restored, 4);
    assert_eq!((unjudged(&bench, "b"), books(&bench, "b")), (4, (4, 0, 0)));
    let purge = Purge {
        subscription: &name("b"),
        selection: &Selection {
            keep_newest: Some(2),
            ..Selection::default()
        },
        scope: PurgeScope::Backlog,
    };
    let purged = bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    bench.drain();
    assert_eq!((purged.affected, unjudged(&bench, "b")), (2, 2));
    // What was looked up for another epoch says nothing of this one.
    let slice = bench.core.next_scan(bench.now).unwrap();
    seek(&mut bench, Start::Earliest);
    bench.core.scanned(&slice, &[], bench.now);
    bench.drain();
    assert_eq!(unjudged(&bench, "b"), 4);
    bench.core.purge(purge, DryRun::No, bench.now).unwrap();
    bench.drain();
    scan_all(&mut bench);
    assert_eq!((unjudged(&bench, "b"), books(&bench, "b")), (0, (4, 1, 1)));
    // Back to where nothing has to be judged.
    seek(&mut bench, Start::Latest);
    assert!(!bench.core.has_scans());
    seek(&mut bench, Start::Earliest);
    bench
        .core
        .delete_subscription(&name("b"), bench.now)
        .unwrap();
    bench.drain();
    assert!(!bench.core.has_scans(), "a scan ends with its subscription");
}

#[test]
fn a_filter_stays_what_it_is() {
    let mut bench = bench();
    let change = |now: &SubscriptionSettings| {
        Ok(SubscriptionSettings {
            filter: None,
            ..now.clone()
        })
    };
    let (core, now) = (&mut bench.core, bench.now);
    let updated = core.update_subscription(&name("b"), None, Box::new(change), now);
    let expected = Refusal::FieldImmutable {
        field: "subscription.filter",
    };
    assert_eq!(updated, Err(expected));
}
