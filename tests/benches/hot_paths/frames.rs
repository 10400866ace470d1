//! Frames on their way to the disk and back.

use std::path::PathBuf;
use std::sync::Arc;

use criterion::Criterion;
use weir_broker::journal::{Frame, Journal as _, LocalJournal, Options, OsDisk, Reader, Threads};
use weir_broker::model::entry::{Body, Columns, Entry, Published, encode};
use weir_broker::model::settings::KeyOrder;
use weir_broker::model::{Offset, Partition, Position, Time, TopicId};

use super::{BATCHES, Batch, MEASURED, SEGMENT_BYTES, WARM_UP, hollow};

/// Frames that are read back in turn, and the bytes of the segments that hold them.
const STORED: u64 = 64;
const STORED_SEGMENT_BYTES: u64 = 16 << 20;

/// What the api makes of the messages of a publish, and what the journal makes of it on its way to the disk.
pub(super) fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame encode");
    group.measurement_time(MEASURED).warm_up_time(WARM_UP);
    for batch in BATCHES {
        group.throughput(batch.times(1));
        let said = format!("{}: body and checksum", batch.name);
        group.bench_function(said, |bencher| {
            bencher.iter(|| batch.body(KeyOrder::Off));
        });
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            threads: Threads::Stepped,
            ..Options::default()
        };
        let opened = LocalJournal::open(Arc::new(hollow()), options, &mut |_, _| Ok(()));
        let (mut journal, _) = opened.expect("a journal");
        while journal.step() {}
        let body = batch.body(KeyOrder::Off);
        let said = format!("{}: append and write", batch.name);
        group.bench_function(said, |bencher| {
            bencher.iter(|| {
                let frame = frame(batch, &body);
                journal.append(vec![frame], 1).expect("it is taken");
                journal.step()
            });
        });
        let last = Position(journal.next_position().0 - 1);
        assert_eq!(journal.watermark().durable(), last, "all of it was written");
    }
    group.finish();
}

/// A journal on a real disk with some batches in it, which the operating system still has in memory.
fn stored(batch: Batch, folder: PathBuf) -> (LocalJournal, Reader) {
    let options = Options {
        segment_bytes: STORED_SEGMENT_BYTES,
        spares: 1,
        reserve: 1,
        max_frame: 1 << 20,
        threads: Threads::Stepped,
        ..Options::default()
    };
    let disk = Arc::new(OsDisk::new(folder));
    let opened = LocalJournal::open(disk, options, &mut |_, _| Ok(()));
    let (mut journal, _) = opened.expect("a journal");
    let body = batch.body(KeyOrder::Off);
    for _ in 0..STORED {
        let frame = frame(batch, &body);
        journal.append(vec![frame], 1).expect("it is taken");
    }
    while journal.step() {}
    let reader = journal.reader();
    (journal, reader)
}

/// What is read back of a batch that is in memory no more: checksums, and where its messages are.
pub(super) fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame decode");
    group.measurement_time(MEASURED).warm_up_time(WARM_UP);
    for batch in BATCHES {
        group.throughput(batch.times(1));
        let folder = tempfile::tempdir_in(".").expect("a directory");
        let (_journal, reader) = stored(batch, folder.path().to_owned());
        let mut positions = (1..=STORED).cycle();
        group.bench_function(batch.name, |bencher| {
            bencher.iter(|| {
                let position = positions.next().map_or(Position::START, Position);
                let frame = reader.read(position).expect("it is there");
                let columns = Columns::parse(&frame.body).expect("it is a batch");
                assert_eq!(u64::from(columns.count), batch.count);
                (frame, columns)
            });
        });
    }
    group.finish();
}

/// A batch as the journal is given it.
fn frame(batch: Batch, body: &Body) -> Frame {
    let encoded = encode(&Entry::Published(Published {
        topic: TopicId(1),
        partition: Partition(0),
        base: Offset(batch.count),
        count: body.columns.count,
        time: Time(1),
    }));
    Frame {
        kind: encoded.kind,
        version: encoded.version,
        head: encoded.head.into(),
        body: body.bytes.clone(),
        body_crc: body.crc,
        eager: true,
    }
}
