//! Whole reads and writes over a disk that may do them in part.
//!
//! A short transfer goes on and an interruption is tried again, since neither lost anything. Any
//! other error is the caller's; above all a failed sync is never tried again.

use std::io;

use super::disk::DiskFile;

/// Parts per call: what the kernel takes at once.
const MAX_PARTS: usize = 1_024;

/// Writes all `parts` one after the other at `offset`.
pub(super) fn write_all(
    file: &dyn DiskFile,
    mut offset: u64,
    mut parts: &mut [io::IoSlice<'_>],
) -> io::Result<()> {
    io::IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        let window = parts.get(..MAX_PARTS).unwrap_or(parts);
        match file.write_at(offset, window) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                io::IoSlice::advance_slices(&mut parts, written);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes all `bytes` at `offset`.
pub(super) fn write_bytes(file: &dyn DiskFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
    write_all(file, offset, &mut [io::IoSlice::new(bytes)])
}

/// Fills `buffer` from `offset` as far as the file goes; returns how far.
pub(super) fn read_up_to(file: &dyn DiskFile, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(offset + filled as u64, rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads the whole file into `buffer`, replacing what it held.
pub(super) fn read_file(file: &dyn DiskFile, buffer: &mut Vec<u8>) -> io::Result<()> {
    let size = usize::try_from(file.size()?).unwrap_or(usize::MAX);
    buffer.clear();
    buffer.resize(size, 0);
    let filled = read_up_to(file, 0, buffer)?;
    buffer.truncate(filled);
    Ok(())
}
