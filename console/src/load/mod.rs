//! The load test: `weir load`.
//!
//! Open loop: each message has a time at which it is due, whatever the broker does, and latencies are measured from
//! that time, so that a stall is counted for each message that it holds up. (A generator that waits for the broker
//! before it sends the next message leaves out just those: Gil Tene calls it coordinated omission.)
//!
//! - [`shape`]: when messages are due; [`stamp`]: what is written into a message; [`ledger`]: what became of each.
//! - [`latency`]: how long it took; [`second`], [`noting`]: how it went.
//! - [`plan`]: what a run is to do; [`profile`]: plans with a name; [`end`]: how it ends before its time.
//! - [`offered`]: the rate that is asked for, which can be changed meanwhile.
//! - [`producer`], [`consumer`], [`pacer`]: who does it; [`run`]: all of it from start to end.
//! - [`closing`], [`summary`]: what came of it, for people and programs; [`slo`]: whether that is good enough;
//!   [`saturation`]: up to which rate it is.
//! - [`comparison`]: two results; [`plot`], [`report`]: a result as a page; [`percentiles`], [`series`], [`export`]: a
//!   run as files.
//! - [`restart`], [`many`]: works that are more than one run: a start under a backlog, ten thousand topics.

pub(crate) mod shape;

mod stamp;

mod ledger;

pub(crate) mod latency;

pub(crate) mod second;

pub(crate) mod plan;

pub(crate) mod profile;

pub(crate) mod end;

pub(crate) mod offered;

pub(crate) mod gauges;

mod noting;

mod pacer;

mod producer;

mod consumer;

pub(crate) mod summary;

pub(crate) mod stage;

mod closing;

pub(crate) mod slo;

pub(crate) mod saturation;

pub(crate) mod comparison;

mod plot;

pub(crate) mod report;

mod percentiles;

mod series;

pub(crate) mod export;

mod host;

pub(crate) mod restart;

pub(crate) mod many;

pub(crate) mod run;
