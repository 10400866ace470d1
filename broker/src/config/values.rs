//! What a broker runs with: every value decided, nothing opened yet.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::journal;
use crate::shard::{UndoShare, process_micros};

/// The port that the broker listens on unless said otherwise.
pub const DEFAULT_PORT: u16 = 7420;
/// The data directory unless said otherwise.
pub const DEFAULT_DATA_DIR: &str = "./weir-data";
/// Connections at one time; one more is closed at once. Bounds what their windows may take.
pub const MAX_CONNECTIONS: usize = 1_024;

/// How a broker runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its data is; made if missing.
    pub data_dir: PathBuf,
    /// Listen on other than loopback although there is neither TLS nor authentication.
    pub insecure_i_know: bool,
    /// Connections at one time.
    pub max_connections: usize,
    /// How the journal is opened.
    pub journal: journal::Options,
    /// What is held so that operations can be undone.
    pub undo: UndoShare,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            data_dir: PathBuf::from(DEFAULT_DATA_DIR),
            insecure_i_know: false,
            max_connections: MAX_CONNECTIONS,
            journal: journal::Options {
                monotonic_us: process_micros,
                ..journal::Options::default()
            },
            undo: UndoShare::default(),
        }
    }
}
