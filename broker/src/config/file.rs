//! The configuration file: TOML, read as a whole or refused with the line.

use std::io::Read as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::checks;
use super::setting::{ConfigError, Setting, Source};

/// The largest file that is read: all settings take less than a page.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What a file says. What it does not say is left to the defaults.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    pub(super) listen: Option<Setting<SocketAddr>>,
    pub(super) data_dir: Option<Setting<PathBuf>>,
    pub(super) insecure_i_know: Option<Setting<bool>>,
    pub(super) segment_bytes: Option<Setting<u64>>,
    pub(super) max_disk_bytes: Option<Setting<u64>>,
    pub(super) undo_grace_seconds: Option<Setting<u64>>,
    pub(super) undo_disk_percent: Option<Setting<u64>>,
    pub(super) checkpoint_replay_us: Option<Setting<u64>>,
}

/// The file as it is written. A key that is not here is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    listen: Option<Spanned<String>>,
    data_dir: Option<Spanned<PathBuf>>,
    insecure_i_know: Option<Spanned<bool>>,
    segment_bytes: Option<Spanned<u64>>,
    max_disk_bytes: Option<Spanned<u64>>,
    undo_grace_seconds: Option<Spanned<u64>>,
    undo_disk_percent: Option<Spanned<u64>>,
    checkpoint_replay_us: Option<Spanned<u64>>,
}

/// Reads a file; a path in it is relative to where the broker is started, as in a flag.
pub fn read(path: &Path) -> Result<FileSettings, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    #[expect(
        clippy::disallowed_types,
        reason = "this is the module that reads the configuration file"
    )]
    let opened = std::fs::File::open(path).map_err(failed)?;
    let mut limited = opened.take(MAX_FILE_BYTES + 1);
    limited.read_to_end(&mut bytes).map_err(failed)?;
    parse(path, &bytes)
}

/// Whether a file would be taken.
pub fn check(path: &Path) -> Result<(), ConfigError> {
    read(path).map(drop)
}

/// What the bytes of a file say.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<FileSettings, ConfigError> {
    let file = File {
        path: path.into(),
        bytes,
    };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let what = format!("a configuration file has at most {MAX_FILE_BYTES} bytes");
        return Err(file.refusal(0, what));
    }
    let text = std::str::from_utf8(bytes);
    let text =
        text.map_err(|error| file.refusal(error.valid_up_to(), "this is no text".to_owned()))?;
    let written: Written = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        file.refusal(at, error.message().replace('\n', ", "))
    })?;
    Ok(FileSettings {
        listen: file.setting(written.listen, |text| checks::address(&text))?,
        data_dir: file.setting(written.data_dir, Ok)?,
        insecure_i_know: file.setting(written.insecure_i_know, Ok)?,
        segment_bytes: file.setting(written.segment_bytes, checks::checked_segment_bytes)?,
        max_disk_bytes: file.setting(written.max_disk_bytes, Ok)?,
        undo_grace_seconds: file.setting(written.undo_grace_seconds, checks::checked_undo_grace)?,
        undo_disk_percent: file.setting(written.undo_disk_percent, checks::checked_undo_percent)?,
        checkpoint_replay_us: file.setting(written.checkpoint_replay_us, Ok)?,
    })
}

struct File<'a> {
    path: Arc<Path>,
    bytes: &'a [u8],
}

impl File<'_> {
    fn setting<W, T>(
        &self,
        written: Option<Spanned<W>>,
        check: impl FnOnce(W) -> Result<T, String>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(written) = written else {
            return Ok(None);
        };
        let Range { start, .. } = written.span();
        let value = check(written.into_inner()).map_err(|what| self.refusal(start, what))?;
        let source = Source::File {
            path: Arc::clone(&self.path),
            line: self.line(start),
        };
        Ok(Some(Setting { value, source }))
    }

    fn refusal(&self, at: usize, what: String) -> ConfigError {
        ConfigError::File {
            path: self.path.to_path_buf(),
            line: self.line(at),
            what,
        }
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.bytes.iter().take(at);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}
