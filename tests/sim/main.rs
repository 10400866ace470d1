//! Tests of the sim kind.
