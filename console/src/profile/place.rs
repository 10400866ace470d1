//! Where the files of a profile are.

use std::path::PathBuf;

/// The variable that names another directory.
const DIRECTORY_VARIABLE: &str = "WEIR_CONFIG_DIR";

/// The variable that names a context.
pub(crate) const CONTEXT_VARIABLE: &str = "WEIR_CONTEXT";

/// The file of contexts, if there is a place for it.
pub(crate) fn contexts_file() -> Option<PathBuf> {
    Some(directory()?.join("contexts.toml"))
}

/// The file of how the screen is to be, if there is a place for it.
pub(crate) fn screen_file() -> Option<PathBuf> {
    Some(directory()?.join("console.toml"))
}

/// `$WEIR_CONFIG_DIR`, `$XDG_CONFIG_HOME/weir` or `~/.config/weir`.
fn directory() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(directory) = set(DIRECTORY_VARIABLE) {
        return Some(directory.into());
    }
    let base = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")))?;
    Some(base.join("weir"))
}
