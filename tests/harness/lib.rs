//! What the tests share.
//!
//! - [`files`]: the host's files; [`torn`]: the end of a log as a power cut leaves it.
//! - [`wait`]: bounded waiting; [`figures`]: how much a test does, and its seed.
//! - [`payload`], [`history`]: messages that say who sent them, and the checker of promises.
//! - [`child`]: the daemon as a process; [`broker`]: the same with a client; [`things`]: what tests set up.
//! - [`faulty_disk`], [`embedded`]: a broker in this process, on a disk that fails when told to.
//! - [`refusals`]: what a refusal must look like; [`raw`], [`frames`]: what no honest client says.
//! - [`terminal`]: a program in a terminal, its keys and its screen; [`drawn`]: what it may write there.
//! - `ground`, `operating`, [`load`]: producers, consumers and operators that report to a history.

#![expect(clippy::expect_used, reason = "what tests share fails as tests do")]

/// The programs', so that what is measured within a process is what people run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod files;

pub mod torn;

pub mod wait;

pub mod figures;

pub mod payload;

pub mod history;

pub mod child;

pub mod things;

pub mod broker;

pub mod faulty_disk;

pub mod embedded;

pub mod refusals;

pub mod raw;

pub mod frames;

pub mod terminal;

pub mod drawn;

mod ground;

mod operating;

pub mod load;
