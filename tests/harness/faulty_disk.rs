//! A disk in memory that waits, fails or reads wrong when a test says so: for refusals that no client can
//! provoke by itself. It loses nothing, unless it is told to keep no frames, for a benchmark of what is above the disk;
//! what a power cut loses is `SimDisk`'s own business.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use weir_broker::journal::Disk;
use weir_broker::journal::disk::{Access, DirectoryLock, DiskFile, SyncSite};
use weir_broker::journal::sim_disk::SimDisk;

/// What is wrong with the disk at the moment; nothing at first.
#[derive(Debug, Default)]
pub struct Faults {
    is_shut: Mutex<bool>,
    opened: Condvar,
    fails_syncs: AtomicBool,
    reads_wrong: AtomicBool,
    keeps_no_frames: AtomicBool,
}

impl Faults {
    /// From now on syncs wait.
    pub fn shut(&self) {
        *self.is_shut.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Syncs go on.
    pub fn open(&self) {
        *self.is_shut.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.opened.notify_all();
    }

    /// From now on syncs fail.
    pub fn fail_syncs(&self) {
        self.fails_syncs.store(true, Ordering::SeqCst);
    }

    /// From now on, or no longer, reads give other bytes than were written.
    pub fn read_wrong(&self, is_wrong: bool) {
        self.reads_wrong.store(is_wrong, Ordering::SeqCst);
    }

    /// From now on what is written into segments is taken and dropped, and they take no space. Said before anything is
    /// opened; nothing is found there afterwards.
    pub fn keep_no_frames(&self) {
        self.keeps_no_frames.store(true, Ordering::SeqCst);
    }

    fn sync(&self) -> io::Result<()> {
        let is_shut = self.is_shut.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(is_shut, |is_shut| *is_shut));
        if self.fails_syncs.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk has gone bad"));
        }
        Ok(())
    }
}

/// The disk.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    disk: SimDisk,
    faults: Arc<Faults>,
}

impl FaultyDisk {
    /// The switches of what is wrong with it.
    pub fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults)
    }

    fn file(
        &self,
        name: &str,
        file: io::Result<Arc<dyn DiskFile>>,
    ) -> io::Result<Arc<dyn DiskFile>> {
        let faults = self.faults();
        // A segment has the other ending until it is one.
        let is_segment = matches!(name.rsplit_once('.'), Some((_, "seg" | "new")));
        let is_hollow = is_segment && faults.keeps_no_frames.load(Ordering::SeqCst);
        Ok(Arc::new(FaultyFile {
            file: file?,
            faults,
            is_hollow,
        }))
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Arc<dyn DiskFile>,
    faults: Arc<Faults>,
    /// Takes what is written, and keeps nothing.
    is_hollow: bool,
}

impl DiskFile for FaultyFile {
    fn write_at(&self, offset: u64, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        if self.is_hollow {
            return Ok(parts.iter().map(|part| part.len()).sum());
        }
        self.file.write_at(offset, parts)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(offset, buffer)?;
        // What begins a file is no message, but for example the manifest, which is read back.
        if self.faults.reads_wrong.load(Ordering::SeqCst)
            && offset > 0
            && let Some(byte) = buffer[..count].get_mut(count / 2)
        {
            *byte ^= 1;
        }
        Ok(count)
    }

    fn sync_data(&self, site: SyncSite) -> io::Result<()> {
        self.faults.sync()?;
        self.file.sync_data(site)
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.truncate(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        if self.is_hollow {
            return Ok(());
        }
        self.file.allocate(bytes)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
}

impl Disk for FaultyDisk {
    fn directory(&self) -> String {
        self.disk.directory()
    }

    fn prepare(&self) -> io::Result<()> {
        self.disk.prepare()
    }

    fn lock(&self) -> io::Result<DirectoryLock> {
        self.disk.lock()
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        self.file(name, self.disk.open(name, access))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.file(name, self.disk.create(name))
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
