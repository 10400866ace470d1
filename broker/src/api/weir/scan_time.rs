//! The strict scan of a point or a span of time within a message.
//!
//! Takes seconds and nanoseconds, each at most once, in their shortest form, and nothing else; gives microseconds,
//! rounded up, so that nothing is due or expires early.

use super::varint::number;
use crate::model::settings::MAX_RETENTION;
use crate::model::{Refusal, Span, Time};

/// `seconds`, varint.
const SECONDS: u64 = 1 << 3;
/// `nanos`, varint.
const NANOS: u64 = 2 << 3;

/// A span of 0 to 10 years.
pub(super) fn span(index: usize, field: &'static str, value: &[u8]) -> Result<Span, Refusal> {
    let micros = micros(value).ok_or_else(|| malformed(index, field))?;
    if micros <= i128::from(MAX_RETENTION.0)
        && let Ok(micros) = u64::try_from(micros)
    {
        return Ok(Span(micros));
    }
    Err(Refusal::ValueOutOfRange {
        field,
        value: format!("{} s", micros / 1_000_000),
        range: "0 s to 10 years".to_owned(),
    })
}

/// A point of time from 1970 on, at most 10 years after `now`; what is over is allowed.
pub(super) fn time(
    index: usize,
    field: &'static str,
    value: &[u8],
    now: Time,
) -> Result<Time, Refusal> {
    let micros = micros(value).ok_or_else(|| malformed(index, field))?;
    if micros <= i128::from(now.plus(MAX_RETENTION).0)
        && let Ok(micros) = u64::try_from(micros)
    {
        return Ok(Time(micros));
    }
    Err(Refusal::ValueOutOfRange {
        field,
        value: format!("{} s since 1970", micros / 1_000_000),
        range: "1970 to 10 years from now".to_owned(),
    })
}

fn malformed(index: usize, field: &'static str) -> Refusal {
    Refusal::MessageMalformed {
        index,
        detail: format!("{field} is not seconds and nanoseconds, each once"),
    }
}

/// Microseconds, rounded up.
fn micros(value: &[u8]) -> Option<i128> {
    let mut rest = value;
    let (mut seconds, mut nanos) = (None, None);
    while !rest.is_empty() {
        let place = match number(&mut rest)? {
            SECONDS => &mut seconds,
            NANOS => &mut nanos,
            _ => return None,
        };
        if place.replace(number(&mut rest)?).is_some() {
            return None;
        }
    }
    // A negative number is written as the large one of the same bits.
    let seconds = i128::from(seconds.unwrap_or(0).cast_signed());
    let nanos = nanos.unwrap_or(0);
    (nanos < 1_000_000_000).then(|| seconds * 1_000_000 + i128::from(nanos.div_ceil(1_000)))
}
