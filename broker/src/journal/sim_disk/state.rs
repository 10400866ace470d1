//! What a simulated disk holds: files and entries, durable and not yet durable.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::choices::Choices;
use crate::journal::disk::SyncSite;

/// What goes wrong with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes while the operation runs; nothing works afterwards.
    PowerCut,
    /// The operation fails. A failed write may have written a part; a failed sync drops what it
    /// should have made durable, and later syncs of the file succeed all the same.
    Error(io::ErrorKind),
    /// A write or read does only a part.
    Short,
    /// A write or read is interrupted before it did anything.
    Interrupted,
}

/// A change of a file's bytes that is not durable.
#[derive(Debug, Clone)]
pub(super) enum DataChange {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// A change of a folder's entries that is not durable.
#[derive(Debug, Clone)]
pub(super) enum EntryChange {
    Link(String, usize),
    Rename {
        from: String,
        to: String,
        inode: usize,
    },
    Unlink(String),
}

impl EntryChange {
    /// The folder whose sync makes the change durable.
    fn folder(&self) -> &str {
        let (Self::Link(name, _) | Self::Rename { to: name, .. } | Self::Unlink(name)) = self;
        name.split_once('/').map_or("", |(folder, _)| folder)
    }

    pub(super) fn apply(&self, entries: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link(name, inode) => {
                entries.insert(name.clone(), *inode);
            }
            Self::Rename { from, to, inode } => {
                // It is this file that moves, whatever the old name stands for by now.
                if entries.get(from) == Some(inode) {
                    entries.remove(from);
                }
                entries.insert(to.clone(), *inode);
            }
            Self::Unlink(name) => {
                entries.remove(name);
            }
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    pub(super) durable: Vec<u8>,
    pub(super) current: Vec<u8>,
    pub(super) pending: Vec<DataChange>,
    /// Bytes that were read since the disk was made.
    pub(super) bytes_read: u64,
}

impl DataChange {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write {
                offset,
                bytes: written,
            } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Resize(size) => bytes.resize(*size, 0),
        }
    }
}

impl Inode {
    /// A file whose bytes are durable.
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        Self {
            durable: bytes.clone(),
            current: bytes,
            ..Self::default()
        }
    }

    pub(super) fn change(&mut self, change: DataChange) {
        change.apply(&mut self.current);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) inodes: Vec<Inode>,
    pub(super) entries: BTreeMap<String, usize>,
    pub(super) durable_entries: BTreeMap<String, usize>,
    pub(super) pending_entries: Vec<EntryChange>,
    pub(super) operations: u64,
    pub(super) faults: BTreeMap<u64, Fault>,
    pub(super) noise: Option<Choices>,
    pub(super) skipped: Option<SyncSite>,
    pub(super) synced: BTreeSet<&'static str>,
    pub(super) capacity: Option<usize>,
    pub(super) is_read_only: bool,
    pub(super) is_locked: bool,
    pub(super) is_off: bool,
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}

impl State {
    /// Counts one operation; says which fault strikes it, or fails when the power is off.
    pub(super) fn begin(&mut self) -> io::Result<Option<Fault>> {
        if self.is_off {
            return Err(power_is_off());
        }
        self.operations += 1;
        Ok(self.faults.remove(&self.operations))
    }

    /// As `begin`, for an operation that either happens or fails as a whole.
    pub(super) fn begin_whole(&mut self) -> io::Result<PowerAfter> {
        match self.begin()? {
            Some(Fault::Error(kind)) => Err(kind.into()),
            Some(Fault::PowerCut) => Ok(PowerAfter::Off),
            _ => Ok(PowerAfter::On),
        }
    }

    pub(super) fn begin_change(&mut self) -> io::Result<PowerAfter> {
        if self.is_read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.begin_whole()
    }

    /// Ends an operation, with the power if need be.
    pub(super) fn end(&mut self, power: PowerAfter) -> io::Result<()> {
        match power {
            PowerAfter::On => Ok(()),
            PowerAfter::Off => {
                self.is_off = true;
                Err(power_is_off())
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> io::Result<usize> {
        self.entries
            .get(name)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn change_entries(&mut self, change: EntryChange) {
        change.apply(&mut self.entries);
        self.pending_entries.push(change);
    }

    pub(super) fn sync_entries(&mut self, folder: &str) {
        let (due, rest): (Vec<_>, Vec<_>) = self
            .pending_entries
            .drain(..)
            .partition(|change| change.folder() == folder);
        self.pending_entries = rest;
        for change in due {
            change.apply(&mut self.durable_entries);
        }
    }

    /// Whether a file may grow to `size`.
    pub(super) fn check_space(&self, inode: usize, size: usize) -> io::Result<()> {
        let Some(capacity) = self.capacity else {
            return Ok(());
        };
        let others = self.entries.values().filter(|other| **other != inode);
        let used: usize = others.map(|other| self.inodes[*other].current.len()).sum();
        if size > self.inodes[inode].current.len() && used + size > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(super) fn used(&self) -> usize {
        self.entries
            .values()
            .map(|inode| self.inodes[*inode].current.len())
            .sum()
    }
}

/// Whether the power stays on after an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PowerAfter {
    On,
    Off,
}
