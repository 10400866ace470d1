//! the services of weir.v1.
