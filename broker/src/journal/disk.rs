//! The disk as the journal sees it, and the real one: the only user of files of data.
//!
//! A `Disk` is one data directory. Names are relative to it, with at most one folder. Nothing here
//! retries or hides: short writes, interruptions and errors are the caller's to handle, so that
//! `SimDisk` can show every one of them to the same code.

#![expect(
    clippy::disallowed_types,
    reason = "this is the module that owns the files of data"
)]

use std::any::Any;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, FlockOperation};

/// The folder that keeps bytes which recovery cut or did not know.
pub const QUARANTINE: &str = "quarantine";
/// The file that is locked while a process has the directory.
const LOCK: &str = "LOCK";

/// The places in the journal that sync; a test removes each in turn and must notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncSite {
    /// A batch of frames, before it is reported durable.
    Batch,
    /// The manifest's new file, before it is renamed.
    Manifest,
    /// The directory, after the manifest was renamed.
    ManifestDirectory,
    /// The checkpoint's new file, before it is renamed.
    Checkpoint,
    /// The directory, after the checkpoint was renamed.
    CheckpointDirectory,
    /// The last segment, after recovery read frames that may be in the page cache alone.
    Recovered,
    /// Torn bytes kept aside, before they are cut.
    Quarantine,
    /// The quarantine folder, before the torn bytes are cut.
    QuarantineDirectory,
    /// A cold segment's file, before the manifest names it.
    Cold,
    /// The directory, before the manifest names a new file.
    SegmentDirectory,
}

impl SyncSite {
    /// Every site.
    pub const ALL: [Self; 10] = [
        Self::Batch,
        Self::Manifest,
        Self::ManifestDirectory,
        Self::Checkpoint,
        Self::CheckpointDirectory,
        Self::Recovered,
        Self::Quarantine,
        Self::QuarantineDirectory,
        Self::Cold,
        Self::SegmentDirectory,
    ];

    /// The site's name, the same in every release.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Manifest => "manifest",
            Self::ManifestDirectory => "manifest directory",
            Self::Checkpoint => "checkpoint",
            Self::CheckpointDirectory => "checkpoint directory",
            Self::Recovered => "recovered",
            Self::Quarantine => "quarantine",
            Self::QuarantineDirectory => "quarantine directory",
            Self::Cold => "cold",
            Self::SegmentDirectory => "segment directory",
        }
    }
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reading.
    Read,
    /// Reading and writing.
    Write,
}

/// Keeps the directory locked until it is dropped.
pub type DirectoryLock = Box<dyn Any + Send + Sync>;

/// An open file of the data directory.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Writes the parts one after the other at `offset`; returns how many bytes were taken.
    fn write_at(&self, offset: u64, parts: &[io::IoSlice<'_>]) -> io::Result<usize>;
    /// Reads at `offset`; returns how many bytes were read, 0 at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Makes the bytes and the size durable.
    fn sync_data(&self, site: SyncSite) -> io::Result<()>;
    /// Sets the size to `bytes`, dropping what is beyond.
    fn truncate(&self, bytes: u64) -> io::Result<()>;
    /// Reserves space for `bytes` and extends the size to it; never shrinks.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
    /// The size in bytes.
    fn size(&self) -> io::Result<u64>;
}

/// A data directory.
pub trait Disk: Send + Sync + fmt::Debug {
    /// The directory's name for messages.
    fn directory(&self) -> String;
    /// Makes the directory and its quarantine folder if they are missing.
    fn prepare(&self) -> io::Result<()>;
    /// Locks the directory; `WouldBlock` when another has it.
    fn lock(&self) -> io::Result<DirectoryLock>;
    /// Opens an existing file.
    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates a file, emptying one that is there.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Renames a file, replacing one that is there.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn unlink(&self, name: &str) -> io::Result<()>;
    /// Names of the files in the directory itself, in no order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes creations, renames and removals in `folder` durable; empty is the directory itself.
    fn sync_directory(&self, folder: &str, site: SyncSite) -> io::Result<()>;
    /// Free bytes of the file system for this user.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// A directory of the operating system.
#[derive(Debug, Clone)]
pub struct OsDisk {
    root: PathBuf,
}

impl OsDisk {
    /// The directory at `root`; it is made when the journal is opened.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// A file of the operating system.
#[derive(Debug)]
struct OsFile {
    file: File,
}

impl DiskFile for OsFile {
    fn write_at(&self, offset: u64, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::pwritev(&self.file, parts, offset)?)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn sync_data(&self, _site: SyncSite) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(
            &self.file,
            FallocateFlags::empty(),
            0,
            bytes,
        )?)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

fn sync_path(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes `folder` and syncs its parent, so that it is there after a power cut.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !parent.is_dir() {
        make_folder(parent)?;
    }
    std::fs::create_dir(folder)?;
    sync_path(parent)
}

impl Disk for OsDisk {
    fn directory(&self) -> String {
        self.root.display().to_string()
    }

    fn prepare(&self) -> io::Result<()> {
        make_folder(&self.root)?;
        make_folder(&self.path(QUARANTINE))
    }

    fn lock(&self) -> io::Result<DirectoryLock> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(self.path(LOCK))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(file))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(access == Access::Write);
        let file = options.open(self.path(name))?;
        Ok(Arc::new(OsFile { file }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(self.path(name))?;
        Ok(Arc::new(OsFile { file }))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that owns the files of data"
    )]
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that owns the files of data"
    )]
    fn unlink(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn sync_directory(&self, folder: &str, _site: SyncSite) -> io::Result<()> {
        sync_path(&self.path(folder))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}
