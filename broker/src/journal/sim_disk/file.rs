//! The simulated disk behind the traits, and the handles that tests turn.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::choices::Choices;
use super::state::{DataChange, EntryChange, Fault, Inode, PowerAfter, State};
use crate::journal::disk::{Access, DirectoryLock, Disk, DiskFile, SyncSite};

/// A disk in memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

impl SimDisk {
    /// An empty disk without faults or bounds.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn from_state(state: State) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets `fault` strike the `nth` operation from now on, 1 being the next.
    pub fn fail(&self, nth: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.operations + nth;
        state.faults.insert(at, fault);
    }

    /// Takes back all faults that did not strike yet.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.noise = None;
    }

    /// Interrupts or shortens about half of all reads and writes.
    pub fn set_noise(&self, choices: Choices) {
        self.state().noise = Some(choices);
    }

    /// Makes every sync of one site report success without doing anything.
    pub fn skip_syncs(&self, site: SyncSite) {
        self.state().skipped = Some(site);
    }

    /// Bounds the sum of all files' sizes.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.state().capacity = bytes;
    }

    /// Makes the file system read-only or writable.
    pub fn set_read_only(&self, is_read_only: bool) {
        self.state().is_read_only = is_read_only;
    }

    /// Whether the power went.
    pub fn is_off(&self) -> bool {
        self.state().is_off
    }

    /// Whether a sync of this site was asked for.
    pub fn has_synced(&self, site: SyncSite) -> bool {
        self.state().synced.contains(site.name())
    }

    /// Names and sizes of all files, quarantine included.
    pub fn files(&self) -> Vec<(String, usize)> {
        let state = self.state();
        let size = |inode: &usize| state.inodes[*inode].current.len();
        state
            .entries
            .iter()
            .map(|(name, inode)| (name.clone(), size(inode)))
            .collect()
    }

    /// The bytes of a file; none when it is missing.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state
            .find(name)
            .ok()
            .map(|inode| state.inodes[inode].current.clone())
    }

    /// Bytes that were read of a file so far.
    pub fn bytes_read(&self, name: &str) -> u64 {
        let state = self.state();
        let inode = state.find(name).ok();
        inode.map_or(0, |inode| state.inodes[inode].bytes_read)
    }

    /// Changes a file behind everyone's back, durably; creates it if it is missing.
    pub fn replace(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        state.inodes.push(Inode::holding(bytes));
        let number = state.inodes.len() - 1;
        state.entries.insert(name.to_owned(), number);
        state.durable_entries.insert(name.to_owned(), number);
    }

    /// Removes a file behind everyone's back, durably.
    pub fn remove(&self, name: &str) {
        let mut state = self.state();
        state.entries.remove(name);
        state.durable_entries.remove(name);
    }

    /// Flips one bit of a file behind everyone's back; false when it is not that long.
    pub fn flip(&self, name: &str, byte: usize, bit: u8) -> bool {
        let Some(mut bytes) = self.contents(name) else {
            return false;
        };
        let Some(target) = bytes.get_mut(byte) else {
            return false;
        };
        *target ^= 1 << (bit % 8);
        self.replace(name, bytes);
        true
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    inode: usize,
    access: Access,
}

impl SimFile {
    /// How much of `len` a transfer does, with the faults that strike it.
    fn transfer(state: &mut State, len: usize) -> io::Result<(usize, Option<Fault>)> {
        let fault = state.begin()?;
        if fault == Some(Fault::Interrupted) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if fault == Some(Fault::Short) {
            return Ok((len.div_ceil(2), fault));
        }
        let Some(noise) = &mut state.noise else {
            return Ok((len, fault));
        };
        match noise.pick(4) {
            0 => Err(io::ErrorKind::Interrupted.into()),
            1 if len > 1 => Ok((1 + noise.pick(len - 1), fault)),
            _ => Ok((len, fault)),
        }
    }
}

impl DiskFile for SimFile {
    fn write_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let state = &mut *self.disk.state();
        if state.is_read_only || self.access == Access::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let (len, fault) = Self::transfer(state, bytes.len())?;
        bytes.truncate(len);
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        state.check_space(self.inode, offset + bytes.len())?;
        let inode = &mut state.inodes[self.inode];
        match fault {
            Some(Fault::Error(kind)) => {
                bytes.truncate(len / 2);
                inode.change(DataChange::Write { offset, bytes });
                Err(kind.into())
            }
            Some(Fault::PowerCut) => {
                inode.change(DataChange::Write { offset, bytes });
                state.end(PowerAfter::Off)?;
                Ok(len)
            }
            _ => {
                inode.change(DataChange::Write { offset, bytes });
                Ok(len)
            }
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = &mut *self.disk.state();
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let (len, fault) = Self::transfer(state, buffer.len())?;
        match fault {
            Some(Fault::Error(kind)) => return Err(kind.into()),
            Some(Fault::PowerCut) => state.end(PowerAfter::Off)?,
            _ => {}
        }
        let bytes = state.inodes[self.inode]
            .current
            .get(offset..)
            .unwrap_or_default();
        let len = len.min(bytes.len());
        buffer[..len].copy_from_slice(&bytes[..len]);
        state.inodes[self.inode].bytes_read += len as u64;
        Ok(len)
    }

    fn sync_data(&self, site: SyncSite) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let fault = state.begin()?;
        state.synced.insert(site.name());
        let inode = &mut state.inodes[self.inode];
        match fault {
            Some(Fault::Error(kind)) => {
                // The pages are marked clean: they are never written, and no later sync tells.
                inode.pending.clear();
                Err(kind.into())
            }
            Some(Fault::PowerCut) => state.end(PowerAfter::Off),
            _ if state.skipped == Some(site) => Ok(()),
            _ => {
                inode.sync();
                Ok(())
            }
        }
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let power = state.begin_change()?;
        let size = usize::try_from(bytes).map_err(io::Error::other)?;
        state.inodes[self.inode].change(DataChange::Resize(size));
        state.end(power)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let power = state.begin_change()?;
        let size = usize::try_from(bytes).map_err(io::Error::other)?;
        state.check_space(self.inode, size)?;
        let inode = &mut state.inodes[self.inode];
        if size > inode.current.len() {
            inode.change(DataChange::Resize(size));
        }
        state.end(power)
    }

    fn size(&self) -> io::Result<u64> {
        let state = &mut *self.disk.state();
        let power = state.begin_whole()?;
        state.end(power)?;
        Ok(state.inodes[self.inode].current.len() as u64)
    }
}

/// Gives the lock back when it is dropped.
struct SimLock(SimDisk);

impl Drop for SimLock {
    fn drop(&mut self) {
        self.0.state().is_locked = false;
    }
}

impl Disk for SimDisk {
    fn directory(&self) -> String {
        "the simulated disk".to_owned()
    }

    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self) -> io::Result<DirectoryLock> {
        let mut state = self.state();
        let power = state.begin_change()?;
        if state.is_locked {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.end(power)?;
        state.is_locked = true;
        Ok(Box::new(SimLock(self.clone())))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let power = state.begin_whole()?;
        state.end(power)?;
        let inode = state.find(name)?;
        Ok(Arc::new(SimFile {
            disk: self.clone(),
            inode,
            access,
        }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let power = state.begin_change()?;
        let inode = if let Ok(inode) = state.find(name) {
            state.inodes[inode].change(DataChange::Resize(0));
            inode
        } else {
            state.inodes.push(Inode::default());
            let inode = state.inodes.len() - 1;
            state.change_entries(EntryChange::Link(name.to_owned(), inode));
            inode
        };
        state.end(power)?;
        Ok(Arc::new(SimFile {
            disk: self.clone(),
            inode,
            access: Access::Write,
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let power = state.begin_change()?;
        let inode = state.find(from)?;
        let (from, to) = (from.to_owned(), to.to_owned());
        state.change_entries(EntryChange::Rename { from, to, inode });
        state.end(power)
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let power = state.begin_change()?;
        state.find(name)?;
        state.change_entries(EntryChange::Unlink(name.to_owned()));
        state.end(power)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut state = self.state();
        let power = state.begin_whole()?;
        state.end(power)?;
        Ok(state
            .entries
            .keys()
            .filter(|name| !name.contains('/'))
            .cloned()
            .collect())
    }

    fn sync_directory(&self, folder: &str, site: SyncSite) -> io::Result<()> {
        let mut state = self.state();
        let power = state.begin_whole()?;
        state.synced.insert(site.name());
        state.end(power)?;
        if state.skipped != Some(site) {
            state.sync_entries(folder);
        }
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.state();
        let free = state
            .capacity
            .map_or(usize::MAX, |capacity| capacity.saturating_sub(state.used()));
        Ok(free as u64)
    }
}
