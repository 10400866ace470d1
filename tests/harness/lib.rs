//! What the tests share.
//!
//! - [`files`]: the host's files.
//! - [`wait`]: bounded waiting; [`figures`]: how much a test does, and its seed.
//! - [`payload`], [`history`]: messages that say who sent them, and the checker of promises.
//! - [`child`]: the daemon as a process.

pub mod files;

pub mod wait;

pub mod figures;

pub mod payload;

pub mod history;

pub mod child;
