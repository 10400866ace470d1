//! Tests of the core.
//!
//! - `bench`: a core with what it has written, restarts included.
//! - `journey`: single promises, one a test.

mod bench;

mod journey;
