//! A part of a segment in memory: a walk of any length takes as much of it as a window, not as a segment.
//!
//! A walk goes over the bytes of a window until something is not whole. If the file goes on there, it
//! moves the window to where it got and looks again; only with all bytes to the end of the file is a bad
//! frame a bad frame. So a walk decides what it would have decided over the whole file.

use std::io;

use super::disk::DiskFile;
use super::transfer::read_up_to;

/// Bytes of a window. What does not fit gets one twice as large.
const WINDOW: usize = if cfg!(test) { 512 } else { 4 << 20 };

/// A window on a file.
pub(super) struct Window<'a> {
    file: &'a dyn DiskFile,
    /// Bytes of the file when the walk began.
    size: usize,
    base: usize,
    reach: usize,
    bytes: Vec<u8>,
}

impl<'a> Window<'a> {
    /// The first window, in a buffer that may have been used before.
    pub(super) fn open(file: &'a dyn DiskFile, buffer: Vec<u8>) -> io::Result<Self> {
        let mut window = Self {
            file,
            size: usize::try_from(file.size()?).unwrap_or(usize::MAX),
            base: 0,
            reach: WINDOW,
            bytes: buffer,
        };
        window.bytes.clear();
        window.fill()?;
        Ok(window)
    }

    /// What is in memory.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where in the file it begins.
    pub(super) fn base(&self) -> usize {
        self.base
    }

    /// Whether it reaches the end of the file.
    pub(super) fn is_last(&self) -> bool {
        self.base + self.bytes.len() >= self.size
    }

    /// Moves on to begin at an offset, to which the walk got; a larger one if it got nowhere.
    pub(super) fn go_on(&mut self, offset: usize) -> io::Result<()> {
        let passed = offset.saturating_sub(self.base).min(self.bytes.len());
        if passed == 0 {
            self.reach = self.reach.saturating_mul(2);
        }
        self.bytes.drain(..passed);
        self.base += passed;
        self.fill()
    }

    /// The buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// Reads what is missing behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        let kept = self.bytes.len();
        let len = self
            .size
            .saturating_sub(self.base)
            .min(self.reach)
            .max(kept);
        self.bytes.resize(len, 0);
        let missing = self.bytes.get_mut(kept..).unwrap_or_default();
        let filled = kept + read_up_to(self.file, (self.base + kept) as u64, missing)?;
        self.bytes.truncate(filled);
        if filled < len {
            self.size = self.base + filled;
        }
        Ok(())
    }
}
