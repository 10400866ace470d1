//! Directories that are not opened: the refusal is clear and changes nothing.

use std::sync::Arc;

use super::rig::{Refused, Rig, small_options};
use crate::journal::sim_disk::SimDisk;
use crate::journal::{LocalJournal, OpenError, dump, verify};

fn open(disk: &SimDisk) -> Result<(), OpenError> {
    LocalJournal::open(Arc::new(disk.clone()), small_options(), &mut |_, _| Ok(())).map(|_| ())
}

/// A cleanly closed directory with a few groups over several segments.
fn closed() -> SimDisk {
    let mut rig = Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap();
    for _ in 0..8 {
        rig.append(&[900, 100]);
        rig.settle();
    }
    rig.close().unwrap().0
}

fn contents(disk: &SimDisk) -> Vec<(String, Option<Vec<u8>>)> {
    disk.files()
        .into_iter()
        .map(|(name, _)| (name.clone(), disk.contents(&name)))
        .collect()
}

#[test]
fn a_directory_is_opened_once_at_a_time() {
    let rig = Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap();
    assert!(matches!(open(&rig.disk), Err(OpenError::Locked { .. })));
    assert!(matches!(verify(&rig.disk), Err(OpenError::Locked { .. })));
    let disk = rig.disk.clone();
    drop(rig);
    open(&disk).unwrap();
}

#[test]
fn a_newer_format_is_refused_by_number() {
    let disk = closed();
    let manifest = String::from_utf8(disk.contents("manifest").unwrap()).unwrap();
    let newer = manifest.replacen("weir-journal 1\n", "weir-journal 2\n", 1);
    disk.replace("manifest", newer.into_bytes());
    let before = contents(&disk);
    let error = open(&disk).unwrap_err();
    assert!(matches!(
        error,
        OpenError::Newer {
            found: 2,
            supported: 1,
            ..
        }
    ));
    let text = "the simulated disk has format 2; this release reads up to 1";
    assert_eq!(error.to_string(), text);
    assert_eq!(contents(&disk), before);
}

#[test]
fn a_read_only_directory_is_refused() {
    let disk = closed();
    disk.set_read_only(true);
    assert!(matches!(open(&disk), Err(OpenError::ReadOnly { .. })));
    let report = verify(&disk).unwrap();
    assert!(report.is_sound());
    assert_eq!(report.frames, 16);
}

#[test]
fn a_disk_without_space_for_a_segment_is_refused() {
    let disk = SimDisk::new();
    disk.set_capacity(Some(1_000));
    assert!(matches!(open(&disk), Err(OpenError::Full { .. })));
    disk.set_capacity(None);
    open(&disk).unwrap();
}

#[test]
fn a_missing_manifest_is_damage_and_changes_nothing() {
    let disk = closed();
    disk.remove("manifest");
    let before = contents(&disk);
    let error = open(&disk).unwrap_err();
    assert!(
        matches!(&error, OpenError::Damaged { file, .. } if file == "manifest"),
        "{error}"
    );
    assert_eq!(contents(&disk), before);
}

#[test]
fn a_refusal_names_file_and_position_and_changes_nothing() {
    let disk = closed();
    disk.flip("00000002.seg", 200, 1);
    let before = contents(&disk);
    let Err(OpenError::Damaged {
        file,
        position,
        reason,
    }) = open(&disk)
    else {
        panic!("damage was not seen");
    };
    assert_eq!((file.as_str(), position.0), ("00000002.seg", 7));
    assert_eq!(reason, "the body's checksum does not fit");
    assert_eq!(contents(&disk), before);
}

#[test]
fn a_segment_in_no_manifest_is_kept_aside() {
    let disk = closed();
    let stranger = disk.contents("00000001.seg").unwrap();
    disk.replace("00000099.seg", stranger.clone());
    let (_, recovered) =
        LocalJournal::open(Arc::new(disk.clone()), small_options(), &mut |_, _| Ok(())).unwrap();
    assert_eq!(
        disk.contents("quarantine/unknown-00000099.seg"),
        Some(stranger)
    );
    assert_eq!(disk.contents("00000099.seg"), None);
    assert_eq!(recovered.notes.len(), 1, "{:?}", recovered.notes);
}

#[test]
fn a_refused_frame_ends_the_opening_with_its_position() {
    let disk = closed();
    let opened = LocalJournal::open(Arc::new(disk), small_options(), &mut |_, frame| {
        if frame.position.0 == 5 {
            Err("an unknown kind".into())
        } else {
            Ok(())
        }
    });
    let error = opened.map(|_| ()).unwrap_err();
    assert!(matches!(&error, OpenError::Replay { position, .. } if position.0 == 5));
}

#[test]
fn verify_names_every_damaged_segment() {
    let disk = closed();
    disk.flip("00000001.seg", 300, 0);
    disk.flip("00000002.seg", 200, 1);
    let before = contents(&disk);
    let report = verify(&disk).unwrap();
    let found: Vec<_> = report
        .problems
        .iter()
        .map(|one| (one.file.as_str(), one.position.0))
        .collect();
    assert_eq!(found, [("00000001.seg", 1), ("00000002.seg", 7)]);
    assert_eq!(report.problems[0].readable_from.unwrap().0, 2);
    let repairs = report.repairs();
    let text = "give up positions 1 to 1 in 00000001.seg: the body's checksum does not fit";
    assert_eq!(repairs[0], text);
    assert_eq!(contents(&disk), before);
}

#[test]
fn dump_shows_every_frame_in_order() {
    let disk = closed();
    let mut positions = Vec::new();
    let report = dump(&disk, &mut |_, frame| {
        positions.push(frame.position.0);
        Ok(())
    })
    .unwrap();
    assert_eq!(positions, (1..=16).collect::<Vec<_>>());
    assert_eq!((report.frames, report.last.unwrap().0), (16, 16));
    assert!(report.was_clean && report.repairs().is_empty());
    assert!(verify(&SimDisk::new()).unwrap().is_empty);
}

#[test]
fn a_torn_tail_is_foretold_by_the_dry_run() {
    let mut rig = Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap();
    rig.append(&[100]);
    rig.settle();
    rig.append(&[900]);
    rig.settle();
    let disk = rig.disk.snapshot();
    assert!(disk.flip("00000001.seg", 600, 0));
    let report = crate::journal::repair_dry_run(&disk).unwrap();
    assert!(report.is_sound());
    let foretold = report.torn.unwrap();
    let (_, recovered) =
        LocalJournal::open(Arc::new(disk), small_options(), &mut |_, _| Ok(())).unwrap();
    let cut = recovered.cut.unwrap();
    assert_eq!(
        (cut.offset, cut.bytes, cut.position),
        (foretold.offset, foretold.bytes, foretold.position)
    );
}
