//! Tests of the crash kind.
