//! The log: what it tells of each message, whatever the batches were.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::world::columns;
use crate::delivery::Log;
use crate::model::entry::Published;
use crate::model::{Offset, OffsetRange, Partition, Position, Time, TopicId};

struct Known {
    position: Position,
    base: u64,
    time: Time,
    size: usize,
    key: u64,
}

type Batch = (Position, Published, Vec<(usize, u64)>);

fn batches(random: &mut SmallRng, count: u64) -> Vec<Batch> {
    let (mut base, mut time) = (0, 1_000);
    let mut batches = Vec::new();
    for number in 0..count {
        let length = [1, 1, 3, 700][random.random_range(0..4)];
        let same = random.random_range(0..2) == 0;
        let keyed = random.random_range(0..3) == 0;
        let messages: Vec<(usize, u64)> = (0..length)
            .map(|at: u64| {
                (
                    if same { 10 } else { at as usize % 50 },
                    u64::from(keyed) * at,
                )
            })
            .collect();
        time += [0, 5, 1 << 33][random.random_range(0..3)];
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: Offset(base),
            count: length as u32,
            time: Time(time),
        };
        batches.push((Position(number * 3 + 1), published, messages));
        base += length;
    }
    batches
}

fn known(batches: &[Batch]) -> Vec<Known> {
    let each = batches.iter().flat_map(|(position, published, messages)| {
        messages.iter().map(|&(size, key)| Known {
            position: *position,
            base: published.base.0,
            time: published.time,
            size,
            key,
        })
    });
    each.collect()
}

fn check(log: &Log, known: &[Known], random: &mut SmallRng) {
    assert_eq!(log.next(), Offset(known.len() as u64));
    for (at, message) in known.iter().enumerate().skip(log.low().0 as usize) {
        let offset = Offset(at as u64);
        assert_eq!(log.size(offset) as usize, message.size, "size of {at}");
        assert_eq!(log.key(offset), message.key, "key of {at}");
        assert_eq!(log.time(offset), Some(message.time), "time of {at}");
    }
    for _ in 0..20 {
        let start = random.random_range(log.low().0..=log.next().0);
        let end = random.random_range(start..=log.next().0);
        let range = OffsetRange::between(Offset(start), Offset(end));
        let part = &known[start as usize..end as usize];
        let bytes: usize = part.iter().map(|message| message.size).sum();
        assert_eq!(log.bytes(range), bytes as u64);
        let mut at = start;
        for run in log.runs(range) {
            assert_eq!(run.range.start.0, at);
            for offset in run.range.offsets() {
                let message = &known[offset.0 as usize];
                assert_eq!(run.position, message.position);
                assert_eq!((run.frame_base.0, run.time), (message.base, message.time));
            }
            at = run.range.end.0;
        }
        assert_eq!(at, end);
        let first = random.random_range(0..=known[known.len() - 1].position.0 + 2);
        let within = Position(first)..=Position(first + random.random_range(0..40));
        let naive = log.positions().map(|(position, _)| position);
        let naive = naive.filter(|position| within.contains(position));
        assert!(log.positions_within(within.clone()).eq(naive), "{within:?}");
        let time = Time(part.first().map_or(7, |message| message.time.0) + first % 2);
        let stored = known.iter().enumerate().skip(log.low().0 as usize);
        let mut later = stored.filter(|(_, message)| message.time >= time);
        let later = later.next().map_or(known.len(), |(at, _)| at);
        assert_eq!(log.first_at_or_after(time), Offset(later as u64));
        let budget = random.random_range(0..5_000);
        let mut left = budget as usize;
        let fitting = part.iter().take_while(|message| {
            let fits = message.size <= left;
            left = left.saturating_sub(message.size);
            fits
        });
        assert_eq!(log.fit(range, budget), fitting.count() as u64);
    }
}

#[test]
fn a_log_tells_of_each_message_live_trimmed_and_recovered_in_any_order() {
    for seed in 0..20 {
        let mut random = SmallRng::seed_from_u64(seed);
        let batches = batches(&mut random, 60);
        let known = known(&batches);
        let mut live = Log::new(Offset(0), Offset(0));
        for (position, published, messages) in &batches {
            live.push(*position, published, &columns(messages));
        }
        check(&live, &known, &mut random);
        let mut recovered = Log::default();
        for (position, published, messages) in batches.iter().rev().chain(&batches) {
            recovered.insert(*position, published, &columns(messages));
        }
        check(&recovered, &known, &mut random);
        assert!(live.positions().eq(recovered.positions()));
        assert_eq!(live.positions().count(), batches.len());
        trim_step_by_step(&mut live, &batches, &known, &mut random);
    }
}

#[test]
fn a_log_recovered_in_order_of_position_takes_as_many_blocks_as_before() {
    let mut random = SmallRng::seed_from_u64(7);
    let batches = batches(&mut random, 3_000);
    let (mut live, mut recovered) = (Log::default(), Log::default());
    for (position, published, messages) in &batches {
        live.push(*position, published, &columns(messages));
    }
    // As a start does: every frame once, those below the state floor and those above it in order.
    for (position, published, messages) in &batches {
        recovered.insert(*position, published, &columns(messages));
    }
    assert_eq!(recovered.blocks(), live.blocks());
    let low = Offset(live.next().0 / 3);
    let gone: Vec<_> = live.trim(low).into_iter().map(|(at, _)| at).collect();
    let mut trimmed = Log::new(low, low);
    for (position, published, messages) in &batches {
        if !gone.contains(position) {
            trimmed.insert(*position, published, &columns(messages));
        }
    }
    let (blocks, before) = (trimmed.blocks(), live.blocks());
    assert!(
        blocks <= before + 1,
        "{blocks} after a start, {before} before"
    );
}

fn trim_step_by_step(log: &mut Log, batches: &[Batch], known: &[Known], random: &mut SmallRng) {
    let mut gone = Vec::new();
    while log.low() < log.next() {
        let low = log.low().0 + random.random_range(0..900);
        gone.extend(log.trim(Offset(low)));
        check(log, known, random);
    }
    assert_eq!(log.stored_bytes(), 0);
    let all = batches.iter().map(|(position, _, messages)| {
        let bytes: usize = messages.iter().map(|&(size, _)| size).sum();
        (*position, bytes as u64)
    });
    assert!(gone.into_iter().eq(all), "each frame goes once, in order");
}

#[test]
fn the_first_message_at_or_after_a_time_is_found() {
    let mut log = Log::default();
    for number in 0..10u64 {
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: Offset(number * 2),
            count: 2,
            time: Time(100 + number * 10),
        };
        log.push(
            Position(number + 1),
            &published,
            &columns(&[(1, 0), (2, 0)]),
        );
    }
    assert_eq!(log.first_at_or_after(Time(0)), Offset(0));
    assert_eq!(log.first_at_or_after(Time(110)), Offset(2));
    assert_eq!(log.first_at_or_after(Time(111)), Offset(4));
    assert_eq!(log.first_at_or_after(Time(999)), Offset(20));
}

#[test]
fn a_restated_topic_sets_both_ends() {
    let mut log = Log::default();
    let mut random = SmallRng::seed_from_u64(1);
    for (position, published, messages) in batches(&mut random, 10) {
        log.insert(position, &published, &columns(&messages));
    }
    let next = log.next();
    log.reset(Offset(2), next.plus(5));
    assert_eq!((log.low(), log.next()), (Offset(2), next.plus(5)));
    assert_eq!(log.size(next), 0, "nothing is known of what is not stored");
}

#[test]
fn a_frame_among_millions_is_found_in_few_steps() {
    let is_full = std::env::var("WEIR_TESTS").is_ok_and(|figures| figures == "full");
    let frames = if is_full { 10_000_000 } else { 1_000_000 };
    let mut log = Log::default();
    let columns = columns(&[(100, 0)]);
    for number in 0..frames {
        let published = Published {
            topic: TopicId(1),
            partition: Partition(0),
            base: Offset(number),
            count: 1,
            time: Time(number),
        };
        log.push(Position(number + 1), &published, &columns);
    }
    let mut random = SmallRng::seed_from_u64(1);
    let mut most = 0;
    for _ in 0..100 {
        let wanted = Position(random.random_range(1..=frames));
        let steps = std::cell::Cell::new(0);
        let found = log.last_block(|block| {
            steps.set(steps.get() + 1);
            block.position() <= wanted
        });
        assert!(found.is_some_and(|base| base < wanted.0 && wanted.0 <= base + 1_024));
        most = most.max(steps.get());
        let few = wanted..=Position(wanted.0 + 9);
        let naive = (wanted.0..wanted.0 + 10).filter(|position| *position <= frames);
        assert!(log.positions_within(few).eq(naive.map(Position)));
    }
    println!("{frames} frames: at most {most} blocks looked at");
    assert!(most <= 24, "{most} blocks looked at");
}
