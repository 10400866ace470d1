//! What the process takes of its machine, measured once a second on a thread of its own.
//!
//! Measures only what is shown. The disk of the data directory is looked up every few seconds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use sysinfo::{
    Disk, DiskRefreshKind, Disks, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate,
    System,
};

use super::HostSample;

/// How often the process is measured.
const INTERVAL: Duration = Duration::from_secs(1);
/// Every how many intervals the disk is looked at.
const DISK_EVERY: u64 = 10;

/// The newest measurement; the thread ends when the last of these is dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    newest: Arc<Mutex<HostSample>>,
}

impl Host {
    /// Begins to measure. Without a thread for it, nothing is known.
    pub(super) fn watch(directory: PathBuf) -> Self {
        let host = Self::default();
        let newest = Arc::downgrade(&host.newest);
        let spawned = thread::Builder::new()
            .name("weir-host".to_owned())
            .spawn(move || measure(&directory, &newest));
        if let Err(error) = spawned {
            tracing::warn!(%error, "cannot start the thread that measures the process");
        }
        host
    }

    /// The newest measurement.
    pub(super) fn sample(&self) -> HostSample {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn measure(directory: &Path, newest: &Weak<Mutex<HostSample>>) {
    let mut sample = HostSample::default();
    let cores = thread::available_parallelism().ok();
    sample.host_cores = cores.and_then(|cores| u32::try_from(cores.get()).ok());
    let mut system = match System::new() {
        Ok(mut system) => {
            system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
            sample.host_memory_bytes = Some(system.total_memory()).filter(|&bytes| bytes > 0);
            Some(system)
        }
        Err(error) => {
            tracing::warn!(%error, "cannot measure the process");
            None
        }
    };
    for interval in 0u64.. {
        if let Some(system) = &mut system {
            measure_process(system, interval, &mut sample);
        }
        if interval % DISK_EVERY == 0 {
            measure_disk(directory, &mut sample);
        }
        match newest.upgrade() {
            Some(newest) => *newest.lock().unwrap_or_else(PoisonError::into_inner) = sample,
            None => return,
        }
        thread::park_timeout(INTERVAL);
    }
}

fn measure_process(system: &mut System, interval: u64, sample: &mut HostSample) {
    let pid = Pid::from_u32(std::process::id());
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
    if let Some(process) = system.process(pid) {
        sample.rss_bytes = Some(process.memory());
        // The first reading has nothing to compare with.
        sample.cpu_cores = (interval > 0).then(|| f64::from(process.cpu_usage()) / 100.0);
    }
}

/// The disk whose mount point is the longest that begins the directory's path.
fn measure_disk(directory: &Path, sample: &mut HostSample) {
    let what = DiskRefreshKind::nothing().with_storage();
    let Ok(disks) = Disks::new_with_refreshed_list_specifics(what) else {
        return;
    };
    let holds = |disk: &&Disk| directory.starts_with(disk.mount_point());
    let depth = |disk: &&Disk| disk.mount_point().components().count();
    if let Some(disk) = disks.iter().filter(holds).max_by_key(depth) {
        sample.disk_free_bytes = Some(disk.available_space());
        sample.disk_total_bytes = Some(disk.total_space());
    }
}
