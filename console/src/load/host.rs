//! A broker in a process of its own, for works that stop and start it and weigh its memory.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use weir_proto::client::{Client, Error, Options};
use weir_proto::v1::GetStatsRequest;

use crate::clock;

/// What the daemon says when it is ready, before its address.
const READY: &str = "listening on ";

/// A broker looks at its own memory once a second: so long after something, what it says of it is no older.
pub(super) const SAMPLED: Duration = Duration::from_millis(1_500);

/// Why there is no broker, or none any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    /// The process could not be started or watched.
    #[error("a broker of its own cannot be started: {0}")]
    Start(#[source] io::Error),
    /// It ended before it was ready; it has said why on its standard error.
    #[error("the broker that was started ended before it listened")]
    Ended,
    /// It could not be told to stop, or did not stop well.
    #[error("the broker that was started cannot be stopped: {0}")]
    Stop(#[source] io::Error),
    /// Its data cannot be weighed.
    #[error("the data of the broker cannot be counted: {0}")]
    Weigh(#[source] io::Error),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
}

/// A running broker; killed when it is dropped.
#[derive(Debug)]
pub(super) struct Host {
    child: Option<Child>,
    /// Kept open: what the daemon says later goes there.
    _said: BufReader<ChildStdout>,
    address: String,
}

impl Host {
    /// Starts this program as a daemon on a free port of the loopback; returns when it listens.
    pub(super) async fn start(directory: &Path) -> Result<Self, HostError> {
        let program = std::env::current_exe().map_err(HostError::Start)?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(HostError::Start)?;
        let said = child.stdout.take().map(BufReader::new);
        let mut said = said.ok_or(HostError::Ended)?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            said.read_line(&mut line).map(|_| (line, said))
        });
        let read = line.await.map_err(io::Error::other);
        let (line, said) = read.and_then(|line| line).map_err(HostError::Start)?;
        let address = line.trim_end().strip_prefix(READY).map(str::to_owned);
        let host = Self {
            child: Some(child),
            _said: said,
            address: address.clone().unwrap_or_default(),
        };
        address.map(|_| host).ok_or(HostError::Ended)
    }

    /// A client of it.
    pub(super) async fn client(&self) -> Result<Client, HostError> {
        Ok(Client::connect(Options::to(&self.address).fail_fast()).await?)
    }

    /// Its memory, in bytes, as of a moment after this call.
    pub(super) async fn memory(&self, client: &Client) -> Result<u64, HostError> {
        clock::pause(SAMPLED).await;
        let stats = client.stats().get(GetStatsRequest::default()).await?;
        let broker = stats.broker.unwrap_or_default();
        Ok(broker.rss_bytes.unwrap_or(0))
    }

    /// Tells it to stop and waits until it has; how long that took.
    pub(super) async fn stop(mut self) -> Result<Duration, HostError> {
        let begun = clock::now();
        let Some(mut child) = self.child.take() else {
            return Ok(Duration::ZERO);
        };
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| HostError::Stop(io::Error::other("it has no process id")))?;
        kill_process(id, Signal::TERM).map_err(|error| HostError::Stop(error.into()))?;
        let ended = tokio::task::spawn_blocking(move || child.wait()).await;
        let ended = ended.map_err(io::Error::other).and_then(|ended| ended);
        let status = ended.map_err(HostError::Stop)?;
        if !status.success() {
            let said = io::Error::other(format!("it ended with {status}"));
            return Err(HostError::Stop(said));
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}
