//! A payload as text, line by line, wrapped; line breaks of the sender begin new lines, and everything
//! else that is not to be printed is shown as an escape.

use weir_proto::safe_text::SafeText;

/// How much of one line of the sender is wrapped; the rest is said to be there.
const LINE_CAP_BYTES: usize = 16 * 1024;

/// At most `count` lines of the screen, after `skip` others, in a width of cells; and whether there
/// are more.
pub(crate) fn lines(
    payload: &[u8],
    width: usize,
    skip: usize,
    count: usize,
) -> (Vec<SafeText>, bool) {
    let mut shown = Vec::new();
    let mut skip = skip;
    for line in payload.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for part in SafeText::capped(line, LINE_CAP_BYTES).wrap(width.max(1)) {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if shown.len() >= count {
                return (shown, true);
            }
            shown.push(part);
        }
    }
    (shown, false)
}

/// Whether most of it is meant to be read: it is UTF-8, and few of its letters are controls.
pub(crate) fn is_text(payload: &[u8]) -> bool {
    const LOOK_AT: usize = 4_096;
    let start = &payload[..payload.len().min(LOOK_AT)];
    let valid = match std::str::from_utf8(start) {
        Ok(text) => text,
        // A letter that the cut went through is no reason.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let odd = valid
        .chars()
        .filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        .count();
    odd * 10 <= valid.chars().count()
}
