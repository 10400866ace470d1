//! Looking at a stopped data directory without changing it: verify, dump, and what opening it
//! would do.
//!
//! These report what they find as values; they go on behind damage where they can, so that the
//! report names all of it. Nothing is written.

use super::api::{CutTail, OpenError, Replay};
use super::codec::{ALIGN, SEGMENT_HEADER, Seed, Shape, decode};
use super::disk::{Access, Disk};
use super::findings::{Survey, io_error};
use super::index_file::IndexFile;
use super::manifest::{Manifest, Sealed};
use super::scan::{Expected, Scan};
use super::segment::{file_name, index_name};
use super::survey::{Purpose, read_manifest, survey};
use super::transfer::read_file;
use crate::model::ids::Position;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File in the data directory.
    pub file: String,
    /// First position concerned; 0 when the file as a whole is.
    pub position: Position,
    /// The next position that can be read in that file, if any.
    pub readable_from: Option<Position>,
    /// What does not fit.
    pub reason: String,
}

/// What a directory holds and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// There is no journal in the directory.
    pub is_empty: bool,
    /// How often the directory was opened.
    pub incarnation: u64,
    /// The last close was clean.
    pub was_clean: bool,
    /// Frames that verified.
    pub frames: u64,
    /// Bytes of their heads and bodies.
    pub bytes: u64,
    /// Segments that hold frames.
    pub segments: u64,
    /// The last position, when the directory can be opened.
    pub last: Option<Position>,
    /// The checkpoint that an opening would start from.
    pub checkpoint: Option<Position>,
    /// The torn tail that an opening would cut, `kept_in` being empty.
    pub torn: Option<CutTail>,
    /// What an opening would get around by itself, a sentence each.
    pub notes: Vec<String>,
    /// Damage: an opening is refused while there is any.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether the directory can be opened without losing anything that was durable.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What a repair would do, a sentence each; none when there is nothing to do.
    pub fn repairs(&self) -> Vec<String> {
        let torn = self.torn.iter().map(|torn| {
            let CutTail {
                file,
                offset,
                bytes,
                position,
                ..
            } = torn;
            format!("cut {bytes} torn bytes of {file} at {offset}, position {position}")
        });
        let lost = self.problems.iter().map(|problem| {
            let Problem {
                file,
                position,
                readable_from,
                reason,
            } = problem;
            match readable_from {
                Some(next) => format!(
                    "give up positions {position} to {} in {file}: {reason}",
                    next.0.saturating_sub(1)
                ),
                None => format!("give up {file} from position {position} on: {reason}"),
            }
        });
        torn.chain(lost).collect()
    }
}

/// Reads and verifies everything in the directory.
pub fn verify(disk: &dyn Disk) -> Result<Report, OpenError> {
    dump(disk, &mut |_, _| Ok(()))
}

/// What opening the directory would do, and what a repair would have to give up; see
/// [`Report::repairs`].
pub fn repair_dry_run(disk: &dyn Disk) -> Result<Report, OpenError> {
    verify(disk)
}

/// Verifies everything and shows every frame to `sink` in order of position, up to the first
/// damage. An error of the sink ends it.
pub fn dump(disk: &dyn Disk, sink: &mut Replay<'_>) -> Result<Report, OpenError> {
    let _lock = match disk.lock() {
        Ok(lock) => Some(lock),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            return Err(OpenError::Locked {
                directory: disk.directory(),
            });
        }
        // A read-only directory, or none, cannot be locked, and cannot be changed either.
        Err(_) => None,
    };
    let manifest = match read_manifest(disk) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => {
            return Ok(Report {
                is_empty: true,
                ..Report::default()
            });
        }
        Err(OpenError::Damaged {
            file,
            position,
            reason,
        }) => {
            let problem = Problem {
                file,
                position,
                readable_from: None,
                reason,
            };
            return Ok(Report {
                problems: vec![problem],
                ..Report::default()
            });
        }
        Err(error) => return Err(error),
    };
    let mut report = Report {
        incarnation: manifest.incarnation,
        was_clean: manifest.is_clean,
        ..Report::default()
    };
    let (mut frames, mut bytes) = (0, 0);
    let mut count = |source, frame: super::api::Replayed<'_>| {
        frames += 1;
        bytes += (frame.head.len() + frame.body.len()) as u64;
        sink(source, frame)
    };
    let found = survey(disk, &manifest, Access::Read, Purpose::Inspect, &mut count);
    (report.frames, report.bytes) = (frames, bytes);
    match found {
        Ok(survey) => report.add_survey(survey),
        Err(OpenError::Damaged {
            file,
            position,
            reason,
        }) => {
            report.problems.push(Problem {
                file,
                position,
                readable_from: None,
                reason,
            });
        }
        Err(error) => return Err(error),
    }
    report.look_at_sealed(disk, &manifest)?;
    Ok(report)
}

impl Report {
    fn add_survey(&mut self, survey: Survey) {
        self.segments = survey.segments.len() as u64;
        self.last = Some(Position(survey.last));
        self.checkpoint = survey.checkpoint.map(|(_, at)| Position(at));
        self.notes.extend(survey.notes);
        self.torn = survey.torn.first().map(|torn| CutTail {
            file: torn.file.clone(),
            offset: torn.offset,
            bytes: torn.bytes.len() as u64,
            position: Position(torn.position),
            kept_in: String::new(),
        });
    }

    /// Goes through each sealed segment on its own, so that one does not hide another.
    fn look_at_sealed(&mut self, disk: &dyn Disk, manifest: &Manifest) -> Result<(), OpenError> {
        let is_found = !self.problems.is_empty();
        let log = manifest.log.iter().map(|sealed| (Shape::Dense, sealed));
        let cold = manifest.cold.iter().map(|sealed| (Shape::Sparse, sealed));
        for (shape, sealed) in log.chain(cold) {
            let name = index_name(sealed.number);
            if disk.open(&name, Access::Read).is_ok()
                && !is_index_sound(disk, manifest, shape, sealed)
            {
                self.notes
                    .push(format!("{name} does not verify; it will be rebuilt"));
            }
            if is_found {
                self.problems
                    .extend(look_through(disk, manifest, shape, sealed)?);
            }
        }
        // The survey's own finding is among those of the segments, with more about it.
        if self.problems.len() > 1 {
            let first = self.problems.remove(0);
            let is_known = self
                .problems
                .iter()
                .any(|other| (&other.file, other.position) == (&first.file, first.position));
            if !is_known {
                self.problems.insert(0, first);
            }
        }
        Ok(())
    }
}

/// Whether the index of a sealed segment verifies, whatever its rows hold of the bodies.
fn is_index_sound(disk: &dyn Disk, manifest: &Manifest, shape: Shape, sealed: &Sealed) -> bool {
    let index = IndexFile::open(disk, manifest.uuid, shape, sealed);
    index.is_some_and(|index| index.is_sound())
}

/// Everything in one sealed segment that does not verify.
fn look_through(
    disk: &dyn Disk,
    manifest: &Manifest,
    shape: Shape,
    sealed: &Sealed,
) -> Result<Vec<Problem>, OpenError> {
    let name = file_name(sealed.number);
    let Ok(file) = disk.open(&name, Access::Read) else {
        return Ok(Vec::new());
    };
    let mut bytes = Vec::new();
    read_file(&*file, &mut bytes).map_err(io_error("read", &name))?;
    let seed = Seed::new(manifest.uuid, sealed.id);
    let (mut first, mut problems) = (sealed.first, Vec::new());
    let mut start = SEGMENT_HEADER;
    while first <= sealed.last {
        let expected = Expected {
            segment: sealed.id,
            seed,
            shape,
            first,
            time_us: 0,
        };
        let mut scan = Scan::starting_at(&bytes, expected, start);
        let fault = loop {
            match scan.step() {
                Ok(_) if scan.position() > sealed.last => return Ok(problems),
                Ok(_) => {}
                Err(fault) => break fault,
            }
        };
        let position = scan.position();
        let next = next_sound(&bytes, scan.offset() + ALIGN, sealed.id, seed);
        problems.push(Problem {
            file: name.clone(),
            position: Position(position),
            readable_from: next.map(|(_, position)| Position(position)),
            reason: fault.to_string(),
        });
        match next {
            Some((offset, position)) => (start, first) = (offset, position),
            None => break,
        }
    }
    Ok(problems)
}

/// The next frame from `offset` on that verifies as a whole.
fn next_sound(bytes: &[u8], offset: usize, segment: u64, seed: Seed) -> Option<(usize, u64)> {
    (offset..bytes.len()).step_by(ALIGN).find_map(|at| {
        let frame = decode(bytes.get(at..)?, segment, seed).ok()?;
        frame.verify_body().ok()?;
        Some((at, frame.header.position))
    })
}
