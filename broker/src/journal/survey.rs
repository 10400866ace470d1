//! Reading a data directory without changing it: what is there and where the log ends.
//!
//! Opening, verifying and the dry run of a repair share this. It begins here with the manifest and
//! the checkpoint, goes on in `walk` with the sealed segments, and ends in `tail` with those that
//! may have been written last.

use std::io;

use super::api::{OpenError, Replay};
use super::checkpoint::{self, Checkpoint};
use super::disk::{Access, Disk};
use super::findings::{Survey, damaged, io_error};
use super::manifest::{self, Manifest, ManifestError};
use super::options::Indexed;
use super::transfer::read_file;
use super::walk::Walk;

/// What a survey is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Opening: replay starts at the checkpoint or the state floor.
    Open {
        /// A checkpoint makes frames before it needless.
        covers_data: bool,
        /// What is shown of the bodies before the start of replay.
        indexed: Indexed,
    },
    /// Looking at everything: all frames are shown as the log's, the checkpoint is not.
    Inspect,
}

/// Reads the manifest; `None` when the directory is new.
pub(super) fn read_manifest(disk: &dyn Disk) -> Result<Option<Manifest>, OpenError> {
    let file = match disk.open(manifest::NAME, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let names = disk.list().map_err(io_error("list", "the directory"))?;
            return match names
                .iter()
                .find(|name| name.strip_suffix(".seg").is_some())
            {
                Some(segment) => {
                    let reason = format!("it is missing, though there is {segment}");
                    Err(damaged(manifest::NAME, 0, reason))
                }
                None => Ok(None),
            };
        }
        Err(error) => return Err(io_error("open", manifest::NAME)(error)),
    };
    let mut bytes = Vec::new();
    read_file(&*file, &mut bytes).map_err(io_error("read", manifest::NAME))?;
    match Manifest::decode(&bytes) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(ManifestError::Newer(found)) => Err(OpenError::Newer {
            directory: disk.directory(),
            found,
            supported: manifest::FORMAT,
        }),
        Err(error) => Err(damaged(manifest::NAME, 0, error.to_string())),
    }
}

/// Reads everything that `manifest` names and shows it to `replay`.
pub(super) fn survey(
    disk: &dyn Disk,
    manifest: &Manifest,
    access: Access,
    purpose: Purpose,
    replay: &mut Replay<'_>,
) -> Result<Survey, OpenError> {
    let mut notes = Vec::new();
    let checkpoint = newest_checkpoint(disk, manifest, &mut notes);
    let at = checkpoint.as_ref().map(|checkpoint| checkpoint.at);
    let (is_open, covers_data, indexed) = match purpose {
        Purpose::Open {
            covers_data,
            indexed,
        } => (true, covers_data, indexed),
        Purpose::Inspect => (false, false, Indexed::NOTHING),
    };
    let mut walk = Walk {
        disk,
        manifest,
        access,
        replay,
        start: if is_open {
            at.map_or(manifest.state_floor, |at| at + 1)
        } else {
            0
        },
        is_data_covered: covers_data && at.is_some(),
        indexed,
        survey: Survey {
            segments: Vec::new(),
            has_active: false,
            unindexed: Vec::new(),
            free: manifest.old.clone(),
            torn: Vec::new(),
            last: 0,
            time_us: 0,
            checkpoint: checkpoint.as_ref().map(|one| (one.slot, one.at)),
            replayed: 0,
            notes,
        },
        buffer: Vec::new(),
    };
    if let Some(checkpoint) = &checkpoint
        && is_open
    {
        walk.replay_checkpoint(checkpoint)?;
    }
    walk.walk_sealed()?;
    walk.walk_open(at.unwrap_or_default().max(manifest.durable))?;
    let stated_us = checkpoint.map_or(0, |checkpoint| checkpoint.time_us);
    walk.survey.time_us = walk.survey.time_us.max(stated_us);
    Ok(walk.survey)
}

/// The newest checkpoint that verifies and that the log still continues.
fn newest_checkpoint(
    disk: &dyn Disk,
    manifest: &Manifest,
    notes: &mut Vec<String>,
) -> Option<Checkpoint> {
    let mut newest: Option<Checkpoint> = None;
    for slot in 0..checkpoint::NAMES.len() {
        match Checkpoint::read(disk, slot, manifest.uuid) {
            Ok(Some(found)) if newest.as_ref().is_none_or(|newest| newest.at < found.at) => {
                newest = Some(found);
            }
            Ok(_) => {}
            Err(note) => notes.push(note),
        }
    }
    newest.filter(|newest| newest.at + 1 >= manifest.state_floor)
}
