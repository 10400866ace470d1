//! What chance alone makes of a difference between two streams of messages.

/// What differs by less, in messages, is alike.
const FEW: f64 = 5.0;
/// What differs by less than this part of what moves is alike.
const PART: f64 = 0.005;

/// What chance alone may make of the difference of two streams that move `turnover` messages each: independent
/// messages differ by the root of twice as many, and seldom by twice that.
pub(super) fn noise(turnover: f64) -> f64 {
    (2.0 * (2.0 * turnover).sqrt())
        .max(PART * turnover)
        .max(FEW)
}
