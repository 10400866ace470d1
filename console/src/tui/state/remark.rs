//! What a key has brought about on the screen of a load test, until the next one is pressed.

use weir_proto::safe_text::SafeText;

use crate::load::offered::RateChange;

/// What is said in the last line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Remark {
    /// Why a key has done nothing.
    Nothing(&'static str),
    Changed(RateChange),
    Compared,
    Exporting,
    Exported {
        stem: SafeText,
        directory: SafeText,
    },
    NotExported(SafeText),
}
