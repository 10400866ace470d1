//! Bytes that changed, files that are gone or stale: reported, or harmless, never believed.

use super::oracle::Oracle;
use super::rig::{Refused, Rig, Verdict, figure, hold, small_options};
use crate::journal::sim_disk::{Choices, Fault, SimDisk};
use crate::journal::{Journal, OpenError, Options, ReadError, verify};
use crate::model::ids::Position;

fn full_read() -> Options {
    Options {
        checkpoint_covers_data: false,
        ..small_options()
    }
}

/// A directory with some history, cleanly closed.
fn closed(seed: u64, acts: usize) -> Result<(SimDisk, Oracle), String> {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(SimDisk::new(), small_options()).map_err(Refused::into_text)?;
    for _ in 0..acts {
        rig.act(choices);
    }
    rig.append(&[50, 60]);
    rig.close()
}

/// Whether the oracle's view of a spoilt directory is right: refused, reported, or as it was.
fn judge_spoilt(disk: SimDisk, oracle: &Oracle, options: Options) -> Result<bool, String> {
    let is_reported = verify(&disk).map_or(true, |report| {
        !report.is_sound() || !report.notes.is_empty()
    });
    let rig = match Rig::open(disk, options, oracle.uncheckpointed()) {
        Ok(rig) => rig,
        Err(Refused::Open(OpenError::Damaged { .. } | OpenError::Newer { .. })) => {
            return if is_reported {
                Ok(true)
            } else {
                Err("verify sees nothing".to_owned())
            };
        }
        Err(Refused::Open(error)) => return Err(format!("another refusal: {error}")),
        // The rig reads every live frame when it opens; a reader that reports damage is right.
        Err(Refused::Violated(problem)) if problem.contains("is damaged") => return Ok(true),
        Err(Refused::Violated(problem)) => return Err(problem),
    };
    if rig.recovered.last.0 != oracle.appended() {
        return Err("frames of a clean directory are gone without a word".to_owned());
    }
    Ok(is_reported || !rig.recovered.notes.is_empty())
}

fn flip_one_bit(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let (disk, oracle) = closed(seed, 30)?;
    for _ in 0..4 {
        let spoilt = disk.snapshot();
        let files: Vec<_> = spoilt
            .files()
            .into_iter()
            .filter(|(_, size)| *size > 0)
            .collect();
        let (name, size) = &files[choices.pick(files.len())];
        let (byte, bit) = (choices.pick(*size), choices.pick(8));
        spoilt.flip(name, byte, u8::try_from(bit).unwrap_or(0));
        let options = if choices.pick(2) == 0 {
            full_read()
        } else {
            small_options()
        };
        judge_spoilt(spoilt, &oracle, options)
            .map_err(|problem| format!("bit {bit} of byte {byte} of {name}: {problem}"))?;
    }
    Ok(())
}

#[test]
fn a_flipped_bit_is_reported_or_harmless() {
    // Each seed flips four bits, one at a time.
    hold("bit flips", figure(2_000, 50_000) / 4, flip_one_bit);
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_frame_is_reported() {
    let (disk, oracle) = closed(1, 0).unwrap();
    let (name, size) = disk
        .files()
        .into_iter()
        .find(|(name, size)| name.ends_with("1.seg") && *size > 0)
        .unwrap();
    let mut harmless = Vec::new();
    for byte in 0..size {
        let spoilt = disk.snapshot();
        spoilt.flip(&name, byte, 3);
        if !judge_spoilt(spoilt, &oracle, full_read()).unwrap() {
            harmless.push(byte);
        }
    }
    // Two frames of 72 bytes before the body and bodies of 50 and 60: 6 and 4 bytes of padding.
    let padding: Vec<usize> = (186..192).chain(324..328).collect();
    assert_eq!(harmless, padding);
}

/// A log that was not closed, cut short at every length.
#[test]
fn a_segment_cut_at_any_offset_is_a_prefix_or_refused() {
    let bytes = usize::try_from(figure(4 << 10, 64 << 10)).unwrap();
    let options = || Options {
        segment_bytes: bytes as u64,
        ..full_read()
    };
    let mut rig = Rig::new(SimDisk::new(), options())
        .map_err(Refused::into_text)
        .unwrap();
    let mut filled = 64;
    while filled + 2 * 72 + 40 + 200 < bytes {
        rig.append(&[40, 200]);
        rig.settle();
        filled += 2 * 72 + 40 + 200;
    }
    let name = "00000001.seg";
    let whole = rig.disk.contents(name).unwrap();
    let unclean = rig.disk.snapshot();
    let (clean, oracle) = rig.close().unwrap();
    let step = if bytes > 4 << 10 { 7 } else { 1 };
    for len in (0..filled).step_by(step) {
        let cut = whole[..len].to_vec();
        let spoilt = clean.snapshot();
        spoilt.replace(name, cut.clone());
        let is_reported = judge_spoilt(spoilt, &oracle, options()).unwrap();
        assert!(is_reported, "a clean log cut at {len} was accepted");
        // Without a clean mark, all but the last write is still known to have been durable.
        let spoilt = unclean.snapshot();
        spoilt.replace(name, cut);
        match Rig::open(spoilt, options(), oracle.unreported()) {
            Ok(_) | Err(Refused::Open(OpenError::Damaged { .. })) => {}
            Err(refused) => panic!("cut at {len}: {}", refused.into_text()),
        }
    }
}

#[test]
fn a_segment_that_is_gone_swapped_or_stale_is_refused() {
    let mut rig = Rig::new(SimDisk::new(), full_read())
        .map_err(Refused::into_text)
        .unwrap();
    let mut stale = Vec::new();
    for _ in 0..12 {
        stale.push(rig.disk.snapshot());
        rig.append(&[900, 100]);
        rig.settle();
    }
    let (disk, oracle) = rig.close().unwrap();
    let used = |name: &str| {
        disk.contents(name)
            .is_some_and(|bytes| bytes.starts_with(b"WEIRSEG1"))
    };
    let names: Vec<String> = disk.files().into_iter().map(|(name, _)| name).collect();
    let names: Vec<&String> = names.iter().filter(|name| used(name)).collect();
    assert!(names.len() > 3, "the log has {names:?}");
    let refuses = |what: String, spoilt: SimDisk| {
        let opened = Rig::open(spoilt, full_read(), oracle.clone());
        assert!(
            matches!(opened, Err(Refused::Open(OpenError::Damaged { .. }))),
            "{what}"
        );
    };
    for (index, name) in names.iter().enumerate() {
        let spoilt = disk.snapshot();
        spoilt.remove(name);
        refuses(format!("{name} removed"), spoilt);
        let other = names[(index + 1) % names.len()];
        let spoilt = disk.snapshot();
        spoilt.replace(name, disk.contents(other).unwrap());
        spoilt.replace(other, disk.contents(name).unwrap());
        refuses(format!("{name} and {other} swapped"), spoilt);
        for (age, old) in stale.iter().enumerate() {
            let Some(bytes) = old.contents(name) else {
                continue;
            };
            if disk
                .contents(name)
                .is_some_and(|now| !bytes.starts_with(&now))
            {
                let spoilt = disk.snapshot();
                spoilt.replace(name, bytes);
                refuses(format!("{name} as it was after {age} groups"), spoilt);
            }
        }
    }
}

/// One bad frame, somewhere: damage if anything durable follows, else a torn tail.
fn torn_or_damaged(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(SimDisk::new(), small_options()).map_err(Refused::into_text)?;
    let groups = 2 + choices.pick(8);
    let mut ends = Vec::new();
    for _ in 0..groups {
        rig.append(&[choices.pick(300), 1 + choices.pick(200)]);
        rig.settle();
        ends.push(rig.journal.next_position().0 - 1);
    }
    let (disk, oracle) = rig.abandon();
    let disk = disk.snapshot();
    let bad = choices.pick(groups);
    let first = if bad == 0 { 1 } else { ends[bad - 1] + 1 };
    let position = first + choices.pick(2) as u64;
    let (name, offset) = locate(&disk, position).ok_or("the frame is nowhere")?;
    disk.flip(&name, offset + choices.pick(56), 1);
    // A manifest written behind the last group names it durable.
    let is_tail = bad + 1 == groups && named_durable(&disk) < first;
    let opened = Rig::open(disk, small_options(), oracle.unreported());
    match opened {
        Err(Refused::Open(OpenError::Damaged {
            position: named,
            file,
            ..
        })) => {
            let is_right = named.0 >= first && named.0 <= position && file == name;
            if is_tail {
                Err(format!("a torn tail at {position} was taken for damage"))
            } else if is_right {
                Ok(())
            } else {
                Err(format!(
                    "position {named} of {file} is named, not {position} of {name}"
                ))
            }
        }
        Ok(_) if !is_tail => Err(format!("damage at {position} was taken for a torn tail")),
        Ok(rig) if rig.recovered.last.0 + 1 != first => {
            Err(format!("the cut at {position} left {}", rig.recovered.last))
        }
        Ok(rig) if rig.recovered.cut.is_none() => Err("nothing was kept aside".to_owned()),
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.into_text()),
    }
}

/// The position that the manifest names as durable.
fn named_durable(disk: &SimDisk) -> u64 {
    let manifest = String::from_utf8(disk.contents("manifest").unwrap_or_default());
    let manifest = manifest.unwrap_or_default();
    let durable = manifest
        .lines()
        .find_map(|line| line.strip_prefix("durable "));
    durable
        .and_then(|durable| durable.parse().ok())
        .unwrap_or(0)
}

/// Where a frame starts: its position stands at byte 24 of a header that begins with the magic.
fn locate(disk: &SimDisk, position: u64) -> Option<(String, usize)> {
    disk.files()
        .into_iter()
        .filter(|(name, _)| name.strip_suffix(".seg").is_some())
        .find_map(|(name, _)| {
            let bytes = disk.contents(&name)?;
            let at = (64..bytes.len().saturating_sub(56)).step_by(8).find(|at| {
                bytes[*at..].starts_with(&[0x45, 0x57])
                    && bytes[at + 24..].starts_with(&position.to_le_bytes())
            })?;
            Some((name, at))
        })
}

#[test]
fn a_torn_tail_is_told_from_damage() {
    hold("torn or damaged", figure(1_000, 10_000), torn_or_damaged);
}

/// Checkpoints and indexes are spoilt or lost in every way; the log still tells everything.
fn lose_shortcuts(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let (disk, oracle) = closed(seed, 60)?;
    let oracle = oracle.uncheckpointed();
    for (name, size) in disk.files() {
        if !name.starts_with("checkpoint") && name.strip_suffix(".idx").is_none() {
            continue;
        }
        match choices.pick(4) {
            0 => disk.remove(&name),
            1 => {
                disk.flip(&name, choices.pick(size.max(1)), 5);
            }
            2 => {
                let mut bytes = disk.contents(&name).unwrap_or_default();
                bytes.truncate(choices.pick(size.max(1)));
                disk.replace(&name, bytes);
            }
            _ => {}
        }
    }
    let rig = Rig::open(disk, small_options(), oracle).map_err(Refused::into_text)?;
    rig.check_live()
}

#[test]
fn checkpoints_and_indexes_may_be_lost() {
    hold("shortcuts", figure(300, 2_000), lose_shortcuts);
}

#[test]
fn a_reader_reports_a_frame_that_changed() {
    let mut rig = Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap();
    rig.append(&[100]);
    rig.settle();
    let (name, offset) = locate(&rig.disk, 1).unwrap();
    let bytes = rig.disk.contents(&name).unwrap();
    let file = crate::journal::Disk::open(&rig.disk, &name, crate::journal::disk::Access::Write);
    let changed = [!bytes[offset + 80]];
    let parts = [std::io::IoSlice::new(&changed)];
    file.unwrap().write_at(offset as u64 + 80, &parts).unwrap();
    let read = rig.journal.reader().read(Position(1));
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
    rig.disk.fail(1, Fault::Error(std::io::ErrorKind::Other));
    let read = rig.journal.reader().read(Position(1));
    assert!(matches!(read, Err(ReadError::Io { .. })), "{read:?}");
}
