//! Tests of the core.
//!
//! - `bench`: a core with what it has written, restarts included.
//! - `journey`: single promises, one a test.
//! - `model`, `histories`: random histories against a naive model.

mod bench;

mod journey;

mod model;

mod histories;
