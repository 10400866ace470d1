//! A shard on a disk in memory whose syncs can be held, and what the tests say to it.

use std::any::Any;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;

use crate::core::{Allowance, Publication, Receipt, SequenceRange, Start};
use crate::journal::disk::{Access, DirectoryLock, DiskFile, SyncSite};
use crate::journal::sim_disk::SimDisk;
use crate::journal::{Disk, Options};
use crate::model::entry::{Body, BodyBuilder};
use crate::model::settings::{SubscriptionSettings, TopicSettings};
use crate::model::{Client, Name, Partition, Refusal, TopicId};
use crate::shard::{
    DeliveredRun, Handle, Session, SessionEvent, Shard, Subscribe, SubscriptionSample,
    process_micros,
};

/// What takes longer than this has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits for a future, but not for ever.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(LIMIT, future).await;
    waited.expect("it takes longer than the limit of this test")
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Options that roll segments often.
pub(super) fn options() -> Options {
    Options {
        segment_bytes: 64 << 10,
        uncommitted_bytes: 32 << 10,
        max_frame: 16 << 10,
        // These tests hold syncs on the thread on which the owner runs.
        own_bytes: 0,
        monotonic_us: process_micros,
        ..Options::default()
    }
}

pub(super) fn start(disk: &Arc<dyn Disk>) -> Shard {
    Shard::start(Arc::clone(disk), PathBuf::from("/"), options()).unwrap()
}

pub(super) fn sim() -> (Arc<dyn Disk>, SimDisk) {
    let disk = SimDisk::new();
    (Arc::new(disk.clone()), disk)
}

/// A topic `t` with a subscription `s`.
pub(super) async fn set_up(handle: &Handle, settings: SubscriptionSettings) -> TopicId {
    let topic = handle.create_topic(name("t"), TopicSettings::default());
    let topic = soon(topic).await.unwrap();
    let subscription = handle.create_subscription(name("s"), name("t"), settings, Start::Latest);
    soon(subscription).await.unwrap();
    topic.id
}

/// The encoded message with this payload.
pub(super) fn message(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x0a];
    let mut len = payload.len();
    while len >= 0x80 {
        bytes.push(u8::try_from(len & 0x7f).unwrap() | 0x80);
        len >>= 7;
    }
    bytes.push(u8::try_from(len).unwrap());
    bytes.extend_from_slice(payload);
    bytes
}

pub(super) fn body(payloads: &[&[u8]]) -> Body {
    let mut builder = BodyBuilder::default();
    for payload in payloads {
        builder.push(&message(payload), 0);
    }
    builder.finish().unwrap()
}

pub(super) fn batch(payloads: &[&[u8]]) -> Vec<(Partition, Body)> {
    vec![(Partition(0), body(payloads))]
}

/// Where messages are: partition, offset of the first, how many.
pub(super) fn placed(receipt: &Receipt) -> Vec<(u32, u64, u32)> {
    let runs = receipt.runs.iter();
    runs.map(|run| (run.partition.0, run.base.0, run.count))
        .collect()
}

pub(super) async fn publish(
    handle: &Handle,
    topic: TopicId,
    payloads: &[&[u8]],
) -> Result<Receipt, Refusal> {
    soon(handle.publish(Publication::to(topic, batch(payloads)))).await
}

pub(super) async fn subscribe(handle: &Handle, messages: u64) -> Session {
    let subscribe = Subscribe {
        subscription: name("s"),
        name: "worker".to_owned(),
        peer: "here".to_owned(),
        client: Client::default(),
        allowance: Allowance {
            messages,
            bytes: 1 << 20,
        },
        confirm_acks: false,
    };
    soon(handle.subscribe(subscribe)).await.unwrap()
}

/// The next delivered runs.
pub(super) async fn delivered(session: &mut Session) -> Vec<DeliveredRun> {
    match soon(session.next()).await {
        SessionEvent::Deliver(runs) => runs,
        other => panic!("expected deliveries, not {other:?}"),
    }
}

/// Deliveries until `count` messages have come.
pub(super) async fn deliveries(session: &mut Session, count: u64) -> Vec<DeliveredRun> {
    let mut runs = Vec::new();
    while runs.iter().map(|run: &DeliveredRun| run.count).sum::<u64>() < count {
        runs.extend(delivered(session).await);
    }
    runs
}

pub(super) fn sequences(run: &DeliveredRun) -> SequenceRange {
    SequenceRange {
        first: run.first_sequence,
        last: run.first_sequence + run.count - 1,
    }
}

/// Acknowledges runs on the session's stream.
pub(super) async fn ack(session: &Session, runs: &[DeliveredRun]) {
    let acks = runs.iter().map(sequences).collect();
    session.feedback().ack(acks).await.unwrap();
}

/// The messages of runs, without their tags.
pub(super) fn messages(runs: &[DeliveredRun]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    for run in runs {
        let mut rest: Bytes = run.messages.clone();
        while !rest.is_empty() {
            assert_eq!(rest[0], 0x12);
            let (mut len, mut at, mut shift) = (0usize, 1, 0);
            loop {
                let byte = rest[at];
                len |= usize::from(byte & 0x7f) << shift;
                (at, shift) = (at + 1, shift + 7);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            messages.push(rest.slice(at..at + len).to_vec());
            rest = rest.slice(at + len..);
        }
    }
    messages
}

/// The numbers of `s` now.
pub(super) async fn numbers(handle: &Handle) -> Arc<SubscriptionSample> {
    let sample = soon(handle.sample(None, Some(name("s")))).await.unwrap();
    Arc::clone(&sample.subscriptions[0])
}

/// Looks at the numbers of `s` until they are as wanted.
pub(super) async fn until(handle: &Handle, is_so: impl Fn(&SubscriptionSample) -> bool) {
    let look = async {
        while !is_so(&*numbers(handle).await) {
            tokio::task::yield_now().await;
        }
    };
    soon(look).await;
}

/// A disk whose syncs wait while its gate is shut.
#[derive(Debug, Clone)]
pub(super) struct GatedDisk {
    disk: SimDisk,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
pub(super) struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub(super) fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }

    pub(super) fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let is_shut = self.is_shut.lock().unwrap();
        drop(self.opened.wait_while(is_shut, |is_shut| *is_shut).unwrap());
    }
}

pub(super) fn gated() -> (Arc<dyn Disk>, Arc<Gate>) {
    let (disk, gate, _) = gated_sim();
    (disk, gate)
}

/// The same with the disk behind the gate.
pub(super) fn gated_sim() -> (Arc<dyn Disk>, Arc<Gate>, SimDisk) {
    let (sim, gate) = (SimDisk::new(), Arc::new(Gate::default()));
    let disk = GatedDisk {
        disk: sim.clone(),
        gate: Arc::clone(&gate),
    };
    (Arc::new(disk), gate, sim)
}

#[derive(Debug)]
struct GatedFile {
    file: Arc<dyn DiskFile>,
    gate: Arc<Gate>,
}

impl GatedDisk {
    fn gated(&self, file: io::Result<Arc<dyn DiskFile>>) -> io::Result<Arc<dyn DiskFile>> {
        let gate = Arc::clone(&self.gate);
        Ok(Arc::new(GatedFile { file: file?, gate }))
    }
}

impl DiskFile for GatedFile {
    fn write_at(&self, offset: u64, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.file.write_at(offset, parts)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn sync_data(&self, site: SyncSite) -> io::Result<()> {
        self.gate.pass();
        self.file.sync_data(site)
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.truncate(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.file.allocate(bytes)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
}

impl Disk for GatedDisk {
    fn directory(&self) -> String {
        self.disk.directory()
    }

    fn prepare(&self) -> io::Result<()> {
        self.disk.prepare()
    }

    fn lock(&self) -> io::Result<DirectoryLock> {
        let lock: Box<dyn Any + Send + Sync> = self.disk.lock()?;
        Ok(lock)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        self.gated(self.disk.open(name, access))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.gated(self.disk.create(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        self.disk.unlink(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn sync_directory(&self, folder: &str, site: SyncSite) -> io::Result<()> {
        self.disk.sync_directory(folder, site)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
}
