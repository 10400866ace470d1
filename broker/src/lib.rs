//! Weir's broker: a durable gRPC message broker.
//!
//! Floors, from the bottom: [`model`], [`delivery`], [`insight`], [`core`] are pure; [`journal`] keeps bytes;
//! [`shard`] owns a thread; [`api`] speaks gRPC; [`server`] puts them together. A floor uses those below it only.

use std::error::Error;
use std::future::pending;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub mod model;

pub mod delivery;

pub mod insight;

pub mod core;

pub mod journal;

pub mod shard;

pub mod api;

pub mod config;

pub mod telemetry;

pub mod server;

pub mod offline;

use config::{Arguments, Command, Config, ServeArgs, Settings};

/// The most threads that serve connections and run the shard; its journal and its measurements have their own.
const MAX_WORKERS: usize = 4;
/// Threads for blocking work: the start and cold reads.
const BLOCKING_THREADS: usize = 8;
/// How long a stop waits for acks.
const GRACE: Duration = Duration::from_secs(9);

/// The daemon `weir-broker` with the process's arguments: serves, or looks at a stopped directory.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let looked = match arguments.command {
        None => return serve(arguments.serve),
        Some(Command::Serve(args)) => return serve(args),
        Some(Command::Verify(args)) => offline::verify(&args),
        Some(Command::Dump(args)) => offline::dump(&args),
        Some(Command::Repair(args)) => offline::repair_dry_run(&args.directory),
    };
    looked.unwrap_or_else(|error| fail(&error))
}

/// Threads that serve connections: half of the processors, at least one. The other half is for what the journal
/// writes and for who else runs here. More of them than there is work for wake each other for nothing.
fn workers() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors / 2).clamp(1, MAX_WORKERS)
}

/// The daemon: prints `listening on HOST:PORT`, serves until SIGTERM or SIGINT, then drains for at
/// most ten seconds; a second signal ends it at once.
pub fn serve(args: ServeArgs) -> ExitCode {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("weir-worker")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let code = match runtime.block_on(serve_until_signalled(args)) {
        Ok(code) => code,
        Err(error) => fail(&*error),
    };
    // Connections that are still open end with the process.
    runtime.shutdown_background();
    code
}

async fn serve_until_signalled(args: ServeArgs) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let mut signals = Signals::catch()?;
    let settings = args.settings()?;
    let mut reloads = Reloads::catch(args, settings.clone())?;
    let mut running = server::start(Config::from(&settings)).await?;
    let mut out = io::stdout();
    writeln!(out, "listening on {}", running.address())?;
    out.flush()?;
    tokio::select! {
        error = running.failed() => return Err(error.into()),
        () = signals.next() => tracing::info!("stopping"),
        () = reloads.answer() => {}
    }
    tokio::select! {
        stopped = running.stop(GRACE) => stopped?,
        () = signals.next() => return Err("stopped at once by a second signal".into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The signals that ask for a stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        let come = tokio::select! {
            come = self.terminate.recv() => come,
            come = self.interrupt.recv() => come,
        };
        if come.is_none() {
            // No more signals can come.
            pending::<()>().await;
        }
    }
}

/// Answers the signal that asks a daemon to read its configuration again: says what a restart would
/// change, or why not; what it runs with stays. Without a file there is nothing to read, and SIGHUP
/// ends the process as it always did.
struct Reloads {
    hangup: Option<Signal>,
    args: ServeArgs,
    settings: Settings,
}

impl Reloads {
    fn catch(args: ServeArgs, settings: Settings) -> io::Result<Self> {
        let hangup = match args.config {
            Some(_) => Some(signal(SignalKind::hangup())?),
            None => None,
        };
        Ok(Self {
            hangup,
            args,
            settings,
        })
    }

    /// Never ends.
    async fn answer(&mut self) {
        while let Some(hangup) = &mut self.hangup {
            if hangup.recv().await.is_none() {
                break;
            }
            match self.args.settings() {
                Ok(new) => match self.settings.differences(&new).join(", ") {
                    same if same.is_empty() => tracing::info!("the configuration is the same"),
                    settings => tracing::warn!(settings, "restart to change these settings"),
                },
                Err(error) => {
                    let error = with_causes(&error);
                    tracing::error!(error, "the configuration is wrong; the old one stays");
                }
            }
        }
        pending::<()>().await;
    }
}

/// An error with every cause, on one line.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason
}

/// Says why on stderr, with every cause.
fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    let reason = with_causes(error);
    let reason = weir_proto::safe_text::SafeText::from(reason.as_str());
    // Without a stderr there is nobody to tell.
    drop(writeln!(io::stderr(), "weir-broker: {reason}"));
    ExitCode::FAILURE
}
