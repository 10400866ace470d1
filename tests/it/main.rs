//! Tests of the it kind.
