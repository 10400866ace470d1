//! Legal disks after a crash.
//!
//! After a power cut each unsynced change of an entry, and each sector of each unsynced write, may
//! be there or not, in any combination; a size may have grown without its bytes. Synced changes
//! are there. After a kill everything is there, but nothing more is durable than before.

use super::choices::Choices;
use super::file::SimDisk;
use super::state::{DataChange, Inode, State};

/// What a disk writes as a whole.
const SECTORS: [usize; 2] = [512, 4_096];

/// How the unsynced changes of one file came out.
#[derive(Clone, Copy)]
enum Outcome {
    Nothing,
    Prefix,
    Subset,
    Everything,
    SizeAlone,
}

const OUTCOMES: [Outcome; 5] = [
    Outcome::Nothing,
    Outcome::Prefix,
    Outcome::Subset,
    Outcome::Everything,
    Outcome::SizeAlone,
];

impl SimDisk {
    /// A disk as it may be found after a power cut now. Faults and bounds are not kept, except
    /// skipped syncs.
    #[must_use]
    pub fn crash(&self, choices: &mut Choices) -> Self {
        let before = self.state();
        let sector = if choices.is_exhaustive() {
            SECTORS[0]
        } else {
            SECTORS[choices.pick(2)]
        };
        let mut entries = before.durable_entries.clone();
        for change in &before.pending_entries {
            if choices.pick(2) == 1 {
                change.apply(&mut entries);
            }
        }
        let mut inodes = vec![Inode::default(); before.inodes.len()];
        for inode in entries.values() {
            let bytes = survive(&before.inodes[*inode], sector, choices);
            inodes[*inode] = Inode::holding(bytes);
        }
        Self::from_state(State {
            inodes,
            entries: entries.clone(),
            durable_entries: entries,
            skipped: before.skipped,
            synced: before.synced.clone(),
            ..State::default()
        })
    }

    /// The disk after the process was killed: all writes are in the cache, none of them is more
    /// durable than before.
    #[must_use]
    pub fn kill(&self) -> Self {
        let before = self.state();
        Self::from_state(State {
            inodes: before.inodes.clone(),
            entries: before.entries.clone(),
            durable_entries: before.durable_entries.clone(),
            pending_entries: before.pending_entries.clone(),
            skipped: before.skipped,
            synced: before.synced.clone(),
            ..State::default()
        })
    }

    /// A copy of the disk as it is, everything durable, for tests that spoil it.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let copy = self.kill();
        {
            let state = &mut *copy.state();
            state.pending_entries.clear();
            state.durable_entries = state.entries.clone();
            for inode in &mut state.inodes {
                inode.pending.clear();
                inode.durable = inode.current.clone();
            }
        }
        copy
    }
}

/// The bytes of a file after a power cut.
fn survive(inode: &Inode, sector: usize, choices: &mut Choices) -> Vec<u8> {
    let mut bytes = inode.durable.clone();
    if inode.pending.is_empty() {
        return bytes;
    }
    let outcome = if choices.is_exhaustive() {
        Outcome::Subset
    } else {
        OUTCOMES[choices.pick(OUTCOMES.len())]
    };
    match outcome {
        Outcome::Nothing => {}
        Outcome::Everything => bytes.clone_from(&inode.current),
        Outcome::SizeAlone => bytes.resize(inode.current.len(), 0),
        Outcome::Prefix => {
            let kept = choices.pick(inode.pending.len() + 1);
            for change in &inode.pending[..kept] {
                change.apply(&mut bytes);
            }
            if let Some(DataChange::Write {
                offset,
                bytes: torn,
            }) = inode.pending.get(kept)
            {
                let end = offset + choices.pick(torn.len() + 1);
                let len = (end / sector * sector).saturating_sub(*offset);
                let whole = torn[..len].to_vec();
                DataChange::Write {
                    offset: *offset,
                    bytes: whole,
                }
                .apply(&mut bytes);
            }
        }
        Outcome::Subset => {
            for change in &inode.pending {
                survive_in_part(change, sector, choices, &mut bytes);
            }
        }
    }
    bytes
}

/// Applies some of the sectors that a change touches.
fn survive_in_part(change: &DataChange, sector: usize, choices: &mut Choices, bytes: &mut Vec<u8>) {
    let DataChange::Write {
        offset,
        bytes: written,
    } = change
    else {
        if choices.pick(2) == 1 {
            change.apply(bytes);
        }
        return;
    };
    let (mut at, end) = (*offset, offset + written.len());
    while at < end {
        let next = ((at / sector + 1) * sector).min(end);
        if choices.pick(2) == 1 {
            let part = written[at - offset..next - offset].to_vec();
            DataChange::Write {
                offset: at,
                bytes: part,
            }
            .apply(bytes);
        }
        at = next;
    }
}
