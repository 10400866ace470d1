//! Every setting, decided among its places, and what the broker runs with then.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::arguments::ServeArgs;
use super::checks::{
    address, number, number_of_bytes, segment_bytes, truth, undo_grace, undo_percent,
};
use super::file::{self, FileSettings};
use super::setting::{ConfigError, Setting, Shown, Source};
use super::values::Config;
use crate::journal;
use crate::model::Span;
use crate::shard::UndoShare;

/// In microseconds.
const SECOND: u64 = 1_000_000;

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
    /// How long operations can be undone, in seconds.
    pub undo_grace_seconds: Setting<u64>,
    /// How many percent of the disk may be held for that.
    pub undo_disk_percent: Setting<u64>,
    /// Replay time that asks for a checkpoint, in microseconds.
    pub checkpoint_replay_us: Setting<u64>,
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
            undo_grace_seconds: layers.decide(
                (self.undo_grace_seconds, "--undo-grace-seconds"),
                ("WEIR_UNDO_GRACE_SECONDS", undo_grace),
                file.undo_grace_seconds,
                default.undo.grace.0 / SECOND,
            )?,
            undo_disk_percent: layers.decide(
                (self.undo_disk_percent, "--undo-disk-percent"),
                ("WEIR_UNDO_DISK_PERCENT", undo_percent),
                file.undo_disk_percent,
                default.undo.disk_percent,
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
                "undo-grace-seconds",
                self.undo_grace_seconds.shown(Shown::Number),
            ),
            (
                "undo-disk-percent",
                self.undo_disk_percent.shown(Shown::Number),
            ),
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

impl From<&Settings> for Config {
    fn from(settings: &Settings) -> Self {
        let default = Self::default();
        let segment_bytes = settings.segment_bytes.value;
        let half = usize::try_from(segment_bytes / 2).unwrap_or(usize::MAX);
        Self {
            listen: settings.listen.value,
            data_dir: settings.data_dir.value.clone(),
            insecure_i_know: settings.insecure_i_know.value,
            journal: journal::Options {
                segment_bytes,
                checkpoint_replay_us: settings.checkpoint_replay_us.value,
                max_bytes: settings.max_disk_bytes.value,
                max_frame: default.journal.max_frame.min(half),
                ..default.journal
            },
            undo: UndoShare {
                grace: Span::from_secs(settings.undo_grace_seconds.value),
                disk_percent: settings.undo_disk_percent.value,
            },
            ..default
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
