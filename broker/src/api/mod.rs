//! The wire: the services of `weir.v1`, health and reflection. The only floor of the broker that knows gRPC.
//!
//! - [`status`]: the one error mapping.
//! - [`page`]: page sizes and tokens.
//! - [`weir`]: the services.
//! - [`readers`]: what reads bytes from outside, for tests.
//! - [`routes`]: all of them together.

mod page;
mod status;
mod weir;

pub mod readers;

mod routes;

pub use routes::{report_health, routes};
