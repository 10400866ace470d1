//! The one place of the tests that reads and writes files of the host.
//!
//! Data directories of brokers are not its business: they belong to the journal.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the place where the tests' files are allowed"
)]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The root of the workspace that the tests were built from.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Reads a whole file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Writes a whole file, and the folders it lies in.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

/// Reads every text file below `root` that is `wanted`, by its path from there with `/` in it.
///
/// Folders that are not `wanted` are not entered; files that are not UTF-8 are left out.
pub fn read_tree(
    root: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if !wanted(&path) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else if let Ok(text) = String::from_utf8(read(&entry.path())?) {
                files.insert(path, text);
            }
        }
    }
    Ok(files)
}

/// Removes a folder and all that is in it.
pub fn remove_tree(folder: &Path) -> io::Result<()> {
    std::fs::remove_dir_all(folder)
}

/// MB/s that the disk below `folder` takes in 256 appended groups of 1 MiB with an fdatasync each.
#[expect(clippy::disallowed_types, reason = "the disk itself is measured")]
pub fn synced_mib_per_second(folder: &Path) -> io::Result<f64> {
    use std::io::Write as _;
    const GROUPS: usize = 256;
    let group = vec![0x5a_u8; 1 << 20];
    let path = folder.join("disk");
    let mut file = std::fs::File::create(&path)?;
    let start = std::time::Instant::now();
    for _ in 0..GROUPS {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok((GROUPS * group.len()) as f64 / 1e6 / seconds)
}

/// The median of what the disk below `folder` takes to sync 4 KiB, in seconds: over space that was written before, or
/// appended.
#[expect(clippy::disallowed_types, reason = "the disk itself is measured")]
pub fn small_sync_seconds(folder: &Path, is_written_over: bool) -> io::Result<f64> {
    use std::os::unix::fs::FileExt as _;
    const SYNCS: usize = 2_000;
    let block = vec![0x5a_u8; 4 << 10];
    let path = folder.join("disk");
    let file = std::fs::File::create(&path)?;
    if is_written_over {
        file.write_all_at(&vec![0; SYNCS * block.len()], 0)?;
        file.sync_all()?;
    }
    let mut took = Vec::with_capacity(SYNCS);
    for index in 0..SYNCS {
        let start = std::time::Instant::now();
        file.write_all_at(&block, (index * block.len()) as u64)?;
        file.sync_data()?;
        took.push(start.elapsed());
    }
    std::fs::remove_file(&path)?;
    took.sort_unstable();
    Ok(took[SYNCS / 2].as_secs_f64())
}

/// Every file below `root` by its path from there, with its bytes.
pub fn tree(root: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).map_err(io::Error::other)?;
                files.insert(name.to_owned(), read(&path)?);
            }
        }
    }
    Ok(files)
}

/// Writes `bytes` into a file from `offset` on; the rest of it stays as it is.
#[expect(clippy::disallowed_types, reason = "a part of a file is written")]
pub fn write_at(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::File::options().write(true).open(path)?;
    file.write_all_at(bytes, offset)
}

/// Copies every file below `from` to the same place below `to`.
pub fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    for (name, bytes) in tree(from)? {
        write(&to.join(name), &bytes)?;
    }
    Ok(())
}

/// Takes the right to write away from a directory, or gives it back.
pub fn set_read_only(folder: &Path, is_read_only: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if is_read_only { 0o555 } else { 0o755 };
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode))
}
