//! Tests of the core.
//!
//! - `bench`: a core with what it has written, restarts included.
//! - `journey`: single promises, one a test.
//! - `refusals`: refusals, hostile input, limits and costs.
//! - `model`, `acts`, `histories`: random histories against a naive model.

mod bench;

mod journey;

mod refusals;

mod model;

mod acts;

mod histories;
