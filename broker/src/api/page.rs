//! Page tokens: opaque to callers, versioned, and bound to the other fields of the request they were made for.
//!
//! ```text
//! version u8 | fingerprint of the other fields u64 LE | where the next page begins, bytes of the list's own
//! ```
//! written as lower-case hex.

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Refusal;

const VERSION: u8 = 1;
/// Items in a page unless the request says otherwise.
const DEFAULT_PAGE_SIZE: usize = 50;
/// The most items in a page; a larger wish means this.
const MAX_PAGE_SIZE: usize = 1_000;
/// The longest token that is read, in characters.
const MAX_TOKEN_CHARS: usize = 4_096;

/// How many items a page has: 0 means 50, above 1,000 means 1,000, negative is refused.
pub(crate) fn size(page_size: i32) -> Result<usize, Refusal> {
    match usize::try_from(page_size) {
        Ok(0) => Ok(DEFAULT_PAGE_SIZE),
        Ok(size) => Ok(size.min(MAX_PAGE_SIZE)),
        Err(_negative) => Err(Refusal::ValueOutOfRange {
            field: "page_size",
            value: page_size.to_string(),
            range: "0 or more".to_owned(),
        }),
    }
}

/// A token for the page that begins at `place`, for a request whose other fields are `fields`.
pub(crate) fn token(fields: &[&str], place: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&fingerprint(fields).to_le_bytes());
    bytes.extend_from_slice(place);
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// Where the page begins that `token` asks for; `None` for the first page.
pub(crate) fn place(fields: &[&str], token: &str) -> Result<Option<Vec<u8>>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = from_hex(token).ok_or(Refusal::PageTokenInvalid)?;
    let (version, rest) = bytes.split_first().ok_or(Refusal::PageTokenInvalid)?;
    let (print, place) = rest
        .split_first_chunk::<8>()
        .ok_or(Refusal::PageTokenInvalid)?;
    if *version != VERSION || u64::from_le_bytes(*print) != fingerprint(fields) {
        return Err(Refusal::PageTokenInvalid);
    }
    Ok(Some(place.to_vec()))
}

fn fingerprint(fields: &[&str]) -> u64 {
    let mut all = Vec::new();
    for field in fields {
        all.extend_from_slice(&(field.len() as u64).to_le_bytes());
        all.extend_from_slice(field.as_bytes());
    }
    xxh3_64(&all)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TOKEN_CHARS || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_for_the_same_fields_only() {
        let token = token(&["topics", "orders"], b"place");
        assert_eq!(
            place(&["topics", "orders"], &token),
            Ok(Some(b"place".to_vec()))
        );
        assert_eq!(
            place(&["topics", "order"], &token),
            Err(Refusal::PageTokenInvalid)
        );
        assert_eq!(
            place(&["topicso", "rders"], &token),
            Err(Refusal::PageTokenInvalid)
        );
        assert_eq!(place(&["topics"], ""), Ok(None));
    }

    #[test]
    fn a_token_of_another_making_is_refused() {
        let long = "00".repeat(MAX_TOKEN_CHARS);
        for text in [
            "x",
            "zz",
            "01",
            "+1+1",
            "é1",
            "010000000000000000",
            long.as_str(),
        ] {
            assert_eq!(
                place(&["a"], text),
                Err(Refusal::PageTokenInvalid),
                "{text}"
            );
        }
    }

    #[test]
    fn page_sizes_have_a_default_a_bound_and_no_sign() {
        assert_eq!(size(0), Ok(50));
        assert_eq!(size(7), Ok(7));
        assert_eq!(size(i32::MAX), Ok(1_000));
        assert!(size(-1).is_err());
    }
}
