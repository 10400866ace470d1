//! The wire contract `weir.v1`, the Rust client for it, the filter language that both sides read,
//! and the words and the order that both sides give to subscriptions.

pub mod client;
pub mod codec;
mod escape;
pub mod filter;
mod printable;
pub mod safe_text;
#[cfg(test)]
mod safe_text_tests;
pub mod server;
pub mod urgency;
pub mod v1;
pub mod words;

/// The compiled contract with its comments: for reflection, and for the test that checks its style.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/weir_v1.binpb"));

/// The `domain` of every `google.rpc.ErrorInfo` that the broker sends.
pub const ERROR_DOMAIN: &str = "weir.v1";
