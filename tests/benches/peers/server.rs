//! A peer's server: a program of its own on a free port, with its data in a fresh directory on the disk.

use std::ffi::OsStr;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use weir_tests::{broker, files, wait};

const SOON: Duration = Duration::from_secs(20);
const PAGE_BYTES: u64 = 4096;

/// It ends when dropped, and its data goes with it.
pub(crate) struct Server {
    child: Child,
    address: String,
    _directory: TempDir,
}

impl Server {
    /// Starts `program` with what `arguments` says for a directory and a port, and waits until it listens.
    pub(crate) fn start(
        program: impl AsRef<OsStr>,
        arguments: impl FnOnce(&str, u16) -> Vec<String>,
    ) -> anyhow::Result<Self> {
        let directory = broker::directory(true);
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let path = directory.path().display().to_string();
        let program = program.as_ref();
        let child = Command::new(program)
            .args(arguments(&path, port))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let server = Self {
            child,
            address,
            _directory: directory,
        };
        let listens = || TcpStream::connect(&server.address).ok();
        if wait::until_blocking(SOON, listens).is_none() {
            bail!(
                "{} does not listen at {}",
                program.display(),
                server.address
            );
        }
        Ok(server)
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it holds in memory, in bytes.
    pub(crate) fn rss(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/statm", self.child.id());
        let text = String::from_utf8(files::read(path.as_ref())?)?;
        let pages = text.split(' ').nth(1).context("no resident pages")?;
        Ok(pages.parse::<u64>()? * PAGE_BYTES)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
