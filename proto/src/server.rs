//! The contract as the broker serves it: stored messages are raw bytes, so that they move without being
//! decoded. On the wire it is the same as [`crate::v1`].

#![expect(
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code; its documents are in weir/v1/*.proto"
)]

include!(concat!(env!("OUT_DIR"), "/server/weir.v1.rs"));
