//! The journal with its own threads on the real file system.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::ThreadId;

use bytes::Bytes;

use crate::journal::options::{LAZY_DELAY, OWN_BYTES, OWN_SYNC_US};
use crate::journal::{
    Frame, Journal, LocalJournal, OpenError, Options, OsDisk, ReadError, Recovered, Source,
};
use crate::model::ids::Position;

fn options() -> Options {
    Options {
        segment_bytes: 64 << 10,
        monotonic_us: passing_us,
        ..Options::default()
    }
}

fn passing_us() -> u64 {
    static NOW: AtomicU64 = AtomicU64::new(0);
    NOW.fetch_add(1_000, Ordering::Relaxed)
}

fn open(disk: &OsDisk, options: Options) -> (LocalJournal, Recovered, Vec<(Source, u64, Bytes)>) {
    let mut seen = Vec::new();
    let (journal, recovered) =
        LocalJournal::open(Arc::new(disk.clone()), options, &mut |source, frame| {
            seen.push((source, frame.position.0, Bytes::copy_from_slice(frame.body)));
            Ok(())
        })
        .expect("the directory opens");
    (journal, recovered, seen)
}

fn frame(number: u64, body: usize) -> Frame {
    let body = Bytes::from(vec![number.to_le_bytes()[0]; body]);
    Frame::new(1, 1, Bytes::copy_from_slice(&number.to_le_bytes()), body)
}

fn wait_durable(journal: &mut LocalJournal, position: Position) {
    let (sender, receiver) = mpsc::channel();
    journal.when_durable(
        position,
        Box::new(move |outcome| sender.send(outcome).unwrap()),
    );
    // The clock of these tests passes a millisecond with each look.
    while journal.hand_over(true).is_some() {}
    receiver.recv().unwrap().unwrap();
}

/// Appends one frame and hands it over; on which thread it became durable.
fn written_by(journal: &mut LocalJournal, frame: Frame, is_idle: bool) -> ThreadId {
    let last = journal.append(vec![frame], 1).unwrap();
    let (sender, receiver) = mpsc::channel();
    let release = move |_| sender.send(std::thread::current().id()).unwrap();
    journal.when_durable(last, Box::new(release));
    assert_eq!(journal.hand_over(is_idle), None);
    receiver.recv().unwrap()
}

#[test]
fn a_little_is_written_by_who_hands_it_over_and_has_nothing_else_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    // No sync takes long by a clock that stands still.
    let options = Options {
        monotonic_us: || 0,
        ..options()
    };
    let (mut journal, _, _) = open(&disk, options.clone());
    let here = std::thread::current().id();
    let much = usize::try_from(OWN_BYTES).unwrap();
    assert_eq!(written_by(&mut journal, frame(1, 100), true), here);
    assert_ne!(written_by(&mut journal, frame(2, 100), false), here);
    assert_ne!(written_by(&mut journal, frame(3, much), true), here);
    // The writer's thread may still be on its way out of its turn.
    let own = (0..1_000).any(|_| written_by(&mut journal, frame(4, 100), true) == here);
    assert!(own, "the thread keeps the writer");
    drop(journal);
    let options = Options {
        own_bytes: 0,
        ..options
    };
    let (mut journal, _, _) = open(&disk, options);
    assert_ne!(written_by(&mut journal, frame(5, 1), true), here);
}

#[test]
fn a_disk_that_is_slow_is_waited_for_once() {
    fn slow_us() -> u64 {
        static NOW: AtomicU64 = AtomicU64::new(0);
        NOW.fetch_add(2 * OWN_SYNC_US, Ordering::Relaxed)
    }
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let options = Options {
        monotonic_us: slow_us,
        ..options()
    };
    let (mut journal, _, _) = open(&disk, options);
    let here = std::thread::current().id();
    assert_eq!(written_by(&mut journal, frame(1, 100), true), here);
    for number in 2..10 {
        assert_ne!(written_by(&mut journal, frame(number, 100), true), here);
    }
}

#[test]
fn lazy_frames_go_along_with_an_eager_one() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let (mut journal, _, _) = open(&disk, options());
    let lazy = journal.append(vec![frame(1, 10).lazy()], 1).unwrap();
    assert!(
        journal
            .hand_over(true)
            .is_some_and(|left| left <= LAZY_DELAY)
    );
    assert!(journal.watermark().durable() < lazy);
    let eager = journal.append(vec![frame(2, 10)], 1).unwrap();
    assert_eq!(journal.hand_over(true), None);
    assert_eq!(journal.watermark().durable(), eager);
    assert_eq!(journal.watermark().uncommitted_bytes(), 0);
}

#[test]
fn what_was_durable_is_replayed_and_read_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path().join("data"));
    let (mut journal, recovered, seen) = open(&disk, options());
    assert!(recovered.is_new && seen.is_empty());
    for number in 1..=200 {
        let last = journal.append(vec![frame(number, 1_000)], number).unwrap();
        assert_eq!(last, Position(number));
        if number % 50 == 0 {
            wait_durable(&mut journal, last);
        }
    }
    let reader = journal.reader();
    assert_eq!(
        reader.read(Position(77)).unwrap().body,
        frame(77, 1_000).body
    );
    Box::new(journal).close().unwrap();
    let (journal, recovered, seen) = open(&disk, options());
    assert!(recovered.was_clean);
    assert_eq!(recovered.last, Position(200));
    assert_eq!(seen.len(), 200);
    for (number, (source, position, body)) in (1..).zip(&seen) {
        assert_eq!((*source, *position), (Source::Log, number));
        assert_eq!(body, &frame(number, 1_000).body);
        assert_eq!(journal.reader().read(Position(number)).unwrap().body, body);
    }
    assert!(matches!(
        journal.reader().read(Position(201)),
        Err(ReadError::NotDurable(_))
    ));
    drop(journal);
    let (_, recovered, seen) = open(&disk, options());
    assert!(!recovered.was_clean);
    assert_eq!(seen.len(), 200);
}

#[test]
fn lazy_frames_become_durable_without_an_eager_one() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let (mut journal, _, _) = open(&disk, options());
    let last = journal.append(vec![frame(1, 10).lazy()], 1).unwrap();
    wait_durable(&mut journal, last);
    assert_eq!(journal.watermark().durable(), last);
    assert_eq!(journal.watermark().uncommitted_bytes(), 0);
}

#[test]
fn a_directory_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let (_journal, _, _) = open(&disk, options());
    let second = LocalJournal::open(Arc::new(disk), options(), &mut |_, _| Ok(()));
    assert!(matches!(second.map(|_| ()), Err(OpenError::Locked { .. })));
}

#[test]
fn readers_never_see_a_segment_that_is_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let (mut journal, _, _) = open(
        &disk,
        Options {
            segment_bytes: 16 << 10,
            ..options()
        },
    );
    let (reader, watermark) = (journal.reader(), journal.watermark());
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (1..=2_u64)
        .map(|stride| {
            let (reader, watermark) = (reader.clone(), watermark.clone());
            let is_over = Arc::clone(&is_over);
            std::thread::spawn(move || {
                let (mut read, mut back) = (0_u64, 0);
                while !is_over.load(Ordering::Relaxed) {
                    let durable = watermark.durable().0;
                    back = (back + stride * 7) % 150;
                    let position = durable.saturating_sub(back).max(1);
                    if durable == 0 {
                        continue;
                    }
                    match reader.read(Position(position)) {
                        Ok(stored) => {
                            assert_eq!(stored.body, frame(position, 500).body);
                            read += 1;
                        }
                        Err(ReadError::NotFound(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                read
            })
        })
        .collect();
    for number in 1..=4_000 {
        let last = journal.append(vec![frame(number, 500)], number).unwrap();
        if number % 20 == 0 {
            wait_durable(&mut journal, last);
            journal.set_state_floor(last);
            journal.housekeep(&|_| Vec::new());
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let read: u64 = readers
        .into_iter()
        .map(|reader| reader.join().unwrap())
        .sum();
    assert!(read > 100, "only {read} frames were read");
    assert!(!journal.watermark().is_poisoned());
    assert!(journal.usage().segments < 40, "{:?}", journal.usage());
    Box::new(journal).close().unwrap();
}

#[test]
fn groups_of_many_threads_of_work_become_durable_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let disk = OsDisk::new(directory.path());
    let (mut journal, _, _) = open(
        &disk,
        Options {
            segment_bytes: 1 << 20,
            ..options()
        },
    );
    let (sender, receiver) = mpsc::channel();
    for number in 1..=3_000 {
        // Bodies on both sides of the size that is written without a copy.
        let body = usize::try_from(number % 5 * 4_096).unwrap();
        let last = journal
            .append(vec![frame(number, body), frame(number, 3)], number)
            .unwrap();
        let sender = sender.clone();
        journal.when_durable(
            last,
            Box::new(move |outcome| {
                sender.send(outcome.map(|()| last.0).unwrap()).unwrap();
            }),
        );
        assert_eq!(journal.hand_over(false), None);
    }
    drop(sender);
    let mut released = vec![receiver.recv().unwrap()];
    while *released.last().unwrap() < 6_000 {
        released.push(receiver.recv().unwrap());
    }
    assert!(
        released.is_sorted() && released.len() == 3_000,
        "{} released",
        released.len()
    );
    let syncs = journal.usage().syncs;
    assert!(syncs < 2_000, "{syncs} syncs for 3,000 groups");
    Box::new(journal).close().unwrap();
    let (_, recovered, seen) = open(
        &disk,
        Options {
            segment_bytes: 1 << 20,
            ..options()
        },
    );
    assert_eq!(recovered.last, Position(6_000));
    for (number, pair) in (1..).zip(seen.chunks(2)) {
        let body = usize::try_from(number % 5 * 4_096).unwrap();
        assert_eq!(pair[0].2, frame(number, body).body);
        assert_eq!(pair[1].2, frame(number, 3).body);
    }
}
