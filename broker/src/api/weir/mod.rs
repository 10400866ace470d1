//! The services of `weir.v1`.
//!
//! - [`scan`], [`batch`]: published messages on their way in; [`publisher`], [`publish_stream`]: their service.
//! - [`subscribe`], [`nacks`], [`subscriber`]: deliveries out and answers in.
//! - [`admin`], [`operator`]: managing, looking and acting.
//! - [`numbers`], [`stats`]: the live numbers.
//! - [`convert`]: the contract's words as the broker's.

pub(crate) mod batch;
pub(crate) mod convert;
pub(crate) mod scan;

pub(crate) mod publisher;

mod publish_stream;

mod nacks;
mod subscribe;

pub(crate) mod subscriber;

pub(crate) mod admin;

pub(crate) mod operator;

mod numbers;

pub(crate) mod stats;
