//! The contract as clients see it: typed messages and client stubs.

#![expect(
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated code; its documents are in weir/v1/*.proto"
)]

include!(concat!(env!("OUT_DIR"), "/client/weir.v1.rs"));
