//! Tests of the journal: each names the promise it holds.

mod oracle;
mod os_disk;
mod power_cut;
mod rig;
