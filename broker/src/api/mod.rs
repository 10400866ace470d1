//! The wire: the services of `weir.v1`, health and reflection. The only floor of the broker that knows gRPC.
//!
//! - [`status`]: the one error mapping.
//! - [`page`]: page sizes and tokens.
//! - [`weir`]: the services.

pub(crate) mod page;
pub(crate) mod status;
pub(crate) mod weir;
