//! Settings and where each value came from.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::ServeArgs;
use super::file::{self, FileSettings};
use super::values::Config;

/// The smallest segment: it holds the largest restatement of state several times.
const MIN_SEGMENT_BYTES: u64 = 1 << 20;
/// The largest segment: recovery may have to read one as a whole.
const MAX_SEGMENT_BYTES: u64 = 1 << 30;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A line of a file.
    File {
        /// The file, as it was named.
        path: Arc<Path>,
        /// From 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// Every setting, decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens.
    pub listen: Setting<SocketAddr>,
    /// Where its data is.
    pub data_dir: Setting<PathBuf>,
    /// Whether it listens beyond loopback.
    pub insecure_i_know: Setting<bool>,
    /// Bytes of a segment of the journal.
    pub segment_bytes: Setting<u64>,
    /// The most bytes that the journal takes on the disk; none is no bound but the disk's.
    pub max_disk_bytes: Setting<Option<u64>>,
    /// Replay time that asks for a checkpoint, in microseconds.
    pub checkpoint_replay_us: Setting<u64>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{}:{line}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A variable of the environment is wrong.
    #[error("{name}: {what}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// Nothing: there is no such bound.
    Nothing,
}

impl ServeArgs {
    /// Decides every setting: flags, the process's environment, the file, defaults.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        self.settings_in(&|name| std::env::var_os(name))
    }

    /// The same with another environment.
    pub(super) fn settings_in(
        &self,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Settings, ConfigError> {
        let file = match &self.config {
            Some(path) => file::read(path)?,
            None => FileSettings::default(),
        };
        let layers = Layers { environment };
        let default = Config::default();
        Ok(Settings {
            listen: layers.decide(
                (self.listen, "--listen"),
                ("WEIR_LISTEN", address),
                file.listen,
                default.listen,
            )?,
            data_dir: layers.decide(
                (self.data_dir.clone(), "--data-dir"),
                ("WEIR_DATA_DIR", |text| Ok(PathBuf::from(text))),
                file.data_dir,
                default.data_dir,
            )?,
            insecure_i_know: layers.decide(
                (self.insecure_i_know, "--insecure-i-know"),
                ("WEIR_INSECURE_I_KNOW", truth),
                file.insecure_i_know,
                default.insecure_i_know,
            )?,
            segment_bytes: layers.decide(
                (self.segment_bytes, "--segment-bytes"),
                ("WEIR_SEGMENT_BYTES", segment_bytes),
                file.segment_bytes,
                default.journal.segment_bytes,
            )?,
            max_disk_bytes: layers.decide(
                (self.max_disk_bytes.map(Some), "--max-disk-bytes"),
                ("WEIR_MAX_DISK_BYTES", |text| {
                    number_of_bytes(text).map(Some)
                }),
                file.max_disk_bytes.map(Setting::some),
                default.journal.max_bytes,
            )?,
            checkpoint_replay_us: layers.decide(
                (self.checkpoint_replay_us, "--checkpoint-replay-us"),
                ("WEIR_CHECKPOINT_REPLAY_US", number),
                file.checkpoint_replay_us,
                default.journal.checkpoint_replay_us,
            )?,
        })
    }
}

impl Settings {
    /// Every setting by name, with its value and where it came from.
    pub fn rows(&self) -> Vec<(&'static str, Setting<Shown>)> {
        let directory = |path: PathBuf| Shown::Text(path.display().to_string());
        let bound = |bytes: Option<u64>| bytes.map_or(Shown::Nothing, Shown::Number);
        vec![
            (
                "listen",
                self.listen.shown(|value| Shown::Text(value.to_string())),
            ),
            ("data-dir", self.data_dir.shown(directory)),
            ("insecure-i-know", self.insecure_i_know.shown(Shown::Flag)),
            ("segment-bytes", self.segment_bytes.shown(Shown::Number)),
            ("max-disk-bytes", self.max_disk_bytes.shown(bound)),
            (
                "checkpoint-replay-us",
                self.checkpoint_replay_us.shown(Shown::Number),
            ),
        ]
    }

    /// The names of those that have another value in `other`.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.rows().into_iter().zip(other.rows());
        let changed = pairs.filter(|((_, mine), (_, theirs))| mine.value != theirs.value);
        changed.map(|((name, _), _)| name).collect()
    }
}

impl<T: Clone> Setting<T> {
    fn shown(&self, show: impl FnOnce(T) -> Shown) -> Setting<Shown> {
        Setting {
            value: show(self.value.clone()),
            source: self.source.clone(),
        }
    }
}

impl<T> Setting<T> {
    /// The same of a setting that may be nothing.
    fn some(self) -> Setting<Option<T>> {
        Setting {
            value: Some(self.value),
            source: self.source,
        }
    }
}

/// How a text becomes a value, or what is wrong with it.
type Read<T> = fn(&str) -> Result<T, String>;

/// The places where a value may be, the strongest first.
struct Layers<'a> {
    environment: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Layers<'_> {
    fn decide<T>(
        &self,
        (flag, flag_name): (Option<T>, &'static str),
        (name, read): (&'static str, Read<T>),
        file: Option<Setting<T>>,
        default: T,
    ) -> Result<Setting<T>, ConfigError> {
        if let Some(value) = flag {
            let source = Source::Flag(flag_name);
            return Ok(Setting { value, source });
        }
        if let Some(text) = (self.environment)(name).filter(|text| !text.is_empty()) {
            let refused = |what| ConfigError::Environment { name, what };
            let text = text.into_string();
            let text = text.map_err(|_bytes| refused("this is no text".to_owned()))?;
            let value = read(&text).map_err(refused)?;
            let source = Source::Environment(name);
            return Ok(Setting { value, source });
        }
        Ok(file.unwrap_or(Setting {
            value: default,
            source: Source::Default,
        }))
    }
}

/// `HOST:PORT` as an address; the first one if a name has several.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text
        .to_socket_addrs()
        .map_err(|error| format!("{text} is no address to listen on: {error}"))?
        .next();
    found.ok_or_else(|| format!("{text} has no address"))
}

/// A size of segments within its range.
pub(super) fn segment_bytes(text: &str) -> Result<u64, String> {
    number_of_bytes(text).and_then(checked_segment_bytes)
}

/// A number of bytes.
pub(super) fn number_of_bytes(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("{text} is no number of bytes: {error}"))
}

/// A number of bytes within the range of segments.
pub(super) fn checked_segment_bytes(bytes: u64) -> Result<u64, String> {
    if (MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&bytes) {
        return Ok(bytes);
    }
    Err(format!(
        "a segment has {MIN_SEGMENT_BYTES} to {MAX_SEGMENT_BYTES} bytes, not {bytes}"
    ))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("{text} is no number: {error}"))
}

fn truth(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_neither| format!("write true or false, not {text}"))
}
