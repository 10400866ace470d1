//! The real daemon as a child process: started, killed, stopped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;

/// A start that takes longer than this has failed.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    address: String,
}

/// How to start it.
#[derive(Debug, Clone, Default)]
pub struct Start<'a> {
    /// Arguments beside `--data-dir`; without `--listen=`, a free port of loopback is taken.
    pub arguments: Vec<String>,
    /// `WEIR_FAIL_POINT`, if set.
    pub fail_point: Option<&'a str>,
}

impl Child {
    /// Starts `program` and waits until it says that it listens. An error holds what it
    /// wrote to stderr.
    pub fn start(program: &str, data_dir: &Path, start: &Start<'_>) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        let mut arguments = start.arguments.iter();
        if !arguments.any(|argument| argument.starts_with("--listen=")) {
            command.arg("--listen=127.0.0.1:0");
        }
        command.arg("--data-dir").arg(data_dir);
        command.args(&start.arguments).env_remove("WEIR_FAIL_POINT");
        if let Some(point) = start.fail_point {
            command.env("WEIR_FAIL_POINT", point);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        let stdout = process.stdout.take().context("its stdout")?;
        let mut stderr = process.stderr.take().context("its stderr")?;
        let (said, hears) = mpsc::channel();
        // Plain threads of the test: one reads the first line, the other keeps the pipe of the log empty.
        std::thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines();
            let first = lines.next().and_then(Result::ok);
            let _nobody_waits_any_more = said.send(first);
            lines.for_each(drop);
        });
        let (log, logged) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _cut = stderr.read_to_string(&mut text);
            let _nobody_asks = log.send(text);
        });
        let first = hears.recv_timeout(START_LIMIT).ok().flatten();
        let address = first
            .as_deref()
            .and_then(|line| line.strip_prefix("listening on "));
        if let Some(address) = address {
            return Ok(Self {
                process,
                address: address.to_owned(),
            });
        }
        let _it_may_be_gone = process.kill();
        let status = process.wait()?;
        let text = logged.recv_timeout(START_LIMIT).unwrap_or_default();
        Err(anyhow!("the broker did not start ({status}): {text}"))
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills it as `kill -9` does and waits until it is gone.
    pub fn kill(mut self) -> anyhow::Result<ExitStatus> {
        self.process.kill()?;
        Ok(self.process.wait()?)
    }

    /// Asks it to stop as `kill` does.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Lets it hang, until it is told to go on: alive, connected, and silent.
    pub fn hang(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on after it hung.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = i32::try_from(self.process.id())?;
        let process = Pid::from_raw(id).context("a process id")?;
        Ok(kill_process(process, signal)?)
    }

    /// Waits until it has ended by itself, at most for `limit`.
    pub fn wait(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let process = &mut self.process;
        wait::until_blocking(limit, || process.try_wait().ok().flatten())
            .ok_or_else(|| anyhow!("the broker did not end within {limit:?}"))
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(Some(_)))
    }

    /// Its resident memory in bytes.
    pub fn rss_bytes(&self) -> Option<u64> {
        let status = super::files::read(Path::new(&format!("/proc/{}/status", self.id()))).ok()?;
        let status = String::from_utf8(status).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    /// Processor time that it has used since its start, in hundredths of a second each.
    pub fn cpu(&self) -> Duration {
        cpu_time(self.id()).unwrap_or_default()
    }
}

/// Processor time that a process has used since its start, in hundredths of a second each.
pub(crate) fn cpu_time(id: u32) -> Option<Duration> {
    let stat = super::files::read(Path::new(&format!("/proc/{id}/stat"))).ok()?;
    let stat = String::from_utf8(stat).ok()?;
    // After the name, which is in parentheses and may hold anything: state is the first field, proc(5).
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let ticks = ticks()? + ticks()?;
    Some(Duration::from_millis(ticks * 10))
}

impl Drop for Child {
    fn drop(&mut self) {
        let _it_may_be_gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
