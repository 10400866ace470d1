//! Gathers small DATA frames of HTTP/2 into larger ones, before h2 sees them.
//!
//! h2 charges about 256 bytes for each small frame that nobody has read yet, and ends a connection that owes too much,
//! whoever sent the frames. A producer that sends message after message while the disk is slow would be cut off after
//! some twenty thousand of them. So the small frames of one stream that came together become one frame of the same
//! bytes, whose cost is theirs.
//!
//! Promises that every stream has the same bytes, in the same order, with its end where it was, and that every other
//! frame stays as it is and where it is among those of its stream. Holds nothing back: what is not whole when it is
//! looked at passes as it came. Checks nothing; h2 does.

use std::collections::HashMap;

/// The bytes of a frame's header.
const HEADER: usize = 9;
/// Frames below this size are charged by h2.
const SMALL: usize = 256;
/// The largest frame that is made: every peer may send such, without asking.
const GATHERED: usize = 16 << 10;

const DATA: u8 = 0;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;

/// A frame's header.
#[derive(Debug, Clone, Copy)]
struct Header {
    length: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Header {
    fn read(bytes: [u8; HEADER]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = bytes;
        Self {
            length: usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c),
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
        }
    }

    /// Whether the frame holds nothing but a few bytes of a stream, and its end at most.
    fn is_small(self) -> bool {
        let is_plain = self.kind == DATA && self.flags & !END_STREAM == 0;
        is_plain && (1..SMALL).contains(&self.length) && self.stream != 0
    }

    /// Whether more frames of its stream may follow, so that it may become part of a larger one.
    fn is_open(self) -> bool {
        self.flags & END_STREAM == 0
    }

    /// Whether it means the same before and after DATA frames of any stream.
    fn is_aside(self) -> bool {
        matches!(self.kind, SETTINGS | PING | WINDOW_UPDATE)
    }
}

/// A part of what was read.
enum Piece<'a> {
    /// A frame with its header.
    Whole(Header, &'a [u8]),
    /// Of a frame that does not begin or does not end here.
    Part(&'a [u8]),
}

/// Follows the frames over reads that cut them anywhere.
#[derive(Debug, Default)]
struct Frames {
    /// The first bytes of a header, and how many there are.
    begun: ([u8; HEADER], usize),
    /// Bytes to come of the frame under way.
    to_come: usize,
}

impl Frames {
    fn walk<'a>(&mut self, read: &'a [u8], mut each: impl FnMut(Piece<'a>)) {
        let (first, mut rest) = read.split_at(self.go_on(read));
        if !first.is_empty() {
            each(Piece::Part(first));
        }
        while let Some((bytes, after)) = rest.split_first_chunk() {
            let header = Header::read(*bytes);
            let Some((_, next)) = after.split_at_checked(header.length) else {
                self.to_come = header.length - after.len();
                each(Piece::Part(rest));
                return;
            };
            let (frame, _) = rest.split_at(HEADER + header.length);
            each(Piece::Whole(header, frame));
            rest = next;
        }
        if !rest.is_empty() {
            let (bytes, count) = &mut self.begun;
            bytes[..rest.len()].copy_from_slice(rest);
            *count = rest.len();
            each(Piece::Part(rest));
        }
    }

    /// How many bytes at the front belong to the frame under way.
    fn go_on(&mut self, read: &[u8]) -> usize {
        let mut used = 0;
        let (bytes, count) = &mut self.begun;
        if *count > 0 {
            used = read.len().min(HEADER - *count);
            bytes[*count..*count + used].copy_from_slice(&read[..used]);
            *count += used;
            if *count < HEADER {
                return used;
            }
            self.to_come = Header::read(*bytes).length;
            *count = 0;
        }
        let more = self.to_come.min(read.len() - used);
        self.to_come -= more;
        used + more
    }
}

/// What is gathered of one stream.
#[derive(Debug)]
struct Heap {
    stream: u32,
    bytes: Vec<u8>,
}

impl Heap {
    fn give(&mut self, flags: u8, out: &mut Vec<u8>) {
        if self.bytes.is_empty() {
            return;
        }
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        out.extend(&length.to_be_bytes()[1..]);
        out.extend([DATA, flags]);
        out.extend(self.stream.to_be_bytes());
        out.append(&mut self.bytes);
    }
}

/// Heaps in the order in which they were begun.
#[derive(Debug, Default)]
struct Heaps {
    heaps: Vec<Heap>,
    places: HashMap<u32, usize>,
}

impl Heaps {
    fn add(&mut self, header: Header, payload: &[u8], out: &mut Vec<u8>) {
        let stream = header.stream;
        let end = self.heaps.len();
        let at = *self.places.entry(stream).or_insert(end);
        if at == end {
            let bytes = Vec::new();
            self.heaps.push(Heap { stream, bytes });
        }
        let Some(heap) = self.heaps.get_mut(at) else {
            return;
        };
        if heap.bytes.len() + payload.len() > GATHERED {
            heap.give(0, out);
        }
        heap.bytes.extend(payload);
        if header.flags & END_STREAM != 0 {
            heap.give(END_STREAM, out);
        }
    }

    fn give_all(&mut self, out: &mut Vec<u8>) {
        for mut heap in self.heaps.drain(..) {
            heap.give(0, out);
        }
        self.places.clear();
    }
}

/// Gathers the frames of one connection, from the first after its preface.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    frames: Frames,
}

impl Gatherer {
    /// Follows what was read and passes as it is; how many small frames it holds that others may follow. Single
    /// messages, each on a stream of its own, are the last of theirs: there is nothing to gather.
    pub(super) fn look(&mut self, read: &[u8]) -> usize {
        let mut small = 0;
        self.frames.walk(read, |piece| {
            if let Piece::Whole(header, _) = piece {
                small += usize::from(header.is_small() && header.is_open());
            }
        });
        small
    }

    /// Adds to `out` what is to be seen of what was read; how many small frames it held that others may follow.
    pub(super) fn gather(&mut self, read: &[u8], out: &mut Vec<u8>) -> usize {
        let (mut heaps, mut small) = (Heaps::default(), 0);
        self.frames.walk(read, |piece| match piece {
            Piece::Whole(header, frame) if header.is_small() => {
                small += usize::from(header.is_open());
                heaps.add(header, &frame[HEADER..], out);
            }
            Piece::Whole(header, frame) => {
                if !header.is_aside() {
                    heaps.give_all(out);
                }
                out.extend(frame);
            }
            // Nothing may come between its parts.
            Piece::Part(part) => {
                heaps.give_all(out);
                out.extend(part);
            }
        });
        heaps.give_all(out);
        small
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
