//! The wire contract `weir.v1` and the Rust client for it.
