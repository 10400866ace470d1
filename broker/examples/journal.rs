//! Measures the journal against plain synced writes to the same disk in the same run.
//!
//! `cargo run --release -p weir-broker --example journal [directory]` prints, for each load, what
//! the disk does by itself, what the journal does, and the ratio of the two.
#![expect(clippy::print_stdout, reason = "this program's output is its result")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::io::IoSlice;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use bytes::Bytes;
use weir_broker::journal::disk::SyncSite;
use weir_broker::journal::{Disk as _, Frame, Journal as _, LocalJournal, Options, OsDisk};
use weir_broker::model::ids::Position;

type Failure = Box<dyn std::error::Error>;

const MIB: usize = 1 << 20;
/// MiB that each load of large groups writes.
const TOTAL: usize = 512;
/// Appended bytes that may wait, as the shard bounds them.
const AHEAD_BYTES: u64 = 16 << 20;

fn main() -> Result<(), Failure> {
    let base = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let root = base.join(format!("weir-journal-{}", std::process::id()));
    let disk = OsDisk::new(&root);
    disk.prepare()?;
    let result = measure(&disk);
    std::fs::remove_dir_all(&root)?;
    result
}

static CLOCK: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();

fn monotonic_us() -> u64 {
    let micros = CLOCK.get().map_or(0, |start| start.elapsed().as_micros());
    u64::try_from(micros).unwrap_or(u64::MAX)
}

fn measure(disk: &OsDisk) -> Result<(), Failure> {
    CLOCK.get_or_init(Instant::now);
    let options = Options {
        monotonic_us,
        ..Options::default()
    };
    let (mut journal, _) = LocalJournal::open(Arc::new(disk.clone()), options, &mut |_, _| Ok(()))?;
    for round in 1..=2 {
        println!("round {round}");
        single(disk, &mut journal)?;
        small_groups(&mut journal)?;
        large_groups(disk, &mut journal, 16, 64 << 10)?;
        large_groups(disk, &mut journal, 1, MIB)?;
        large_groups(disk, &mut journal, 1_000, 1_000)?;
    }
    Box::new(journal).close()?;
    Ok(())
}

fn frame(bytes: usize) -> Frame {
    Frame::new(
        1,
        1,
        Bytes::from_static(&[7; 24]),
        Bytes::from(vec![1; bytes]),
    )
}

fn wait(journal: &mut LocalJournal, position: Position) -> Result<(), Failure> {
    let (sender, receiver) = mpsc::channel();
    let release = move |outcome| drop(sender.send(outcome));
    journal.when_durable(position, Box::new(release));
    Ok(receiver.recv()??)
}

fn median(mut times_us: Vec<f64>) -> (f64, f64) {
    times_us.sort_by(f64::total_cmp);
    (
        times_us[times_us.len() / 2],
        times_us[times_us.len() * 9 / 10],
    )
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}

/// One small frame at a time, each waited for; raw writes in turn with it.
fn single(disk: &OsDisk, journal: &mut LocalJournal) -> Result<(), Failure> {
    let file = disk.create("raw")?;
    file.allocate(4 << 20)?;
    let bytes = [1; 184];
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for index in 0..3_000_u64 {
        let before = Instant::now();
        file.write_at(index * 184, &[IoSlice::new(&bytes)])?;
        file.sync_data(SyncSite::Batch)?;
        raw.push(micros(before));
        let before = Instant::now();
        let last = journal.append(vec![frame(100)], 1)?;
        wait(journal, last)?;
        ours.push(micros(before));
    }
    let ((raw, raw_p90), (ours, ours_p90)) = (median(raw), median(ours));
    println!(
        "  single 100 B frame, median (p90): raw {raw:.0} ({raw_p90:.0}) us, \
         journal {ours:.0} ({ours_p90:.0}) us, overhead {:.0} us",
        ours - raw
    );
    disk.unlink("raw")?;
    Ok(())
}

/// Appends `count` groups made by `make`, never more than a bound ahead of the disk.
fn pump(journal: &mut LocalJournal, count: u64, group: &[Frame]) -> Result<(f64, u64), Failure> {
    let watermark = journal.watermark();
    let syncs = journal.usage().syncs;
    let before = Instant::now();
    let mut last = Position::START;
    for _ in 0..count {
        while watermark.uncommitted_bytes() > AHEAD_BYTES {
            let next = Position(watermark.durable().0 + 1);
            wait(journal, next)?;
        }
        last = journal.append(group.to_vec(), 1)?;
        recycle(journal, last);
    }
    wait(journal, last)?;
    Ok((
        before.elapsed().as_secs_f64(),
        journal.usage().syncs - syncs,
    ))
}

/// Nothing is kept, so that segments go round as they do in a drained broker.
fn recycle(journal: &mut LocalJournal, last: Position) {
    if journal.usage().segments > 6 {
        journal.set_state_floor(last);
        journal.housekeep(&|_| Vec::new());
    }
}

/// Many small frames in groups, as a busy broker appends them.
fn small_groups(journal: &mut LocalJournal) -> Result<(), Failure> {
    for frames in [1_u64, 10, 100] {
        let group: Vec<Frame> = (0..frames).map(|_| frame(100)).collect();
        let count = 1_000_000 / (9 + frames);
        let (seconds, syncs) = pump(journal, count, &group)?;
        println!(
            "  pipelined groups of {frames:>3} x 100 B: {:>9.0} frames/s, {:>7.0} groups/s, \
             {:.0} syncs/s",
            (count * frames) as f64 / seconds,
            count as f64 / seconds,
            syncs as f64 / seconds
        );
    }
    Ok(())
}

/// Groups of about a MiB, against writes of a MiB that are each synced.
fn large_groups(
    disk: &OsDisk,
    journal: &mut LocalJournal,
    frames: usize,
    body: usize,
) -> Result<(), Failure> {
    let file = disk.create("raw")?;
    file.allocate((64 * MIB) as u64)?;
    let bytes = vec![1; MIB];
    // Once over the file first, since the journal's segments are recycled written ones too.
    let mut seconds = 0.0;
    for pass in 0..2 {
        let before = Instant::now();
        for index in 0..TOTAL / 2 {
            let offset = (index % 64 * MIB) as u64;
            file.write_at(offset, &[IoSlice::new(&bytes)])?;
            file.sync_data(SyncSite::Batch)?;
        }
        if pass == 1 {
            seconds = before.elapsed().as_secs_f64();
        }
    }
    let raw = (TOTAL / 2) as f64 / seconds;
    disk.unlink("raw")?;
    let group: Vec<Frame> = (0..frames).map(|_| frame(body)).collect();
    let count = (TOTAL * MIB / (frames * body)) as u64;
    let (seconds, syncs) = pump(journal, count, &group)?;
    let ours = (count * (frames * body) as u64) as f64 / MIB as f64 / seconds;
    println!(
        "  groups of {frames:>4} x {body:>7} B: raw synced MiB {raw:.0} MiB/s, \
         journal {ours:.0} MiB/s, ratio {:.2}, {:.0} syncs/s",
        ours / raw,
        syncs as f64 / seconds
    );
    Ok(())
}
