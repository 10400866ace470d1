//! Power cuts, kills and crashes during recovery, on every disk that may be left.

use super::oracle::Oracle;
use super::rig::{Refused, Rig, Verdict, figure, hold, small_options};
use crate::journal::Options;
use crate::journal::disk::SyncSite;
use crate::journal::sim_disk::{Choices, Fault, SimDisk};

/// Acts before and after each crash.
const ACTS: usize = 40;

fn new_disk(skipped: Option<SyncSite>) -> SimDisk {
    let disk = SimDisk::new();
    if let Some(site) = skipped {
        disk.skip_syncs(site);
    }
    disk
}

/// Acts until the power goes, somewhere in the next operations.
fn act_until_cut(rig: &mut Rig, choices: &mut Choices, acts: usize) {
    rig.disk
        .fail(1 + choices.pick(acts * 5) as u64, Fault::PowerCut);
    for _ in 0..acts {
        rig.act(choices);
        if rig.disk.is_off() {
            return;
        }
    }
}

/// Opens what a crash left; the power may go again while recovery runs, `depth` times.
fn recover(
    mut disk: SimDisk,
    (oracle, is_kill): (&Oracle, bool),
    choices: &mut Choices,
    depth: usize,
) -> Result<Rig, String> {
    let mut known = if is_kill {
        oracle.killed()
    } else {
        oracle.clone()
    };
    for _ in 0..depth {
        let nth = 1 + choices.pick(60) as u64;
        disk.fail(nth, Fault::PowerCut);
        match Rig::open(disk.clone(), small_options(), known.clone()) {
            Ok(rig) => {
                // Recovery ended before the cut, so what it found counts.
                disk.clear_faults();
                return Ok(rig);
            }
            Err(_) if disk.is_off() => {
                // What was only written is not safe from this.
                disk = disk.crash(choices);
                known = oracle.clone();
            }
            Err(refused) => return Err(refused.into_text()),
        }
    }
    Rig::open(disk, small_options(), known).map_err(Refused::into_text)
}

/// Lives a journal through several crashes.
fn live_and_crash(seed: u64, skipped: Option<SyncSite>, depth: usize) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let disk = new_disk(skipped);
    let mut rig = Rig::new(disk, small_options()).map_err(Refused::into_text)?;
    for _ in 0..3 {
        act_until_cut(&mut rig, choices, ACTS);
        let (disk, oracle) = rig.abandon();
        let is_kill = !disk.is_off() && choices.pick(3) == 0;
        let left = if is_kill {
            disk.kill()
        } else {
            disk.crash(choices)
        };
        rig = recover(left, (&oracle, is_kill), choices, depth)?;
        if choices.pick(4) == 0 && !rig.disk.is_off() {
            rig.settle();
            rig = rig.reopen(small_options()).map_err(Refused::into_text)?;
        }
    }
    Ok(())
}

#[test]
fn what_was_reported_durable_survives_power_cuts() {
    // Each seed is three cuts.
    hold("power cuts", figure(2_000, 100_000) / 3, |seed| {
        live_and_crash(seed, None, 0)
    });
}

#[test]
fn crashes_during_recovery_lose_nothing() {
    hold("crashes in recovery", figure(170, 6_700), |seed| {
        live_and_crash(seed ^ 0x5eed_0000, None, 3)
    });
}

/// Bodies of the groups of the small workload; a write takes up to seven sectors.
const SMALL_WORKLOAD: [&[usize]; 8] = [
    &[1],
    &[70, 0],
    &[900],
    &[0, 1_500],
    &[40, 40, 40],
    &[1_800, 600],
    &[9],
    &[130, 1_000],
];

/// A small workload that ends when it is done, or with the power at operation `nth`.
fn work_until_cut(disk: &SimDisk, options: &Options, nth: u64, writes: usize) -> Oracle {
    disk.fail(nth, Fault::PowerCut);
    let Ok(mut rig) = Rig::new(disk.clone(), options.clone()) else {
        return Oracle::default();
    };
    for (index, lens) in SMALL_WORKLOAD.iter().take(writes).enumerate() {
        rig.append(lens);
        if index % 4 != 1 {
            rig.settle();
        }
    }
    rig.settle();
    rig.abandon().1
}

/// Cuts the power at every operation of a small workload, from the first opening on, and opens
/// every disk that may be left.
fn every_cut(writes: usize) -> u64 {
    let options = Options {
        spares: 1,
        reserve: 0,
        segment_bytes: 8 << 10,
        ..small_options()
    };
    let mut disks = 0;
    for nth in 1.. {
        let disk = SimDisk::new();
        let oracle = work_until_cut(&disk, &options, nth, writes);
        let mut choices = Choices::exhaustive();
        loop {
            let left = disk.crash(&mut choices);
            if let Err(problem) = Rig::open(left, options.clone(), oracle.clone()) {
                panic!("{writes} writes, cut at {nth}: {}", problem.into_text());
            }
            disks += 1;
            if !choices.advance() {
                break;
            }
        }
        if !disk.is_off() {
            return disks;
        }
    }
    disks
}

#[test]
fn every_disk_that_a_small_workload_may_leave_is_recovered() {
    let writes = usize::try_from(figure(5, 8)).unwrap();
    let disks: u64 = (1..=writes).map(every_cut).sum();
    println!("{disks} disks");
    assert!(disks > 1_000, "only {disks} disks were tried");
}

/// Kills the process, recovers from the cache, and cuts the power before anything else is synced.
fn kill_then_cut(seed: u64, skipped: Option<SyncSite>) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(new_disk(skipped), small_options()).map_err(Refused::into_text)?;
    for _ in 0..2 + choices.pick(8) {
        rig.append(&[choices.pick(300)]);
        if choices.pick(3) > 0 {
            rig.settle();
        }
    }
    // The process dies between a write and its sync.
    rig.append(&[choices.pick(300), 20]);
    rig.disk.fail(2, Fault::PowerCut);
    rig.journal.step();
    let (disk, oracle) = rig.abandon();
    let rig = Rig::open(disk.kill(), small_options(), oracle).map_err(Refused::into_text)?;
    let (disk, oracle) = rig.abandon();
    Rig::open(disk.crash(choices), small_options(), oracle).map_err(Refused::into_text)?;
    Ok(())
}

#[test]
fn what_recovery_read_from_the_cache_survives_a_power_cut() {
    hold("kill, then power cut", figure(200, 5_000), |seed| {
        kill_then_cut(seed, None)
    });
}

/// A torn write whose bytes must be kept, whenever the power goes during recovery.
fn torn_bytes_are_kept(seed: u64, skipped: Option<SyncSite>) -> Verdict {
    let choices = &mut Choices::seeded(seed);
    let mut rig = Rig::new(new_disk(skipped), small_options()).map_err(Refused::into_text)?;
    rig.append(&[100]);
    rig.settle();
    rig.append(&[900, 700, 800]);
    rig.disk.fail(1 + choices.pick(2) as u64, Fault::PowerCut);
    rig.journal.step();
    let (disk, oracle) = rig.abandon();
    let left = disk.crash(choices);
    let probe = left.snapshot();
    let rig = Rig::open(probe, small_options(), oracle.clone()).map_err(Refused::into_text)?;
    let Some(cut) = rig.recovered.cut else {
        return Ok(());
    };
    let torn = rig
        .disk
        .contents(&cut.kept_in)
        .ok_or("nothing was kept aside")?;
    left.fail(1 + choices.pick(50) as u64, Fault::PowerCut);
    let opened = Rig::open(left.clone(), small_options(), oracle);
    let after = left.crash(choices);
    drop(opened);
    let is_kept = after.files().iter().any(|(name, _)| {
        let bytes = after.contents(name).unwrap_or_default();
        bytes.windows(torn.len()).any(|window| window == torn)
    });
    if is_kept {
        Ok(())
    } else {
        Err(format!("{} torn bytes are nowhere", torn.len()))
    }
}

#[test]
fn torn_bytes_are_kept_aside_whenever_the_power_goes() {
    hold("torn bytes", figure(400, 5_000), |seed| {
        torn_bytes_are_kept(seed, None)
    });
}

/// Whether the suite notices that a site does not sync.
fn is_noticed(site: SyncSite, seeds: u64) -> Option<String> {
    let scenarios: [fn(u64, Option<SyncSite>) -> Verdict; 3] = [
        |seed, site| live_and_crash(seed, site, 1),
        kill_then_cut,
        torn_bytes_are_kept,
    ];
    (0..seeds)
        .flat_map(|seed| {
            scenarios
                .iter()
                .map(move |scenario| scenario(seed, Some(site)))
        })
        .find_map(Result::err)
}

#[test]
fn every_sync_that_is_left_out_is_noticed() {
    for site in SyncSite::ALL {
        let noticed = is_noticed(site, figure(1_500, 30_000));
        assert!(
            noticed.is_some(),
            "nobody notices that {} is not synced",
            site.name()
        );
    }
}

/// Writes `groups` groups that are only wanted written, then lets the writer do `steps` things.
fn write_relaxed(groups: usize, steps: usize) -> Rig {
    let options = Options {
        segment_bytes: 64 << 10,
        ..small_options()
    };
    let mut rig = Rig::new(SimDisk::new(), options).unwrap();
    rig.append(&[10]);
    rig.settle();
    for _ in 0..groups {
        rig.append_relaxed(&[100, 200]);
        for _ in 0..steps {
            rig.journal.step();
        }
    }
    rig
}

#[test]
fn what_is_only_wanted_written_is_told_before_it_is_synced_and_survives_a_kill() {
    let rig = write_relaxed(20, 1);
    let (written, reported) = (rig.oracle.written(), rig.oracle.reported());
    assert_eq!((written, reported), (41, 1), "told, and not yet synced");
    let (disk, oracle) = rig.abandon();
    let rig = Rig::open(disk.kill(), small_options(), oracle.killed()).unwrap();
    assert_eq!(rig.recovered.last.0, 41);
}

#[test]
fn after_a_power_cut_a_prefix_is_left_of_what_was_only_written() {
    let (mut shortest, mut longest) = (u64::MAX, 0);
    for seed in 0..figure(300, 20_000) {
        let rig = write_relaxed(20, 1);
        let (disk, oracle) = rig.abandon();
        let left = disk.crash(&mut Choices::seeded(seed));
        // The rig judges that it is a prefix, group by group.
        let rig = Rig::open(left, small_options(), oracle);
        let last = rig.unwrap_or_else(|refused| panic!("{seed}: {refused:?}"));
        let last = last.recovered.last.0;
        (shortest, longest) = (shortest.min(last), longest.max(last));
    }
    assert_eq!(shortest, 1, "some cut loses all of it");
    assert!(longest > 1, "some cut leaves a part");
}

#[test]
fn what_is_only_wanted_written_is_synced_as_soon_as_nothing_else_waits_or_an_eager_frame_comes() {
    let mut rig = write_relaxed(3, 2);
    assert_eq!(
        rig.oracle.reported(),
        7,
        "with nothing to write it is synced"
    );
    rig.append_relaxed(&[5]);
    rig.journal.step();
    assert_eq!(rig.oracle.reported(), 7);
    rig.append(&[5]);
    rig.journal.step();
    assert_eq!(rig.oracle.reported(), 9, "one sync for both");
}
