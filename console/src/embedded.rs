//! The broker inside this process: `weir serve`, and the one that the demo runs on. The only file that
//! names the broker's crate.
//!
//! An embedded broker is an ordinary one: durable, on a port of the loopback, reached over gRPC like any
//! other.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use weir_broker::config::Config;
use weir_broker::server::{self, Running};

pub(crate) use weir_broker::config::{ConfigError, ServeArgs, Shown, check as check_configuration};

/// Runs the daemon, as `weir-broker` does.
pub(crate) fn serve(args: ServeArgs) -> ExitCode {
    weir_broker::serve(args)
}

/// Segments of a journal that nobody keeps: some are made at the start, whatever the traffic.
const TEMPORARY_SEGMENT_BYTES: u64 = 16 << 20;

/// A broker in this process.
#[derive(Debug)]
pub(crate) struct Broker {
    running: Running,
    /// Removed when it is dropped.
    temporary: Option<TempDir>,
}

/// Why there is no embedded broker.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokerError {
    #[error("no temporary directory could be made for the broker's data: {0}")]
    Directory(#[source] std::io::Error),
    #[error("the embedded broker did not start: {0}")]
    Start(#[from] server::StartError),
}

impl Broker {
    /// Starts a broker on a free port of the loopback, with its data in `directory`, or in a fresh one
    /// that lives as long as the broker.
    pub(crate) async fn start(directory: Option<&Path>) -> Result<Self, BrokerError> {
        let temporary = if directory.is_none() {
            Some(fresh()?)
        } else {
            None
        };
        let data_dir = temporary.as_ref().map(TempDir::path).or(directory);
        let data_dir = data_dir.map_or_else(PathBuf::new, Path::to_owned);
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir,
            ..Config::default()
        };
        if temporary.is_some() {
            config.journal.segment_bytes = TEMPORARY_SEGMENT_BYTES;
        }
        let running = server::start(config).await?;
        Ok(Self { running, temporary })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Stops it. What could not be finished in time is recovered by the next start, or not missed.
    pub(crate) async fn stop(self, limit: Duration) {
        let stopped = self.running.stop(limit);
        // An unclean stop is what the journal is made for; the demo is over either way.
        drop(tokio::time::timeout(limit, stopped).await);
        drop(self.temporary);
    }
}

/// A directory of its own, removed with its handle.
fn fresh() -> Result<TempDir, BrokerError> {
    tempfile::Builder::new()
        .prefix("weir-demo-")
        .tempdir()
        .map_err(BrokerError::Directory)
}

/// Starts a task of what runs beside an embedded broker: the demo's traffic.
pub(crate) fn spawn<F>(task: F) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(task)
}
