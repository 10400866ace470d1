//! The daemon's settings and its command line.
//!
//! Each setting has a default; a command line names only what differs. Nothing here opens anything.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;

use crate::journal;
use crate::journal::options::{CHECKPOINT_REPLAY_US, SEGMENT_BYTES};
use crate::shard::process_micros;

/// The port that the broker listens on unless said otherwise.
pub const DEFAULT_PORT: u16 = 7420;
/// The data directory unless said otherwise.
pub const DEFAULT_DATA_DIR: &str = "./weir-data";
/// Connections at one time; one more is closed at once. Bounds what their windows may take.
pub const MAX_CONNECTIONS: usize = 1_024;

/// The smallest segment: it holds the largest restatement of state several times.
const MIN_SEGMENT_BYTES: u64 = 1 << 20;
/// The largest segment: recovery may have to read one as a whole.
const MAX_SEGMENT_BYTES: u64 = 1 << 30;

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
        }
    }
}

/// What `weir-broker serve` and `weir serve` take.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7420", value_parser = address)]
    pub listen: SocketAddr,
    /// Where the data is; made if missing
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub data_dir: PathBuf,
    /// Listen beyond loopback although there is neither TLS nor authentication
    #[arg(long)]
    pub insecure_i_know: bool,
    /// Bytes of a segment of the journal, 1 MiB to 1 GiB: smaller ones free space sooner; a batch
    /// may take half of one
    #[arg(long, value_name = "BYTES", default_value_t = SEGMENT_BYTES, value_parser = segment_range())]
    pub segment_bytes: u64,
    /// Replay time that asks for a checkpoint, in microseconds: tests want one sooner
    #[arg(long, value_name = "MICROS", default_value_t = CHECKPOINT_REPLAY_US, hide = true)]
    pub checkpoint_replay_us: u64,
}

impl From<ServeArgs> for Config {
    fn from(args: ServeArgs) -> Self {
        let default = Self::default();
        let half = usize::try_from(args.segment_bytes / 2).unwrap_or(usize::MAX);
        Self {
            listen: args.listen,
            data_dir: args.data_dir,
            insecure_i_know: args.insecure_i_know,
            journal: journal::Options {
                segment_bytes: args.segment_bytes,
                checkpoint_replay_us: args.checkpoint_replay_us,
                max_frame: default.journal.max_frame.min(half),
                ..default.journal
            },
            ..default
        }
    }
}

/// The command line of `weir-broker`.
#[derive(Debug, clap::Parser)]
#[command(
    name = "weir-broker",
    version,
    about = "Weir's broker: a durable message broker",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// What to do; serve if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// For serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What `weir-broker` does.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run the broker (the default)
    Serve(ServeArgs),
    /// Read and check everything in a stopped data directory
    Verify(DirectoryArgs),
    /// Show every entry of a stopped data directory, one a line
    Dump(DirectoryArgs),
    /// Say what a repair of a stopped data directory would do
    Repair(RepairArgs),
}

/// A stopped data directory.
#[derive(Debug, Clone, clap::Args)]
pub struct DirectoryArgs {
    /// Where the data is
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub data_dir: PathBuf,
}

/// What `repair` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct RepairArgs {
    /// Where the data is
    #[command(flatten)]
    pub directory: DirectoryArgs,
    /// Only say what would be done
    #[arg(long, required = true)]
    pub dry_run: bool,
}

fn segment_range() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES)
}

/// `HOST:PORT` as an address; the first one if a name has several.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text
        .to_socket_addrs()
        .map_err(|error| format!("{text} is no address to listen on: {error}"))?
        .next();
    found.ok_or_else(|| format!("{text} has no address"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn no_arguments_serve_with_the_defaults() {
        let arguments = Arguments::parse_from(["weir-broker"]);
        assert!(arguments.command.is_none());
        let config = Config::from(arguments.serve);
        let default = Config::default();
        assert_eq!(
            (config.listen, config.data_dir, config.insecure_i_know),
            (default.listen, default.data_dir, false)
        );
    }

    #[test]
    fn a_name_is_an_address() {
        let arguments = Arguments::parse_from(["weir-broker", "--listen", "localhost:0"]);
        assert!(arguments.serve.listen.ip().is_loopback());
    }

    #[test]
    fn a_repair_that_changes_things_is_not_offered() {
        assert!(Arguments::try_parse_from(["weir-broker", "repair"]).is_err());
        assert!(Arguments::try_parse_from(["weir-broker", "repair", "--dry-run"]).is_ok());
    }
}
