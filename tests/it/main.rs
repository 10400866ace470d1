//! The broker through its real API, one module for each promise.
//!
//! - The life of a message: [`delivery`], [`settling`], [`retries`], [`order`], [`dead`], [`acts`], [`peeks`],
//!   [`pacing`], [`seeks`], [`expiry`], [`standstills`], [`confirmations`], [`backlogs`], [`reads`], [`scheduled`],
//!   [`letters`], [`lives`], [`filters`], [`operations`], [`moves`], [`upheavals`].
//! - What stays: [`restarts`], [`updates`], [`topology`], [`lists`], [`requests`], [`retention`]. What is told:
//!   [`books`], [`drains`], [`watching`], [`latencies`], [`clients`], [`events`], [`verdicts`], [`services`],
//!   [`python`].
//! - Publishing: [`pipelines`], [`producers`], [`sizes`], [`pressure`], [`fullness`], [`relaxed`], [`dedup`].
//! - What is refused: [`refusals`], [`stale`], [`troubles`], and [`reasons`], which knows the test of each.
//! - What is hostile: [`names`], [`malformed`], [`bombs`], [`resets`], [`small_frames`], [`slow`], [`deaths`],
//!   [`decoders`]. What the documents promise to run: [`examples`].
//! - The operator's program and the daemon's settings: [`command_line`], [`command_times`], [`slo`], and on a
//!   screen: [`terminals`], [`clipboard`], [`walks`], [`operate`], [`restored`], [`outages`], [`storms`], [`hostile`],
//!   [`load_screens`], with a broker that lies, [`liar`], in [`hostile_text`].

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests fail by panics and print their seeds and figures"
)]

mod delivery;

mod settling;

mod confirmations;

mod retries;

mod order;

mod dead;

mod acts;

mod peeks;

mod pacing;

mod seeks;

mod expiry;

mod standstills;

mod backlogs;

mod reads;

mod scheduled;

mod crowds;

mod letters;

mod lives;

mod dedup;

mod filters;

mod restarts;

mod updates;

mod topology;

mod edits;

mod lists;

mod requests;

mod retention;

mod books;

mod drains;

mod watching;

mod events;

mod verdicts;

mod clients;

mod latencies;

mod services;

mod python;

mod pipelines;

mod producers;

mod fullness;

mod relaxed;

mod sizes;

mod refusals;

mod stale;

mod pressure;

mod troubles;

mod reasons;

mod names;

mod malformed;

mod bombs;

mod resets;

mod small_frames;

mod slow;

mod deaths;

mod groups;

mod operations;

mod moves;

mod upheavals;

mod terminals;

mod clipboard;

mod walks;

mod operate;

mod by_hand;

mod typed_names;

mod outages;

mod storms;

mod hostile_text;

mod liar;

mod hostile;

mod examples;

mod decoders;

mod command_line;

mod undoable;

mod deletions;

mod restored;

mod strangers;

mod mending;

mod loads;

mod load_screens;

mod slo;

mod command_times;

use weir_tests::broker::Broker;

/// The daemon.
const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");

/// A daemon of this test alone.
async fn broker() -> Broker {
    Broker::start(PROGRAM).await
}
