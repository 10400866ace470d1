//! What the command line reads from outside of the arguments, files and lines on standard input, and
//! the pages that it writes.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// How much of the input is held unparsed.
const BUFFER_BYTES: usize = 256 * 1024;

/// The longest line that is read: the largest payload. What is longer is no message.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 10 << 20;

/// Reads the whole of a file that is to be one payload; refuses one that is larger than any payload
/// before it is read.
pub(crate) fn read_payload(path: &Path) -> io::Result<Bytes> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() && metadata.len() > MAX_PAYLOAD_BYTES as u64 {
        return Err(too_large("the file"));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that reads files"
    )]
    let bytes = std::fs::read(path)?;
    Ok(bytes.into())
}

/// The largest declared topology that is read: more than any broker has topics for.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Reads the whole of a text, from a file, or from standard input if it is called `-`.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        let input = io::stdin().lock();
        input.take(MAX_TEXT_BYTES + 1).read_to_string(&mut text)?
    } else {
        #[expect(
            clippy::disallowed_types,
            reason = "this is the module that reads files"
        )]
        let file = std::fs::File::open(path)?;
        file.take(MAX_TEXT_BYTES + 1).read_to_string(&mut text)?
    };
    if read as u64 > MAX_TEXT_BYTES {
        let message = format!("it has more than {MAX_TEXT_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

/// How many bytes the files under a directory hold.
pub(crate) fn bytes_under(directory: &Path) -> io::Result<u64> {
    let mut all = 0;
    let entries = std::fs::read_dir(directory)?;
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        all += if about.is_dir() {
            bytes_under(&entry.path())?
        } else {
            about.len()
        };
    }
    Ok(all)
}

/// Writes a page of the manual, over what was there.
pub(crate) fn write_page(path: &Path, page: &[u8]) -> io::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that writes files"
    )]
    std::fs::write(path, page)
}

/// A file that is written from its end on.
#[derive(Debug)]
pub(crate) struct Appended {
    #[expect(
        clippy::disallowed_types,
        reason = "this is the module that writes files"
    )]
    file: std::fs::File,
    path: PathBuf,
}

impl Appended {
    /// A new file, never over one that is there; or one that is there, if it `goes_on`.
    pub(crate) fn open(path: &Path, goes_on: bool) -> io::Result<Self> {
        #[expect(
            clippy::disallowed_types,
            reason = "this is the module that writes files"
        )]
        let mut options = std::fs::File::options();
        let options = options.append(true).create(goes_on).create_new(!goes_on);
        Ok(Self {
            file: options.open(path)?,
            path: path.to_owned(),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds to it.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }
}

/// Writes a file that is not there yet; one that is stays as it is.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[expect(
        clippy::disallowed_types,
        reason = "this is the module that writes files"
    )]
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(bytes)
}

/// Makes a directory and those above it, as far as they are not there yet.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that writes files"
    )]
    std::fs::create_dir_all(path)
}

/// Writes a file over what was there: all of it or nothing, whenever the program ends.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The lines of an input, in batches of those that are there.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    has_ended: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// The lines of `input`.
    pub(crate) fn of(input: R) -> Self {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Self {
            input,
            partial: Vec::new(),
            has_ended: false,
        }
    }

    /// At least one line and at most `limit`, without their ends; `None` at the end of the input.
    /// Waits only for the first, so a slow writer's lines are handed on as they come. May be
    /// dropped and called again without losing anything.
    pub(crate) async fn next_batch(&mut self, limit: usize) -> io::Result<Option<Vec<Bytes>>> {
        while !self.has_ended {
            let chunk = self.input.fill_buf().await?;
            if chunk.is_empty() {
                self.has_ended = true;
                let last = std::mem::take(&mut self.partial);
                return Ok((!last.is_empty()).then(|| vec![without_end(last)]));
            }
            let mut lines = Vec::new();
            let mut used = 0;
            for part in chunk.split_inclusive(|byte| *byte == b'\n') {
                used += part.len();
                self.partial.extend_from_slice(part);
                if part.ends_with(b"\n") {
                    lines.push(without_end(std::mem::take(&mut self.partial)));
                }
                if lines.len() == limit {
                    break;
                }
            }
            self.input.consume(used);
            if self.partial.len() > MAX_PAYLOAD_BYTES + LINE_END_BYTES {
                return Err(too_large("a line of the input"));
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}

/// A carriage return and a newline.
const LINE_END_BYTES: usize = 2;

fn without_end(mut line: Vec<u8>) -> Bytes {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    line.into()
}

fn too_large(what: &str) -> io::Error {
    let message = format!("{what} is larger than a payload may be, which is 10 MiB");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all_batches(input: &[u8], limit: usize) -> Vec<Vec<Bytes>> {
        let mut lines = Lines::of(input);
        let mut batches = Vec::new();
        while let Some(batch) = lines.next_batch(limit).await.unwrap() {
            batches.push(batch);
        }
        batches
    }

    #[tokio::test]
    async fn line_ends_are_cut_and_an_empty_line_is_an_empty_payload() {
        let batches = all_batches(b"a\r\n\nb\xff\nlast", 100).await;
        let lines: Vec<Bytes> = batches.into_iter().flatten().collect();
        assert_eq!(lines, [&b"a"[..], b"", b"b\xff", b"last"]);
    }

    #[tokio::test]
    async fn no_input_is_no_message() {
        assert!(all_batches(b"", 10).await.is_empty());
        assert_eq!(all_batches(b"\n", 10).await, [[Bytes::new()]]);
    }

    #[tokio::test]
    async fn a_batch_has_at_most_its_limit() {
        let batches = all_batches(b"1\n2\n3\n4\n5\n", 2).await;
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[tokio::test]
    async fn lines_longer_than_the_buffer_are_put_together() {
        let mut input = vec![b'x'; BUFFER_BYTES * 2 + 7];
        input.push(b'\n');
        let batches = all_batches(&input, 10).await;
        assert_eq!(batches.len(), 1);
        assert_eq!(batches[0][0].len(), BUFFER_BYTES * 2 + 7);
    }

    #[tokio::test]
    async fn a_line_larger_than_a_payload_is_refused() {
        let input = vec![b'x'; MAX_PAYLOAD_BYTES + BUFFER_BYTES];
        let error = Lines::of(input.as_slice())
            .next_batch(10)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
