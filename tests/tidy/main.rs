//! Tests of the tidy kind.
