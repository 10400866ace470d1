//! What each hot path costs by itself, without a disk or a socket: a frame encoded and decoded, a batch published,
//! granted and acknowledged by the core, and what a delivery reads from memory.
//!
//! `cargo bench -p weir-tests --bench hot_paths`. `delivery` measures the machine below the core, and `shard` the paths
//! together, on a real disk. Where nothing is copied (a body that is appended, a run that is delivered), bytes a second
//! say only that.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark reads the clock, and stops at what cannot be"
)]

mod deliveries;
mod frames;
mod rounds;

use std::time::Duration;

use criterion::{Throughput, criterion_group, criterion_main};
use weir_broker::core::Allowance;
use weir_broker::model::entry::{Body, BodyBuilder};
use weir_broker::model::settings::{KeyOrder, TopicSettings};
use weir_broker::model::{Name, Span};
use weir_tests::faulty_disk::FaultyDisk;

/// How long a path is measured. Some are a small part of a round, which takes as much longer.
const MEASURED: Duration = Duration::from_millis(500);
const WARM_UP: Duration = Duration::from_millis(100);
/// One segment that is never full: rolling is not what is measured.
const SEGMENT_BYTES: u64 = 1 << 40;
/// What a consumer may hold.
const ALLOWANCE: Allowance = Allowance {
    messages: 100_000,
    bytes: 1 << 30,
};

/// Messages that are published together.
#[derive(Clone, Copy)]
struct Batch {
    name: &'static str,
    count: u64,
    size: usize,
}

const BATCHES: [Batch; 2] = [
    Batch {
        name: "1,000 of 128 B",
        count: 1_000,
        size: 128,
    },
    Batch {
        name: "100 of 1 KiB",
        count: 100,
        size: 1_024,
    },
];

impl Batch {
    /// The batch as it is stored; with order, each message has a key of its own.
    fn body(self, order: KeyOrder) -> Body {
        let message = vec![b'x'; self.size];
        let mut builder = BodyBuilder::default();
        for number in 1..=self.count {
            let key = if order == KeyOrder::Off { 0 } else { number };
            builder.push(&message, key);
        }
        builder.finish().expect("a batch has messages")
    }

    /// So many batches at once.
    fn times(self, times: u64) -> Throughput {
        Throughput::ElementsAndBytes {
            elements: times * self.count,
            bytes: times * self.count * self.size as u64,
        }
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn no_retention() -> TopicSettings {
    TopicSettings {
        retention: Span::ZERO,
        retention_bytes: 0,
        ..TopicSettings::default()
    }
}

/// A disk that takes frames and drops them.
fn hollow() -> FaultyDisk {
    let disk = FaultyDisk::default();
    disk.faults().keep_no_frames();
    disk
}

criterion_group!(
    benches,
    frames::encoding,
    frames::decoding,
    rounds::deciding,
    deliveries::reading,
);
criterion_main!(benches);
