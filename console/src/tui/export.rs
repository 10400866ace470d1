//! Writes what leaves the console into files.

use std::io;
use std::path::Path;

use weir_proto::safe_text::SafeText;

use super::message::Exported;
use crate::files;

/// How many names are tried before it is given up.
const TRIES: u32 = 1_000;

/// Writes a text to a file of that name, or to the first `weir-N.jsonl` that is not there yet.
pub(super) fn write(path: Option<String>, text: String, replaces: bool) -> Exported {
    let Some(path) = path else {
        return fresh(&text);
    };
    let written = if replaces {
        files::replace(Path::new(&path), text.as_bytes())
    } else {
        files::create(Path::new(&path), text.as_bytes())
    };
    match written {
        Ok(()) => Exported::Written {
            path,
            bytes: text.len(),
        },
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Exported::IsThere { path, text }
        }
        Err(error) => Exported::Failed {
            path,
            reason: SafeText::of(&error),
        },
    }
}

fn fresh(text: &str) -> Exported {
    let mut path = String::new();
    let mut reason = SafeText::default();
    for number in 1..=TRIES {
        path = format!("weir-{number}.jsonl");
        match files::create(Path::new(&path), text.as_bytes()) {
            Ok(()) => {
                let bytes = text.len();
                return Exported::Written { path, bytes };
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                reason = SafeText::of(&error);
                break;
            }
        }
    }
    Exported::Failed { path, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_told_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.jsonl");
        let path = path.to_str().unwrap().to_owned();
        let write = |text: &str, replaces| write(Some(path.clone()), text.to_owned(), replaces);
        let bytes = 2;
        let done = Exported::Written {
            path: path.clone(),
            bytes,
        };
        assert_eq!(write("a\n", false), done);
        assert_eq!(
            write("b\n", false),
            Exported::IsThere {
                path: path.clone(),
                text: "b\n".to_owned()
            }
        );
        assert_eq!(files::read_text(Path::new(&path)).unwrap(), "a\n");
        assert_eq!(write("b\n", true), done);
        assert_eq!(files::read_text(Path::new(&path)).unwrap(), "b\n");
    }
}
