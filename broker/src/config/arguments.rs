//! The daemon's command line. What is not written is left to the other places of a setting.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::checks::{address, number_of_bytes, segment_bytes, undo_grace, undo_percent};
use super::values::DEFAULT_DATA_DIR;

/// What `weir-broker serve` and `weir serve` take. A flag wins over the environment, the environment
/// over the file, the file over the default.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(
    clippy::doc_markdown,
    reason = "these lines are the help, which shows no backticks around variables"
)]
pub struct ServeArgs {
    /// A file with settings, each called as its flag: `segment-bytes = 16777216`
    #[arg(long, value_name = "FILE", env = "WEIR_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Where to listen [env: WEIR_LISTEN] [default: 127.0.0.1:7420]
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// Where the data is; made if missing [env: WEIR_DATA_DIR] [default: ./weir-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Listen beyond loopback although there is neither TLS nor authentication [env:
    /// WEIR_INSECURE_I_KNOW]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_possible_values = true)]
    pub insecure_i_know: Option<bool>,
    /// Bytes of a segment of the journal, 1 MiB to 1 GiB: smaller ones free space sooner; a batch
    /// may take half of one [env: WEIR_SEGMENT_BYTES] [default: 67108864]
    #[arg(long, value_name = "BYTES", value_parser = segment_bytes)]
    pub segment_bytes: Option<u64>,
    /// The most bytes that the journal may take on the disk, at least eight segments: beyond it
    /// publishes are refused while acks, purges and deletes go on [env: WEIR_MAX_DISK_BYTES]
    /// [default: no bound but the disk's]
    #[arg(long, value_name = "BYTES", value_parser = number_of_bytes)]
    pub max_disk_bytes: Option<u64>,
    /// How long purges, discards, seeks, moves and requeues can be undone, in seconds, at most 30
    /// days; 0: never. What they drop stays stored until then [env: WEIR_UNDO_GRACE_SECONDS]
    /// [default: 86400]
    #[arg(long, value_name = "SECONDS", value_parser = undo_grace)]
    pub undo_grace_seconds: Option<u64>,
    /// How many percent of the disk may be held for that, at most 50: beyond it the oldest can be
    /// undone no more [env: WEIR_UNDO_DISK_PERCENT] [default: 10]
    #[arg(long, value_name = "PERCENT", value_parser = undo_percent)]
    pub undo_disk_percent: Option<u64>,
    /// Replay time that asks for a checkpoint, in microseconds: tests want one sooner
    #[arg(long, value_name = "MICROS", hide = true)]
    pub checkpoint_replay_us: Option<u64>,
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
