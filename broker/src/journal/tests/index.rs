//! The index of a sealed segment saves a start from reading what is kept, and is never believed
//! when it is not what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rig::{Refused, Rig, Verdict, figure, hold, indexed_front, small_options};
use crate::journal::disk::Access;
use crate::journal::sim_disk::{Choices, SimDisk};
use crate::journal::{Disk as _, Frame, Indexed, Journal, LocalJournal, Options, Source, verify};
use crate::model::ids::Position;

const SEGMENT: u64 = 64 << 10;
/// Frames of large batches: 15 to a segment.
const FRAMES: u64 = 300;
const BODY: usize = 4 << 10;

fn options() -> Options {
    Options {
        segment_bytes: SEGMENT,
        checkpoint_covers_data: false,
        ..small_options()
    }
}

fn body(number: u64) -> Vec<u8> {
    let bytes = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    bytes.iter().copied().cycle().take(BODY).collect()
}

/// What a start shows of the data: position, and head and body as far as they are shown.
type Shown = BTreeMap<u64, (Vec<u8>, Vec<u8>)>;

fn open(disk: &SimDisk, options: Options) -> (LocalJournal, Shown) {
    let mut shown = Shown::new();
    let disk = Arc::new(disk.clone());
    let opened = LocalJournal::open(disk, options, &mut |source, frame| {
        if source == Source::Data {
            let known = (frame.head.to_vec(), frame.body.to_vec());
            let before = shown.insert(frame.position.0, known);
            assert_eq!(before, None, "{} is shown twice", frame.position);
        }
        Ok(())
    });
    (opened.unwrap().0, shown)
}

fn settle(journal: &mut LocalJournal) {
    while journal.step() {}
    assert!(!journal.watermark().is_poisoned());
}

/// A directory whose frames are all data but the last few.
fn filled() -> (SimDisk, LocalJournal) {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk, options());
    for number in 1..=FRAMES {
        let head = number.to_le_bytes().to_vec();
        let frame = Frame::new(1, 1, head.into(), body(number).into());
        let last = journal.append(vec![frame], number).unwrap();
        journal.keep(last, BODY as u64);
        settle(&mut journal);
        journal.set_state_floor(last);
    }
    (disk, journal)
}

fn closed() -> SimDisk {
    let (disk, journal) = filled();
    Box::new(journal).close().unwrap();
    disk
}

fn names(disk: &SimDisk, ending: &str) -> Vec<String> {
    let files = disk.files().into_iter();
    let used = files.filter(|(name, size)| name.strip_suffix(ending).is_some() && *size > 0);
    used.map(|(name, _)| name).collect()
}

fn bytes_read(disk: &SimDisk, ending: &str) -> u64 {
    // Those that a stop has emptied, too.
    let files = disk.files().into_iter();
    let files = files.filter(|(name, _)| name.strip_suffix(ending).is_some());
    files.map(|(name, _)| disk.bytes_read(&name)).sum()
}

/// Opens and counts; all of the data but the newest must have been shown, its front only.
fn start_and_count(disk: &SimDisk, newest: u64) -> (LocalJournal, u64, u64) {
    let before = (bytes_read(disk, ".seg"), bytes_read(disk, ".idx"));
    let (journal, shown) = open(disk, options());
    let read = (bytes_read(disk, ".seg"), bytes_read(disk, ".idx"));
    assert!(shown.keys().copied().eq(1..=shown.len() as u64));
    assert!(
        shown.len() as u64 + newest >= FRAMES,
        "{} shown",
        shown.len()
    );
    for (number, (head, front)) in shown {
        assert_eq!(head, number.to_le_bytes());
        assert_eq!(front, indexed_front(&body(number)));
    }
    (journal, read.0 - before.0, read.1 - before.1)
}

#[test]
fn a_start_after_a_clean_stop_reads_index_files_not_data() {
    let disk = closed();
    let (mut journal, segments, indexes) = start_and_count(&disk, 1);
    // The last segment, which is open, and 64 bytes of each of the others.
    assert!(segments < SEGMENT + 64 * 30, "{segments} bytes of data");
    assert!(indexes > 0 && indexes < FRAMES * 100, "{indexes} bytes");
    settle(&mut journal);
    for number in 1..=FRAMES {
        let read = journal.reader().read(Position(number)).unwrap();
        assert_eq!(read.body, body(number));
    }
}

#[test]
fn a_start_after_a_kill_reads_few_segments() {
    let (disk, mut journal) = filled();
    journal.housekeep(&|range| (range.start().0..=range.end().0).map(Position).collect());
    settle(&mut journal);
    let disk = disk.kill();
    // The manifest lags behind by the segments that were begun since it was written.
    let (_, segments, _) = start_and_count(&disk, 60);
    assert!(segments <= 6 * SEGMENT, "{segments} bytes of data");
}

#[test]
fn a_start_reads_the_indexes_of_cold_segments() {
    let (disk, mut journal) = filled();
    let needed = |number: u64| number % 20 == 3;
    for number in (1..FRAMES).filter(|number| !needed(*number)) {
        journal.release(Position(number), BODY as u64);
    }
    for _ in 0..20 {
        journal.housekeep(&|range| {
            let all = range.start().0..=range.end().0;
            all.filter(|number| needed(*number)).map(Position).collect()
        });
        settle(&mut journal);
    }
    assert!(journal.usage().cold_segments > 1, "{:?}", journal.usage());
    Box::new(journal).close().unwrap();
    let before = bytes_read(&disk, ".seg");
    let (journal, shown) = open(&disk, options());
    let read = bytes_read(&disk, ".seg") - before;
    assert!(read < SEGMENT + 64 * 30, "{read} bytes of data");
    for number in (1..FRAMES).filter(|number| needed(*number)) {
        assert_eq!(shown[&number].1, indexed_front(&body(number)));
        let read = journal.reader().read(Position(number)).unwrap();
        assert_eq!(read.body, body(number));
    }
}

/// Opens a directory with a spoilt index: all is as if it were sound, and it is so afterwards.
fn judge_spoilt(what: &str, disk: &SimDisk, name: &str, sound: &[u8], expected: &Shown) {
    let (mut journal, shown) = open(disk, options());
    assert!(shown == *expected, "{what}: other data was shown");
    for number in 1..=FRAMES {
        let read = journal.reader().read(Position(number));
        assert_eq!(read.unwrap().body, body(number), "{what}: {number}");
    }
    settle(&mut journal);
    let now = disk.contents(name).unwrap_or_default();
    // What only readers use is looked at when they do; a start leaves it.
    let is_left = disk.contents(name).is_some() && now != sound;
    if is_left {
        let index = disk.open(name, Access::Read).unwrap();
        assert_eq!(index.size().unwrap(), sound.len() as u64, "{what}");
    }
    for number in 1..=FRAMES {
        let read = journal.reader().read(Position(number));
        assert_eq!(read.unwrap().body, body(number), "{what}: {number}");
    }
}

#[test]
fn a_spoilt_index_makes_a_start_slower_and_nothing_else() {
    let disk = closed();
    let (_, expected) = open(&disk.snapshot(), options());
    let indexes = names(&disk, ".idx");
    assert!(indexes.len() > 10, "{indexes:?}");
    let (name, other) = (&indexes[1], &indexes[2]);
    let sound = disk.contents(name).unwrap();
    let step = usize::try_from(figure(5, 1)).unwrap();
    for byte in (0..sound.len()).step_by(step) {
        let spoilt = disk.snapshot();
        spoilt.flip(name, byte, u8::try_from(byte % 8).unwrap());
        let report = verify(&spoilt).unwrap();
        assert!(!report.notes.is_empty(), "verify misses byte {byte}");
        judge_spoilt(&format!("byte {byte}"), &spoilt, name, &sound, &expected);
        let spoilt = disk.snapshot();
        spoilt.replace(name, sound[..byte].to_vec());
        judge_spoilt(&format!("cut at {byte}"), &spoilt, name, &sound, &expected);
    }
    let spoilt = disk.snapshot();
    spoilt.replace(name, disk.contents(other).unwrap());
    judge_spoilt("another segment's", &spoilt, name, &sound, &expected);
    let spoilt = disk.snapshot();
    spoilt.remove(name);
    judge_spoilt("none", &spoilt, name, &sound, &expected);
    let spoilt = disk.snapshot();
    let earlier = [b"WEIRIDX1".as_slice(), &sound[8..]].concat();
    spoilt.replace(name, earlier);
    judge_spoilt("an earlier format's", &spoilt, name, &sound, &expected);
    assert_eq!(spoilt.contents(name).unwrap(), sound);
}

#[test]
fn random_bytes_in_an_index_are_not_believed() {
    let disk = closed();
    let (_, expected) = open(&disk.snapshot(), options());
    let name = &names(&disk, ".idx")[3];
    let sound = disk.contents(name).unwrap();
    for seed in 0..figure(100, 5_000) {
        let choices = &mut Choices::seeded(seed);
        let mut bytes = sound.clone();
        for _ in 0..=choices.pick(6) {
            // A run of zeros or of other bytes, as a torn write leaves it.
            let start = choices.pick(bytes.len());
            let end = (start + choices.pick(512)).min(bytes.len());
            let fill = if choices.pick(2) == 0 { 0 } else { 0xa5 };
            bytes[start..end].fill(fill);
        }
        let spoilt = disk.snapshot();
        spoilt.replace(name, bytes);
        judge_spoilt(&format!("seed {seed}"), &spoilt, name, &sound, &expected);
    }
}

#[test]
fn an_index_that_holds_other_fronts_is_written_anew() {
    let disk = closed();
    let other = || Options {
        indexed: Indexed {
            version: 8,
            bytes: |_, _, _, body| body.len().min(9),
        },
        ..options()
    };
    let (mut journal, shown) = open(&disk, other());
    assert!(shown.values().all(|(_, front)| front.len() == 9));
    settle(&mut journal);
    drop(journal);
    let before = bytes_read(&disk, ".seg");
    let (_, shown) = open(&disk, other());
    assert!(shown.values().all(|(_, front)| front.len() == 9));
    let read = bytes_read(&disk, ".seg") - before;
    // Unclean, so that the next spare is looked at too.
    assert!(read < 3 * SEGMENT, "{read} bytes of data");
}

#[test]
fn a_front_may_be_longer_than_what_is_read_at_once() {
    let options = || Options {
        segment_bytes: 1 << 20,
        indexed: Indexed {
            version: 1,
            // It is told by the first byte, and only when enough is there.
            bytes: |_, _, _, body| match body.first() {
                Some(1) if body.len() > 150_000 => 150_000,
                Some(1) | None => body.len(),
                Some(_) => 1,
            },
        },
        ..small_options()
    };
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk, options());
    for first in [1, 2, 1, 0, 1, 2, 1, 1] {
        let frame = Frame::new(1, 1, bytes::Bytes::new(), vec![first; 200_000].into());
        journal.append(vec![frame], 1).unwrap();
        settle(&mut journal);
    }
    journal.set_state_floor(Position(6));
    Box::new(journal).close().unwrap();
    let (_, shown) = open(&disk, options());
    let fronts: Vec<usize> = shown.values().map(|(_, front)| front.len()).collect();
    assert_eq!(fronts, [150_000, 1, 150_000, 1, 150_000]);
    assert!(bytes_read(&disk, ".idx") > 3 * 150_000);
}

#[test]
fn a_segment_shorter_than_its_index_says_is_refused() {
    let disk = closed();
    let name = &names(&disk, ".idx")[2].replace(".idx", ".seg");
    let mut bytes = disk.contents(name).unwrap();
    bytes.truncate(30_000);
    disk.replace(name, bytes);
    let opened = Rig::open(disk, options(), super::oracle::Oracle::default());
    assert!(matches!(
        opened,
        Err(Refused::Open(crate::journal::OpenError::Damaged { .. }))
    ));
}

/// Work, a power cut, a start that reads indexes, and the same again.
fn work_and_cut(seed: u64) -> Verdict {
    let options = || Options {
        checkpoint_covers_data: false,
        ..small_options()
    };
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(SimDisk::new(), options()).map_err(Refused::into_text)?;
    for _ in 0..3 {
        for _ in 0..20 + choices.pick(40) {
            rig.act(choices);
        }
        let (disk, oracle) = rig.abandon();
        rig = Rig::open(disk.crash(choices), options(), oracle).map_err(Refused::into_text)?;
    }
    Ok(())
}

#[test]
fn what_a_power_cut_leaves_of_indexes_loses_no_message() {
    hold("indexes and power cuts", figure(400, 10_000), work_and_cut);
}
