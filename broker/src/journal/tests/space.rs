//! Space: segments go round, needed frames stay, and a full disk leaves the reserve.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::rig::{Refused, Rig, small_options};
use crate::journal::sim_disk::SimDisk;
use crate::journal::{
    AppendError, Frame, Journal, LocalJournal, OpenError, Options, ReadError, Source, Usage,
};
use crate::model::ids::Position;

fn rig() -> Rig {
    Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap()
}

#[test]
fn what_nothing_needs_is_written_over() {
    let mut rig = rig();
    for _ in 0..200 {
        rig.append(&[700, 300]);
        rig.settle();
        for position in rig.oracle.live.clone() {
            rig.release(position);
        }
        if rig.journal.wants_restated().is_some() {
            rig.restate();
        }
        rig.housekeep();
        let Usage {
            segments,
            spare_segments,
            ..
        } = rig.journal.usage();
        assert!(
            segments + spare_segments <= 8,
            "{segments} + {spare_segments}"
        );
    }
    let read = rig.journal.reader().read(Position(1));
    assert!(matches!(read, Err(ReadError::NotFound(_))));
    rig.reopen(small_options())
        .map_err(Refused::into_text)
        .unwrap();
}

#[test]
fn few_needed_frames_do_not_hold_many_segments() {
    let mut rig = rig();
    for group in 0..60 {
        rig.append(&[600, 200]);
        rig.settle();
        // One of twenty is needed for ever.
        for position in rig.oracle.live.clone() {
            if position % 20 != 1 && position < group * 2 {
                rig.release(position);
            }
        }
        if rig.journal.wants_restated().is_some() {
            rig.restate();
        }
        rig.housekeep();
    }
    rig.restate();
    for _ in 0..10 {
        rig.housekeep();
    }
    let usage = rig.journal.usage();
    assert!(usage.cold_segments >= 1, "{usage:?}");
    assert!(usage.segments <= 5, "{usage:?}");
    rig.check_live().unwrap();
    let needed: BTreeSet<u64> = rig.oracle.live.clone();
    assert!(needed.contains(&1) && needed.contains(&41), "{needed:?}");
    let rig = rig
        .reopen(small_options())
        .map_err(Refused::into_text)
        .unwrap();
    assert_eq!(rig.journal.usage().cold_segments, usage.cold_segments);
    let read = rig.journal.reader().read(Position(2));
    assert!(matches!(read, Err(ReadError::NotFound(_))));
}

#[test]
fn a_full_disk_leaves_the_reserve_for_all_but_publishing() {
    let options = || Options {
        spares: 1,
        reserve: 3,
        ..small_options()
    };
    let disk = SimDisk::new();
    let mut rig = Rig::new(disk.clone(), options())
        .map_err(Refused::into_text)
        .unwrap();
    assert!(rig.journal.has_room());
    let used: usize = disk.files().iter().map(|(_, size)| size).sum();
    disk.set_capacity(Some(used + 2_000));
    let mut published = 0;
    while rig.journal.has_room() {
        assert!(rig.append(&[700]));
        rig.settle();
        published += 1;
        assert!(published < 100, "the disk never fills up");
    }
    let mut others = 0;
    while rig.append(&[700]) {
        assert!(rig.settle(), "a full disk poisoned the journal");
        others += 1;
    }
    // Three segments of the reserve take five such frames each.
    assert!(others >= 15, "only {others} went into the reserve");
    let frame = Frame::new(1, 1, bytes::Bytes::new(), bytes::Bytes::from(vec![0; 700]));
    assert!(matches!(
        rig.journal.append(vec![frame], 1),
        Err(AppendError::Full)
    ));
    assert_eq!(rig.oracle.reported(), rig.oracle.appended());
    disk.set_capacity(None);
    rig.housekeep();
    assert!(rig.journal.has_room());
    assert!(rig.append(&[700]) && rig.settle());
    rig.check_live().unwrap();
}

/// Four segments of reserve, six prepared, each for five groups of one such body.
const BODY: [usize; 1] = [700];

fn with_reserve() -> Options {
    Options {
        spares: 2,
        reserve: 4,
        ..small_options()
    }
}

/// Publishes while there is room; the background gets no turn. Tells how much.
fn burst(rig: &mut Rig) -> u64 {
    let mut published = 0;
    while rig.journal.has_room() {
        assert!(rig.append(&BODY), "a publish was let in that has no place");
        published += 1;
        assert!(published < 1_000, "the burst is never refused");
    }
    published
}

/// Puts as much more as the journal takes; the background gets no turn.
fn acks(rig: &mut Rig) -> u64 {
    let mut acks = 0;
    while rig.append(&BODY) {
        assert!(!rig.journal.has_room());
        acks += 1;
    }
    acks
}

fn goes_on(mut rig: Rig) {
    assert!(rig.settle(), "a full disk poisoned the journal");
    assert!(!rig.journal.has_room());
    rig.disk.set_capacity(None);
    rig.housekeep();
    assert!(rig.journal.has_room(), "publishing goes on with the room");
    assert!(rig.append(&BODY) && rig.settle());
    rig.check_live().unwrap();
}

#[test]
fn a_clean_stop_gives_prepared_space_back_where_there_is_plenty_and_keeps_it_elsewhere() {
    for is_plenty in [true, false] {
        let opened = Rig::new(SimDisk::new(), with_reserve());
        let mut rig = opened.map_err(Refused::into_text).unwrap();
        assert!(rig.append(&BODY) && rig.settle());
        let prepared = taken(&rig.disk);
        rig.disk
            .set_capacity(Some(prepared * if is_plenty { 8 } else { 2 }));
        let (disk, oracle) = rig.close().unwrap();
        let left = taken(&disk);
        assert_eq!(left < prepared / 4, is_plenty, "{left} of {prepared}");
        // Somebody else took the rest meanwhile, or all but a segment.
        if is_plenty {
            disk.set_capacity(Some(left));
            let refused = Rig::open(disk.clone(), with_reserve(), oracle.clone()).err();
            assert!(matches!(
                refused,
                Some(Refused::Open(OpenError::Full { .. }))
            ));
        }
        disk.set_capacity(Some(left + (4 << 10)));
        let opened = Rig::open(disk, with_reserve(), oracle);
        let mut rig = opened.map_err(Refused::into_text).unwrap();
        assert!(rig.append(&BODY), "acks go on");
        rig.disk.set_capacity(None);
        rig.housekeep();
        assert!(rig.journal.has_room() && rig.append(&BODY) && rig.settle());
        rig.check_live().unwrap();
    }
}

fn taken(disk: &SimDisk) -> usize {
    disk.files().iter().map(|(_, bytes)| bytes).sum()
}

#[test]
fn a_burst_on_an_almost_full_disk_leaves_the_reserve_whole() {
    let disk = SimDisk::new();
    // A segment, six prepared ones, and less than one more.
    disk.set_capacity(Some(8 * (4 << 10) - 1));
    let mut rig = Rig::new(disk, with_reserve())
        .map_err(Refused::into_text)
        .unwrap();
    rig.settle();
    let published = burst(&mut rig);
    assert_eq!(published, 11, "a segment, a spare, the first of the other");
    assert_eq!(
        acks(&mut rig),
        24,
        "the rest of it, and four of the reserve"
    );
    goes_on(rig);
}

#[test]
fn a_burst_on_a_disk_that_filled_up_unnoticed_leaves_half_of_the_reserve() {
    let disk = SimDisk::new();
    let mut rig = Rig::new(disk.clone(), with_reserve())
        .map_err(Refused::into_text)
        .unwrap();
    rig.settle();
    let used: usize = disk.files().iter().map(|(_, size)| size).sum();
    disk.set_capacity(Some(used));
    let published = burst(&mut rig);
    assert_eq!(published, 21, "into the fourth of six spares");
    assert_eq!(acks(&mut rig), 14, "the rest of it, and two of the reserve");
    goes_on(rig);
}

#[test]
fn a_background_that_is_only_behind_refuses_nothing() {
    let mut rig = Rig::new(SimDisk::new(), with_reserve())
        .map_err(Refused::into_text)
        .unwrap();
    for publish in 0..200 {
        assert!(rig.journal.has_room(), "publish {publish} is refused");
        assert!(rig.append(&BODY));
    }
    assert!(rig.settle());
    assert!(rig.journal.usage().spare_segments >= 6);
}

#[test]
fn a_group_beyond_the_limits_is_refused_and_takes_no_position() {
    let mut rig = rig();
    let frame = |bytes: usize| {
        Frame::new(
            1,
            1,
            bytes::Bytes::new(),
            bytes::Bytes::from(vec![0; bytes]),
        )
    };
    assert!(matches!(
        rig.journal.append(Vec::new(), 1),
        Err(AppendError::Empty)
    ));
    let whole = rig.journal.append(vec![frame(5_000)], 1);
    assert!(
        matches!(whole, Err(AppendError::TooLarge { limit: 4_032, .. })),
        "{whole:?}"
    );
    let limit = rig.journal.max_frame();
    let large = rig.journal.append(vec![frame(limit + 1)], 1);
    assert!(
        matches!(large, Err(AppendError::TooLarge { bytes, .. }) if bytes == limit as u64 + 1),
        "{large:?}"
    );
    assert_eq!(rig.journal.next_position(), Position(1));
}

#[test]
fn a_checkpoint_is_wanted_by_replay_time_alone() {
    let options = Options {
        checkpoint_replay_us: 20,
        ..small_options()
    };
    let mut rig = Rig::new(SimDisk::new(), options)
        .map_err(Refused::into_text)
        .unwrap();
    assert!(!rig.journal.wants_checkpoint());
    for _ in 0..10 {
        rig.append(&[1_000, 0]);
        rig.settle();
    }
    assert!(rig.journal.wants_checkpoint());
    rig.checkpoint();
    assert!(!rig.journal.wants_checkpoint());
    let rig = rig
        .reopen(small_options())
        .map_err(Refused::into_text)
        .unwrap();
    assert_eq!(rig.recovered.checkpoint, Some(Position(20)));
    assert_eq!(rig.recovered.replayed, 0);
}

#[test]
fn nothing_before_the_oldest_position_is_found_again_whenever_a_crash_comes() {
    let mut rig = rig();
    let mut oldest = Position(1);
    for round in 0..80 {
        rig.append(&[700, 300]);
        rig.settle();
        for position in rig.oracle.live.clone() {
            rig.release(position);
        }
        if rig.journal.wants_restated().is_some() {
            rig.restate();
        }
        let oracle = &rig.oracle;
        rig.journal.housekeep(&|range| oracle.is_live(range));
        for _ in 0..round % 4 {
            rig.journal.step();
        }
        assert!(rig.journal.oldest() >= oldest, "it moves up only");
        oldest = rig.journal.oldest();
        if round % 5 != 4 {
            continue;
        }
        let (disk, oracle) = rig.abandon();
        let mut first = Position(u64::MAX);
        let opened = LocalJournal::open(
            Arc::new(disk.clone()),
            small_options(),
            &mut |source, frame| {
                if source != Source::Checkpoint {
                    first = first.min(frame.position);
                }
                Ok(())
            },
        );
        drop(opened.unwrap());
        assert!(first >= oldest, "{first} is found, {oldest} was the oldest");
        rig = Rig::open(disk, small_options(), oracle)
            .map_err(Refused::into_text)
            .unwrap();
    }
    assert!(oldest > Position(100), "{oldest}: segments went");
}
