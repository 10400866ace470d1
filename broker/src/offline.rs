//! What `weir-broker` does with a stopped data directory: verify, dump, repair --dry-run.
//!
//! Prints to stdout what the journal's library functions find; changes nothing. Exits 0 if the
//! directory is sound, 1 if it is damaged or cannot be read.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use weir_proto::safe_text::SafeText;

use crate::config::DirectoryArgs;
use crate::journal::{self, OpenError, OsDisk, Replayed, Report, Source};
use crate::model::entry::decode;

/// Why an offline command ended early.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The directory cannot be looked at.
    #[error("cannot look at the data directory")]
    Open(#[from] OpenError),
    /// The output was closed.
    #[error("cannot write what was found")]
    Write(#[from] io::Error),
}

/// Reads and checks everything.
pub fn verify(args: &DirectoryArgs) -> Result<ExitCode, OfflineError> {
    let report = journal::verify(&OsDisk::new(&args.data_dir))?;
    let mut out = BufWriter::new(io::stdout().lock());
    summarise(&mut out, args, &report)?;
    out.flush()?;
    Ok(verdict(&report))
}

/// Says what opening would do by itself, and what a repair would have to give up.
pub fn repair_dry_run(args: &DirectoryArgs) -> Result<ExitCode, OfflineError> {
    let report = journal::repair_dry_run(&OsDisk::new(&args.data_dir))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let repairs = report.repairs();
    if repairs.is_empty() {
        writeln!(out, "nothing to repair")?;
    }
    for repair in repairs {
        writeln!(out, "would {}", SafeText::from(repair.as_str()))?;
    }
    out.flush()?;
    Ok(verdict(&report))
}

/// Shows every entry, one a line: position, time, kind, sizes, and the entry.
pub fn dump(args: &DirectoryArgs) -> Result<ExitCode, OfflineError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let report = journal::dump(&OsDisk::new(&args.data_dir), &mut |source, frame| {
        show(&mut out, source, frame).map_err(Into::into)
    })?;
    for problem in &report.problems {
        let (file, reason) = (&problem.file, &problem.reason);
        let line = format!(
            "damage in {file} at position {}: {reason}",
            problem.position
        );
        writeln!(out, "{}", SafeText::from(line.as_str()))?;
    }
    out.flush()?;
    Ok(verdict(&report))
}

fn show(out: &mut impl Write, source: Source, frame: Replayed<'_>) -> io::Result<()> {
    let entry = match decode(frame.kind, frame.version, frame.head) {
        Ok(entry) => format!("{entry:?}"),
        Err(error) => format!("cannot be read: {error}"),
    };
    let line = format!(
        "{source:?} position={} time_us={} kind={} version={} head_bytes={} body_bytes={}{} {entry}",
        frame.position,
        frame.time_us,
        frame.kind,
        frame.version,
        frame.head.len(),
        frame.body.len(),
        if frame.is_commit { " commit" } else { "" },
    );
    writeln!(out, "{}", SafeText::from(line.as_str()))
}

fn summarise(out: &mut impl Write, args: &DirectoryArgs, report: &Report) -> io::Result<()> {
    let directory = args.data_dir.display().to_string();
    let directory = SafeText::from(directory.as_str());
    if report.is_empty {
        return writeln!(out, "{directory} holds no journal");
    }
    let Report {
        frames,
        bytes,
        segments,
        incarnation,
        ..
    } = report;
    writeln!(
        out,
        "{directory}: {frames} frames of {bytes} bytes in {segments} segments verified, \
         opened {incarnation} times, last closed {}",
        if report.was_clean {
            "cleanly"
        } else {
            "by a crash"
        }
    )?;
    if let Some(last) = report.last {
        writeln!(out, "last position {last}")?;
    }
    if let Some(torn) = &report.torn {
        writeln!(out, "torn tail: {} bytes of {}", torn.bytes, torn.file)?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", SafeText::from(note.as_str()))?;
    }
    for problem in &report.problems {
        let (file, reason) = (&problem.file, &problem.reason);
        let line = format!(
            "damage in {file} at position {}: {reason}",
            problem.position
        );
        writeln!(out, "{}", SafeText::from(line.as_str()))?;
    }
    Ok(())
}

fn verdict(report: &Report) -> ExitCode {
    if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
