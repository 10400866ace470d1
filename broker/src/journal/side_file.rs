//! Files beside the log that may be lost: written as a whole under another name and renamed, without
//! a sync. Who reads one must be able to tell bytes that a crash cut short.

use std::io;

use super::disk::{Access, Disk};
use super::transfer::{read_file, write_bytes};

/// All of a file; nothing if there is none.
pub fn read_side_file(disk: &dyn Disk, name: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(name, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    read_file(&*file, &mut bytes)?;
    Ok(Some(bytes))
}

/// Replaces a file, or leaves it as it is. The unfinished one is removed by the next start at the
/// latest.
pub fn write_side_file(disk: &dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = format!("{name}.new");
    let file = disk.create(&unfinished)?;
    let written = write_bytes(&*file, 0, bytes).and_then(|()| disk.rename(&unfinished, name));
    if written.is_err() {
        // What failed is told; that the rest of it stays is nothing to add.
        drop(disk.unlink(&unfinished));
    }
    written
}
