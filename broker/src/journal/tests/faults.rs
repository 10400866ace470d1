//! A disk that fails, fills up, interrupts and lies: nothing is acknowledged that is not there.

use std::io::ErrorKind;

use super::rig::{Refused, Rig, Verdict, figure, hold, small_options};
use crate::journal::disk::SyncSite;
use crate::journal::sim_disk::{Choices, Fault, SimDisk};
use crate::journal::{AppendError, Journal, OpenError};

const EIO: Fault = Fault::Error(ErrorKind::Other);

/// Lives with one error at operation `nth`; then the machine crashes. Tells whether it struck.
fn live_with_error(seed: u64, nth: u64, error: ErrorKind) -> Result<bool, String> {
    let choices = &mut Choices::seeded(seed);
    let disk = SimDisk::new();
    disk.fail(nth, Fault::Error(error));
    let mut rig = match Rig::new(disk.clone(), small_options()) {
        Ok(rig) => rig,
        Err(Refused::Open(_)) => {
            // The opening said so; the next one, without the error, finds a sound directory.
            let left = disk.crash(choices);
            return Rig::new(left, small_options())
                .map(|_| true)
                .map_err(Refused::into_text);
        }
        Err(Refused::Violated(problem)) => return Err(problem),
    };
    for _ in 0..60 {
        rig.act(choices);
    }
    rig.settle();
    let has_struck = rig.disk.operations() > nth;
    let was_poisoned = rig.journal.watermark().is_poisoned();
    let reported = rig.oracle.reported();
    if was_poisoned {
        // Nothing more is acknowledged, however healthy the disk is by now.
        let is_taken = rig.append(&[10]);
        rig.settle();
        if is_taken || rig.oracle.reported() != reported {
            return Err("a poisoned journal went on".to_owned());
        }
    }
    let (disk, oracle) = rig.abandon();
    // With no space a checkpoint is given up.
    let oracle = if error == ErrorKind::StorageFull {
        oracle.uncheckpointed()
    } else {
        oracle
    };
    Rig::open(disk.crash(choices), small_options(), oracle).map_err(Refused::into_text)?;
    Ok(has_struck)
}

#[test]
fn an_error_at_any_call_is_survived() {
    for seed in 0..figure(3, 12) {
        for error in [
            ErrorKind::Other,
            ErrorKind::StorageFull,
            ErrorKind::PermissionDenied,
        ] {
            for nth in 1.. {
                match live_with_error(seed, nth, error) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(problem) => panic!("seed {seed}, {error:?} at {nth}: {problem}"),
                }
            }
        }
    }
}

/// A sync of a batch fails once and drops the pages; all later syncs say that all is well.
fn lie_after_failed_sync(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(SimDisk::new(), small_options()).map_err(Refused::into_text)?;
    for _ in 0..choices.pick(20) {
        rig.act(choices);
    }
    if !rig.settle() {
        return Err("poisoned without a reason".to_owned());
    }
    let reported = rig.oracle.reported();
    rig.append(&[100, choices.pick(900)]);
    // Of a batch's two operations the second is its sync.
    rig.disk.fail(2, EIO);
    rig.journal.step();
    let is_poisoned = rig.journal.watermark().is_poisoned();
    if !is_poisoned || rig.oracle.reported() != reported || rig.append(&[1]) {
        return Err("a failed sync was not the end".to_owned());
    }
    let (disk, oracle) = rig.abandon();
    Rig::open(disk.crash(choices), small_options(), oracle).map_err(Refused::into_text)?;
    Ok(())
}

#[test]
fn a_failed_sync_is_never_tried_again() {
    hold("failed sync", figure(200, 2_000), lie_after_failed_sync);
}

#[test]
fn an_acknowledgement_that_fails_says_so() {
    let mut rig = Rig::new(SimDisk::new(), small_options())
        .map_err(Refused::into_text)
        .unwrap();
    let last = rig
        .append(&[10])
        .then(|| rig.journal.next_position().0 - 1)
        .unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let position = crate::model::ids::Position(last);
    let told = sender.clone();
    rig.journal.when_durable(
        position,
        Box::new(move |outcome| told.send(outcome).unwrap()),
    );
    rig.disk.fail(1, EIO);
    rig.journal.step();
    assert!(receiver.recv().unwrap().is_err());
    rig.journal.when_durable(
        position,
        Box::new(move |outcome| sender.send(outcome).unwrap()),
    );
    assert!(receiver.recv().unwrap().is_err());
    let group = vec![crate::journal::Frame::new(
        1,
        1,
        bytes::Bytes::new(),
        bytes::Bytes::new(),
    )];
    assert!(matches!(
        rig.journal.append(group, 1),
        Err(AppendError::Poisoned(_))
    ));
}

/// The disk fills up at some byte, and has room again later.
fn fill_up(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let disk = SimDisk::new();
    let mut rig = Rig::new(disk.clone(), small_options()).map_err(Refused::into_text)?;
    let used: usize = disk.files().iter().map(|(_, size)| size).sum();
    disk.set_capacity(Some(used + choices.pick(24 << 10)));
    for _ in 0..80 {
        rig.act(choices);
    }
    rig.settle();
    if rig.journal.watermark().is_poisoned() {
        return Err("a full disk is no failure of the disk".to_owned());
    }
    rig.check_live()?;
    if choices.pick(2) == 0 {
        disk.set_capacity(None);
        rig.housekeep();
        rig.housekeep();
        if !rig.journal.has_room() || !rig.append(&[100]) || !rig.settle() {
            return Err("there is space again, and it is not used".to_owned());
        }
    }
    let (disk, oracle) = rig.abandon();
    let left = disk.crash(choices);
    // A checkpoint for which there was no space was given up.
    Rig::open(left, small_options(), oracle.uncheckpointed()).map_err(Refused::into_text)?;
    Ok(())
}

#[test]
fn a_full_disk_stops_nothing_but_what_needs_space() {
    hold("full disk", figure(500, 5_000), fill_up);
}

/// A crash on a full disk, and the start on it.
fn start_full(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(SimDisk::new(), small_options()).map_err(Refused::into_text)?;
    for _ in 0..choices.pick(40) {
        rig.act(choices);
    }
    let (disk, oracle) = rig.abandon();
    let left = disk.crash(choices);
    let used: usize = left.files().iter().map(|(_, size)| size).sum();
    left.set_capacity(Some(used + choices.pick(6 << 10)));
    match Rig::open(left.clone(), small_options(), oracle.clone()) {
        Ok(_) | Err(Refused::Open(OpenError::Full { .. })) => {}
        Err(refused) => return Err(refused.into_text()),
    }
    let again = left.crash(choices);
    Rig::open(again, small_options(), oracle).map_err(Refused::into_text)?;
    Ok(())
}

#[test]
fn a_start_on_a_full_disk_works_or_says_so() {
    hold("start on a full disk", figure(500, 5_000), start_full);
}

/// Every other transfer is short or interrupted.
fn live_with_noise(seed: u64) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let disk = SimDisk::new();
    disk.set_noise(Choices::seeded(!seed));
    let mut rig = Rig::new(disk, small_options()).map_err(Refused::into_text)?;
    for _ in 0..40 {
        rig.act(choices);
    }
    if !rig.settle() || rig.oracle.reported() != rig.oracle.appended() {
        return Err("an interruption was taken for a failure".to_owned());
    }
    rig.check_live()?;
    let rig = rig.reopen(small_options()).map_err(Refused::into_text)?;
    rig.check_live()
}

#[test]
fn short_and_interrupted_transfers_are_completed() {
    hold("noise", figure(1_000, 10_000), live_with_noise);
}

#[test]
fn every_site_of_a_sync_is_passed_by_the_workload() {
    let mut missing = SyncSite::ALL.to_vec();
    for seed in 0..200 {
        let choices = &mut Choices::seeded(seed);
        let disk = SimDisk::new();
        let mut rig = Rig::new(disk.clone(), small_options())
            .map_err(Refused::into_text)
            .unwrap();
        for _ in 0..60 {
            rig.act(choices);
        }
        rig.append(&[900, 900]);
        rig.disk.fail(2, Fault::PowerCut);
        rig.settle();
        let (disk, oracle) = rig.abandon();
        let left = disk.crash(choices);
        let opened = Rig::open(left.clone(), small_options(), oracle);
        opened.map_err(Refused::into_text).unwrap();
        missing.retain(|site| !left.has_synced(*site));
    }
    assert!(missing.is_empty(), "never passed: {missing:?}");
}
