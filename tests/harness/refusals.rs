//! What a refusal must look like: code, reason, a sentence for a stranger, and the reason's domain.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use weir_proto::ERROR_DOMAIN;
use weir_proto::client::{Error, Kind};
use weir_proto::v1::{ErrorReason, ItemError};

/// The least words of a sentence that a stranger can act on.
const LEAST_WORDS: usize = 3;

/// Checks a refused call. Gives the error for what is special to it.
pub fn refused<T: std::fmt::Debug>(
    outcome: Result<T, impl Into<Error>>,
    code: Code,
    reason: ErrorReason,
) -> Error {
    let error = match outcome {
        Ok(answer) => panic!("{reason:?} was expected, and the answer is {answer:?}"),
        Err(error) => error.into(),
    };
    assert_eq!(error.kind(), Kind::Refused, "{error:?}");
    assert_eq!((error.code(), error.reason()), (code, reason), "{error:?}");
    check_sentence(error.message());
    error
}

/// Checks a status as it came.
pub fn refused_status(status: &Status, code: Code, reason: ErrorReason) {
    let details = status.get_error_details();
    let info = details.error_info();
    let info = info.unwrap_or_else(|| panic!("{reason:?} was expected: {status:?}"));
    assert_eq!(info.domain, ERROR_DOMAIN, "{status:?}");
    refused::<()>(Err(status.clone()), code, reason);
}

/// Checks the refusal of one item.
pub fn refused_item(item: Option<&ItemError>, code: Code, reason: ErrorReason) {
    let item = item.unwrap_or_else(|| panic!("{reason:?} was expected"));
    let got = (Code::from_i32(item.code), item.reason());
    assert_eq!(got, (code, reason), "{item:?}");
    check_sentence(&item.message);
}

fn check_sentence(sentence: &str) {
    let words = sentence.split_whitespace().count();
    assert!(words >= LEAST_WORDS, "no sentence: {sentence:?}");
    let is_clean = sentence.chars().all(|char| !char.is_control());
    assert!(is_clean, "a control character in {sentence:?}");
}
