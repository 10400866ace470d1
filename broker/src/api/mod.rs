//! The wire: the services of `weir.v1`, health and reflection. The only floor of the broker that knows gRPC.
//!
//! - [`status`]: the one error mapping; [`explain`]: the same for errors that tonic makes.
//! - [`page`]: page sizes and tokens.
//! - [`clients`]: who is connected; [`attend`]: each request as one of its connection.
//! - [`weir`]: the services.
//! - [`readers`]: what reads bytes from outside, for tests.
//! - [`routes`]: all of them together.
//! - [`connection`]: what they are read from, with small frames gathered by [`gather`].

mod page;
mod status;

mod clients;
mod weir;

pub mod readers;

mod routes;

mod explain;

mod attend;

mod gather;

mod connection;

pub use attend::{Attend, Attended, Attending};
pub use clients::{Clients, Connected, Membership};
pub use connection::{Connection, PREFACE};
pub use explain::{Explain, Explained, Explaining};
pub use routes::{report_health, routes};
pub use weir::forwarding::forward_dead;
pub use weir::moving::move_dead;
