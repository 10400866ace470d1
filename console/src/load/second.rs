//! What about a second of a run was like, for plots.

use serde::{Deserialize, Serialize};

/// About a second of a run; rates in messages per second, times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Second {
    /// Its end, from the start of the run.
    pub(crate) at: f64,
    pub(crate) publish_rate: f64,
    pub(crate) confirm_rate: f64,
    pub(crate) ack_rate: f64,
    /// Published and not acknowledged at its end.
    pub(crate) backlog: u64,
    pub(crate) confirm_p50: Option<f64>,
    pub(crate) confirm_p99: Option<f64>,
    pub(crate) consume_p50: Option<f64>,
    pub(crate) consume_p99: Option<f64>,
}
