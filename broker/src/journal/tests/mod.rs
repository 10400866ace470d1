//! Tests of the journal: each names the promise it holds.

mod bytes;
mod damage;
mod faults;
mod index;
mod oracle;
mod os_disk;
mod places;
mod power_cut;
mod refusals;
mod rig;
mod space;
