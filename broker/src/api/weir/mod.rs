//! The services of `weir.v1`.
//!
//! - [`scan`], [`batch`]: published messages on their way in;
//!   [`storing`], [`publish_stream`], [`publisher`]: their service.
//! - [`runs`], [`subscribe`], [`nacks`], [`read`], [`subscriber`]: deliveries out and answers in.
//! - [`forwarding`], [`moving`]: dead messages on their way to a dead-letter topic, or to another by an operation.
//! - [`masks`], [`places`], [`requests`], [`resources`]: what managing is told and tells;
//!   [`topology`], [`clients`], [`who`], [`admin`], [`shown`], [`editing`], [`operating`], [`following`],
//!   [`dead_groups`], [`operator`]: managing, looking and acting.
//! - [`durations`], [`numbers`], [`rows`], [`window`], [`watching`], [`history`], [`stats`]: the live numbers;
//!   [`events`]: what happened; [`diagnosis`], [`advice`]: what they mean.
//! - [`convert`]: the contract's words as the broker's.

pub(crate) mod batch;
pub(crate) mod convert;
pub(crate) mod scan;
mod scan_time;
mod varint;

mod storing;

mod publish_stream;

pub(crate) mod publisher;

mod nacks;
mod runs;

mod read;
mod subscribe;

pub(crate) mod subscriber;

pub(crate) mod forwarding;
pub(crate) mod moving;

mod masks;
mod places;
mod requests;
mod resources;

mod topology;

mod who;

mod shown;

mod editing;

mod operating;

mod following;

mod durations;
mod events;

mod diagnosis;

mod numbers;

mod clients;

pub(crate) mod admin;

mod dead_groups;

pub(crate) mod operator;

mod rows;

mod window;

mod watching;

mod history;

mod advice;

pub(crate) mod stats;
