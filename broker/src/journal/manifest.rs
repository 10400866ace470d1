//! Which files of the directory are segments, and in what order.
//!
//! ```text
//! weir-journal 1                      format version
//! uuid 00112233445566778899aabbccddeeff
//! incarnation 3                       how often the directory was opened
//! durable 1234                        a position that was durable when this was written
//! clean 0                             1 after a clean close: durable is the last position
//! floor 100                           replay need not look before it for state
//! next 9 7                            next segment id, next file number
//! log 4 2 100 199                     sealed: segment id, file number, first and last position
//! cold 5 3 1 99                       copied frames of the positions 1 to 99
//! open 6 4                            active or spare, in the order of use
//! old 7                               file number, holds nothing that is needed
//! crc 1a2b3c4d                        CRC32C of all before this line
//! ```
//!
//! It is replaced as a whole: new file, sync, read back, rename, sync of the directory. What it
//! says of a segment is therefore true at some moment not before the last such sync.
#![deny(clippy::indexing_slicing)]

use std::fmt::Write as _;

/// The file's name.
pub(super) const NAME: &str = "manifest";
/// The name it is written under.
pub(super) const NEW_NAME: &str = "manifest.tmp";
/// The format that this release writes, and the highest it reads.
pub(super) const FORMAT: u32 = 1;

const TITLE: &str = "weir-journal";

/// A sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// A segment that may be written, or may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) id: u64,
    pub(super) number: u64,
}

/// The whole content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) uuid: [u8; 16],
    pub(super) incarnation: u64,
    pub(super) durable: u64,
    pub(super) is_clean: bool,
    pub(super) state_floor: u64,
    pub(super) next_segment: u64,
    pub(super) next_file: u64,
    pub(super) log: Vec<Sealed>,
    pub(super) cold: Vec<Sealed>,
    pub(super) open: Vec<Open>,
    pub(super) old: Vec<u64>,
}

/// Why the bytes are not a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("format {0}")]
    Newer(u32),
    #[error("the checksum does not fit")]
    Checksum,
    #[error("line {0} cannot be read")]
    Line(usize),
    #[error("it does not begin with its title")]
    Title,
}

impl Manifest {
    pub(super) fn encode(&self) -> String {
        let mut text = format!("{TITLE} {FORMAT}\n");
        // Writing to a string cannot fail.
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            text.write_fmt(arguments).is_ok().then(|| text.push('\n'));
        };
        line(format_args!("uuid {:032x}", u128::from_be_bytes(self.uuid)));
        line(format_args!("incarnation {}", self.incarnation));
        line(format_args!("durable {}", self.durable));
        line(format_args!("clean {}", u8::from(self.is_clean)));
        line(format_args!("floor {}", self.state_floor));
        line(format_args!(
            "next {} {}",
            self.next_segment, self.next_file
        ));
        for Sealed {
            id,
            number,
            first,
            last,
        } in &self.log
        {
            line(format_args!("log {id} {number} {first} {last}"));
        }
        for Sealed {
            id,
            number,
            first,
            last,
        } in &self.cold
        {
            line(format_args!("cold {id} {number} {first} {last}"));
        }
        for Open { id, number } in &self.open {
            line(format_args!("open {id} {number}"));
        }
        for number in &self.old {
            line(format_args!("old {number}"));
        }
        let crc = crc32c::crc32c(text.as_bytes());
        text + &format!("crc {crc:08x}\n")
    }

    /// Reads a manifest; a later format is told from damage by its title line.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(bytes).ok();
        let title = text
            .and_then(|text| text.lines().next())
            .unwrap_or_default();
        let format = title
            .strip_prefix(TITLE)
            .map(str::trim_start)
            .ok_or(ManifestError::Title)?;
        let format: u32 = format.parse().ok().ok_or(ManifestError::Title)?;
        let text = text.ok_or(ManifestError::Title)?;
        let Some((covered, crc)) = text.rsplit_once("crc ") else {
            return Err(if format > FORMAT {
                ManifestError::Newer(format)
            } else {
                ManifestError::Checksum
            });
        };
        if format > FORMAT {
            return Err(ManifestError::Newer(format));
        }
        if crc != format!("{:08x}\n", crc32c::crc32c(covered.as_bytes())) {
            return Err(ManifestError::Checksum);
        }
        let mut manifest = Self::default();
        for (index, line) in covered.lines().enumerate().skip(1) {
            manifest
                .read_line(line)
                .ok_or(ManifestError::Line(index + 1))?;
        }
        Ok(manifest)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        let numbers: Option<Vec<u64>> = rest.split(' ').map(|number| number.parse().ok()).collect();
        match (word, numbers.as_deref()) {
            ("uuid", _) => self.uuid = u128::from_str_radix(rest, 16).ok()?.to_be_bytes(),
            ("incarnation", Some([value])) => self.incarnation = *value,
            ("durable", Some([value])) => self.durable = *value,
            ("clean", Some([value])) => self.is_clean = *value == 1,
            ("floor", Some([value])) => self.state_floor = *value,
            ("next", Some(&[segment, file])) => {
                (self.next_segment, self.next_file) = (segment, file);
            }
            ("log", Some(&[id, number, first, last])) => {
                self.log.push(Sealed {
                    id,
                    number,
                    first,
                    last,
                });
            }
            ("cold", Some(&[id, number, first, last])) => {
                self.cold.push(Sealed {
                    id,
                    number,
                    first,
                    last,
                });
            }
            ("open", Some(&[id, number])) => self.open.push(Open { id, number }),
            ("old", Some([number])) => self.old.push(*number),
            _ => return None,
        }
        Some(())
    }
}
