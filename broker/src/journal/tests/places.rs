//! Where frames are is in memory for open segments; of sealed ones only within a bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::rig::{Refused, Rig, figure, small_options};
use crate::journal::codec::Shape;
use crate::journal::places::{Places, RecentPlaces};
use crate::journal::sim_disk::{Choices, SimDisk};
use crate::journal::{Frame, Journal, LocalJournal, Options, OsDisk, ReadError, Threads};
use crate::model::ids::Position;

fn places(frames: u64) -> Arc<Places> {
    let mut places = Places::new(Shape::Dense);
    for relative in 0..frames {
        let offset = usize::try_from(64 + relative * 72).unwrap();
        places.push(relative, offset, 72);
    }
    Arc::new(places)
}

#[test]
fn the_places_used_last_are_kept_within_the_bound() {
    let recent = RecentPlaces::new(400);
    for segment in 1..=4 {
        recent.add(segment, places(25));
    }
    assert_eq!(recent.bytes(), 400);
    assert!(recent.get(1).is_some());
    recent.add(5, places(40));
    // The two that were not used for longest had to go.
    let kept: Vec<bool> = (1..=5).map(|one| recent.get(one).is_some()).collect();
    assert_eq!(kept, [true, false, false, true, true]);
    assert_eq!(recent.bytes(), 360);
    recent.add(5, places(10));
    assert_eq!(recent.bytes(), 240);
    recent.forget(5);
    recent.forget(9);
    assert_eq!(recent.bytes(), 200);
    // One that is larger than the bound is kept alone.
    recent.add(6, places(500));
    assert_eq!(recent.bytes(), 2_000);
    recent.add(7, places(1));
    assert_eq!(recent.bytes(), 4);
}

#[test]
fn places_beyond_the_bound_are_read_back() {
    let options = || Options {
        place_bytes: 100,
        ..small_options()
    };
    let mut rig = Rig::new(SimDisk::new(), options())
        .map_err(Refused::into_text)
        .unwrap();
    for _ in 0..400 {
        rig.append(&[60, 0, 30]);
        rig.settle();
    }
    let choices = &mut Choices::seeded(5);
    for _ in 0..figure(2_000, 20_000) {
        let position = 1 + choices.pick(1_200) as u64;
        let read = rig.journal.reader().read(Position(position));
        rig.oracle.judge(position, &read).unwrap();
        // One segment has about forty frames.
        assert!(rig.journal.place_bytes() <= 400);
    }
    assert!(rig.journal.place_bytes() > 0);
    let missing = rig.journal.reader().read(Position(1_201));
    assert!(matches!(missing, Err(ReadError::NotDurable(_))));
    // Without any index the segments themselves tell.
    let (disk, oracle) = rig.close().unwrap();
    let rig = Rig::open(disk.clone(), options(), oracle).unwrap();
    for (name, _) in disk.files() {
        if name.strip_suffix(".idx").is_some() {
            disk.remove(&name);
        }
    }
    rig.check_live().unwrap();
}

#[test]
fn readers_share_a_bound_that_holds_one_segment() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let options = Options {
        segment_bytes: 16 << 10,
        place_bytes: 1,
        threads: Threads::Own,
        ..small_options()
    };
    let opened = LocalJournal::open(Arc::new(disk), options, &mut |_, _| Ok(()));
    let (mut journal, _) = opened.unwrap();
    let body = |number: u64| number.to_le_bytes().repeat(30);
    let last = 3_000;
    for number in 1..=last {
        let frame = Frame::new(1, 1, bytes::Bytes::new(), body(number).into());
        journal.append(vec![frame], number).unwrap();
    }
    let (sender, durable) = std::sync::mpsc::channel();
    let release = move |outcome: Result<(), _>| sender.send(outcome.is_ok()).unwrap();
    journal.when_durable(Position(last), Box::new(release));
    assert_eq!(journal.hand_over(true), None);
    assert!(durable.recv().unwrap());
    let read = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (reader, read) = (journal.reader(), &read);
            scope.spawn(move || {
                let choices = &mut Choices::seeded(seed);
                for _ in 0..500 {
                    let number = 1 + choices.pick(3_000) as u64;
                    let frame = reader.read(Position(number)).unwrap();
                    assert_eq!(frame.body, body(number));
                    read.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(read.load(Ordering::Relaxed), 2_000);
    Box::new(journal).close().unwrap();
}
