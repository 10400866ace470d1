//! A connection, as those know it who only have to name it.

use std::sync::Arc;

use super::ClientId;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Its number; 0 if it is no connection of the broker's.
    pub id: ClientId,
    /// What it says it is. Bytes from outside.
    pub version: Arc<str>,
}
