//! The journal with its own threads on the real file system.

use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;

use crate::journal::{
    Frame, Journal, LocalJournal, OpenError, Options, OsDisk, ReadError, Recovered, Source,
};
use crate::model::ids::Position;

fn options() -> Options {
    Options {
        segment_bytes: 64 << 10,
        ..Options::default()
    }
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
    receiver.recv().unwrap().unwrap();
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
