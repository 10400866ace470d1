//! What the tests share: brokers, clients, bounded waiting.

pub mod files;
